%% A node that speaks HTTP as one finds them: it decodes whatever body it gets,
%% without [safe], and answers with
%%
%%     {seen, AtomCount, MemoryBytes, Requests}
%%
%% or with the token of the query ?since=, decoded, if there is one; for GET /fun it
%% sends an exported fun. It prints its port on a line, and ends when its standard
%% input does.
-module(beamgate_http_node).

-export([main/0, do/1]).

-include_lib("inets/include/httpd.hrl").

main() ->
    {ok, _} = application:ensure_all_started(inets),
    Requests = counters:new(1, []),
    persistent_term:put(?MODULE, Requests),
    {ok, Pid} = inets:start(httpd, [{port, 0}, {bind_address, {127, 0, 0, 1}}, {server_name, "node"},
                                    {server_root, "."}, {document_root, "."}, {modules, [?MODULE]}]),
    [{port, Port}] = httpd:info(Pid, [port]),
    io:format("port ~b~n", [Port]),
    _ = io:get_line(""),
    erlang:halt(0).

do(#mod{method = Method, request_uri = URI, entity_body = Body}) ->
    counters:add(persistent_term:get(?MODULE), 1, 1),
    Bytes = answer(Method, URI, iolist_to_binary(Body)),
    Head = [{code, 200}, {content_type, "application/x-erlang-binary"},
            {content_length, integer_to_list(byte_size(Bytes))}],
    {proceed, [{response, {response, Head, [Bytes]}}]}.

answer(_, "/fun", _) -> term_to_binary(fun erlang:halt/0);
answer(_, "/since?since=" ++ Token, _) ->
    [_, Base64] = string:split(Token, "-"),
    term_to_binary({since, binary_to_term(base64:decode(Base64))});
answer("POST", _, Body) ->
    try binary_to_term(Body) catch error:badarg -> badarg end,
    seen();
answer(_, _, _) -> seen().

seen() ->
    Requests = counters:get(persistent_term:get(?MODULE), 1),
    term_to_binary({seen, erlang:system_info(atom_count), erlang:memory(total), Requests}).
