%% What the BEAM says of every collected payload. A payload that a BEAM would
%% refuse has no place in a set of legitimate data, whoever produced it, and a
%% profile named for it must match what is really inside.
%%
%%     erl -noinput -boot no_dot_erlang -pa EBIN -run judge main PAYLOADS OUT
%%
%% writes one line per file to OUT: name, verdict (ok or refused), bytes used,
%% contents (funs, ids, structs), nodes of the ids, distinct atoms, depth,
%% terms. Depth and terms are counted as beamgate does: a scalar has depth 0,
%% tail position adds none, and the elements of a string count one each.
-module(judge).

-export([main/1]).

main([Dir, Out]) ->
    Names = lists:sort(filelib:wildcard("*.etf", Dir)),
    ok = file:write_file(Out, [judge(N, filename:join(Dir, N)) || N <- Names]),
    halt(0).

judge(Name, File) ->
    {ok, Bin} = file:read_file(File),
    try binary_to_term(Bin, [used]) of
        {Term, Used} ->
            S = walk([{Term, 0}], #{atoms => #{}, nodes => #{}, has => #{}, depth => 0, terms => 0}),
            line([Name, "ok", integer_to_list(Used), names(has, S), names(nodes, S),
                  integer_to_list(map_size(maps:get(atoms, S))),
                  integer_to_list(maps:get(depth, S)), integer_to_list(maps:get(terms, S))])
    catch
        error:badarg -> line([Name, "refused", "0", "", "", "0", "0", "0"])
    end.

line(Fields) -> unicode:characters_to_binary([lists:join("\t", Fields), $\n]).

names(Key, S) -> lists:join(",", [atom_to_list(A) || A <- lists:sort(maps:keys(maps:get(Key, S)))]).

walk([], S) -> S;
walk([{T, D} | Rest], S0) ->
    S = S0#{depth := max(D, maps:get(depth, S0)), terms := 1 + maps:get(terms, S0)},
    if
        is_atom(T) -> walk(Rest, add(atoms, T, S));
        is_list(T), T =/= [] -> walk_list(T, D + 1, Rest, S);
        is_tuple(T) -> walk([{E, D + 1} || E <- tuple_to_list(T)] ++ Rest, S);
        is_map(T) ->
            S1 = case T of #{'__struct__' := _} -> add(has, struct, S); _ -> S end,
            walk(maps:fold(fun(K, V, A) -> [{K, D + 1}, {V, D + 1} | A] end, Rest, T), S1);
        is_pid(T); is_reference(T); is_port(T) ->
            walk(Rest, add(has, id, add(nodes, node(T), add(atoms, node(T), S))));
        is_function(T) -> walk(Rest, add(has, 'fun', S));
        true -> walk(Rest, S)
    end.

%% The tail of a proper list is no term of its own.
walk_list([H | T], D, Rest, S) when is_list(T), T =/= [] -> walk_list(T, D, [{H, D} | Rest], S);
walk_list([H | []], D, Rest, S) -> walk([{H, D} | Rest], S);
walk_list([H | T], D, Rest, S) -> walk([{H, D}, {T, D} | Rest], S).

add(Key, Value, S) -> maps:update_with(Key, fun(M) -> M#{Value => true} end, S).
