%% A node as one finds them: it decodes whatever a frame of {packet,4} holds, as
%% fast as it comes, and without [safe]. It answers each frame with
%%
%%     {seen, AtomCount, MemoryBytes, Frames}
%%
%% or, for {call, calc, add, [A, B]} and the like, as a server of BERT-RPC does.
%% It prints its port on a line, and ends when its standard input does.
-module(beamgate_demo_node).

-export([main/0, loop/2]).

main() ->
    {ok, Listen} = gen_tcp:listen(0, [binary, {packet, 4}, {packet_size, 64 bsl 20}, {active, false},
                                      {ip, {127, 0, 0, 1}}, {backlog, 1024}, {reuseaddr, true}]),
    {ok, Port} = inet:port(Listen),
    Frames = counters:new(1, []),
    case init:get_plain_arguments() of
        [Reporter, Secret] ->
            {ok, _} = beamgate_reporter:start_link(#{gateway => {"127.0.0.1", list_to_integer(Reporter)},
                                                     secret => list_to_binary(Secret), interval => 200});
        [] -> ok
    end,
    spawn(fun() -> accept(Listen, Frames) end),
    io:format("port ~b~n", [Port]),
    _ = io:get_line(""),
    erlang:halt(0).

accept(Listen, Frames) ->
    {ok, Socket} = gen_tcp:accept(Listen),
    Pid = spawn(fun() -> receive go -> loop(Socket, Frames) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listen, Frames).

loop(Socket, Frames) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Bytes} ->
            counters:add(Frames, 1, 1),
            answer(Socket, try binary_to_term(Bytes) catch error:badarg -> badarg end, Frames),
            ?MODULE:loop(Socket, Frames);
        {error, _} ->
            gen_tcp:close(Socket)
    end.

answer(_, {info, _, _}, _) -> ok;
answer(_, {crash, now}, _) -> erlang:halt(1, [{flush, false}]);
answer(Socket, {cast, _, _, _}, _) -> send(Socket, {noreply});
answer(Socket, {call, calc, add, [A, B]}, _) -> send(Socket, {reply, A + B});
answer(Socket, _, Frames) ->
    send(Socket, {seen, erlang:system_info(atom_count), erlang:memory(total), counters:get(Frames, 1)}).

send(Socket, Term) -> gen_tcp:send(Socket, term_to_binary(Term)).
