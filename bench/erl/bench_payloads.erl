%% Writes the payloads of the bench into a folder, the same ones each time:
%%
%%   erl -noinput -pa DIR -run bench_payloads main FOLDER quick|full
%%
%% All that is random is drawn from one generator with a fixed seed for each
%% payload, so that payloads can be added without changing the others.
-module(bench_payloads).
-export([main/1]).

main([Folder, Size]) ->
    lists:foreach(fun({Name, Make}) ->
        rand:seed(exsss, {17, 4, erlang:phash2(Name)}),
        Made = iolist_to_binary(Make()),
        ok = file:write_file(filename:join(Folder, Name), Made),
        ok = file:write_file(filename:join([Folder, "old", Name]), old(filename:extension(Name), Made))
    end, payloads(Size)),
    halt(0).

payloads(Size) ->
    [{"a_rpc.etf", fun() -> encode(rpc()) end},
     {"b_ready.etf", fun() -> encode(ready()) end},
     {"b2_ready_atomkeys.etf", fun() -> encode(atom_keys(same_ready())) end},
     {"c_ints.etf", fun() -> encode(times(100000, fun() -> rand:uniform(1 bsl 31) - 1 end)) end},
     {"d_bin1m.etf", fun() -> encode({blob, rand:bytes(1 bsl 20)}) end},
     {"e_map10k.etf", fun() -> encode(big_map(10000)) end},
     {"f_bigs.etf", fun() -> encode(times(1000, fun() -> (1 bsl 255) + uniform(255) end)) end},
     {"g_deep500.etf", fun() -> encode(deep(250)) end},
     {"h_atoms.etf", fun() -> encode(times(100000, fun() -> numbered("atom_name_", rand:uniform(50)) end)) end},
     {"i_ready_z.etf", fun() -> term_to_binary(same_ready(), [{minor_version, 2}, {compressed, 6}]) end},
     {"j_gen_call.etf", fun() -> encode([gen_call(I) || I <- lists:seq(1, 200)]) end},
     {"k_structs.etf", fun() -> encode([struct(I) || I <- lists:seq(1, 500)]) end},
     {"l_ecto_rows.etf", fun() -> encode([ecto(I) || I <- lists:seq(1, 300)]) end},
     {"m_proplists.etf", fun() -> term_to_binary([proplist(I) || I <- lists:seq(1, 500)]) end},
     {"n_ets_dump.etf", fun() -> ets_dump(ets_bytes(Size)) end},
     {"o_frames.bin", fun() -> [frame(encode(event(I))) || I <- lists:seq(1, 2000)] end},
     {"p_utf8_atoms.etf", fun() -> encode(times(5000, fun() -> utf8_atom(rand:uniform(60)) end)) end},
     {"q_bitstrings.etf", fun() -> encode(times(2000, fun bitstring/0)) end},
     {"r_maps32.etf", fun() -> encode([small_map(32) || _ <- lists:seq(1, 100)]) end},
     {"s_maps33.etf", fun() -> encode([small_map(33) || _ <- lists:seq(1, 100)]) end},
     {"t_floats.etf", fun() -> encode(times(10000, fun() -> rand:normal() * 1000 end)) end},
     {"u_z_ratio1.etf", fun() -> squeeze(rand:bytes(200000)) end},
     {"v_z_ratio10.etf", fun() -> squeeze(lines(8000)) end},
     {"w_z_ratio90.etf", fun() -> squeeze(<<(lines(650))/binary, (binary:copy(lines(80), 100))/binary>>) end}].

%% Atoms in UTF-8, as every release from 26 on sends them.
encode(T) -> term_to_binary(T, [{minor_version, 2}]).

times(N, F) -> [F() || _ <- lists:seq(1, N)].

%% The same terms as releases before 26 send them, with atoms in Latin-1 where
%% they can be: some peers know no others.
old(".bin", <<N:32, B:N/binary, Rest/binary>>) ->
    [frame(old(".etf", B)) | old(".bin", Rest)];
old(".bin", <<>>) -> [];
old(".etf", <<131, 80, _/binary>> = B) -> term_to_binary(binary_to_term(B), [{minor_version, 1}, compressed]);
old(".etf", B) -> term_to_binary(binary_to_term(B), [{minor_version, 1}]).

%% A call as a remote procedure call puts it on the wire.
rpc() ->
    {call, 42, <<"user.get">>, get_profile, [<<"id">>, 123456789, 3.14, true],
     #{trace => <<"abc123def456">>, deadline => 5000}}.

%% The first message of a chat gateway, with binary keys as JSON-shaped data has.
ready() ->
    #{<<"op">> => 0, <<"s">> => 1, <<"t">> => 'READY',
      <<"d">> => #{<<"v">> => 9, <<"session_id">> => hex(), <<"latency">> => 41.25,
                   <<"shard">> => {0, 16}, <<"user">> => user(1),
                   <<"guilds">> => [guild(I) || I <- lists:seq(1, 10)]}}.

%% The payloads b, b2 and i are one term.
same_ready() ->
    rand:seed(exsss, {17, 4, erlang:phash2("b_ready.etf")}),
    ready().

guild(I) ->
    #{<<"id">> => snowflake(), <<"name">> => <<"Guild number ", (digits(I))/binary, " é"/utf8>>,
      <<"icon">> => hex(), <<"owner_id">> => snowflake(), <<"region">> => <<"us-east">>,
      <<"member_count">> => rand:uniform(100000), <<"large">> => true, <<"unavailable">> => false,
      <<"verification_level">> => 2, <<"mfa_level">> => 0, <<"premium_tier">> => 3,
      <<"features">> => [<<"COMMUNITY">>, <<"NEWS">>, <<"ANIMATED_ICON">>],
      <<"channels">> => [channel(C) || C <- lists:seq(1, 14)],
      <<"members">> => [member(M) || M <- lists:seq(1, 12)],
      <<"presences">> => times(8, fun presence/0)}.

channel(I) ->
    #{<<"id">> => snowflake(), <<"name">> => <<"channel-", (digits(I))/binary>>,
      <<"type">> => rand:uniform(5) - 1, <<"position">> => I, <<"nsfw">> => false, <<"topic">> => nil,
      <<"rate_limit_per_user">> => 0, <<"last_message_id">> => snowflake(),
      <<"permission_overwrites">> =>
          [#{<<"id">> => snowflake(), <<"type">> => role, <<"allow">> => 104324673, <<"deny">> => 0}]}.

member(I) ->
    #{<<"user">> => user(I), <<"nick">> => nil, <<"mute">> => false, <<"deaf">> => false,
      <<"roles">> => times(rand:uniform(3), fun snowflake/0),
      <<"joined_at">> => <<"2021-03-04T05:06:07.890000+00:00">>}.

user(I) ->
    #{<<"id">> => snowflake(), <<"username">> => <<"user_", (digits(I))/binary>>, <<"avatar">> => hex(),
      <<"discriminator">> => digits(1000 + I), <<"bot">> => false, <<"public_flags">> => rand:uniform(1 bsl 20)}.

presence() ->
    #{<<"user">> => #{<<"id">> => snowflake()}, <<"status">> => online,
      <<"activities">> => [#{<<"name">> => <<"Custom Status">>, <<"type">> => 4,
                             <<"created_at">> => 1600000000000 + rand:uniform(1000000000)}]}.

atom_keys(M) when is_map(M) -> maps:from_list([{binary_to_atom(K), atom_keys(V)} || {K, V} <- maps:to_list(M)]);
atom_keys(L) when is_list(L) -> [atom_keys(X) || X <- L];
atom_keys(X) -> X.

%% Keys come in the order of the hash, as a map of more than 32 keeps them.
big_map(N) -> maps:from_list([{numbered("key_", I), rand:uniform() * 1000} || I <- lists:seq(1, N)]).

deep(0) -> [];
deep(N) -> {[deep(N - 1)]}.

%% Messages between nodes. The pids are those of some other node.
gen_call(I) ->
    Pid = foreign(<<88, 119, 9, "a@host_01", (100 + I):32, 0:32, 1700000000:32>>),
    Ref = foreign(<<90, 3:16, 119, 9, "a@host_01", 1700000000:32, I:32, 77:32, 99:32>>),
    {'$gen_call', {Pid, [alias | Ref]}, {get, {user, 1000 + I}, #{timeout => 5000}}}.

foreign(B) -> binary_to_term(<<131, B/binary>>).

%% Rows as Elixir keeps them.
struct(I) ->
    #{'__struct__' => 'Elixir.Shop.User', id => I, name => <<"User ", (digits(I))/binary>>,
      email => <<"user", (digits(I))/binary, "@example.com">>, age => 18 + rand:uniform(60),
      score => rand:uniform() * 100, admin => I rem 50 =:= 0, tags => [<<"a">>, <<"bc">>, <<"def">>],
      address => #{'__struct__' => 'Elixir.Shop.Address', street => <<"Main Street ", (digits(I))/binary>>,
                   city => <<"Lyon">>, zip => 10000 + rand:uniform(89999)}}.

ecto(I) ->
    #{'__struct__' => 'Elixir.Shop.Order',
      '__meta__' => #{'__struct__' => 'Elixir.Ecto.Schema.Metadata', state => loaded, source => <<"orders">>,
                      prefix => nil, schema => 'Elixir.Shop.Order', context => nil},
      id => uuid(), number => I, status => lists:nth(rand:uniform(3), [paid, open, void]),
      total => #{'__struct__' => 'Elixir.Decimal', sign => 1, coef => rand:uniform(1000000), exp => -2},
      note => nil, inserted_at => datetime(), updated_at => datetime(), user_id => rand:uniform(100000),
      lines => #{'__struct__' => 'Elixir.Ecto.Association.NotLoaded', '__field__' => lines,
                 '__owner__' => 'Elixir.Shop.Order', '__cardinality__' => many}}.

datetime() ->
    #{'__struct__' => 'Elixir.DateTime', calendar => 'Elixir.Calendar.ISO', year => 2024, month => rand:uniform(12),
      day => rand:uniform(28), hour => rand:uniform(24) - 1, minute => rand:uniform(60) - 1,
      second => rand:uniform(60) - 1, microsecond => {rand:uniform(1000000) - 1, 6}, time_zone => <<"Etc/UTC">>,
      zone_abbr => <<"UTC">>, utc_offset => 0, std_offset => 0}.

proplist(I) ->
    [{host, "node" ++ integer_to_list(I)}, {port, 1024 + rand:uniform(60000)}, {timeout, infinity}, binary, keepalive,
     {retries, rand:uniform(5)}, {backoff, 1.5}, {auth, {basic, <<"user">>, <<"secret">>}}].

%% What ets:tab2list of a session table gives, repeated in blocks up to Bytes:
%% the keys differ, the rest of a block is drawn once.
ets_dump(Bytes) ->
    Block = [begin <<_, B/binary>> = encode(session(I)), B end || I <- lists:seq(1, 1000)],
    One = iolist_to_binary(Block),
    N = max(1, Bytes div byte_size(One)),
    [<<131, 108, (1000 * N):32>>, lists:duplicate(N, One), 106].

ets_bytes("quick") -> 4 bsl 20;
ets_bytes("full") -> 64 bsl 20.

session(I) ->
    {{session, uuid()}, I, 1700000000000 + rand:uniform(1000000000), active,
     #{user_id => rand:uniform(1000000), ip => {10, 0, rand:uniform(255), rand:uniform(255)},
       csrf => hex(), flash => [], data => [{cart, times(rand:uniform(4), fun() -> {rand:uniform(100000), 1} end)}]}}.

event(I) -> {event, I, <<"sensor/", (digits(rand:uniform(50)))/binary>>, rand:uniform() * 40, [ok]}.

frame(B) -> <<(byte_size(B)):32, B/binary>>.

utf8_atom(I) -> binary_to_atom(<<"größe_ключ_数_"/utf8, (digits(I))/binary>>).

bitstring() ->
    Bits = 1 + rand:uniform(7) + 8 * rand:uniform(40),
    <<B:Bits/bitstring, _/bitstring>> = rand:bytes(64),
    B.

small_map(N) -> maps:from_list([{numbered("field_", I), rand:uniform(1000)} || I <- lists:seq(1, N)]).

%% Compressed at the default level. term_to_binary leaves out what does not get
%% smaller, so that case is put together here.
squeeze(B) ->
    case term_to_binary(B, [compressed]) of
        <<131, 80, _/binary>> = Z -> Z;
        <<131, Plain/binary>> -> <<131, 80, (byte_size(Plain)):32, (zlib:compress(Plain))/binary>>
    end.

lines(N) ->
    iolist_to_binary(times(N, fun() ->
        [<<"GET /items/">>, integer_to_list(rand:uniform(1000)), <<" HTTP/1.1 200 level=info node=web@10.0.0.1\n">>]
    end)).

snowflake() -> digits(100000000000000000 + uniform(60) rem 899999999999999999).
hex() -> list_to_binary([io_lib:format("~2.16.0B", [X]) || <<X>> <= rand:bytes(16)]).
digits(I) -> integer_to_binary(I).
numbered(Prefix, I) -> list_to_atom(Prefix ++ integer_to_list(I)).

uuid() ->
    <<A:32, B:16, C:16, D:16, E:48>> = rand:bytes(16),
    list_to_binary(io_lib:format("~8.16.0b-~4.16.0b-~4.16.0b-~4.16.0b-~12.16.0b", [A, B, C, D, E])).

%% rand:uniform/1 draws up to 58 bits well; this draws as many as asked for.
uniform(Bits) -> binary:decode_unsigned(rand:bytes((Bits + 7) div 8)) band ((1 bsl Bits) - 1).
