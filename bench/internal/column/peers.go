package column

import (
	"errors"

	ergo "github.com/ergo-services/ergo/etf"
	ergolib "github.com/ergo-services/ergo/lib"
	okeuday "github.com/okeuday/erlang_go/v2/erlang"

	"github.com/beamgate/beamgate/bench/internal/outside"
)

// beam are the BEAM's own codec, in C.
var beam = []Column{
	{Key: "beam_decode", Title: "BEAM binary_to_term", Family: Decode, op: outside.BeamDecode, place: BEAM},
	{Key: "beam_safe", Title: "BEAM binary_to_term, [safe]", Family: Decode, op: outside.BeamDecodeSafe, place: BEAM},
	{Key: "beam_encode", Title: "BEAM term_to_binary", Family: Encode, op: outside.BeamEncode, place: BEAM},
	{Key: "beam_reencode", Title: "BEAM, both, deterministic", Family: Encode, reads: true, op: outside.BeamReencode, place: BEAM},
}

// peers are the other decoders in Go, at exactly these versions.
var peers = []Column{
	{Key: "okeuday_decode", Title: "okeuday/erlang_go decode", Family: Decode, once: own(func(b []byte) error { _, err := okeuday.BinaryToTerm(b); return err })},
	{Key: "ergo_decode", Title: "ergo decode", Family: Decode, once: own(func(b []byte) error { _, err := ErgoDecode(b); return err })},
	{Key: "okeuday_encode", Title: "okeuday/erlang_go encode", Family: Encode, once: values(okeuday.BinaryToTerm, func(v any) error { _, err := okeuday.TermToBinary(v, -1); return err })},
	{Key: "ergo_encode", Title: "ergo encode", Family: Encode, once: values(ErgoDecode, func(v ergo.Term) error {
		buf := ergolib.TakeBuffer()
		defer ergolib.ReleaseBuffer(buf)
		return ergo.Encode(v, buf, ergo.EncodeOptions{FlagBigPidRef: true, FlagBigCreation: true})
	})},
}

// node are the codecs of npm.
var node = []Column{
	{Key: "erlang_js_decode", Title: "erlang_js decode", Family: Decode, op: outside.ErlangJSDecode, place: Node},
	{Key: "erlpack_decode", Title: "erlpack decode", Family: Decode, op: outside.ErlpackDecode, place: Node},
	{Key: "erlang_js_encode", Title: "erlang_js encode", Family: Encode, op: outside.ErlangJSEncode, place: Node},
	{Key: "erlpack_encode", Title: "erlpack encode", Family: Encode, op: outside.ErlpackEncode, place: Node},
}

// ErgoDecode is ergo's decoder, which does not know the version byte.
func ErgoDecode(b []byte) (ergo.Term, error) {
	if len(b) == 0 || b[0] != 131 {
		return nil, errors.New("no version byte")
	}
	v, _, err := ergo.Decode(b[1:], nil, ergo.DecodeOptions{FlagBigPidRef: true})
	return v, err
}
