%% Real Erlang/OTP as a producer of external terms.
%%
%% Everything here is a value a BEAM program really sends or stores, encoded
%% by the BEAM itself. It is a compiled module and not an escript because an
%% escript's module name carries the time of its start, and that name would
%% come back in every stack trace below.
%%
%% Run it through ../collect (go run ./fuzz/legit/collect), which compiles it
%% and calls
%%
%%     erl -noinput -boot no_dot_erlang -pa EBIN -run legit_erl main OUT
%%
%% It writes OUT/<id>.etf and OUT/list.tsv (id, profile, nodes, flags, how).
%%
%% Deterministic: no clock, no host name, no live pid. Pids, ports and
%% references come from hand-made bytes of fixed nodes, which are decoded here
%% and embedded in terms, so that the final encoding is still the BEAM's own.
-module(legit_erl).

-export([main/1]).

%% Exported only so that the exceptions below cross a call the compiler
%% cannot inline away.
-export([divide/2, lookup/2, only_ok/1, opaque/1]).

-record(user, {id, name, email, roles = [], address, active = true}).
-record(address, {street, city, zip, country}).
-record(order, {id, user_id, lines = [], total, currency = eur, placed_at}).
-record(line, {sku, qty, price}).

-define(APP, 'app@10.0.0.1').
-define(DB, 'db@10.0.0.2').
-define(CREATION, 16#65A1B2C3).

main([Out]) ->
    ok = filelib:ensure_path(Out),
    Cases = lists:flatten(
        [integers(), floats(), atoms(), binaries(), strings(), lists_(),
         tuples(), maps_(), proplists_(), iodata(), containers(), domain(),
         system(), errors(), logs(), code_as_data(), options(), compressed(),
         hex(), bert(), rabbit(), bertrpc(), couch(), gen(), nodes_()]),
    Ids = [element(1, C) || C <- Cases],
    [] = Ids -- lists:usort(Ids),
    Lines = [write(Out, C) || C <- Cases],
    ok = file:write_file(filename:join(Out, "list.tsv"),
                         [["#producer\terlang\tOTP ", otp_version(), $\n] | Lines]),
    halt(0).

%% The three-part version (25.2.3) is only in this file; system_info knows 25.
otp_version() ->
    {ok, V} = file:read_file(filename:join([code:root_dir(), "releases",
                                            erlang:system_info(otp_release), "OTP_VERSION"])),
    string:trim(binary_to_list(V)).

write(Out, {Id, Profile, Nodes, Flags, How, Bin}) ->
    Name = "erl_" ++ Id,
    ok = file:write_file(filename:join(Out, Name ++ ".etf"), Bin),
    NodeText = lists:join(",", [atom_to_list(N) || N <- Nodes]),
    unicode:characters_to_binary(
        io_lib:format("~ts\t~s\t~ts\t~ts\t~ts~n", [Name, Profile, NodeText, Flags, How])).

%% d: plain data through the call everybody uses.
d(Id, How, Term) -> d(Id, How, Term, []).
d(Id, How, Term, Opts) -> put_(Id, data, [], How, Term, Opts).

%% z: asked for compression. term_to_binary keeps the plain form when zlib
%% gains nothing, and {compressed,0} means no compression, so the profile is
%% read off the result.
z(Id, How, Term, Opts) ->
    Profile = case term_to_binary(Term, Opts) of
                  <<131, 80, _/binary>> -> cache;
                  _ -> data
              end,
    put_(Id, Profile, [], How, Term, Opts).

%% g: holds ids of these nodes.
g(Id, How, Nodes, Term) -> put_(Id, gencall, Nodes, How, Term, []).

put_(Id, Profile, Nodes, How, Term, []) ->
    {Id, Profile, Nodes, "", [How, "; term_to_binary/1"], term_to_binary(Term)};
put_(Id, Profile, Nodes, How, Term, Opts) ->
    {Id, Profile, Nodes, "",
     [How, io_lib:format("; term_to_binary/2 ~w", [Opts])], term_to_binary(Term, Opts)}.

words(Kind, Name) -> [Kind, ": ", string:replace(Name, "_", " ", all)].

%% A map of more than 32 keys is stored by hash. For atoms that is a hash of
%% the atom's number, for ids one of the node's, and both depend on what this
%% VM did before; "unstable" tells the re-run test to compare such a payload
%% without regard to order.
unstable({Id, Profile, Nodes, "", How, Bin}) ->
    {Id, Profile, Nodes, "unstable", How, Bin}.

bytes(N, Seed) ->
    {B, _} = rand:bytes_s(N, rand:seed_s(exsss, {Seed, Seed + 1, Seed + 2})),
    B.

ints(N, Max, Seed) ->
    {L, _} = lists:mapfoldl(fun(_, S) -> rand:uniform_s(Max, S) end,
                            rand:seed_s(exsss, {Seed, 2, 3}), lists:seq(1, N)),
    L.

hex_text(B) -> list_to_binary([io_lib:format("~2.16.0b", [X]) || <<X>> <= B]).

%% ---------------------------------------------------------------- scalars

integers() ->
    Bounds =
        [{"0", 0}, {"255", 255}, {"256", 256}, {"m1", -1}, {"m256", -256},
         {"p31m1", (1 bsl 31) - 1}, {"p31", 1 bsl 31}, {"n31", -(1 bsl 31)},
         {"n31m1", -(1 bsl 31) - 1}, {"p32", 1 bsl 32},
         {"p59m1", (1 bsl 59) - 1}, {"p59", 1 bsl 59}, {"n59", -(1 bsl 59)},
         {"n59m1", -(1 bsl 59) - 1}, {"p60", 1 bsl 60}, {"n60", -(1 bsl 60)},
         {"p63m1", (1 bsl 63) - 1}, {"n63", -(1 bsl 63)},
         {"p64m1", (1 bsl 64) - 1}, {"p64", 1 bsl 64}, {"n64", -(1 bsl 64)}],
    Bits = [{Name, binary:decode_unsigned(<<1:1, (bits(N - 1, N))/bitstring>>)}
            || {Name, N} <- [{"1000bit", 1000}, {"2040bit", 2040}, {"2048bit", 2048},
                             {"4096bit", 4096}, {"8192bit", 8192}]],
    [d("int_" ++ Name, io_lib:format("integer ~w", [I]), I) || {Name, I} <- Bounds]
        ++ [d("int_" ++ Name, "random integer of " ++ string:replace(Name, "bit", " bits"), I) || {Name, I} <- Bits]
        ++ [d("int_neg1000bit", "negative integer of 1000 bits", -element(2, hd(Bits))),
            d("ints_bounds", "all boundary integers in one list", [I || {_, I} <- Bounds]),
            d("ints_powers", "2^0..2^200 and their negations",
              [S * (1 bsl N) || N <- lists:seq(0, 200), S <- [1, -1]]),
            d("ints_factorials", "1!..100! in a list",
              tl(lists:reverse(lists:foldl(fun(N, [H | _] = A) -> [N * H | A] end, [1], lists:seq(1, 100))))),
            d("ints_10000", "10,000 integers below 2^40", ints(10000, 1 bsl 40, 5)),
            d("ints_small_5000", "5,000 integers 0..255 that become a STRING_EXT",
              [X - 1 || X <- ints(5000, 256, 6)]),
            d("ints_mixed_sign", "2,000 integers of both signs",
              [X - 500000 || X <- ints(2000, 1000000, 7)])].

%% bits is filled so that byte borders fall right for decode_unsigned.
bits(N, Seed) ->
    <<B:N/bitstring, _/bitstring>> = bytes(N div 8 + 1, Seed),
    Pad = (8 - (N + 1) rem 8) rem 8,
    case Pad of 0 -> B; _ -> <<B/bitstring, 0:Pad>> end.

float_set() ->
    [{"0", 0.0}, {"neg0", -0.0}, {"1", 1.0}, {"1p5", 1.5}, {"m1p5", -1.5}, {"tenth", 0.1},
     {"third", 1 / 3}, {"pi", math:pi()}, {"e100", 1.0e100}, {"em100", 1.0e-100},
     {"denormal_min", denormal(1)}, {"denormal_max", denormal((1 bsl 52) - 1)},
     {"normal_min", 2.2250738585072014e-308}, {"max", 1.7976931348623157e308},
     {"neg_max", -1.7976931348623157e308}, {"p53", 9007199254740992.0}].

denormal(Bits) ->
    <<F/float>> = <<0:12, Bits:52>>,
    F.

floats() ->
    [d("float_" ++ N, "float " ++ N, F) || {N, F} <- float_set()]
        ++ [d("float_text_" ++ N, "float " ++ N ++ " as 31 bytes of text", F, [{minor_version, 0}])
            || {N, F} <- float_set()]
        ++ [d("floats_all", "all float boundaries in a list", [F || {_, F} <- float_set()]),
            d("floats_all_text", "all float boundaries as text",
              [F || {_, F} <- float_set()], [{minor_version, 0}]),
            d("floats_series", "5,000 samples of a sine wave",
              [math:sin(X / 100) || X <- lists:seq(1, 5000)]),
            d("floats_series_text", "500 samples of a sine wave as text",
              [math:sin(X / 100) || X <- lists:seq(1, 500)], [{minor_version, 0}]),
            d("floats_points", "tuples of coordinates",
              [{48.0 + X / 1000, 2.0 - X / 1000} || X <- lists:seq(0, 199)])].

atom_set() ->
    [{"empty", ''}, {"true", true}, {"undefined", undefined}, {"space", 'with space'},
     {"latin1", 'élan'}, {"cyrillic", 'Привет'}, {"cjk", '日本語'}, {"emoji", '🙂'},
     {"nul", list_to_atom([0])}, {"quote", '\''}, {"op", '=:='}, {"module", 'Elixir.Enum'},
     {"node", 'app@10.0.0.1'},
     {"ascii255", list_to_atom(lists:duplicate(255, $a))},
     {"latin255", list_to_atom(lists:duplicate(255, 16#E9))},
     {"utf8_1020", list_to_atom(lists:duplicate(255, 16#1F642))}].

atoms() ->
    [[d("atom_" ++ N, "atom " ++ N, A) || {N, A} <- atom_set()],
     %% Beyond Latin-1 both minor versions give the same bytes.
     [d("atom_" ++ N ++ "_mv2", "atom " ++ N, A, [{minor_version, 2}])
      || {N, A} <- atom_set(), lists:max([0 | atom_to_list(A)]) < 256]]
        ++ [d("atoms_all", "all atoms in a list", [A || {_, A} <- atom_set()]),
            d("atoms_all_mv2", "all atoms in a list", [A || {_, A} <- atom_set()], [{minor_version, 2}]),
            d("atoms_500", "500 distinct atoms",
              [list_to_atom("field_" ++ integer_to_list(I)) || I <- lists:seq(1, 500)]),
            d("atoms_repeat", "3 atoms repeated 4,000 times",
              lists:append(lists:duplicate(4000, [ok, error, undefined])))].

binaries() ->
    Text = <<"Größe, naïve, Ελληνικά, Кириллица, 中文, 🙂"/utf8>>,
    <<_:3, Off:77/bitstring, _/bitstring>> = bytes(20, 9),
    <<_:5, OffBytes:9/binary, _/bitstring>> = bytes(20, 9),
    [d("bin_" ++ N, N ++ " binary", B)
     || {N, B} <- [{"empty", <<>>}, {"hello", <<"hello">>}, {"utf8", Text}, {"zeros", <<0:512>>},
                   {"64", bytes(64, 64)}, {"65", bytes(65, 65)}, {"255", bytes(255, 2)},
                   {"256", bytes(256, 3)}, {"1k", bytes(1024, 4)}, {"64k", bytes(65536, 5)},
                   {"384k", bytes(393216, 6)}, {"unaligned", OffBytes},
                   {"etf_inside", term_to_binary({nested, [1, 2, 3]})},
                   {"json", <<"{\"id\":1,\"tags\":[\"a\",\"b\"],\"ok\":true}">>},
                   {"uuid", <<16#550e8400e29b41d4a716446655440000:128>>}]]
        ++ [d("bits_" ++ N, N ++ " bitstring", B)
            || {N, B} <- [{"1", <<1:1>>}, {"7", <<16#55:7>>}, {"9", <<16#155:9>>}, {"12", <<16#ABC:12>>},
                          {"77_offset", Off}, {"1023", <<(bytes(127, 8))/binary, 5:7>>}]]
        ++ [d("bins_500", "500 short binaries", [hex_text(bytes(8, I)) || I <- lists:seq(1, 500)]),
            d("bits_list", "bitstrings of 1..64 bits", [<<1:N>> || N <- lists:seq(1, 64)])].

strings() ->
    [d("str_" ++ N, words("string", N), S)
     || {N, S} <- [{"hello", "hello"}, {"latin1", "élan vital"}, {"utf8_list", "Ελληνικά"},
                   {"emoji", "ok 🙂"}, {"nul", [0]}, {"bytes_all", lists:seq(0, 255)},
                   {"one_wide", "aaaaaaaaaa" ++ [256]},
                   {"65535", lists:duplicate(65535, $x)}, {"65536", lists:duplicate(65536, $x)},
                   {"70000", [$a + I rem 26 || I <- lists:seq(1, 70000)]},
                   {"utf8_2000", lists:flatten(lists:duplicate(250, "Кириллиц"))}]]
        ++ [d("str_improper", "characters with an atom tail", "abc" ++ tail),
            d("str_improper_bin", "characters with a binary tail", [104, 105 | <<"!">>]),
            d("str_lines", "200 lines of text as charlists",
              ["line " ++ integer_to_list(I) || I <- lists:seq(1, 200)])].

lists_() ->
    [d("list_" ++ N, words("list", N), L)
     || {N, L} <- [{"empty", []}, {"empties", [[], [], []]}, {"nested_empty", [[[[]]]]},
                   {"mixed", [1, a, "s", <<"b">>, 1.5, {t}, #{m => 1}, [l]]},
                   {"improper", [a | b]}, {"improper_long", [1, 2, 3, x | {y, z}]},
                   {"cons_chain", [a | [b | [c | d]]]},
                   {"tail_map", [a | #{b => c}]},
                   {"nils_1000", lists:duplicate(1000, [])},
                   {"pairs_1000", [{I, I * I} || I <- lists:seq(1, 1000)]},
                   {"deep_100", deep(100)},
                   {"deep_right", lists:foldr(fun(X, A) -> [X, A] end, [], lists:seq(1, 100))},
                   {"matrix_32", [[I * J || J <- lists:seq(1, 32)] || I <- lists:seq(1, 32)]},
                   {"booleans", [true, false, true, false, null, undefined, nil]},
                   {"atoms_20000", lists:duplicate(20000, ok)}]].

deep(0) -> [];
deep(N) -> [deep(N - 1)].

tuples() ->
    Wide = fun(N) -> list_to_tuple(lists:seq(1, N)) end,
    Address = #address{street = <<"1 rue de la Paix">>, city = <<"Paris">>, zip = "75002", country = fr},
    User = #user{id = 1, name = <<"Zoë"/utf8>>, email = "zoe@example.com", roles = [admin, ops],
                 address = Address},
    Order = #order{id = 1001, user_id = 1, total = 12950, placed_at = {{2024, 2, 29}, {23, 59, 59}},
                   lines = [#line{sku = <<"A-1">>, qty = 2, price = 4975},
                            #line{sku = <<"B-2">>, qty = 1, price = 3000}]},
    [d("tuple_" ++ N, words("tuple", N), T)
     || {N, T} <- [{"0", {}}, {"1", {a}}, {"nested", {{{{}}}}}, {"254", Wide(254)}, {"255", Wide(255)},
                   {"256", Wide(256)}, {"1000", Wide(1000)}, {"20000", Wide(20000)},
                   {"empties_256", list_to_tuple(lists:duplicate(256, {}))},
                   {"tagged", {ok, {value, [{key, <<"v">>}]}}}]]
        ++ [d("rec_address", "record", Address), d("rec_user", "record in a record", User),
            d("rec_user_default", "record of defaults", #user{}), d("rec_order", "record with a list of records", Order),
            d("recs_users_200", "200 records",
              [User#user{id = I, email = "u" ++ integer_to_list(I) ++ "@example.com"} || I <- lists:seq(1, 200)]),
            d("recs_orders_50", "50 orders of nested records",
              [Order#order{id = I} || I <- lists:seq(1, 50)])].

%% ---------------------------------------------------------------- maps

maps_() ->
    Kinds = [{"atom", fun(I) -> list_to_atom("key_" ++ integer_to_list(I)) end},
             {"binary", fun(I) -> <<"key-", (integer_to_binary(I))/binary>> end},
             {"int", fun(I) -> I * 7 - 40 end},
             {"tuple", fun(I) -> {I, <<"part">>} end},
             {"float", fun(I) -> I + 0.5 end},
             {"list", fun(I) -> "key " ++ integer_to_list(I) end}],
    Sized = [map_case(Kind, Key, N) || {Kind, Key} <- Kinds, N <- [1, 31, 32, 33, 500, 1000],
                                       %% 1,000 atom keys are more names than any one message
                                       %% should bring; 500 is the most shown here.
                                       not (Kind =:= "atom" andalso N =:= 1000),
                                       not (Kind =/= "atom" andalso N =:= 500)],
    Wide = [{I, list_to_atom("column_" ++ integer_to_list(I))} || I <- lists:seq(1, 40)],
    Sized ++
        [d("map_0", "empty map", #{}),
         d("map_nested_5", "five maps in each other",
           lists:foldl(fun(I, M) -> #{level => I, child => M} end, #{}, lists:seq(1, 5))),
         d("map_nested_100", "100 maps in each other",
           lists:foldl(fun(I, M) -> #{<<"l">> => I, <<"c">> => M} end, #{}, lists:seq(1, 100))),
         d("map_mixed_keys", "keys that only look alike: 1, 1.0, \"1\", <<\"1\">>, '1', [1], {1}",
           #{1 => int, 1.0 => float, "1" => string, <<"1">> => bin, '1' => atom, [1] => list, {1} => tuple}),
         d("map_map_keys", "maps as keys", #{#{} => a, #{a => 1} => b, #{a => 1.0} => c, #{b => 1} => d}),
         d("map_list_keys", "lists and bitstrings as keys",
           #{[] => 1, [a | b] => 2, <<1:1>> => 3, <<1:2>> => 4, [[]] => 5}),
         d("map_big_keys", "bignums as keys", maps:from_list([{1 bsl I, I} || I <- lists:seq(50, 80)])),
         d("map_unicode_keys", "unicode keys",
           #{<<"größe"/utf8>> => 1, 'größe' => 2, "größe" => 3, <<"日本"/utf8>> => 4, '日本' => 5}),
         d("map_decomposed", "composed and decomposed e acute are different keys",
           #{<<"é"/utf8>> => 1, <<"e", 16#301/utf8>> => 2}),
         d("map_of_maps_100", "100 users by id",
           maps:from_list([{I, #{id => I, name => <<"user">>, on => I rem 2 =:= 0}} || I <- lists:seq(1, 100)])),
         unstable(d("map_in_key_deep", "map keys with maps in their tuples",
                    maps:from_list([{{shard, #{id => I}}, I} || I <- lists:seq(1, 50)]))),
         d("map_values_empty", "every empty value", #{a => [], b => {}, c => #{}, d => <<>>, e => '', f => ""}),
         unstable(d("map_atom_40_unordered", "40 atom keys as the BEAM stores them",
                    maps:from_list([{A, I} || {I, A} <- Wide]))),
         d("map_neg0_value", "0.0 and -0.0 as values", #{zero => 0.0, neg => -0.0, int => 0}),
         d("map_neg0_key", "-0.0 as the only zero key", #{-0.0 => neg, 0 => int})].

map_case("atom" = Kind, Key, N) when N > 32 ->
    d(map_id(Kind, N), map_how(Kind, N), filled(Key, N), [deterministic]);
map_case(Kind, Key, N) ->
    d(map_id(Kind, N), map_how(Kind, N), filled(Key, N)).

map_id(Kind, N) -> "map_" ++ Kind ++ "_" ++ integer_to_list(N).
map_how(Kind, N) -> io_lib:format("map of ~b ~s keys", [N, Kind]).
filled(Key, N) -> maps:from_list([{Key(I), I} || I <- lists:seq(1, N)]).

%% ---------------------------------------------------------------- plain structures

proplists_() ->
    [d("prop_" ++ N, words("property list", N), P)
     || {N, P} <- [{"bare", [compressed, {level, 9}, verbose]},
                   {"listen", [binary, {packet, 4}, {active, once}, {backlog, 1024}, {reuseaddr, true},
                               {ip, {0, 0, 0, 0}}, {keepalive, true}, {nodelay, true}]},
                   {"ssl", [{versions, ['tlsv1.2', 'tlsv1.3']}, {verify, verify_peer}, {depth, 3},
                            {cacertfile, "/etc/ssl/cert.pem"}, {server_name_indication, "example.com"},
                            {alpn_preferred_protocols, [<<"h2">>, <<"http/1.1">>]}]},
                   {"dup_keys", [{header, "a"}, {header, "b"}, {header, "c"}]},
                   {"nested", [{db, [{host, "localhost"}, {port, 5432}, {pool, [{size, 10}, {overflow, 5}]}]}]},
                   {"bin_keys", [{<<"content-type">>, <<"text/html">>}, {<<"x-request-id">>, <<"abc">>}]}]]
        ++ [d("prop_500", "500 options", [{list_to_atom("opt" ++ integer_to_list(I rem 50)), I} || I <- lists:seq(1, 500)])].

iodata() ->
    [d("io_format", "io_lib:format/2 output, not flattened",
       io_lib:format("~p took ~.3f ms (~s, ~w)~n", [{get, <<"/users">>}, 12.3456, "slow", #{a => 1}])),
     d("io_format_ts", "io_lib:format/2 with ~ts", io_lib:format("~ts: ~ts", [<<"größe"/utf8>>, "日本"])),
     d("io_html", "an HTML page as an iolist",
       [<<"<html>">>, ["<body>", [["<li>", integer_to_list(I), "</li>\n"] || I <- lists:seq(1, 50)], "</body>"],
        <<"</html>">>]),
     d("io_improper", "iolist with a binary tail", [[<<"HTTP/1.1 ">>, "200"], $\s | <<"OK">>]),
     d("io_improper_deep", "improper iolists 50 deep",
       lists:foldl(fun(I, A) -> [[A, $,] | integer_to_binary(I)] end, [], lists:seq(1, 50))),
     d("io_csv", "CSV rows as iodata",
       [[integer_to_list(I), $,, <<"name">>, $,, io_lib:format("~.2f", [I / 3]), $\n] || I <- lists:seq(1, 200)]),
     d("io_split", "string:split/3 of a charlist", string:split("a,b,,c,", ",", all)),
     d("io_lexemes", "string:lexemes/2 of a binary", string:lexemes(<<"the quick brown fox">>, " ")),
     d("io_unicode_incomplete", "unicode:characters_to_list/1 on a cut sequence",
       unicode:characters_to_list(<<"ab", 16#E2, 16#82>>)),
     d("io_wrapped", "io_lib:format ~p with line breaks",
       io_lib:format("~p", [[{list_to_atom("k" ++ integer_to_list(I)), I} || I <- lists:seq(1, 40)]]))].

containers() ->
    Pairs = [{I, integer_to_binary(I)} || I <- lists:seq(1, 100)],
    Few = [{a, 1}, {b, 2}, {c, 3}],
    Array = array:set(20, <<"x">>, array:from_list(lists:seq(1, 10))),
    Queue = queue:in(4, queue:in(3, queue:in(2, queue:in(1, queue:new())))),
    {_, Queue2} = queue:out(Queue),
    {_, Rand} = rand:uniform_s(rand:seed_s(exsss, {1, 2, 3})),
    [d("ct_" ++ N, words("container", N), T)
     || {N, T} <- [{"dict_empty", dict:new()}, {"dict_3", dict:from_list(Few)}, {"dict_100", dict:from_list(Pairs)},
                   {"orddict", orddict:from_list(Few)}, {"orddict_100", orddict:from_list(Pairs)},
                   {"gb_trees_empty", gb_trees:empty()}, {"gb_trees_100", gb_trees:from_orddict(Pairs)},
                   {"gb_trees_grown", lists:foldl(fun({K, V}, T) -> gb_trees:enter(K, V, T) end, gb_trees:empty(), Pairs)},
                   {"gb_sets", gb_sets:from_list(lists:seq(1, 50))},
                   {"sets_v1", sets:from_list(lists:seq(1, 50), [{version, 1}])},
                   {"sets_v2", sets:from_list(lists:seq(1, 50), [{version, 2}])},
                   {"ordsets", ordsets:from_list([c, a, b, a])},
                   {"queue_empty", queue:new()}, {"queue_4", Queue}, {"queue_out", Queue2},
                   {"queue_1000", queue:from_list(lists:seq(1, 1000))},
                   {"array_10", array:from_list(lists:seq(1, 10))}, {"array_sparse", Array},
                   {"array_5000", array:from_list(lists:seq(1, 5000))},
                   {"array_fixed", array:new([{size, 8}, {fixed, true}, {default, 0}])},
                   {"sofs_set", sofs:set([a, b, c])}, {"sofs_relation", sofs:relation([{1, a}, {2, b}])},
                   {"maps_iterator", maps:iterator(#{a => 1, b => 2})},
                   {"maps_next", maps:next(maps:iterator(#{a => 1, b => 2}))},
                   {"rand_state", rand:export_seed_s(Rand)}]]
        ++ ets_dumps().

ets_dumps() ->
    O = ets:new(t, [ordered_set]),
    true = ets:insert(O, [{I, <<"v">>, [tag]} || I <- lists:seq(1, 200)]),
    B = ets:new(t, [duplicate_bag]),
    true = ets:insert(B, [{key, 1}, {key, 1}, {key, 2}]),
    C = ets:new(t, [ordered_set, compressed]),
    true = ets:insert(C, [{{session, I}, #{user => I, seen => {2024, 1, 1}}} || I <- lists:seq(1, 50)]),
    [d("ets_ordered", "ets:tab2list/1 of an ordered_set", ets:tab2list(O)),
     d("ets_dup_bag", "ets:tab2list/1 of a duplicate_bag", ets:tab2list(B)),
     d("ets_compressed", "ets:tab2list/1 of a compressed table", ets:tab2list(C)),
     d("ets_select", "ets:select/2 result", ets:select(O, [{{'$1', '_', '_'}, [{'<', '$1', 10}], ['$1']}])),
     d("ets_match_spec", "a match specification",
       [{{'$1', '$2', '_'}, [{'andalso', {'>', '$1', 5}, {is_binary, '$2'}}], [{{'$1', {const, x}}}]}]),
     d("ets_match", "ets:match/2 result", ets:match(O, {'$1', '_', ['$2']}))].

domain() ->
    [d("cal_datetime", "calendar datetime", {{2024, 2, 29}, {23, 59, 60}}),
     d("cal_from_seconds", "calendar:gregorian_seconds_to_datetime/1",
       calendar:gregorian_seconds_to_datetime(63876556799)),
     d("cal_week", "calendar:iso_week_number/1", calendar:iso_week_number({2024, 12, 30})),
     d("cal_rfc3339", "calendar:system_time_to_rfc3339/2",
       calendar:system_time_to_rfc3339(1700000000, [{offset, "+01:00"}])),
     d("cal_timestamp", "erlang:timestamp/0 shape", {1700, 0, 123456}),
     d("cal_days_366", "every date of 2024",
       [calendar:gregorian_days_to_date(calendar:date_to_gregorian_days(2024, 1, 1) + I) || I <- lists:seq(0, 365)]),
     d("inet_v4", "IPv4 address and port", {{10, 0, 0, 1}, 8080}),
     d("inet_v6", "inet:parse_address/1 of IPv6", inet:parse_address("2001:db8::ff00:42:8329")),
     d("inet_v6_zone", "inet:parse_address/1 of a mapped address", inet:parse_address("::ffff:10.0.0.1")),
     d("inet_local", "local socket address", {local, <<"/run/app.sock">>}),
     d("inet_sockaddr", "socket module address maps",
       [#{family => inet, addr => {127, 0, 0, 1}, port => 53},
        #{family => inet6, addr => {0, 0, 0, 0, 0, 0, 0, 1}, port => 53, flowinfo => 0, scope_id => 0}]),
     d("inet_hostent", "hostent record", {hostent, "localhost", ["ip6-localhost"], inet, 4, [{127, 0, 0, 1}]}),
     d("inet_opts", "inet:getstat/1 shape", {ok, [{recv_oct, 1234}, {recv_cnt, 10}, {send_oct, 99999999999}, {send_pend, 0}]}),
     d("inet_ifaddrs", "inet:getifaddrs/0 shape",
       {ok, [{"lo", [{flags, [up, loopback, running]}, {addr, {127, 0, 0, 1}}, {netmask, {255, 0, 0, 0}},
                     {hwaddr, [0, 0, 0, 0, 0, 0]}]}]}),
     d("uri_map", "uri_string:parse/1", uri_string:parse("https://user@example.com:8042/over/there?name=ferret#nose")),
     d("uri_bin", "uri_string:parse/1 of a binary", uri_string:parse(<<"/search?q=%C3%A9&n=1">>)),
     d("uri_query", "uri_string:dissect_query/1", uri_string:dissect_query("a=1&b=two&c=%26&flag")),
     d("uri_error", "uri_string:parse/1 error", uri_string:parse("http://[::1")),
     d("re_run", "re:run/3 with captures",
       re:run("2024-02-29", "(\\d+)-(\\d+)-(\\d+)", [{capture, all, list}])),
     d("re_run_index", "re:run/2 indexes", re:run("aXbXc", "X", [global])),
     d("re_split", "re:split/3", re:split(<<"a, b,c">>, ",\\s*", [{return, binary}])),
     d("re_inspect", "re:inspect/2", begin {ok, P} = re:compile("(?<y>\\d+)-(?<m>\\d+)"), re:inspect(P, namelist) end),
     d("file_info", "file_info record with fixed times",
       {file_info, 4096, regular, read_write, {{2024, 1, 1}, {0, 0, 0}}, {{2024, 1, 1}, {0, 0, 0}},
        {{2024, 1, 1}, {0, 0, 0}}, 8#100644, 1, 2049, 0, 131074, 1000, 1000}),
     d("http_response", "httpc response",
       {ok, {{"HTTP/1.1", 200, "OK"},
             [{"content-type", "application/json"}, {"content-length", "27"}, {"connection", "keep-alive"}],
             <<"{\"status\":\"ok\",\"count\":12}">>}}),
     d("http_cowboy_req", "cowboy request map without its pids",
       #{method => <<"GET">>, version => 'HTTP/1.1', scheme => <<"https">>, host => <<"example.com">>, port => 443,
         path => <<"/api/v1/users">>, qs => <<"page=2">>, bindings => #{id => <<"42">>}, has_body => false,
         peer => {{203, 0, 113, 7}, 50123}, body_length => 0,
         headers => #{<<"accept">> => <<"*/*">>, <<"user-agent">> => <<"curl/8.5.0">>, <<"host">> => <<"example.com">>}}),
     d("http_erl_packet", "erlang:decode_packet/3 of a header",
       erlang:decode_packet(httph_bin, <<"X-Request-Id: 5f2c\r\n\r\n">>, [])),
     d("http_request_line", "erlang:decode_packet/3 of a request line",
       erlang:decode_packet(http, <<"GET /a?b=c HTTP/1.1\r\n">>, [])),
     d("json_eep18", "EEP 18 objects",
       {[{<<"id">>, 1}, {<<"tags">>, [<<"a">>, <<"b">>]}, {<<"nested">>, {[{<<"x">>, null}]}}, {<<"ok">>, true}]}),
     d("json_mochi", "mochijson2 objects",
       {struct, [{<<"id">>, 1}, {<<"list">>, [1, 2.5, null]}, {<<"obj">>, {struct, []}}]}),
     d("json_jsx", "jsx proplist objects", [{<<"id">>, 1}, {<<"empty">>, [{}]}, {<<"list">>, []}]),
     d("xml_xmpp", "an XMPP stanza as xmlel records",
       {xmlel, <<"message">>, [{<<"to">>, <<"juliet@example.com">>}, {<<"type">>, <<"chat">>}],
        [{xmlel, <<"body">>, [], [{xmlcdata, <<"Art thou not Romeo?">>}]},
         {xmlel, <<"active">>, [{<<"xmlns">>, <<"http://jabber.org/protocol/chatstates">>}], []}]}),
     d("mqtt_message", "EMQX message record",
       {message, bytes(16, 31), 1, <<"client-1">>, #{dup => false, retain => true},
        #{username => undefined, peerhost => {127, 0, 0, 1}, proto_ver => 5, properties => #{'Message-Expiry-Interval' => 60}},
        <<"sensors/1/temp">>, <<"21.5">>, 1700000000123, #{}}),
     d("amqp_basic", "AMQP 0-9-1 P_basic record",
       {'P_basic', <<"application/json">>, undefined,
        [{<<"x-death">>, array, [{table, [{<<"count">>, long, 1}, {<<"queue">>, longstr, <<"jobs">>}]}]}],
        2, undefined, <<"corr-1">>, <<"amq.rabbitmq.reply-to">>, undefined, <<"msg-1">>, 1700000000, undefined,
        <<"guest">>, undefined, undefined}),
     d("rsa_public_key", "RSAPublicKey record",
       {'RSAPublicKey', binary:decode_unsigned(<<255, (bytes(255, 17))/binary>>), 65537}),
     d("rsa_private_key", "RSAPrivateKey record with numbers of its size",
       {'RSAPrivateKey', 'two-prime', binary:decode_unsigned(bytes(256, 21)), 65537,
        binary:decode_unsigned(bytes(256, 22)), binary:decode_unsigned(bytes(128, 23)),
        binary:decode_unsigned(bytes(128, 24)), binary:decode_unsigned(bytes(128, 25)),
        binary:decode_unsigned(bytes(128, 26)), binary:decode_unsigned(bytes(128, 27)), asn1_NOVALUE}),
     d("x509_name", "rdnSequence",
       {rdnSequence, [[{'AttributeTypeAndValue', {2, 5, 4, 6}, "FR"}],
                      [{'AttributeTypeAndValue', {2, 5, 4, 3}, {utf8String, <<"exämple"/utf8>>}}]]}),
     d("dns_message", "a DNS record list",
       [{dns_rr, "example.com", a, in, 0, 300, {93, 184, 216, 34}, undefined, [], false},
        {dns_rr, "example.com", mx, in, 0, 300, {10, "mail.example.com"}, undefined, [], false},
        {dns_rr, "example.com", txt, in, 0, 300, ["v=spf1 -all"], undefined, [], false}]),
     d("metrics_prometheus", "ETS rows of a histogram",
       [{{http_request_duration, [<<"GET">>, 200], I}, I * 3, 0.25 * I} || I <- lists:seq(1, 64)]),
     d("snmp_varbinds", "SNMP varbinds", [{varbind, [1, 3, 6, 1, 2, 1, 1, I, 0], 'OCTET STRING', "value", I} || I <- lists:seq(1, 9)]),
     d("geo_polygon", "a polygon", {polygon, [[{2.35, 48.85}, {2.36, 48.85}, {2.36, 48.86}, {2.35, 48.85}]]}),
     d("arweave_intervals", "interval list as Arweave peers exchange it",
       [{<<(262144 * I):256>>, <<(262144 * (I - 1)):256>>} || I <- lists:seq(20, 1, -1)]),
     d("riak_object", "an object with a vector clock",
       {r_object, <<"users">>, <<"zoe">>,
        [{r_content, {dict, 0, 16, 16, 8, 80, 48, {[], []}, {{[], []}}}, <<"value">>}],
        [{<<35, 9, 254, 249, 80, 0, 0, 1>>, {3, 63876556799}}], undefined, undefined}),
     d("vclock", "vector clock", [{bytes(8, I), {I, 63876556799 + I}} || I <- lists:seq(1, 10)]),
     d("merkle", "a hash tree", lists:foldl(fun(I, T) -> {node, bytes(32, I), T, nil} end, nil, lists:seq(1, 40))),
     d("ct_session", "a session table",
       [{hex_text(bytes(16, I)), [{user_id, I}, {csrf, hex_text(bytes(8, I + 500))}, {expires, 1700000000 + I}]}
        || I <- lists:seq(1, 300)])].

%% ---------------------------------------------------------------- what OTP itself writes

system() ->
    Lib = fun(App, File) ->
              {ok, [T]} = file:consult(filename:join(code:lib_dir(App, ebin), File)),
              T
          end,
    Boot = fun(Name) ->
               {ok, B} = file:read_file(filename:join([code:root_dir(), "bin", Name])),
               B
           end,
    [d("sys_config", "a sys.config",
       [{kernel, [{logger_level, info}, {inet_dist_listen_min, 9100}, {inet_dist_listen_max, 9105},
                  {logger, [{handler, default, logger_std_h, #{config => #{type => standard_io}}}]}]},
        {my_app, [{pool, [{size, 10}, {host, "db.internal"}, {password, {env, "DB_PASSWORD"}}]},
                  {listeners, [{http, 8080, []}, {https, 8443, [{certfile, "/etc/tls/cert.pem"}]}]},
                  {ratio, 0.75}, {features, #{beta => false, limits => [1, 10, 100]}}]},
        "extra.config"]),
     d("app_kernel", "kernel.app through file:consult/1", Lib(kernel, "kernel.app")),
     d("app_stdlib", "stdlib.app through file:consult/1", Lib(stdlib, "stdlib.app")),
     d("appup_kernel", "kernel.appup through file:consult/1", Lib(kernel, "kernel.appup")),
     d("app_env", "application:get_all_env/1 shape", [{included_applications, []}, {net_ticktime, 60}]),
     d("relup", "release upgrade instructions",
       {"2.0.0", [{"1.9.0", [], [point_of_no_return, {load_object_code, {my_app, "2.0.0", [my_srv]}},
                                 {suspend, [my_srv]}, {load, {my_srv, brutal_purge, brutal_purge}},
                                 {code_change, up, [{my_srv, []}]}, {resume, [my_srv]}]}], []}),
     {"boot_start_clean", data, [], "", "start_clean.boot as shipped; systools term_to_binary/1", Boot("start_clean.boot")},
     {"boot_start_sasl", data, [], "", "start_sasl.boot as shipped; systools term_to_binary/1", Boot("start_sasl.boot")},
     d("module_exports", "lists:module_info(exports), sorted", lists:sort(lists:module_info(exports))),
     d("child_spec", "a supervisor's init/1 result",
       {ok, {#{strategy => rest_for_one, intensity => 3, period => 60},
             [#{id => db, start => {my_db, start_link, [[{pool, 5}]]}, shutdown => 5000, type => worker, modules => [my_db]},
              #{id => web, start => {my_web, start_link, []}, restart => transient, type => supervisor}]}}),
     d("child_spec_old", "supervisor tuples",
       {ok, {{one_for_one, 3, 10}, [{srv, {srv, start_link, []}, permanent, brutal_kill, worker, [srv]}]}}),
     d("count_children", "supervisor:count_children/1 shape", [{specs, 3}, {active, 2}, {supervisors, 1}, {workers, 2}]),
     d("memory", "erlang:memory/0 shape", [{total, 26841256}, {processes, 5235104}, {atom, 344249}, {binary, 81192}]),
     d("mnesia_schema", "a Mnesia table definition",
       {schema, users, [{name, users}, {type, ordered_set}, {ram_copies, []}, {disc_copies, ['app@10.0.0.1', 'db@10.0.0.2']},
                        {attributes, [id, name, email]}, {index, [4]}, {record_name, user}, {user_properties, []},
                        {cookie, {{1700000000123456789, -576460752303423485, 1}, 'app@10.0.0.1'}},
                        {version, {{2, 0}, {'app@10.0.0.1', {1700, 0, 1}}}}]}),
     d("nodeup", "net_kernel notice without ids", {nodeup, 'app@10.0.0.1', [{connection_id, 16#1a2b}, {node_type, visible}]}),
     d("dist_nodes", "a list of node names", ['app@10.0.0.1', 'db@10.0.0.2', 'élan@hôte'])].

%% Run as separate calls so that the stack traces are the BEAM's own.
divide(A, B) -> {quotient, A div B}.
lookup(K, M) -> {found, maps:get(K, M)}.
opaque(X) -> get_or(opaque_unset, X).
get_or(Key, X) -> case get(Key) of undefined -> X; Y -> Y end.
only_ok(ok) -> fine.

caught(F) ->
    try F(), exit(did_not_fail)
    catch C:R:S -> {C, R, [Frame || Frame <- S, no_local(Frame)]}
    end.

%% The frames of the script's own start-up are dropped: they depend on how it
%% was started and say nothing of the term.
no_local({init, _, _, _}) -> false;
no_local(_) -> true.

errors() ->
    Zero = opaque(0),
    [d("err_" ++ N, words("failure", N), T)
     || {N, T} <- [{"enoent", {error, enoent}},
                   {"nested", {error, {shutdown, {failed_to_start_child, db, {badmatch, {error, econnrefused}}}}}},
                   {"exit_badarith", catch divide(1, Zero)},
                   {"badarith", caught(fun() -> divide(1, Zero) end)},
                   {"badkey", caught(fun() -> lookup(missing, #{present => 1}) end)},
                   {"function_clause", caught(fun() -> only_ok({error, [1, "two", <<"three">>]}) end)},
                   {"badarg_stdlib", caught(fun() -> binary_to_integer(opaque(<<"12x">>)) end)},
                   {"undef", caught(fun() -> no_such_module:no_such_function(1, two) end)},
                   {"badmatch", caught(fun() -> {ok, _} = file:read_file(opaque("/no/such/file")) end)},
                   {"badmap", caught(fun() -> maps:get(a, opaque(not_a_map)) end)},
                   {"case_clause", caught(fun() -> case opaque(3) of 1 -> one end end)},
                   {"throw", caught(fun() -> throw({invalid, [{field, email}, {reason, format}]}) end)},
                   {"exit_shutdown", caught(fun() -> exit({shutdown, restart}) end)},
                   {"erlang_error_info", caught(fun() -> ets:lookup(no_such_table, key) end)},
                   {"list_to_atom", caught(fun() -> list_to_atom(lists:duplicate(300, $a)) end)},
                   {"posix_text", [{E, file:format_error(E)} || E <- [enoent, eacces, enospc, emfile, eisdir]]},
                   {"erl_scan", erl_scan:string("foo(\"unterminated")},
                   {"parse", begin {ok, Toks, _} = erl_scan:string("f(X) -> ."), erl_parse:parse_form(Toks) end},
                   {"format_exception",
                    erl_error:format_exception(error, badarith, [{m, f, 2, [{file, "m.erl"}, {line, 7}]}])},
                   {"timeout_exit", {'EXIT', {timeout, {gen_server, call, [my_server, {get, 1}, 5000]}}}},
                   {"tls_alert", {error, {tls_alert, {certificate_expired, "TLS client: In state certify ..."}}}},
                   {"sup_report", {shutdown, {failed_to_start_child, my_srv, {undef, [{my_srv, start_link, [], []}]}}}}]].

logs() ->
    Meta = #{time => 1700000000123456, mfa => {my_srv, handle_call, 3}, file => "src/my_srv.erl", line => 42,
             domain => [my_app], request_id => <<"F5x">>},
    Events = [{"string", #{level => info, msg => {string, "started"}, meta => Meta}},
              {"format", #{level => error, msg => {"~s failed: ~p", ["job", {error, timeout}]}, meta => Meta}},
              {"report", #{level => notice, meta => Meta,
                           msg => {report, #{label => {supervisor, child_terminated},
                                             report => [{errorContext, child_terminated}, {reason, killed},
                                                        {offender, [{id, worker}, {restart_type, permanent}]}]}}}}],
    [[d("log_" ++ N, "logger event", E),
      d("log_" ++ N ++ "_formatted", "logger_formatter:format/2 output, time offset Z",
        logger_formatter:format(E, #{time_offset => "Z", single_line => true}))] || {N, E} <- Events]
        ++ [d("log_batch", "100 logger events",
              [#{level => debug, msg => {string, <<"tick">>}, meta => Meta#{line => I}} || I <- lists:seq(1, 100)]),
            d("log_config", "logger handler config",
              #{id => default, module => logger_std_h, level => all, filter_default => log, filters => [],
                config => #{type => standard_io, burst_limit_enable => true, burst_limit_max_count => 500},
                formatter => {logger_formatter, #{legacy_header => true, single_line => false, template => [time, " ", msg, "\n"]}}}),
            d("log_telemetry", "telemetry event",
              {[vm, memory], #{total => 26841256, atom => 344249}, #{source => poller}}),
            d("log_trace", "trace messages without pids",
              [{trace_ts, call, {lists, reverse, [[1, 2, 3]]}, {1700, 0, 1}},
               {trace_ts, return_from, {lists, reverse, 1}, [3, 2, 1], {1700, 0, 2}}])].

code_as_data() ->
    Source = "-module(sample).\n"
             "-vsn(\"1.0\").\n"
             "-export([fact/1, greet/1]).\n"
             "-spec fact(non_neg_integer()) -> pos_integer().\n"
             "fact(0) -> 1;\n"
             "fact(N) when N > 0 -> N * fact(N - 1).\n"
             "greet(#{name := <<Name/binary>>}) -> io_lib:format(\"hello ~ts\", [Name]).\n",
    {ok, Tokens, _} = erl_scan:string(Source, {1, 1}),
    Forms = forms(Tokens, []),
    {ok, sample, Beam} = compile:forms(Forms, [debug_info, deterministic, {source, "sample.erl"}]),
    {ok, {sample, Chunks}} = beam_lib:chunks(Beam, ["Attr", "CInf", "Dbgi"]),
    Chunk = fun(Name) -> {_, B} = lists:keyfind(Name, 1, Chunks), B end,
    {ok, {sample, Info}} = beam_lib:chunks(Beam, [exports, imports, atoms, attributes]),
    [d("code_tokens", "erl_scan:string/2", Tokens),
     d("code_forms", "erl_parse:parse_form/1", Forms),
     d("code_beam_lib", "beam_lib:chunks/2", Info),
     {"code_chunk_attr", data, [], "", "Attr chunk of a module; compile:forms/2", Chunk("Attr")},
     {"code_chunk_cinf", data, [], "", "CInf chunk of a module; compile:forms/2", Chunk("CInf")},
     {"code_chunk_dbgi", cache, [], "", "Dbgi chunk of a module; compile:forms/2", Chunk("Dbgi")},
     d("code_lint", "erl_lint:module/2 errors", erl_lint:module(
         forms(element(2, erl_scan:string("-module(m).\nf(X) -> Y.\n", {1, 1})), []), "m.erl")),
     d("code_dump", "erl_pp:forms-style iodata", [erl_pp:form(F) || F <- Forms])].

forms([], Acc) -> lists:reverse(Acc);
forms(Tokens, Acc) ->
    {Form, [Dot | Rest]} = lists:splitwith(fun(T) -> element(1, T) =/= dot end, Tokens),
    {ok, F} = erl_parse:parse_form(Form ++ [Dot]),
    forms(Rest, [F | Acc]).

%% ---------------------------------------------------------------- options of the encoder

documents() ->
    [{"mixed", #{id => 7, ratio => 0.1, name => 'élan', city => <<"Zürich"/utf8>>, tags => [a, b], neg => -1,
                 big => 1 bsl 70, point => {1.5, -2.5}, text => "charlist", wide => "日本", bits => <<5:3>>,
                 none => [], nested => #{1 => one, 2.0 => two, {x} => three}}},
     {"metrics", [{cpu, I, math:sqrt(I), [{user, I / 7}, {system, I / 13}]} || I <- lists:seq(1, 60)]},
     {"users", [#user{id = I, name = <<"Zoë"/utf8>>, email = "u@example.com", roles = ['rôle'], active = I / 60,
                      address = #address{street = <<"x">>, zip = I}} || I <- lists:seq(1, 60)]},
     {"wide", maps:from_list([{<<"k", (integer_to_binary(I))/binary>>, {I, I * 1.0, 'élément'}} || I <- lists:seq(1, 60)])}].

options() ->
    [[d(N ++ "_mv" ++ integer_to_list(V), N ++ " document", T, [{minor_version, V}]) || V <- [0, 1, 2]]
     || {N, T} <- named("opt", documents())]
        ++ [d(N ++ "_deterministic", N ++ " document", T, [deterministic]) || {N, T} <- named("opt", documents()), N =:= "opt_wide"]
        ++ [d("opt_wide_deterministic_mv2", "wide document", proplists:get_value("wide", documents()),
              [deterministic, {minor_version, 2}]),
            d("opt_atoms33_deterministic_mv2", "33 atom keys",
              filled(fun(I) -> list_to_atom("key_" ++ integer_to_list(I)) end, 33), [deterministic, {minor_version, 2}]),
            iovec("iovec_small", "a small term", #{a => [1, 2, 3], b => <<"c">>}),
            iovec("iovec_refc", "large binaries that stay apart in the vector",
                  [{I, bytes(5000, I)} || I <- lists:seq(1, 10)]),
            iovec("iovec_long", "a list of 3,000 tuples", [{I, <<"x">>} || I <- lists:seq(1, 3000)])].

named(Prefix, Docs) -> [{Prefix ++ "_" ++ N, T} || {N, T} <- Docs].

iovec(Id, How, Term) ->
    {"opt_" ++ Id, data, [], "", How ++ "; term_to_iovec/1 concatenated",
     iolist_to_binary(erlang:term_to_iovec(Term))}.

compressed() ->
    Log = [[{time, 1700000000 + I}, {level, info}, {msg, <<"GET /users 200 in 12ms">>}] || I <- lists:seq(1, 300)],
    Docs = documents() ++ [{"log", Log}, {"text", binary:copy(<<"lorem ipsum dolor sit amet ">>, 400)},
                           {"string", lists:duplicate(3000, $-)}],
    [[z(N ++ "_l" ++ integer_to_list(L), N ++ " document", T, [{compressed, L}]) || L <- [1, 6, 9]]
     || {N, T} <- named("z", Docs)]
        ++ [z("z_log_default", "log document twice", {Log, Log}, [compressed]),
            z("z_log_level0", "log document, level 0 is no compression", Log, [{compressed, 0}]),
            z("z_log_mv2", "log document", Log, [compressed, {minor_version, 2}]),
            z("z_metrics_mv0", "metrics with text floats", proplists:get_value("metrics", Docs), [compressed, {minor_version, 0}]),
            z("z_tiny", "too small to gain, stays plain", {ok, 1}, [compressed]),
            z("z_noise", "random bytes do not shrink, stay plain", bytes(2000, 77), [compressed]),
            z("z_ints", "20,000 integers", [I rem 5000 || I <- lists:seq(1, 20000)], [{compressed, 9}]),
            z("z_half_noise", "half noise, half text", {bytes(4000, 78), binary:copy(<<"ab">>, 2000)}, [compressed]),
            z("z_wide_deterministic", "wide map", proplists:get_value("wide", Docs), [compressed, deterministic]),
            {"z_iovec", cache, [], "", "log document and a large binary; term_to_iovec/2 [compressed]",
             iolist_to_binary(erlang:term_to_iovec({Log, binary:copy(<<"page ">>, 2000)}, [compressed]))}].

%% ---------------------------------------------------------------- services that speak ETF

h(Id, How, Term) -> put_(Id, hex, [], How, Term, []).

hex() ->
    Release = fun(V) ->
        #{<<"version">> => V, <<"url">> => <<"https://hex.example/api/packages/demo/releases/", V/binary>>,
          <<"has_docs">> => true, <<"inserted_at">> => <<"2024-01-02T03:04:05.000000Z">>}
    end,
    Package = fun(I) ->
        Name = <<"demo_", (integer_to_binary(I))/binary>>,
        #{<<"name">> => Name, <<"repository">> => <<"hexpm">>, <<"private">> => nil,
          <<"meta">> => #{<<"description">> => <<"A démo package"/utf8>>, <<"licenses">> => [<<"Apache-2.0">>],
                          <<"links">> => #{<<"GitHub">> => <<"https://example.com/demo">>}, <<"maintainers">> => []},
          <<"downloads">> => #{<<"all">> => 123456 * I, <<"week">> => 789, <<"day">> => 12, <<"recent">> => 4567},
          <<"releases">> => [Release(V) || V <- [<<"1.2.0">>, <<"1.1.0">>, <<"1.0.0-rc.1">>]],
          <<"latest_version">> => <<"1.2.0">>, <<"latest_stable_version">> => <<"1.2.0">>,
          <<"owners">> => [#{<<"username">> => <<"zoe">>, <<"email">> => nil, <<"url">> => <<"https://hex.example/api/users/zoe">>}],
          <<"retirements">> => #{<<"1.0.0-rc.1">> => #{<<"reason">> => <<"deprecated">>, <<"message">> => nil}},
          <<"configs">> => #{<<"mix.exs">> => <<"{:demo, \"~> 1.2\"}">>, <<"rebar.config">> => <<"{demo, \"1.2.0\"}">>},
          <<"updated_at">> => <<"2024-01-02T03:04:05.000000Z">>}
    end,
    Registry = fun(I) ->
        #{version => <<"1.", (integer_to_binary(I))/binary, ".0">>, inner_checksum => bytes(32, I), outer_checksum => bytes(32, I + 1),
          dependencies => [#{package => <<"plug">>, requirement => <<"~> 1.0">>},
                           #{package => <<"jason">>, requirement => <<">= 0.0.0">>, optional => true, app => <<"jason">>, repository => <<"hexpm">>}]}
    end,
    Metadata = [{<<"name">>, <<"demo">>}, {<<"version">>, <<"1.2.0">>}, {<<"app">>, <<"demo">>},
                {<<"description">>, <<"A démo package"/utf8>>}, {<<"elixir">>, <<"~> 1.14">>},
                {<<"build_tools">>, [<<"mix">>]}, {<<"licenses">>, [<<"Apache-2.0">>]},
                {<<"links">>, [{<<"GitHub">>, <<"https://example.com/demo">>}]},
                {<<"files">>, [<<"lib">>, <<"lib/demo.ex">>, <<"mix.exs">>, <<"README.md">>]},
                {<<"requirements">>, [[{<<"name">>, <<"plug">>}, {<<"app">>, <<"plug">>}, {<<"optional">>, false},
                                       {<<"requirement">>, <<"~> 1.0">>}, {<<"repository">>, <<"hexpm">>}]]},
                {<<"extra">>, [{<<"funding">>, [<<"https://example.com">>]}]}],
    [h("hex_package", "GET /packages/:name", Package(1)),
     h("hex_packages_10", "GET /packages", [Package(I) || I <- lists:seq(1, 10)]),
     h("hex_packages_100", "GET /packages, a full page", [Package(I) || I <- lists:seq(1, 100)]),
     h("hex_release", "GET /packages/:name/releases/:version",
       (Release(<<"1.2.0">>))#{<<"checksum">> => hex_text(bytes(32, 3)), <<"retirement">> => nil, <<"downloads">> => 42,
                               <<"publisher">> => #{<<"username">> => <<"zoe">>},
                               <<"meta">> => #{<<"app">> => <<"demo">>, <<"build_tools">> => [<<"mix">>], <<"elixir">> => <<"~> 1.14">>},
                               <<"requirements">> => #{<<"plug">> => #{<<"app">> => <<"plug">>, <<"optional">> => false, <<"requirement">> => <<"~> 1.0">>}}}),
     h("hex_user", "GET /users/me", #{<<"username">> => <<"zoe">>, <<"email">> => <<"zoe@example.com">>, <<"full_name">> => <<"Zoë"/utf8>>,
                                      <<"handles">> => #{<<"Twitter">> => nil}, <<"organizations">> => [#{<<"name">> => <<"acme">>, <<"role">> => <<"admin">>}]}),
     h("hex_keys", "GET /keys", [#{<<"name">> => <<"laptop">>, <<"secret">> => nil, <<"revoked_at">> => nil, <<"authing_key">> => true,
                                   <<"permissions">> => [#{<<"domain">> => <<"api">>, <<"resource">> => <<"read">>}]}]),
     h("hex_key_request", "POST /keys body", #{<<"name">> => <<"ci">>, <<"permissions">> => [#{<<"domain">> => <<"repository">>, <<"resource">> => <<"acme">>}]}),
     h("hex_owner_request", "PUT owner body", #{<<"level">> => <<"full">>, <<"transfer">> => false}),
     h("hex_retire_request", "POST retire body", #{<<"reason">> => <<"security">>, <<"message">> => <<"use 1.2.1">>}),
     h("hex_404", "error body", #{<<"status">> => 404, <<"message">> => <<"Page not found">>}),
     h("hex_422", "validation error body", #{<<"status">> => 422, <<"message">> => <<"Validation error(s)">>,
                                             <<"errors">> => #{<<"requirements">> => #{<<"plug">> => <<"invalid requirement">>}}}),
     h("hex_oauth", "OAuth token answer", #{<<"access_token">> => hex_text(bytes(32, 5)), <<"token_type">> => <<"bearer">>,
                                            <<"expires_in">> => 1800, <<"scope">> => <<"api:read api:write">>}),
     h("hex_registry_package", "decoded registry resource", #{name => <<"demo">>, repository => <<"hexpm">>, releases => [Registry(I) || I <- lists:seq(1, 20)]}),
     h("hex_registry_names", "decoded names resource", #{repository => <<"hexpm">>, packages => [#{name => <<"p", (integer_to_binary(I))/binary>>, updated_at => #{seconds => 1700000000 + I, nanos => 0}} || I <- lists:seq(1, 500)]}),
     h("hex_registry_versions", "decoded versions resource", #{repository => <<"hexpm">>, packages => [#{name => <<"p", (integer_to_binary(I))/binary>>, versions => [<<"1.0.0">>, <<"1.1.0">>], retired => [0]} || I <- lists:seq(1, 300)]}),
     h("hex_tarball_metadata", "metadata.config as a proplist", Metadata),
     h("hex_tarball_contents", "hex_tarball:unpack/2 result", {ok, #{metadata => maps:from_list(Metadata), inner_checksum => bytes(32, 8), outer_checksum => bytes(32, 9), contents => [{"mix.exs", <<"defmodule Demo.MixProject do\nend\n">>}, {"lib/demo.ex", <<"defmodule Demo do\nend\n">>}]}}),
     h("hex_repo_config", "hex_core config without its functions", #{api_url => <<"https://hex.example/api">>, api_key => undefined, repo_name => <<"hexpm">>, repo_verify => true, tarball_max_size => 16777216, http_user_agent_fragment => <<"(test)">>}),
     h("hex_http_answer", "hex_core {Status, Headers, Body}", {ok, {200, #{<<"content-type">> => <<"application/vnd.hex+erlang; charset=utf-8">>, <<"x-ratelimit-remaining">> => <<"99">>}, Package(7)}})].

b(Id, How, Term) -> put_(Id, bert, [], How, Term, []).

bert() ->
    Dict = {bert, dict, [{name, <<"Tom">>}, {age, 30}, {<<"tags">>, [<<"a">>, <<"b">>]}]},
    [b("bert_" ++ N, words("BERT term", N), T)
     || {N, T} <- [{"nil", {bert, nil}}, {"true", {bert, true}}, {"false", {bert, false}},
                   {"dict", Dict}, {"dict_empty", {bert, dict, []}}, {"dict_nested", {bert, dict, [{user, Dict}, {ok, {bert, true}}]}},
                   {"time", {bert, time, 1254, 290294, 0}}, {"time_us", {bert, time, 1700, 0, 999999}},
                   {"regex", {bert, regex, <<"^c(a*)t$">>, [caseless, extended]}},
                   {"regex_plain", {bert, regex, <<"\\d+">>, []}},
                   {"string_list", {bert, string, utf8, <<"größe"/utf8>>}},
                   {"list", [1, 2.5, <<"x">>, sym, {bert, nil}, {bert, true}]},
                   {"tuple", {coord, 23, 42, {bert, nil}}},
                   {"dicts_100", [{bert, dict, [{id, I}, {on, {bert, true}}, {at, {bert, time, 1254, I, 0}}]} || I <- lists:seq(1, 100)]}]].

bertrpc() ->
    [b("bertrpc_" ++ N, words("BERT-RPC", N), T)
     || {N, T} <- [{"call", {call, nat, add, [1, 2]}}, {"call_noargs", {call, service, status, []}},
                   {"call_dict", {call, user, update, [42, {bert, dict, [{email, <<"a@example.com">>}]}]}},
                   {"cast", {cast, nat, die, [666]}},
                   {"reply", {reply, 3}}, {"reply_nil", {reply, {bert, nil}}}, {"noreply", {noreply}},
                   {"reply_list", {reply, [{post, I, <<"title">>, {bert, false}} || I <- lists:seq(1, 100)]}},
                   {"info_cache", {info, cache, [{validation, <<"3d6a">>}]}},
                   {"info_callback", {info, callback, [{service, <<"callback.example.com:8149">>}, {mfa, nat, result, []}]}},
                   {"info_stream", {info, stream, []}},
                   {"error_server", {error, {server, 1, <<"NoSuchModule">>, <<"no such module 'nat2'">>, []}}},
                   {"error_user", {error, {user, 100, <<"RuntimeError">>, <<"boom">>, [<<"nat.rb:12">>, <<"ernie.rb:80">>]}}},
                   {"error_protocol", {error, {protocol, 0, <<"ProtocolError">>, <<"cannot read header">>, []}}},
                   {"error_proxy", {error, {proxy, 0, <<"Unavailable">>, <<"no upstream">>, [<<"a">>]}}}]].

%% RabbitMQ's management plug-in answers application/bert with the proplists
%% it would otherwise turn into JSON.
rabbit() ->
    Rate = [{rate, 12.4}],
    Stats = [{publish, 1234567}, {publish_details, Rate}, {ack, 1234000}, {ack_details, [{rate, 0.0}]}],
    Queue = fun(I) ->
        [{name, <<"jobs.", (integer_to_binary(I))/binary>>}, {vhost, <<"/">>}, {durable, true}, {auto_delete, false},
         {exclusive, false}, {arguments, [{<<"x-queue-type">>, <<"quorum">>}, {<<"x-max-length">>, 100000}]},
         {node, 'rabbit@mq1'}, {state, running}, {messages, I * 17}, {messages_details, Rate}, {messages_ready, I},
         {consumers, 2}, {consumer_utilisation, 0.875}, {memory, 55528}, {message_stats, Stats},
         {backing_queue_status, [{mode, default}, {q1, 0}, {delta, [delta, undefined, 0, 0, undefined]}, {len, 0}, {target_ram_count, infinity}]},
         {policy, <<"ha">>}, {operator_policy, ''}, {effective_policy_definition, []}, {idle_since, <<"2024-01-02T03:04:05.000+00:00">>}]
    end,
    [b("rabbit_" ++ N, words("RabbitMQ management answer", N), T)
     || {N, T} <- [{"overview", [{management_version, <<"3.10.8">>}, {rates_mode, basic}, {rabbitmq_version, <<"3.10.8">>},
                                 {cluster_name, <<"rabbit@mq1">>}, {erlang_version, <<"25.2.3">>}, {node, 'rabbit@mq1'},
                                 {exchange_types, [[{name, <<"topic">>}, {description, <<"AMQP topic exchange">>}, {enabled, true}]]},
                                 {message_stats, Stats}, {churn_rates, [{connection_created, 5}, {connection_created_details, Rate}]},
                                 {queue_totals, [{messages, 10}, {messages_ready, 4}]}, {object_totals, [{consumers, 2}, {queues, 3}, {exchanges, 7}]},
                                 {listeners, [[{node, 'rabbit@mq1'}, {protocol, <<"amqp">>}, {ip_address, <<"::">>}, {port, 5672},
                                               {socket_opts, [{backlog, 128}, {nodelay, true}, {linger, [true, 0]}]}]]}]},
                   {"queue", Queue(1)}, {"queues_50", [Queue(I) || I <- lists:seq(1, 50)]},
                   {"queues_500", [Queue(I) || I <- lists:seq(1, 500)]},
                   {"exchanges", [[{name, N2}, {type, T2}, {vhost, <<"/">>}, {durable, true}, {internal, false}, {arguments, []}]
                                  || {N2, T2} <- [{<<>>, direct}, {<<"amq.topic">>, topic}, {<<"amq.headers">>, headers}]]},
                   {"bindings", [[{source, <<"amq.topic">>}, {vhost, <<"/">>}, {destination, <<"jobs">>}, {destination_type, queue},
                                  {routing_key, <<"#">>}, {arguments, []}, {properties_key, <<"%23">>}]]},
                   {"nodes", [[{name, 'rabbit@mq1'}, {type, disc}, {running, true}, {os_pid, <<"123">>}, {fd_total, 1048576}, {fd_used, 41},
                               {mem_limit, 6700000000}, {mem_alarm, false}, {disk_free, 25000000000}, {disk_free_alarm, false}, {run_queue, 1},
                               {partitions, []}, {net_ticktime, 60}, {auth_mechanisms, [[{name, <<"PLAIN">>}, {enabled, true}]]},
                               {applications, [[{name, kernel}, {description, <<"ERTS  CXC 138 10">>}, {version, <<"8.5.3">>}]]}]]},
                   {"connections", [[{name, <<"10.0.0.7:50123 -> 10.0.0.1:5672">>}, {state, running}, {channels, 3}, {user, <<"guest">>}, {ssl, false},
                                     {protocol, <<"AMQP 0-9-1">>}, {peer_host, <<"10.0.0.7">>}, {peer_port, 50123},
                                     {client_properties, [{<<"product">>, <<"amqp091-go">>}, {<<"capabilities">>, [{<<"basic.nack">>, true}]}]}]]},
                   {"error", [{error, <<"Object Not Found">>}, {reason, <<"Not Found">>}]},
                   {"permissions", [[{user, <<"guest">>}, {vhost, <<"/">>}, {configure, <<".*">>}, {write, <<".*">>}, {read, <<".*">>}]]},
                   {"maps", [#{name => <<"q">>, type => rabbit_quorum_queue, members => ['rabbit@mq1', 'rabbit@mq2'], leader => 'rabbit@mq1', online => ['rabbit@mq1']}]}]].

%% CouchDB packs a changes feed's position as [{Node, Range, Seq}] with
%% [compressed, {minor_version,1}] and Base64s it into `since`.
couch() ->
    Seqs = fun(N) -> [{list_to_atom("couchdb@node" ++ integer_to_list(I rem 3 + 1) ++ ".example.com"),
                       [(I - 1) * 16#10000000, I * 16#10000000 - 1],
                       {I * 1000003, hex_text(bytes(16, I)), 'couchdb@node1.example.com'}} || I <- lists:seq(1, N)] end,
    [[d("couch_since_" ++ integer_to_list(N), "changes token of shards", Seqs(N)),
      z("couch_since_" ++ integer_to_list(N) ++ "_z", "changes token of shards", Seqs(N), [compressed, {minor_version, 1}])]
     || N <- [1, 2, 8, 16]]
        ++ [d("couch_since_zero", "token of an empty database", [{'couchdb@127.0.0.1', [0, 16#7fffffff], 0}]),
            z("couch_since_ints_z", "old tokens with integer sequences",
              [{'couchdb@127.0.0.1', [I * 16#20000000, (I + 1) * 16#20000000 - 1], I * 12345} || I <- lists:seq(0, 7)],
              [compressed, {minor_version, 1}]),
            d("couch_bookmark", "search bookmark: [{Node, Range, {Order, DocId}}]",
              [{'couchdb@node1.example.com', [0, 16#7fffffff], {[1.5, 0], <<"doc-17">>}}]),
            z("couch_bookmark_z", "search bookmark of 8 shards",
              [{'couchdb@node1.example.com', [I * 16#20000000, (I + 1) * 16#20000000 - 1], {[1.5, I], <<"doc-17">>}} || I <- lists:seq(0, 7)],
              [compressed, {minor_version, 1}]),
            d("couch_mango_bookmark", "mango bookmark", {startkey, [<<"zoe">>, 42], startkey_docid, <<"doc">>}),
            d("couch_doc", "a document body", {[{<<"_id">>, <<"zoe">>}, {<<"_rev">>, <<"3-917fa2381192822767f010b95b45325b">>}, {<<"views">>, 12}, {<<"tags">>, []}]}),
            d("couch_rev_tree", "a revision tree", [{1, {<<"967a">>, [], [{<<"7051">>, {true, 4, 16}, [{<<"e0ea">>, {leaf, false}, []}]}]}}])].

%% ---------------------------------------------------------------- messages with ids

pid(Node, Id, Serial) -> pid(Node, Id, Serial, ?CREATION).
pid(Node, Id, Serial, Creation) ->
    binary_to_term(<<131, 88, (atom(Node))/binary, Id:32, Serial:32, Creation:32>>).
port(Node, Id) ->
    binary_to_term(<<131, 120, (atom(Node))/binary, Id:64, ?CREATION:32>>).
ref(Node, Words) -> ref(Node, Words, ?CREATION).
ref(Node, Words, Creation) ->
    binary_to_term(<<131, 90, (length(Words)):16, (atom(Node))/binary, Creation:32, << <<W:32>> || W <- Words >>/binary>>).
atom(A) ->
    Name = atom_to_binary(A),
    <<119, (byte_size(Name)), Name/binary>>.

gen() ->
    P = pid(?APP, 115, 0), Q = pid(?APP, 2400, 7), R = ref(?APP, [16#3B9AC, 16#5F5E1, 16#12345678]),
    Alias = [alias | R], D = pid(?DB, 300, 1), Port = port(?APP, 12),
    From = {P, Alias},
    Stack = [{my_srv, handle_call, 3, [{file, "src/my_srv.erl"}, {line, 42}]}, {gen_server, try_handle_call, 4, [{file, "gen_server.erl"}, {line, 1149}]}],
    [g("gen_" ++ N, words("message or state", N), [?APP], T)
     || {N, T} <- [{"pid", P}, {"ref", R}, {"port", Port}, {"ref_5_words", ref(?APP, [1, 2, 3, 4, 5])}, {"ref_1_word", ref(?APP, [7])},
                   {"port_v4", port(?APP, 16#1_0000_0001)}, {"pid_max", pid(?APP, 16#FFFFFFF, 16#FFFFFFFF)},
                   {"call", {'$gen_call', {P, R}, get_state}}, {"call_alias", {'$gen_call', From, {get, <<"key">>}}},
                   {"call_map", {'$gen_call', From, #{op => put, key => {user, 1}, value => [1, 2, 3]}}},
                   {"call_big", {'$gen_call', From, {bulk, [{I, <<"value">>} || I <- lists:seq(1, 500)]}}},
                   {"reply", {R, {ok, 42}}}, {"reply_alias", {Alias, {ok, [<<"a">>, <<"b">>]}}}, {"reply_error", {Alias, {error, not_found}}},
                   {"statem_call", {'$gen_call', From, {transition, open}}},
                   {"event_sync", {From, {sync_notify, {alarm, high}}}},
                   {"which_children", [{db, P, worker, [my_db]}, {web, Q, supervisor, [my_web]}, {down, undefined, worker, [x]}, {again, restarting, worker, dynamic}]},
                   {"system_get_state", {system, From, get_state}}, {"system_suspend", {system, From, suspend}},
                   {"system_replace", {system, From, {debug, {trace, true}}}},
                   {"exit_normal", {'EXIT', P, normal}}, {"exit_shutdown", {'EXIT', P, shutdown}}, {"exit_crash", {'EXIT', P, {badarith, Stack}}},
                   {"exit_port", {'EXIT', Port, normal}},
                   {"down", {'DOWN', R, process, P, noproc}}, {"down_crash", {'DOWN', R, process, Q, {{badmatch, {error, P}}, Stack}}},
                   {"down_named", {'DOWN', R, process, {my_srv, ?APP}, noconnection}}, {"down_port", {'DOWN', R, port, Port, normal}},
                   {"time_offset", {'CHANGE', R, time_offset, clock_service, -576460752303423488}},
                   {"timeout", {timeout, R, {retry, 3}}}, {"cancel_timer", {cancel_timer, R, 4500}},
                   {"monitors", {monitors, [{process, P}, {process, {my_srv, ?APP}}, {port, Port}]}},
                   {"link_list", {links, [P, Q, Port]}},
                   {"process_info", [{registered_name, my_srv}, {current_function, {gen_server, loop, 7}}, {initial_call, {proc_lib, init_p, 5}},
                                     {status, waiting}, {message_queue_len, 0}, {links, [P]}, {dictionary, [{'$ancestors', [my_sup, Q]}, {'$initial_call', {my_srv, init, 1}}]},
                                     {trap_exit, false}, {error_handler, error_handler}, {priority, normal}, {group_leader, Q}, {total_heap_size, 233}, {reductions, 9000}, {suspending, []}]},
                   {"tcp", {tcp, Port, <<"GET / HTTP/1.1\r\n\r\n">>}}, {"tcp_closed", {tcp_closed, Port}}, {"tcp_error", {tcp_error, Port, etimedout}},
                   {"udp", {udp, Port, {10, 0, 0, 7}, 5353, "payload"}}, {"port_data", {Port, {data, {eol, "line"}}}}, {"port_command", {P, {command, <<"x">>}}},
                   {"port_exit", {Port, {exit_status, 0}}},
                   {"io_request", {io_request, P, R, {put_chars, unicode, <<"hello\n">>}}},
                   {"io_request_mfa", {io_request, P, R, {put_chars, unicode, io_lib, format, ["~p~n", [ok]]}}},
                   {"io_reply", {io_reply, R, ok}}, {"io_get_line", {io_request, P, R, {get_line, unicode, "> "}}},
                   {"log_event", #{level => error, msg => {report, #{label => {gen_server, terminate}, name => my_srv, last_message => {'$gen_call', From, x}, state => [], reason => {badarith, Stack}, client_info => {P, {my_client, Stack}}}},
                                   meta => #{pid => P, gl => Q, time => 1700000000123456, error_logger => #{tag => error, report_cb_arity => 2}}}},
                   {"crash_report", [[{initial_call, {my_srv, init, ['Argument__1']}}, {pid, P}, {registered_name, []}, {error_info, {error, badarith, Stack}}, {ancestors, [my_sup, Q]}, {message_queue_len, 1}, {messages, [{P, ping}]}, {links, [Q]}, {dictionary, []}, {trap_exit, false}, {status, running}, {heap_size, 610}, {stack_size, 28}, {reductions, 1234}], []]},
                   {"sup_report", [{supervisor, {local, my_sup}}, {errorContext, child_terminated}, {reason, killed}, {offender, [{pid, P}, {id, my_srv}, {mfargs, {my_srv, start_link, []}}, {restart_type, permanent}, {shutdown, 5000}, {child_type, worker}]}]},
                   {"trace", [{trace, P, call, {lists, reverse, [[1]]}}, {trace, P, send, {R, ok}, Q}, {trace, P, gc_minor_start, [{heap_size, 233}]}]},
                   {"pg_join", {join, P, workers, [P, Q]}}, {"pg_discover", {discover, P}}, {"pg_sync", {sync, P, [{workers, [P, Q]}, {leaders, [Q]}]}}, {"pg_leave", {leave, P, [P], [workers]}},
                   {"ets_transfer", {'ETS-TRANSFER', R, P, heir_data}},
                   {"ping_pong", {P, ping}}, {"map_of_pids", #{P => idle, Q => {busy, R}}},
                   {"registry_100", [{{user, I}, pid(?APP, 1000 + I, 0)} || I <- lists:seq(1, 100)]}]]
        ++ [g("gen_rpc_call", "rpc:call/4 as rex receives it", [?DB], {'$gen_call', {D, [alias | ref(?DB, [1, 2, 3])]}, {call, lists, reverse, [[1, 2, 3]], D}}),
            g("gen_rpc_cast", "rpc:cast/4", [?DB], {'$gen_cast', {cast, logger, notice, ["hi"], D}}),
            g("gen_rpc_old", "rpc call with the reply pid", [?DB], {D, {call, erlang, node, [], D}}),
            g("gen_rpc_badrpc", "rpc reply", [?DB], {ref(?DB, [1, 2, 3]), {badrpc, {'EXIT', {undef, [{no, such, [D], []}]}}}}),
            g("gen_rpc_sbcast", "rpc:sbcast reply", [?DB], {rex, D, ?DB, {my_srv, ?DB}}),
            g("gen_global_register", "global name registration", [?DB], {'$gen_call', {D, ref(?DB, [9, 9, 9])}, {set_lock, {global, D}}}),
            g("gen_mnesia", "a Mnesia commit message", [?DB], {D, {ask_commit, sym_trans, {tid, 17, D}, {prep, [{{users, 1}, {users, 1, <<"x">>}, write}]}, [?DB], []}}),
            g("gen_two_nodes", "ids of both nodes", [?APP, ?DB], {relay, P, D, [{P, R}, {D, ref(?DB, [4, 5, 6])}]}),
            g("gen_pg_cluster", "process groups over two nodes", [?APP, ?DB], #{workers => [pid(?APP, I, 0) || I <- lists:seq(100, 120)] ++ [pid(?DB, I, 0) || I <- lists:seq(100, 120)]}),
            g("gen_same_id_two_creations", "one pid before and after a restart of its node", [?APP], [pid(?APP, 115, 0, 1), pid(?APP, 115, 0, 2)]),
            g("gen_local_pids", "ids of a node without distribution", ['nonode@nohost'], {'$gen_call', {pid('nonode@nohost', 85, 0, 0), ref('nonode@nohost', [100, 200, 300], 0)}, which_applications}),
            put_("gen_call_mv2", gencall, [?APP], "gen call", {'$gen_call', From, {get, 'élan'}}, [{minor_version, 2}]),
            put_("gen_call_mv0", gencall, [?APP], "gen call with text float", {'$gen_call', From, {set, 0.1}}, [{minor_version, 0}]),
            unstable(g("gen_refs_40", "40 references as map keys, as the BEAM stores them", [?APP],
                       maps:from_list([{ref(?APP, [I, 2, 3]), I} || I <- lists:seq(1, 40)]))),
            d("gen_cast", "gen_server:cast/2 has no id", {'$gen_cast', {log, <<"x">>}}),
            d("gen_cast_batch", "many casts", [{'$gen_cast', {incr, I}} || I <- lists:seq(1, 200)]),
            d("gen_notify", "gen_event:notify/2", {notify, {alarm, {disk, 91}}}),
            d("gen_erpc_error", "erpc exception reasons", {erpc, noconnection})].

%% Atoms of node names alone, which a gateway meets more often than pids.
nodes_() ->
    [d("nodes_topology", "a cluster map", #{nodes => [?APP, ?DB], leader => ?APP, epoch => 17, shards => [{I, [?APP, ?DB]} || I <- lists:seq(0, 15)]}),
     d("nodes_lock", "a lock entry without ids", {lock, {global, users}, [?APP], {1700, 0, 1}})].
