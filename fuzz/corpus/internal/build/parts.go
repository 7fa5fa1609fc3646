package build

import (
	"encoding/hex"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

// The parts of recipes.

func hexed(b []byte) corpus.Part { return corpus.Part{Hex: hex.EncodeToString(b)} }

func repeat(unit string, times int) corpus.Part {
	return corpus.Part{Repeat: &corpus.Repeat{Hex: unit, Times: times}}
}

// nest opens and closes something times over, around inner.
func nest(open string, times int, inner, end string) corpus.Part {
	return corpus.Part{Nest: &corpus.Nest{Open: open, Times: times, Inner: inner, Close: end}}
}

func zlibbed(of ...corpus.Part) corpus.Part {
	return corpus.Part{Zlib: &corpus.Zlib{Of: of}}
}

// lying is a stream whose size is said to be another.
func lying(size int64, of ...corpus.Part) corpus.Part {
	return corpus.Part{Zlib: &corpus.Zlib{Of: of, Size: &size}}
}

// digits counts in ASCII, bytewise in bytes; see corpus.Count.
func digits(before string, n, times int, after string) corpus.Part {
	return corpus.Part{Count: &corpus.Count{Before: before, Times: times, Digits: n, After: after}}
}

func bytewise(before string, n, times int, after string) corpus.Part {
	return corpus.Part{Count: &corpus.Count{Before: before, Times: times, Bytes: n, After: after}}
}
