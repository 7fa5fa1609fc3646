%% Tells a beamgate gateway how this node is: which life of the node this is, how
%% full its atom and process tables are, how long its queues, and how often its
%% supervisors had to restart children. The gateway bounds new atoms by it and
%% shrinks its limits when the node is in trouble.
%%
%%     beamgate_reporter:start_link(#{gateway => {"127.0.0.1", 9181},
%%                                    secret => <<"at least sixteen bytes">>}).
%%
%% Put it first under the top supervisor, before what listens to clients: a
%% gateway that knows nothing of this life of the node lets no new atom pass. It
%% needs crypto, and it never ends with an error: without a gateway it tries again
%% each interval.
%%
%% Options: gateway {Host, Port}; secret, as it is in the file of the gateway: white space
%% around it does not count, on either side; interval in ms (1000); queues, names of
%% processes whose mailboxes count ([]); names, whether to tell the atom table as
%% well (true). The protocol is described in the gateway's package report.
-module(beamgate_reporter).
-behaviour(gen_server).

-export([start_link/1, init/1, handle_call/3, handle_cast/2, handle_info/2, log/2]).

-define(CHUNK, 2000).

start_link(Options) ->
    gen_server:start_link({local, ?MODULE}, ?MODULE, Options, []).

init(Options) ->
    Restarts = counters:new(1, []),
    %% Fixed once: the offset of the clock moves, and another number would be
    %% taken for another life. A reporter that is started again has to find it.
    Started = persistent_term:get(?MODULE, started()),
    persistent_term:put(?MODULE, Started),
    _ = logger:remove_handler(?MODULE),
    ok = logger:add_handler(?MODULE, ?MODULE, #{level => error, config => #{restarts => Restarts}}),
    self() ! connect,
    Secret = trim(iolist_to_binary(maps:get(secret, Options))),
    {ok, maps:merge(#{interval => 1000, queues => [], names => true},
                    Options#{secret => Secret, restarts => Restarts, started => Started, socket => none})}.

started() ->
    erlang:convert_time_unit(erlang:system_info(start_time) + erlang:time_offset(), native, millisecond).

trim(Secret) ->
    re:replace(Secret, "^[ \\t-\\r]+|[ \\t-\\r]+$", "", [global, dollar_endonly, {return, binary}]).

handle_call(_, _, State) -> {reply, ok, State}.

handle_cast(_, State) -> {noreply, State}.

handle_info(connect, State = #{gateway := {Host, Port}}) ->
    Options = [binary, {packet, 4}, {active, false}, {send_timeout, 5000}],
    case gen_tcp:connect(Host, Port, Options, 5000) of
        {ok, Socket} ->
            case gen_tcp:recv(Socket, 0, 5000) of
                {ok, Challenge} when byte_size(Challenge) =:= 32 ->
                    inet:setopts(Socket, [{active, once}]),
                    begin_reports(State#{socket => Socket, challenge => Challenge, n => 0});
                _ ->
                    gen_tcp:close(Socket),
                    later(connect, State)
            end;
        {error, _} ->
            later(connect, State)
    end;
handle_info(report, State = #{socket := none}) ->
    {noreply, State};
handle_info(report, State) ->
    after_send(send(report(State), State));
handle_info({tcp_closed, Socket}, State = #{socket := Socket}) ->
    later(connect, State#{socket => none});
handle_info(_, State) ->
    {noreply, State}.

later(What, State = #{interval := Interval}) ->
    erlang:send_after(Interval, self(), What),
    {noreply, State}.

%% The first report comes after the names, so that it counts what they are part of.
begin_reports(State = #{names := false}) ->
    after_send(send(report(State), State));
begin_reports(State) ->
    case send_names(names(), State) of
        {ok, Next} -> after_send(send(report(Next), Next));
        Failed -> after_send(Failed)
    end.

after_send({ok, State}) -> later(report, State);
after_send({error, State = #{socket := Socket}}) ->
    gen_tcp:close(Socket),
    later(connect, State#{socket => none}).

send(Term, State = #{socket := Socket, secret := Secret, challenge := Challenge, n := N}) ->
    Payload = term_to_binary(Term),
    Mac = crypto:mac(hmac, sha256, Secret, [Challenge, <<N:64>>, Payload]),
    case gen_tcp:send(Socket, term_to_binary({beamgate, Mac, Payload})) of
        ok -> {ok, State#{n => N + 1}};
        {error, _} -> {error, State}
    end.

send_names([], State) -> {ok, State};
send_names(Names, State) ->
    {Some, Rest} = lists:split(min(?CHUNK, length(Names)), Names),
    case send({names, node_name(), Some}, State) of
        {ok, Next} -> send_names(Rest, Next);
        Failed -> Failed
    end.

node_name() -> atom_to_binary(node(), utf8).

report(#{queues := Queues, restarts := Restarts, started := Started}) ->
    Count = counters:get(Restarts, 1),
    counters:sub(Restarts, 1, Count),
    {report, node_name(), erlang:system_info(creation), Started,
     erlang:system_info(atom_count), erlang:system_info(atom_limit),
     erlang:system_info(process_count), erlang:system_info(process_limit),
     lists:sum(erlang:statistics(run_queue_lengths)), erlang:memory(total),
     lists:max([0 | [queue(Q) || Q <- Queues]]), Count}.

queue(Name) ->
    case whereis(Name) of
        undefined -> 0;
        Pid ->
            case process_info(Pid, message_queue_len) of
                {message_queue_len, N} -> N;
                undefined -> 0
            end
    end.

%% The table is read by index, in the encoding that a node may use for its own
%% atoms only.
names() ->
    [atom_to_binary(binary_to_term(<<131, 75, N:24>>), utf8)
     || N <- lists:seq(0, erlang:system_info(atom_count) - 1)].

%% A handler of logger: what supervisors report about children that ended.
log(#{msg := {report, #{label := {supervisor, child_terminated}}}}, #{config := #{restarts := Restarts}}) ->
    counters:add(Restarts, 1, 1);
log(_, _) ->
    ok.
