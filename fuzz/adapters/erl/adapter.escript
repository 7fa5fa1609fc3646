#!/usr/bin/env escript
%%! -noinput -boot no_dot_erlang -kernel logger_level none
%% Adapts binary_to_term/2 of the Erlang/OTP at hand to the conformance runner:
%% {packet,4} on standard input and output. Values are canonical bytes.
-mode(compile).

%% Larger terms are not encoded again: that would measure this adapter.
-define(MOST, 16#4000000).

main(_) ->
    process_flag(trap_exit, true),
    loop(open_port({fd, 0, 1}, [binary, {packet, 4}])).

loop(Port) ->
    receive
        {Port, {data, Payload}} ->
            %% A process of its own, so that its heap goes when it is done.
            {Pid, Ref} = spawn_monitor(fun() -> port_command(Port, answer(Payload)) end),
            receive {'DOWN', Ref, process, Pid, normal} -> ok end,
            erlang:garbage_collect(),
            loop(Port);
        {'EXIT', Port, _} ->
            halt(0)
    end.

%% The copy: binary_to_term/2 may write to its input.
answer(Payload) ->
    try binary_to_term(binary:copy(Payload), [used]) of
        {Term, Used} -> [<<1, Used:32>>, canonical(Term)]
    catch
        error:badarg -> <<0>>
    end.

canonical(Term) ->
    case erlang:external_size(Term) > ?MOST of
        true -> <<>>;
        false -> term_to_binary(Term, [deterministic, {minor_version, 2}])
    end.
