package etf

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/binary"
	"slices"
)

// The builders of this file put a module together by hand, so that everything but the
// comparison with the real thing is tested without Erlang.

func beamTest32(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(int32(n))) }

// beamTestChunk is one padded chunk.
func beamTestChunk(id string, body []byte) []byte {
	b := append([]byte(id), beamTest32(len(body))...)
	b = append(b, body...)
	return append(b, make([]byte, -len(body)&3)...)
}

// beamTestForm is a file of chunks.
func beamTestForm(chunks ...[]byte) []byte {
	body := append([]byte("BEAM"), slices.Concat(chunks...)...)
	return slices.Concat([]byte("FOR1"), beamTest32(len(body)), body)
}

// beamTestAtoms is an atom table as compilers up to OTP 27 write it.
func beamTestAtoms(names ...string) []byte {
	b := beamTest32(len(names))
	for _, name := range names {
		b = append(append(b, byte(len(name))), name...)
	}
	return b
}

// beamTestAtoms28 is an atom table as OTP 28 writes it.
func beamTestAtoms28(names ...string) []byte {
	b := beamTest32(-len(names))
	for _, name := range names {
		if n := len(name); n < 16 {
			b = append(b, byte(n<<4))
		} else {
			b = append(b, byte(n>>8<<5|0x08), byte(n))
		}
		b = append(b, name...)
	}
	return b
}

// beamTestTable is a literal table before it is packed.
func beamTestTable(terms ...string) []byte {
	b := beamTest32(len(terms))
	for _, term := range terms {
		b = append(append(b, beamTest32(len(term))...), term...)
	}
	return b
}

// beamTestLiterals is a literal chunk's body as compilers up to OTP 27 write it.
func beamTestLiterals(terms ...string) []byte {
	table := beamTestTable(terms...)
	return append(beamTest32(len(table)), beamTestZlib(table)...)
}

// beamTestLiterals28 is one as OTP 28 writes it.
func beamTestLiterals28(terms ...string) []byte {
	return append(beamTest32(0), beamTestTable(terms...)...)
}

func beamTestZlib(b []byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

func beamTestGzip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	w.Write(b)
	w.Close()
	return out.Bytes()
}

// beamTestAtom is an atom as an external term without its version byte.
func beamTestAtom(name string) string { return "w" + string(rune(len(name))) + name }
