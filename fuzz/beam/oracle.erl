%% The judge: answers frames of payloads with what this VM makes of each.
%%
%% It talks {packet,4} on file descriptors 3 and 4, so that nothing the VM or a
%% library prints on stdout can end up inside a reply. frame.go is the other
%% half of the protocol and describes its layout.
%%
%% Each frame is judged by a process of its own: its heap, and all garbage on
%% it, goes when the frame is done, which is cheaper than collecting it. Frames
%% are judged strictly one after the other, so that the first frame without a
%% reply is the one that killed the VM.
-module(beamgate_oracle).
-export([start/0]).

%% Per payload, from the client. SAFE, TRAP: how to decode; the rest: what to
%% derive from the decoded term.
-define(WORDS, 1).
-define(SAFE, 2).
-define(CANON, 4).
-define(PRINT, 8).
-define(COMPARE, 16).
-define(TRAP, 128).

%% The length that says "no bytes: deriving them failed".
-define(NONE, 16#FFFFFFFF).

%% Exit statuses the client understands.
-define(EXIT_HEAP, 3).
-define(EXIT_BUG, 4).

%% Counting exports costs half a millisecond, so it is done once in so many bytes.
-define(COUNT_EVERY, 524288).

-record(st, {port, heap, bytes = ?COUNT_EVERY, exports = 0}).

start() ->
    spawn(fun main/0).

main() ->
    process_flag(trap_exit, true),
    Port = open_port({fd, 3, 4}, [binary, {packet, 4}]),
    receive
        {Port, {data, <<0, Heap:64, Creation:32, Node/binary>>}} ->
            take_name(Node, Creation),
            port_command(Port, hello()),
            loop(#st{port = Port, heap = Heap});
        {'EXIT', Port, _} ->
            stop(0)
    end.

loop(St0 = #st{port = Port}) ->
    receive
        {Port, {data, Frame = <<1, _/binary>>}} ->
            St = count_exports(St0, byte_size(Frame)),
            judge(St, Frame),
            erlang:garbage_collect(),
            loop(St);
        {'EXIT', Port, _} ->
            stop(0)
    end.

%% A name without distribution: no epmd, no listener, and a creation that the
%% client chooses, so that verdicts on own-node identifiers can be repeated.
take_name(<<>>, _) ->
    ok;
take_name(Node, Creation) ->
    register(net_kernel, self()),
    true = erlang:setnode(binary_to_atom(Node, utf8), Creation).

hello() ->
    Release = erlang:system_info(otp_release),
    Lines = [full_version(Release), erlang:system_info(version),
             atom_to_binary(node(), utf8),
             integer_to_list(erlang:system_info(creation)),
             integer_to_list(erlang:system_info(wordsize)),
             integer_to_list(erlang:system_info(atom_count))],
    lists:join($\n, Lines).

%% "25.2.3" where the release directory is complete, else "25".
full_version(Release) ->
    Name = filename:join([code:root_dir(), "releases", Release, "OTP_VERSION"]),
    case file:read_file(Name) of
        {ok, Text} -> string:trim(Text);
        {error, _} -> Release
    end.

count_exports(St = #st{bytes = Bytes}, Size) when Bytes + Size < ?COUNT_EVERY ->
    St#st{bytes = Bytes + Size};
count_exports(St, _) ->
    St#st{bytes = 0, exports = exports()}.

%% There is no function for it, only the text a crash dump would hold; 0 if a
%% release words it differently (the client has other reasons to restart). It
%% shows a table for each code index; decoding adds to the one of the next.
exports() ->
    case re:run(erlang:system_info(info),
                "=hash_table:export_list\n(?:[^=]*\n)?objs: (\\d+)",
                [global, {capture, [1], binary}]) of
        {match, Counts} -> lists:max([binary_to_integer(N) || [N] <- Counts]);
        nomatch -> 0
    end.

judge(#st{port = Port, heap = Heap, exports = Exports}, <<1, Careful, Items/binary>>) ->
    {Pid, Ref} = spawn_opt(
        fun() -> work(Port, Exports, Careful, Items) end,
        [monitor, {min_heap_size, 65536}, {fullsweep_after, 4},
         {max_heap_size, #{size => Heap, kill => true, error_logger => false}}]),
    receive
        {'DOWN', Ref, process, Pid, normal} -> ok;
        {'DOWN', Ref, process, Pid, killed} -> stop(?EXIT_HEAP);
        {'DOWN', Ref, process, Pid, _} -> stop(?EXIT_BUG);
        {'EXIT', Port, _} -> stop(0)
    end.

%% When careful, a heap that a payload has damaged is walked before the reply
%% goes out: better to die now, with the culprit known, than later.
work(Port, Exports, Careful, Items) ->
    Results = items(Items, <<>>),
    Careful =:= 1 andalso erlang:garbage_collect(),
    port_command(Port, [<<(erlang:system_info(atom_count)):32, Exports:32>>, Results]).

items(<<Flags, Len:32, Payload:Len/binary, Rest/binary>>, Acc) ->
    try decode(Flags, Payload) of
        {Term, Used} when Flags band (bnot ?SAFE) =:= ?WORDS ->
            Words = erts_debug:flat_size(Term),
            items(Rest, <<Acc/binary, 1, Used:32, Words:64>>);
        {Term, Used} ->
            derive(Flags, Term, Rest, <<Acc/binary, 1, Used:32>>)
    catch
        error:badarg -> items(skip_other(Flags, Rest), <<Acc/binary, 0>>)
    end;
items(<<>>, Acc) ->
    Acc.

%% binary_to_term/2 can write to its input and read behind it: it gets a copy,
%% so that neither the next payload in the frame nor this one is touched.
decode(Flags, Payload) when Flags band (?SAFE bor ?TRAP) =:= 0 ->
    binary_to_term(binary:copy(Payload), [used]);
decode(Flags, Payload) when Flags band ?TRAP =:= 0 ->
    binary_to_term(binary:copy(Payload), [safe, used]);
decode(Flags, Payload) ->
    {trap(Payload, Flags), byte_size(Payload)}.

skip_other(Flags, <<Len:32, _:Len/binary, Rest/binary>>)
  when Flags band ?COMPARE =/= 0 ->
    Rest;
skip_other(_, Rest) ->
    Rest.

derive(Flags, Term, Rest0, Acc0) ->
    Acc1 = if Flags band ?WORDS =/= 0 -> <<Acc0/binary, (erts_debug:flat_size(Term)):64>>;
              true -> Acc0
           end,
    Acc2 = if Flags band ?CANON =/= 0 -> sized(Acc1, fun() -> canon(Term) end);
              true -> Acc1
           end,
    Acc3 = if Flags band ?PRINT =/= 0 -> sized(Acc2, fun() -> print(Term) end);
              true -> Acc2
           end,
    if Flags band ?COMPARE =/= 0 ->
           <<Len:32, Other:Len/binary, Rest/binary>> = Rest0,
           items(Rest, <<Acc3/binary, (compare(Term, Flags, Other))>>);
       true ->
           items(Rest0, Acc3)
    end.

sized(Acc, Make) ->
    try Make() of
        Bytes -> <<Acc/binary, (byte_size(Bytes)):32, Bytes/binary>>
    catch
        _:_ -> <<Acc/binary, ?NONE:32>>
    end.

canon(Term) ->
    term_to_binary(Term, [deterministic, {minor_version, 2}]).

print(Term) ->
    unicode:characters_to_binary(io_lib:format("~0tp", [Term])).

%% 0: the other payload is refused; else 16#80, 16#40 if the terms are the same
%% (=:=), and 0, 1 or 2 for less, equal (==) or greater.
compare(Term, Flags, Other) ->
    try decode(Flags, Other) of
        {Term2, _} -> 16#80 bor same(Term =:= Term2) bor order(Term, Term2)
    catch
        error:badarg -> 0
    end.

same(true) -> 16#40;
same(false) -> 0.

order(A, B) when A < B -> 0;
order(A, B) when A == B -> 1;
order(_, _) -> 2.

%% For the client's own tests: deaths on demand, so that surviving them can be
%% tested without keeping a payload here that kills a VM. Only a flag that no
%% exported name sets leads here.
trap(<<"halt">>, _) -> erlang:halt(139, [{flush, false}]);
trap(<<"abort">>, _) -> erlang:halt(abort);
trap(<<"spin">>, Flags) -> trap(<<"spin">>, Flags);
trap(<<"heap">>, _) -> lists:seq(1, 1 bsl 40);
trap(<<"leak">>, _) -> [binary:copy(<<1>>, 1 bsl 20) || _ <- lists:seq(1, 1 bsl 20)];
trap(<<"bug">>, _) -> exit(bug);
trap(<<"noise">>, _) -> io:put_chars("noise\n");
trap(<<"canon">>, Flags) when Flags band ?CANON =/= 0 -> trap(<<"halt">>, Flags);
trap(<<"second">>, Flags) ->
    persistent_term:get(?MODULE, first) =:= second andalso trap(<<"halt">>, Flags),
    persistent_term:put(?MODULE, second);
trap(<<"refuse">>, _) -> error(badarg);
trap(Other, _) -> Other.

stop(Status) ->
    erlang:halt(Status, [{flush, false}]).
