%% Times the BEAM's own codec on request, so that a bench in another process can
%% take turns with it. Frames with a length of four bytes on stdin and stdout:
%%
%%   request   Op:8, N:32, Name     time N runs of an operation on a payload
%%   answer    0, Nanoseconds:64    or 1, Text: it cannot do that
%%
%% Each request is run by a process of its own that starts with an empty heap.
%% What it takes to collect its garbage, that of the last run included, counts.
-module(bench_beam).
-export([main/1]).

main([Folder]) ->
    Port = open_port({fd, 0, 1}, [{packet, 4}, binary]),
    true = port_command(Port, hello()),
    serve(Port, Folder, none).

hello() ->
    File = filename:join([code:root_dir(), "releases", erlang:system_info(otp_release), "OTP_VERSION"]),
    Version = case file:read_file(File) of
        {ok, Text} -> string:trim(Text);
        _ -> erlang:system_info(otp_release)
    end,
    iolist_to_binary([Version, ", erts ", erlang:system_info(version), ", ",
                      atom_to_list(erlang:system_info(emu_flavor))]).

serve(Port, Folder, Loaded) ->
    receive
        {Port, {data, <<Op, N:32, Name/binary>>}} ->
            Now = {_, Items} = load(Folder, Name, Loaded),
            true = port_command(Port, answer(catch timed(Op, N, Items))),
            serve(Port, Folder, Now);
        {Port, eof} -> halt(0);
        {'EXIT', Port, _} -> halt(0)
    end.

%% Only the payload of the last request is kept.
load(_, Name, {Name, _} = Loaded) -> Loaded;
load(Folder, Name, _) ->
    {ok, B} = file:read_file(filename:join(Folder, Name)),
    case filename:extension(Name) of
        <<".bin">> -> {Name, frames(B)};
        _ -> {Name, [B]}
    end.

frames(<<N:32, B:N/binary, Rest/binary>>) -> [binary:copy(B) | frames(Rest)];
frames(<<>>) -> [].

answer(Ns) when is_integer(Ns) -> <<0, Ns:64>>;
answer({'EXIT', Why}) -> iolist_to_binary([1, io_lib:format("~P", [Why, 12])]).

timed(Op, N, Items) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit({ns, run(Op, N, Items)}) end),
    receive
        {'DOWN', Ref, process, Pid, {ns, Ns}} -> Ns;
        {'DOWN', Ref, process, Pid, Why} -> exit(Why)
    end.

%% 1 binary_to_term, 2 the same with [safe], 3 term_to_binary, 4 what
%% canonical bytes are made with.
run(1, N, Items) -> clock(fun() -> decode(N, Items, Items) end);
run(2, N, Items) -> clock(fun() -> decode_safe(N, Items, Items) end);
run(3, N, Items) ->
    Terms = [binary_to_term(B) || B <- Items],
    clock(fun() -> encode(N, Terms, Terms, [{minor_version, 2}]) end);
run(4, N, Items) ->
    clock(fun() -> reencode(N, Items, Items, [deterministic, {minor_version, 2}]) end).

clock(F) ->
    true = erlang:garbage_collect(),
    Start = erlang:monotonic_time(nanosecond),
    F(),
    true = erlang:garbage_collect(),
    erlang:monotonic_time(nanosecond) - Start.

decode(1, [], _) -> ok;
decode(N, [], All) -> decode(N - 1, All, All);
decode(N, [B | Rest], All) -> _ = binary_to_term(B), decode(N, Rest, All).

decode_safe(1, [], _) -> ok;
decode_safe(N, [], All) -> decode_safe(N - 1, All, All);
decode_safe(N, [B | Rest], All) -> _ = binary_to_term(B, [safe]), decode_safe(N, Rest, All).

encode(1, [], _, _) -> ok;
encode(N, [], All, O) -> encode(N - 1, All, All, O);
encode(N, [T | Rest], All, O) -> _ = term_to_binary(T, O), encode(N, Rest, All, O).

reencode(1, [], _, _) -> ok;
reencode(N, [], All, O) -> reencode(N - 1, All, All, O);
reencode(N, [B | Rest], All, O) -> _ = term_to_binary(binary_to_term(B), O), reencode(N, Rest, All, O).
