%% Measures what this OTP makes of the corpus. It needs nothing but this OTP: no
%% Go, and of OTP only kernel and stdlib (crypto, if it is there, adds digests).
%%
%%     erlc measure.erl
%%     erl -noinput -run measure main manifest.json measured.tsv
%%
%% The result has a line for each case, of fields between tabs, and is taken in by
%%
%%     go run ./fuzz/corpus/generate -merge measured.tsv
%%
%%     #measured  release  version
%%     id  sha256  reject  safe
%%     id  sha256  accept  safe  used  heap words  canonical
%%
%% safe is the verdict under the option [safe], canonical the hexadecimal digits
%% of term_to_binary(Term, [deterministic, {minor_version, 2}]); above 4 KiB it is
%% sha256: and their digest, or - if this OTP has no crypto.
%%
%% All verdicts under [safe] come first: a plain decode makes its atoms known for
%% ever.
-module(measure).
-export([main/1]).

-define(INLINE, 4096).

main([Manifest, Out]) ->
    {ok, Raw} = file:read_file(Manifest),
    {#{<<"cases">> := Cases}, _} = json(Raw),
    Dir = filename:dirname(Manifest),
    Safe = [verdict(payload(Dir, C), [safe]) || C <- Cases],
    Lines = [line(C, S, payload(Dir, C)) || {C, S} <- lists:zip(Cases, Safe)],
    Release = erlang:system_info(otp_release),
    Head = ["#measured\t", Release, $\t, version(Release), $\n],
    ok = file:write_file(Out, [Head | Lines]),
    halt(0);
main(_) ->
    io:put_chars(standard_error, "usage: erl -noinput -run measure main MANIFEST OUT\n"),
    halt(2).

version(Release) ->
    File = filename:join([code:root_dir(), "releases", Release, "OTP_VERSION"]),
    case file:read_file(File) of
        {ok, Text} -> string:trim(Text);
        {error, _} -> Release
    end.

%% ---- measuring

line(#{<<"id">> := Id, <<"sha256">> := Sum}, Safe, Payload) ->
    check(Id, Sum, Payload),
    Fields = case in_process(fun() -> decoded(Payload) end) of
        {accept, Used, Words, Canon} ->
            ["accept", Safe, integer_to_list(Used), integer_to_list(Words), Canon];
        reject ->
            ["reject", Safe]
    end,
    [lists:join($\t, [Id, Sum | Fields]), $\n].

verdict(Payload, Opts) ->
    in_process(fun() ->
        try binary_to_term(binary:copy(Payload), Opts) of
            _ -> "accept"
        catch
            error:badarg -> "reject"
        end
    end).

%% The decoder can write to its input, so it gets a copy.
decoded(Payload) ->
    try binary_to_term(binary:copy(Payload), [used]) of
        {Term, Used} ->
            Canon = term_to_binary(Term, [deterministic, {minor_version, 2}]),
            {accept, Used, erts_debug:flat_size(Term), canonical(Canon)}
    catch
        error:badarg -> reject
    end.

canonical(Canon) when byte_size(Canon) =< ?INLINE -> hex(Canon);
canonical(Canon) ->
    case sha256(Canon) of
        none -> "-";
        Sum -> ["sha256:", hex(Sum)]
    end.

%% A process of its own has a heap of its own, which goes with it.
in_process(Fun) ->
    {Pid, Ref} = spawn_monitor(fun() -> exit({result, Fun()}) end),
    receive
        {'DOWN', Ref, process, Pid, {result, Result}} -> Result;
        {'DOWN', Ref, process, Pid, Why} -> erlang:error({died, Why})
    end.

check(Id, Sum, Payload) ->
    case sha256(Payload) of
        none -> ok;
        Digest -> case iolist_to_binary(hex(Digest)) of
            Sum -> ok;
            Other -> erlang:error({not_the_payload_of_the_manifest, Id, Other})
        end
    end.

sha256(Data) ->
    try crypto:hash(sha256, Data) catch error:_ -> none end.

hex(Binary) ->
    [[digit(B bsr 4), digit(B band 15)] || <<B>> <= Binary].

digit(N) when N < 10 -> $0 + N;
digit(N) -> $a + N - 10.

%% ---- payloads

payload(_, #{<<"recipe">> := #{<<"parts">> := Parts}}) -> parts(Parts);
payload(Dir, #{<<"file">> := File}) ->
    {ok, Data} = file:read_file(filename:join(Dir, binary_to_list(File))),
    Data.

parts(Parts) -> iolist_to_binary([part(P) || P <- Parts]).

part(#{<<"repeat">> := #{<<"hex">> := Hex, <<"times">> := N}}) ->
    binary:copy(bytes(Hex), N);
part(#{<<"nest">> := #{<<"open">> := Open, <<"times">> := N, <<"inner">> := Inner, <<"close">> := Close}}) ->
    [binary:copy(bytes(Open), N), bytes(Inner), binary:copy(bytes(Close), N)];
part(#{<<"count">> := Count = #{<<"before">> := Before, <<"times">> := N, <<"after">> := After}}) ->
    {B, A} = {bytes(Before), bytes(After)},
    [[B, number(I, Count), A] || I <- lists:seq(0, N - 1)];
part(#{<<"zlib">> := Zlib = #{<<"of">> := Of}}) ->
    Data = parts(Of),
    [<<(maps:get(<<"size">>, Zlib, byte_size(Data))):32>>, zlib(Data)];
part(#{<<"hex">> := Hex}) -> bytes(Hex);
part(#{}) -> <<>>.

number(I, #{<<"digits">> := N}) ->
    Text = integer_to_list(I),
    [lists:duplicate(max(N - length(Text), 0), $0), Text];
number(I, #{<<"bytes">> := N}) -> <<I:(8 * N)>>.

bytes(Hex) -> << <<(binary_to_integer(<<H, L>>, 16))>> || <<H, L>> <= Hex >>.

%% ---- the zlib stream of recipes: one final block of fixed codes, runs of a byte
%% as its literal and matches of distance 1

zlib(Data) ->
    Bits = block(Data, put(3, 2#011, {0, 0, []})),
    [<<16#78, 16#9c>>, ended(code(0, 7, Bits)), <<(erlang:adler32(Data)):32>>].

%% put(N, Value, Bits) adds the low N bits of Value, the lowest first.
put(N, Value, {Hold, Have, Out}) -> full(Hold bor (Value bsl Have), Have + N, Out).

full(Hold, Have, Out) when Have >= 8 -> full(Hold bsr 8, Have - 8, [Hold band 255 | Out]);
full(Hold, Have, Out) -> {Hold, Have, Out}.

ended({_, 0, Out}) -> lists:reverse(Out);
ended({Hold, _, Out}) -> lists:reverse([Hold | Out]).

%% code adds a Huffman code, whose highest bit comes first.
code(Code, N, Bits) -> put(N, turned(Code, N, 0), Bits).

turned(_, 0, Acc) -> Acc;
turned(Code, N, Acc) -> turned(Code bsr 1, N - 1, (Acc bsl 1) bor (Code band 1)).

block(<<>>, Bits) -> Bits;
block(<<C, Rest/binary>>, Bits) ->
    Run = run(C, Rest, 0),
    <<_:Run/binary, Behind/binary>> = Rest,
    block(Behind, repeated(C, Run, literal(C, Bits))).

run(C, <<C, Rest/binary>>, N) -> run(C, Rest, N + 1);
run(_, _, N) -> N.

repeated(_, 0, Bits) -> Bits;
repeated(C, N, Bits) when N < 3 -> repeated(C, N - 1, literal(C, Bits));
repeated(C, N, Bits) -> repeated(C, N - min(N, 258), match(min(N, 258), Bits)).

literal(C, Bits) when C < 144 -> code(16#30 + C, 8, Bits);
literal(C, Bits) -> code(16#190 + C - 144, 9, Bits).

match(258, Bits) -> distance(code(16#c0 + 285 - 280, 8, Bits));
match(N, Bits) when N < 11 -> distance(code(N - 2, 7, Bits));
match(N, Bits0) ->
    Extra = extra(N - 3, 0),
    Bits = case 261 + 4 * Extra + ((N - 3) bsr Extra) - 4 of
        Symbol when Symbol < 280 -> code(Symbol - 256, 7, Bits0);
        Symbol -> code(16#c0 + Symbol - 280, 8, Bits0)
    end,
    distance(put(Extra, (N - 3) band ((1 bsl Extra) - 1), Bits)).

extra(N, Extra) when N < 8 -> Extra;
extra(N, Extra) -> extra(N bsr 1, Extra + 1).

distance(Bits) -> code(0, 5, Bits).

%% ---- JSON (OTP has a parser from 27 on only)

json(<<C, Rest/binary>>) when C =:= $\s; C =:= $\n; C =:= $\r; C =:= $\t -> json(Rest);
json(<<${, Rest/binary>>) -> object(Rest, #{});
json(<<$[, Rest/binary>>) -> array(Rest, []);
json(<<$", Rest/binary>>) -> text(Rest, []);
json(<<"true", Rest/binary>>) -> {true, Rest};
json(<<"false", Rest/binary>>) -> {false, Rest};
json(<<"null", Rest/binary>>) -> {null, Rest};
json(Number) -> number(Number, 0, Number).

object(Raw, Map) ->
    case skip(Raw) of
        <<$}, Rest/binary>> -> {Map, Rest};
        <<$,, Rest/binary>> -> object(Rest, Map);
        Key ->
            {Name, Rest1} = json(Key),
            <<$:, Rest2/binary>> = skip(Rest1),
            {Value, Rest3} = json(Rest2),
            object(Rest3, Map#{Name => Value})
    end.

array(Raw, Acc) ->
    case skip(Raw) of
        <<$], Rest/binary>> -> {lists:reverse(Acc), Rest};
        <<$,, Rest/binary>> -> array(Rest, Acc);
        Item ->
            {Value, Rest} = json(Item),
            array(Rest, [Value | Acc])
    end.

skip(<<C, Rest/binary>>) when C =:= $\s; C =:= $\n; C =:= $\r; C =:= $\t -> skip(Rest);
skip(Raw) -> Raw.

text(<<$", Rest/binary>>, Acc) -> {iolist_to_binary(lists:reverse(Acc)), Rest};
text(<<$\\, $u, Hex:4/binary, Rest/binary>>, Acc) ->
    escaped(binary_to_integer(Hex, 16), Rest, Acc);
text(<<$\\, C, Rest/binary>>, Acc) -> text(Rest, [unescaped(C) | Acc]);
text(<<C, Rest/binary>>, Acc) -> text(Rest, [C | Acc]).

%% Characters beyond 16 bits are two escapes.
escaped(High, <<$\\, $u, Hex:4/binary, Rest/binary>>, Acc) when High >= 16#d800, High < 16#dc00 ->
    Low = binary_to_integer(Hex, 16),
    text(Rest, [<<(16#10000 + ((High - 16#d800) bsl 10) + Low - 16#dc00)/utf8>> | Acc]);
escaped(C, Rest, Acc) -> text(Rest, [<<C/utf8>> | Acc]).

unescaped($b) -> $\b;
unescaped($f) -> $\f;
unescaped($n) -> $\n;
unescaped($r) -> $\r;
unescaped($t) -> $\t;
unescaped(C) -> C.

number(<<C, Rest/binary>>, N, Raw) when C =:= $-; C =:= $+; C =:= $.; C =:= $e; C =:= $E; C >= $0, C =< $9 ->
    number(Rest, N + 1, Raw);
number(Rest, N, Raw) ->
    Digits = binary:part(Raw, 0, N),
    try {binary_to_integer(Digits), Rest} catch error:badarg -> {binary_to_float(Digits), Rest} end.
