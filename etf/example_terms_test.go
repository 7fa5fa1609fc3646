package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/beamgate/beamgate/etf"
)

// term decodes the bytes of an example.
func term(b string) etf.Term {
	mode, err := etf.OTP().Compile()
	if err != nil {
		log.Fatal(err)
	}
	t, err := mode.Decode([]byte(b))
	if err != nil {
		log.Fatal(err)
	}
	return t
}

// A message built of the Append functions, without a value for it in Go.
func ExampleAppendAtom() {
	msg, err := etf.AppendTupleHeader(etf.AppendVersion(nil), 3)
	if err == nil {
		msg, err = etf.AppendAtom(msg, "user")
	}
	msg = etf.AppendInt(msg, 42)
	if err == nil {
		msg, err = etf.AppendString(msg, "Zoë")
	}
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n%v\n", msg, term(string(msg)))

	_, err = etf.AppendAtom(nil, strings.Repeat("x", 256))
	fmt.Println(err, errors.Is(err, etf.ErrEncode))
	// Output:
	// 83 68 03 77 04 75 73 65 72 61 2a 6d 00 00 00 04 5a 6f c3 ab
	// {user,42,<<"Zoë"/utf8>>}
	// etf: cannot encode: atom_too_long, an atom has more than 255 characters true
}

// A text as Erlang has it, a list of characters, and bytes as a list.
func ExampleAppendCharlist() {
	text, err := etf.AppendCharlist(etf.AppendVersion(nil), "Zoë")
	if err != nil {
		log.Fatal(err)
	}
	bytes, err := etf.AppendByteList(etf.AppendVersion(nil), []byte{1, 2})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(term(string(text)), term(string(bytes)))
	// Output: "Zoë" [1,2]
}

// Terms that are written as they come, into a stream. What does not fit is an
// error where it is written, and leaves the stream as it was.
func ExampleEncoder() {
	var out bytes.Buffer
	e := etf.NewEncoder(&out)
	e.BeginTuple(2)
	e.Atom("rows")
	fmt.Println(e.End())
	e.BeginList(2)
	for id := range int64(2) {
		e.BeginMap(1)
		e.String("id")
		e.Int(id)
		e.End()
	}
	fmt.Println(e.Int(3))
	e.End()
	e.End()
	if err := e.Close(); err != nil { // errors of the writer come here at the latest
		log.Fatal(err)
	}
	fmt.Println(term(out.String()))
	// Output:
	// etf: cannot encode: unfinished, a container has elements missing
	// etf: cannot encode: overfull, one term too many
	// {rows,[#{<<"id">> => 0},#{<<"id">> => 1}]}
}

// Old peers get what they can read, or a refusal.
func ExampleEncodeOptions() {
	t := term("\x83\x68\x02\x77\x02ok\x46\x3f\xf8\x00\x00\x00\x00\x00\x00") // {ok,1.5}
	for _, d := range []etf.Dialect{etf.MinorVersion2, etf.MinorVersion1, etf.MinorVersion0} {
		b, err := etf.EncodeOptions{Dialect: d}.AppendETF(nil, t)
		fmt.Printf("%v: %d bytes, %v\n", d, len(b), err)
	}
	_, err := etf.BERT1.AppendTerm(nil, term("\x83\x74\x00\x00\x00\x00")) // #{}
	fmt.Println(err)
	// Output:
	// minor_version 2: 16 bytes, <nil>
	// minor_version 1: 17 bytes, <nil>
	// minor_version 0: 40 bytes, <nil>
	// etf: cannot encode: no_form, the dialect has no form for a term of this kind
}

// Equal terms get equal bytes, fit for a signature or a cache key.
func ExampleMode_Canonicalize() {
	mode, err := etf.Strict().Compile()
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range []string{
		"\x83\x74\x00\x00\x00\x02\x64\x00\x01b\x62\x00\x00\x00\x02\x64\x00\x01a\x61\x01", // by an old sender
		"\x83\x74\x00\x00\x00\x02\x77\x01a\x61\x01\x77\x01b\x61\x02",
	} {
		c, err := mode.Canonicalize(nil, []byte(b))
		fmt.Printf("% x %v\n", c, err)
	}
	// Output:
	// 83 74 00 00 00 02 77 01 61 61 01 77 01 62 61 02 <nil>
	// 83 74 00 00 00 02 77 01 61 61 01 77 01 62 61 02 <nil>
}

func ExampleTerm_AppendETF() {
	t := term("\x83\x6c\x00\x00\x00\x02\x61\x01\x62\x00\x00\x00\x02\x6a") // [1,2], not as OTP writes it
	b, err := t.AppendETF(nil)
	fmt.Printf("% x %v\n", b, err)
	// Output: 83 6b 00 02 01 02 <nil>
}

func ExampleCompare() {
	one, float := term("\x83\x61\x01"), term("\x83\x46\x3f\xf0\x00\x00\x00\x00\x00\x00")
	ok := term("\x83\x77\x02ok")
	fmt.Println(etf.Compare(one, ok), etf.Compare(ok, float)) // numbers stand before atoms
	fmt.Println(etf.Compare(one, float), etf.Equivalent(one, float), etf.Equal(one, float), etf.CompareKeys(one, float))
	// Output:
	// -1 1
	// 0 true false -1
}

func ExampleFormat() {
	t := term("\x83\x74\x00\x00\x00\x02\x77\x01b\x6b\x00\x03abc\x77\x01a\x6d\x00\x00\x00\x02\xc3\xa9")
	fmt.Println(etf.Format(t))
	fmt.Printf("%v\n%s\n", t, t.Append(nil, 12))
	// Output:
	// #{a => <<"é"/utf8>>,b => "abc"}
	// #{a => <<"é"/utf8>>,b => "abc"}
	// #{a => <<"é…
}

// JSON that keeps everything, for a log or a test, and comes back as the same
// term.
func ExampleAppendJSON() {
	t := term("\x83\x68\x03\x77\x02ok\x6d\x00\x00\x00\x01x\x74\x00\x00\x00\x01\x61\x01\x46\x3f\xf0\x00\x00\x00\x00\x00\x00")
	text, err := etf.AppendJSON(nil, t)
	if err != nil {
		log.Fatal(err)
	}
	os.Stdout.Write(append(text, '\n'))
	back, err := etf.FromJSON(text)
	fmt.Println(back, err, etf.Equal(t, back))
	// Output:
	// {"tuple":[{"atom":"ok"},"x",{"map":[[1,{"float":"1.0"}]]}]}
	// {ok,<<"x">>,#{1 => 1.0}} <nil> true
}

// JSON as people write it.
func ExampleAppendPlainJSON() {
	t := term("\x83\x68\x03\x77\x02ok\x6d\x00\x00\x00\x01x\x74\x00\x00\x00\x01\x61\x01\x46\x3f\xf0\x00\x00\x00\x00\x00\x00")
	text, err := etf.AppendPlainJSON(nil, t)
	fmt.Printf("%s %v\n", text, err)
	_, err = etf.AppendPlainJSON(nil, term("\x83\x74\x00\x00\x00\x02\x77\x01a\x6a\x6d\x00\x00\x00\x01a\x6a")) // a and <<"a">>
	fmt.Println(err)
	// Output:
	// ["ok","x",{"1":1.0}] <nil>
	// etf: cannot encode: duplicate_key, two keys of a map are equal
}

// A service that speaks JSON outside and ETF inside: no JSON makes an atom, and
// every cap holds.
func ExampleMode_FromPlainJSON() {
	mode, err := etf.Strict().Compile()
	if err != nil {
		log.Fatal(err)
	}
	t, err := mode.FromPlainJSON([]byte(`{"user": {"name": "Zoë", "admin": false, "tags": [1, 2.5, null]}}`))
	fmt.Println(t, err)
	_, err = mode.FromPlainJSON([]byte(`{"a": 1, "a": 2}`))
	fmt.Println(err)
	_, err = mode.FromPlainJSON([]byte(`{"a": `))
	fmt.Println(err)
	// Output:
	// #{<<"user">> => #{<<"admin">> => false,<<"name">> => <<"Zoë"/utf8>>,<<"tags">> => [1,2.5,nil]}} <nil>
	// etf: duplicate_key at offset 14, in key[1]
	// etf: json_syntax at offset 6: syntax error
}
