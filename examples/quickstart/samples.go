package main

import (
	"bytes"
	"compress/zlib"
	"embed"
	"fmt"
	"strings"
)

// What real programs sent: Elixir's DateTime, a Plug session, an interaction of
// a chat gateway (erlpack), a BERT-RPC call, a call of a gen_server (with a pid
// and a reference), and a closure of an Erlang module.
//
//go:embed payloads/*.etf
var payloads embed.FS

type sample struct {
	name    string
	payload []byte
}

// samples are the embedded payloads, and hostile ones that are made here.
func samples() []sample {
	var all []sample
	files, _ := payloads.ReadDir("payloads") // it is in the program: no error
	for _, f := range files {
		b, _ := payloads.ReadFile("payloads/" + f.Name())
		all = append(all, sample{strings.TrimSuffix(f.Name(), ".etf"), b})
	}
	return append(all,
		sample{"a compressed bomb", bomb(4 << 20)},
		sample{"5,000 tuples in each other", []byte("\x83" + strings.Repeat("h\x01", 5000) + "j")},
		sample{"a list that claims 4,294,967,295 elements", []byte("\x83l\xff\xff\xff\xffa\x01")},
		sample{"a binary shorter than it claims", []byte("\x83m\x00\x00\x27\x10abc")},
		sample{"a map with the key 1 twice, encoded differently", []byte("\x83t\x00\x00\x00\x02a\x01jb\x00\x00\x00\x01j")},
		sample{"20,000 different atoms", atoms(20_000)},
		sample{"a term and one byte more", []byte("\x83a\x01\x00")},
	)
}

// bomb is a binary of n zeros, compressed: some 1,000 times smaller.
func bomb(n int) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "\x83P%s", size(n+5))
	z := zlib.NewWriter(&b)
	fmt.Fprintf(z, "m%s", size(n))
	z.Write(make([]byte, n))
	z.Close()
	return b.Bytes()
}

// atoms is a list of n names that a BEAM node would keep for ever.
func atoms(n int) []byte {
	b := []byte("\x83l" + size(n))
	for i := range n {
		b = fmt.Appendf(b, "w\x0dstranger%05d", i)
	}
	return append(b, 'j')
}

// size is a length of four bytes.
func size(n int) string { return string([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) }
