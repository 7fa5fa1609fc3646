package main

import "github.com/beamgate/beamgate/etf"

// The two answers. They have a fixed shape, and hold nothing that a sender wrote.

func okAnswer(s etf.Stats) []byte {
	return marshal(etf.Tuple{etf.Atom("ok"), []any{
		etf.Tuple{etf.Atom("bytes"), s.Bytes},
		etf.Tuple{etf.Atom("terms"), s.Terms},
		etf.Tuple{etf.Atom("depth"), s.Depth},
		etf.Tuple{etf.Atom("atoms"), s.Atoms},
		etf.Tuple{etf.Atom("heap_words"), s.HeapWords},
	}})
}

func errorAnswer(code string, offset int64) []byte {
	return marshal(etf.Tuple{etf.Atom("error"), code, offset}) // text becomes a binary
}

func marshal(answer etf.Tuple) []byte {
	b, err := etf.Marshal(answer)
	if err != nil {
		panic(err) // atoms, text and numbers always have an encoding
	}
	return b
}
