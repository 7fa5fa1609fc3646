// Package naive is a second, deliberately simple decoder of the Erlang
// External Term Format. Tests use it as an oracle for the real one; nothing
// else may import it.
//
// It shares no code and no idea with internal/wire: it recurses over the
// bytes, builds a whole tree, and then computes every figure (depth, terms,
// atoms, heap words) by one small recursive function over that tree, each
// written to look like its definition. It has no limits but a guard against
// Go's own stack, and it makes no attempt to be fast.
//
//	naive.go    options, result, errors; the envelope and the zlib stream
//	decode.go   bytes to tree, one function a tag family
//	term.go     the tree
//	measure.go  depth, terms, atoms, heap words, off-heap bytes
//	compare.go  term order, =:=, map-key identity
//	canon.go    the bytes OTP 25 would write
package naive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"runtime/debug"
	"sync"
)

// Options says which receiver the verdict is for.
type Options struct {
	Release      int    // 25..28, or 0 for what all of them agree on
	NodeName     string // the receiving node, as UTF-8; used if HasNode
	NodeCreation uint32
	HasNode      bool // unset: ids must satisfy the own-node rules and cost as foreign
}

// OTP25 is a node of OTP 25 that is not distributed: the one all verdicts of
// the recorded cases come from.
var OTP25 = Options{Release: 25, NodeName: "nonode@nohost", HasNode: true}

// Result is what one accepted term comes to.
type Result struct {
	Used int   // bytes consumed; if compressed, to the end of the zlib stream
	Term *Term // never nil

	Terms         int64
	Depth         int64
	Atoms         int64 // atom positions
	DistinctAtoms int64
	Inflated      int64 // declared size of the zlib stream, 0 without one

	FlatWords int64 // erts_debug:flat_size/1, or an upper bound of it
	Exact     bool  // FlatWords is no bound
	CostWords int64 // heap words as sized before normalisation
	OffHeap   int64 // bytes outside the heap
}

// Class says who else refuses an input.
type Class int

const (
	Malformed Class = iota // the BEAM refuses it too
	Closed                 // the BEAM may accept it; on the closed list, the constants Reason… below
	Release                // OTP 25 may accept it; the requested release does not
	NoNode                 // receiver unknown, and the id is impossible on its own node
	Guard                  // no verdict: this decoder recurses no deeper
)

func (c Class) String() string {
	return [...]string{"malformed", "closed", "release", "no-node", "guard"}[c]
}

// The closed list: everything OTP 25 may accept and this decoder, like
// etf.OTP(), refuses for that release.
const (
	ReasonAtomIndex    = "atom by index (73, 75)"
	ReasonRefNoWords   = "reference with 0 words"
	ReasonFloatComma   = "text float with a comma"
	ReasonFloatNoNUL   = "text float without NUL in its 31 bytes"
	ReasonIndirectInt  = "arity, old-index or old-uniq not encoded as 97, 98, 110 or 111"
	ReasonCreator      = "fun creator that is no pid"
	ReasonArity        = "export arity above 255"
	ReasonTuple        = "tuple of 2^24 or more elements"
	ReasonInflatedRest = "bytes left inside the inflated data"
	ReasonLocalExt     = "LOCAL_EXT (121)"
	ReasonRecordExt    = "RECORD_EXT (67)"
	ReasonRefKey       = "1-word reference as key where small and large maps differ"
	ReasonRefLong      = "reference of more than 3 words in a key of a map of more than 32"
)

// What only the request for another release refuses.
const (
	ReasonAnyIntForm = "export arity not as 97, old-index or old-uniq not as 97 or 98 (any release)"
	ReasonAnyRefKey  = "1-word reference inside a map key (any release)"
	ReasonBigLimit   = "integer of more digit bytes than the release takes"
)

// Error is a refusal.
type Error struct {
	Class  Class
	Reason string
	Offset int // roughly where, in the input or in the inflated data
}

func (e *Error) Error() string {
	return fmt.Sprintf("naive: %s: %s (at %d)", e.Class, e.Reason, e.Offset)
}

// maxNest is the deepest Go recursion allowed: more than a million levels.
// Tails and zero-length lists do not recurse. A Go stack ends at 1 GiB, and at
// half of it unless told; lists in lists take some 800 bytes a level.
const maxNest = 1_050_000

var allowDeepStack = sync.OnceFunc(func() { debug.SetMaxStack(8 << 30) })

// Decode reads one term at the start of b. What follows it is not looked at.
// The error, if any, is an *Error.
func Decode(b []byte, o Options) (*Result, error) {
	if o.Release != 0 && (o.Release < 25 || o.Release > 28) {
		panic(fmt.Sprintf("naive: no release %d", o.Release))
	}
	allowDeepStack()
	res, err := envelope(b, o)
	if err != nil {
		return nil, err
	}
	if o.Release == 0 && res.Term.oneWordRefKey(false) {
		return nil, &Error{Release, ReasonAnyRefKey, res.Used}
	}
	// OTP 25 hashes three words of a reference, and does not survive two different
	// keys of the same hash on every level.
	if (o.Release == 0 || o.Release == 25) && res.Term.longRefInLargeKey(false) {
		return nil, &Error{Closed, ReasonRefLong, res.Used}
	}
	measure(res, o)
	return res, nil
}

func envelope(b []byte, o Options) (*Result, error) {
	if len(b) == 0 || b[0] != 131 {
		return nil, &Error{Malformed, "no version byte 131", 0}
	}
	if len(b) < 6 || b[1] != 80 {
		d := &decoder{in: b, pos: 1, opt: o, maxNest: maxNest}
		t, err := d.term(0)
		if err != nil {
			return nil, err
		}
		return &Result{Used: d.pos, Term: t}, nil
	}

	size := int64(binary.BigEndian.Uint32(b[2:6]))
	data, n, err := inflate(b[6:], size)
	if err != nil {
		return nil, &Error{Malformed, "compressed: " + err.Error(), 6}
	}
	d := &decoder{in: data, opt: o, maxNest: maxNest}
	t, err := d.term(0)
	if err != nil {
		return nil, err
	}
	if d.pos < len(data) {
		return nil, &Error{Closed, ReasonInflatedRest, d.pos}
	}
	return &Result{Used: 6 + n, Term: t, Inflated: size}, nil
}

// inflate reads one zlib stream (RFC 1950) of exactly size bytes of data from
// the start of z and says how many bytes of z it took.
func inflate(z []byte, size int64) (data []byte, n int, err error) {
	if len(z) < 2 {
		return nil, 0, errors.New("no zlib header")
	}
	cmf, flg := z[0], z[1]
	switch {
	case cmf&15 != 8 || cmf>>4 > 7:
		return nil, 0, errors.New("no deflate stream of window 32 KiB or less")
	case (uint(cmf)<<8|uint(flg))%31 != 0:
		return nil, 0, errors.New("header check")
	case flg&32 != 0:
		return nil, 0, errors.New("preset dictionary")
	}
	// A bytes.Reader is an io.ByteReader, so flate takes no byte too many.
	r := bytes.NewReader(z[2:])
	data, err = io.ReadAll(io.LimitReader(flate.NewReader(r), size+1))
	if err != nil {
		return nil, 0, err
	}
	if int64(len(data)) != size {
		return nil, 0, errors.New("not the declared size")
	}
	n = len(z) - r.Len()
	if len(z)-n < 4 {
		return nil, 0, errors.New("checksum cut")
	}
	if binary.BigEndian.Uint32(z[n:]) != adler32.Checksum(data) {
		return nil, 0, errors.New("checksum")
	}
	return data, n + 4, nil
}
