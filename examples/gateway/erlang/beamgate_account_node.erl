%% A node that keeps account of what it decoded, for tests under load. It decodes
%% whatever a frame of {packet,4} holds, without [safe], and answers each frame with
%% badarg or
%%
%%     {took, Digest}
%%
%% where Digest is the SHA-256 of the term as deterministic bytes. To
%% {account, please} it answers with its books, in which that message has no place:
%%
%%     {account, AtomCount, MemoryBytes, Badargs, <<Digest:32/binary, Times:64, ...>>}
%%
%% Arguments: its port, or 0 for any; a file to which each digest is appended before
%% its answer is sent, or "-"; then, if it is to report, the port and the secret of
%% the gateway. It prints its port on a line, and ends when its standard input does.
-module(beamgate_account_node).

-export([main/0, loop/3]).

main() ->
    [Port, Journal | Reports] = init:get_plain_arguments(),
    {ok, Listen} = gen_tcp:listen(list_to_integer(Port),
                                  [binary, {packet, 4}, {packet_size, 64 bsl 20}, {active, false},
                                   {ip, {127, 0, 0, 1}}, {backlog, 8192}, {reuseaddr, true}]),
    {ok, At} = inet:port(Listen),
    Books = ets:new(books, [public, {write_concurrency, true}]),
    ets:insert(Books, {badarg, 0}),
    _ = digest(books), % what that loads is loaded before anybody counts
    _ = account(Books),
    case Reports of
        [Gateway, Secret] ->
            {ok, _} = beamgate_reporter:start_link(#{gateway => {"127.0.0.1", list_to_integer(Gateway)},
                                                     secret => [Secret, $\n], interval => 200});
        [] -> ok
    end,
    spawn(fun() -> accept(Listen, Books, Journal) end),
    io:format("port ~b~n", [At]),
    _ = io:get_line(""),
    erlang:halt(0).

accept(Listen, Books, Journal) ->
    {ok, Socket} = gen_tcp:accept(Listen),
    Pid = spawn(fun() -> receive go -> ?MODULE:loop(Socket, Books, open(Journal)) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listen, Books, Journal).

open("-") -> none;
open(Path) ->
    {ok, File} = file:open(Path, [append, raw, binary]),
    File.

loop(Socket, Books, Journal) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Bytes} ->
            Answer = try binary_to_term(Bytes) of
                         {account, please} -> account(Books);
                         Term -> took(digest(Term), Books, Journal)
                     catch error:badarg -> ets:update_counter(Books, badarg, 1), badarg
                     end,
            _ = gen_tcp:send(Socket, term_to_binary(Answer)),
            loop(Socket, Books, Journal);
        {error, _} ->
            gen_tcp:close(Socket)
    end.

took(Digest, Books, Journal) ->
    ets:update_counter(Books, Digest, 1, {Digest, 0}),
    case Journal of
        none -> ok;
        _ -> ok = file:write(Journal, Digest)
    end,
    {took, Digest}.

digest(Term) ->
    crypto:hash(sha256, term_to_binary(Term, [deterministic, {minor_version, 2}])).

account(Books) ->
    [{badarg, Badargs}] = ets:lookup(Books, badarg),
    Lines = << <<D/binary, N:64>> || {D, N} <- ets:tab2list(Books), is_binary(D) >>,
    {account, erlang:system_info(atom_count), erlang:memory(total), Badargs, Lines}.
