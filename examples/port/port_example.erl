%% The Erlang side of the port program in this folder: a node that asks before
%% it decodes. See main.go for how to run it and for the protocol.
-module(port_example).
-export([start/1, start/2, check/2, decode/2, stop/1, atoms/0, counts/0, main/1]).

%% How long the program may take for an answer.
-define(TIMEOUT, 5000).

%% Starts the program. The port belongs to the calling process and dies with it;
%% a real system would put it into a gen_server under a supervisor.
start(Program) -> start(Program, 4).

start(Program, Packet) ->
    open_port({spawn_executable, Program},
              [{packet, Packet}, {args, ["-packet", integer_to_list(Packet) | names()]},
               binary, exit_status]).

%% The atoms that messages may hold. The program refuses every other, so that no
%% sender can fill the atom table of this node; whatever stands here exists in it.
atoms() -> [true, false, undefined, get, put, user, name, roles].

names() -> lists:append([["-atom", atom_to_list(A)] || A <- atoms()]).

%% Asks for a verdict on bytes that somebody has sent. {exit, Status} means that
%% the program has ended; after bytes that are too long it does, once it has
%% answered.
check(Port, Bytes) ->
    true = port_command(Port, Bytes),
    receive
        {Port, {data, Answer}} -> binary_to_term(Answer, [safe]);
        {Port, {exit_status, Status}} -> {exit, Status}
    after ?TIMEOUT ->
        exit(port_timeout)
    end.

%% Decodes bytes that the program has accepted, and no others. They hold no atom
%% but those of atoms/0, so [safe] has nothing left to refuse: it stands here for the
%% day when somebody forgets to start the program with the names.
decode(Port, Bytes) ->
    case check(Port, Bytes) of
        {ok, _Counts} -> {ok, binary_to_term(Bytes, [safe])};
        Refused -> Refused
    end.

%% What {ok, Counts} counts. The atoms stand here so that the node knows them when
%% an answer comes, for answers are decoded with [safe] too.
counts() -> [bytes, terms, depth, atoms, heap_words].

%% The program may have ended by itself, as after a frame above its cap, and then
%% the port is closed already.
stop(Port) ->
    try port_close(Port)
    catch error:badarg -> true
    end.

%% The demonstration: erl -noshell -run port_example main PROGRAM
main([Program]) ->
    Port = start(Program),
    show(Port, "a map", term_to_binary(#{<<"user">> => <<"zoe">>, <<"roles">> => [1, 2]})),
    show(Port, "known atoms", term_to_binary({put, #{user => <<"zoe">>, roles => []}})),
    show(Port, "a new atom", <<131, 104, 2, 119, 3, "get", 119, 7, "evil_42">>),
    show(Port, "a fun", term_to_binary(fun lists:map/2)),
    show(Port, "a pid", term_to_binary({<<"from">>, self()})),
    show(Port, "500 tuples in each other", term_to_binary(nest(500))),
    show(Port, "a compressed megabyte", term_to_binary(binary:copy(<<0>>, 1 bsl 20), [compressed])),
    show(Port, "a list that claims 2^32-1 elements", <<131, 108, -1:32, 97, 1>>),
    show(Port, "no term at all", <<"GET / HTTP/1.1">>),
    show(Port, "nothing", <<>>),
    show(Port, "a map again", term_to_binary(#{})),
    show(Port, "two megabytes", term_to_binary(binary:copy(<<0>>, 2 bsl 20))),
    receive
        {Port, {exit_status, Status}} -> io:format("the port program ended with status ~b~n", [Status])
    after ?TIMEOUT ->
        io:format("the port program is still there~n")
    end,
    halt(0).

show(Port, Name, Bytes) -> io:format("~s: ~0p~n", [Name, check(Port, Bytes)]).

nest(0) -> [];
nest(N) -> {nest(N - 1)}.
