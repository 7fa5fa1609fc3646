package limits

import (
	"fmt"
	"math"
)

const (
	// NoLimit switches a cap off. It has to be written out: zero never means
	// unlimited.
	NoLimit int64 = math.MaxInt64
	// None allows nothing at all of what a cap counts.
	None int64 = -1
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// Limits are the caps of one top-level term, in the order in which a decoder
// checks them at one position, but for MaxStreamBytes, which comes right behind
// MaxBytes: when a term breaks several at once, the error names the first. A value equal to the cap passes, one more is refused.
//
// In a Config zero means the value of the preset, in [Limits.Tighten] it means
// unchanged. [None] and [NoLimit] are the two ends. Other negative values are
// refused by Validate. The zero value is therefore a usable Limits.
type Limits struct {
	// MaxBytes bounds the bytes on the wire of one term, its version byte 131
	// included; of a compressed term, the compressed form. Stops: frames that
	// are merely large. Strict 1 MiB: a page of 1,000 database rows; Default
	// 64 MiB: a dump of an ETS table.
	MaxBytes int64

	// MaxDepth bounds how deep containers are nested. A scalar and an empty
	// container have depth 0, a list of scalars 1. The tail of a list and a
	// list of zero elements add nothing, since neither shows in the term.
	// Stops: stack exhaustion in recursive consumers behind this decoder.
	// Strict 128: any JSON-like document; Default 1,024: syntax trees.
	MaxDepth int64

	// MaxTerms bounds the terms in all: 1 for a scalar, for [] and for each
	// container, and the elements of a STRING_EXT one by one. The end of a
	// proper list is no term, an improper tail is one. It is charged as soon as
	// a container claims its elements. Stops: a byte that becomes a node of a
	// tree. Strict 256 Ki: 10,000 rows of 20 columns; Default 16 Mi: a
	// table of a million rows of 15 columns.
	MaxTerms int64

	// MaxArity bounds the elements of one list (through all its tails) or
	// tuple, the pairs of one map and the free variables of one fun. Stops:
	// loops over one enormous container, as the BEAM's map building that does
	// not yield. Strict 128 Ki: the integers of a time series of a day and a
	// half, one a second; Default 4 Mi: a dump of a table as one list.
	MaxArity int64

	// MaxBlob bounds the bytes of one binary or bitstring. Stops: a single
	// value that pins memory. It is as loose as MaxBytes in the presets, since
	// a blob costs what it weighs. Strict 1 MiB: a photograph for the web;
	// Default 64 MiB: a tarball of a package.
	MaxBlob int64

	// MaxBigBytes bounds the digit bytes of one integer as they stand on the
	// wire, zero padding included. Stops: quadratic arithmetic and printing of
	// enormous integers. Strict 1 KiB: an RSA-8192 modulus; Default 64 KiB: 150,000
	// decimal digits.
	MaxBigBytes int64

	// MaxAtomChars bounds the characters of one atom. Stops: names that are
	// messages, in an atom table that forgets nothing. The format's own bound is
	// 255, the value of both presets: the longest name a BEAM can have.
	MaxAtomChars int64

	// MaxAtoms bounds how many atoms a term holds, repeats counted, node names
	// and the modules of funs included. Stops: a look-up in the node's atom
	// table for every two bytes. Strict 256 Ki, Default 16 Mi: as MaxTerms, since
	// a list of flags may be all atoms.
	MaxAtoms int64

	// MaxDistinctAtoms bounds the different atoms of a term. Stops: a message
	// that fills a fixed share of a node's 1,048,576 atoms, and the table that
	// a consumer keeps per term. Strict 16 Ki: a map keyed by 10,000 atoms,
	// which real producers send; Default 256 Ki: the atoms of a large release.
	// Names over many terms are the business of AtomBudget.
	MaxDistinctAtoms int64

	// MaxNewAtoms bounds the different atoms of a term that are neither known
	// nor matched by a pattern of Config.Atoms. It is not looked at when
	// Config.Atoms names no set and no pattern. Unset, which is the value of
	// both presets, it is None without a budget (the set is closed) and
	// NoLimit with one (the budget decides).
	MaxNewAtoms int64

	// MaxInflated bounds the bytes that a compressed term becomes. Stops: zlib
	// bombs. Strict None: compressed terms are refused there before this cap is
	// looked at; Default 64 MiB: what MaxBytes allows a plain term.
	MaxInflated int64

	// MaxRatio bounds inflated bytes per compressed byte: exactly at the end of
	// the stream, and on the way there with 64 KiB of grace, so that work stays
	// linear in the bytes received. Stops: small bombs under MaxInflated.
	// Both presets 100; rows of text reach 10 to 40.
	MaxRatio int64

	// MaxBuffered bounds the bytes that a decoder of a reader holds at once for
	// a caller: a value read whole, a payload asked for in one piece. Tokens
	// and streamed payloads need none of it. Stops: a stream of values each just
	// under MaxBytes, times the connections. Strict 1 MiB: any term it accepts;
	// Default 16 MiB: a page of rows with their documents.
	MaxBuffered int64

	// MaxStreamBytes bounds the bytes that the terms of one decoder may have
	// over its life, all together; of its reader it may take a buffer more.
	// Stops: a sender that never ends. Both presets NoLimit: what one term
	// costs is bounded by the rest, and only the caller knows how long a
	// connection may live.
	MaxStreamBytes int64

	// MaxKeyState bounds the memory for finding duplicate keys and distinct
	// atoms, counted as 16 bytes for each key of the maps open at a time and
	// each distinct atom (the tables themselves take up to three times that).
	// Stops: maps of millions of keys. Strict 4 MiB: the largest map that
	// MaxArity allows, twice; Default 64 MiB: the largest, once.
	MaxKeyState int64

	// MaxHeapWords bounds what the term would cost a BEAM node, in 8-byte
	// words: heap as the node reserves it while decoding, with maps of more
	// than 32 keys at 11n+2, and payloads kept off-heap as words of 8 bytes.
	// Stops: a byte that becomes two words (an element of a STRING_EXT).
	// Strict 4 Mi (32 MiB): twice what 1 MiB of a list of [] costs; Default
	// 256 Mi (2 GiB): twice what 64 MiB of it cost.
	MaxHeapWords int64
}

// Strict returns the caps of package safe: for terms from anyone at all.
func Strict() Limits {
	return Limits{
		MaxBytes:         1 * mib,
		MaxDepth:         128,
		MaxTerms:         256 * kib,
		MaxArity:         128 * kib,
		MaxBlob:          1 * mib,
		MaxBigBytes:      1 * kib,
		MaxAtomChars:     255,
		MaxAtoms:         256 * kib,
		MaxDistinctAtoms: 16 * kib,
		MaxInflated:      None,
		MaxRatio:         100,
		MaxBuffered:      1 * mib,
		MaxStreamBytes:   NoLimit,
		MaxKeyState:      4 * mib,
		MaxHeapWords:     4 * mib,
	}
}

// Default returns the caps of package etf: for large terms from senders that
// are not trusted but are expected to send much.
func Default() Limits {
	return Limits{
		MaxBytes:         64 * mib,
		MaxDepth:         1024,
		MaxTerms:         16 * mib,
		MaxArity:         4 * mib,
		MaxBlob:          64 * mib,
		MaxBigBytes:      64 * kib,
		MaxAtomChars:     255,
		MaxAtoms:         16 * mib,
		MaxDistinctAtoms: 256 * kib,
		MaxInflated:      64 * mib,
		MaxRatio:         100,
		MaxBuffered:      16 * mib,
		MaxStreamBytes:   NoLimit,
		MaxKeyState:      64 * mib,
		MaxHeapWords:     256 * mib,
	}
}

// Unlimited returns Limits with every cap at NoLimit. What remains are the
// bounds of the format itself. It is meant for comparisons with a BEAM and for
// data that is trusted as far as its size goes.
func Unlimited() Limits {
	var l Limits
	for _, c := range l.fields() {
		*c.value = NoLimit
	}
	return l
}

// Or returns l with every zero field replaced by the field of preset.
func (l Limits) Or(preset Limits) Limits {
	p := preset.fields()
	for i, c := range l.fields() {
		if *c.value == 0 {
			*c.value = *p[i].value
		}
	}
	return l
}

// Tighten returns l with each field lowered to that of with. Zero fields of
// with leave l's field as it is; a field is never raised. l should be a preset
// or have passed through [Limits.Or]: in a zero field of l, with's value
// stands.
func (l Limits) Tighten(with Limits) Limits {
	w := with.fields()
	for i, c := range l.fields() {
		v := *w[i].value
		if v != 0 && (*c.value == 0 || v < *c.value) {
			*c.value = v
		}
	}
	return l
}

// Validate reports the first field that is negative and not [None].
func (l Limits) Validate() error {
	for _, c := range l.fields() {
		if *c.value < None {
			return fmt.Errorf("limits: %s is %d: use a positive value, limits.None or limits.NoLimit", c.name, *c.value)
		}
	}
	return nil
}

// Get returns the value of the cap with this field name, such as "MaxDepth".
func (l Limits) Get(name string) (int64, bool) {
	for _, c := range l.fields() {
		if c.name == name {
			return *c.value, true
		}
	}
	return 0, false
}

// Set changes the cap with this field name, and reports whether there is one:
// for configuration files and for tests that walk all caps.
func (l *Limits) Set(name string, value int64) bool {
	for _, c := range l.fields() {
		if c.name == name {
			*c.value = value
			return true
		}
	}
	return false
}

// Names lists the field names of Limits in struct order.
func Names() []string {
	var l Limits
	var names []string
	for _, c := range l.fields() {
		names = append(names, c.name)
	}
	return names
}

type field struct {
	name  string
	value *int64
}

// fields is the one list of the caps; a test holds it against the struct.
func (l *Limits) fields() [16]field {
	return [...]field{
		{"MaxBytes", &l.MaxBytes},
		{"MaxDepth", &l.MaxDepth},
		{"MaxTerms", &l.MaxTerms},
		{"MaxArity", &l.MaxArity},
		{"MaxBlob", &l.MaxBlob},
		{"MaxBigBytes", &l.MaxBigBytes},
		{"MaxAtomChars", &l.MaxAtomChars},
		{"MaxAtoms", &l.MaxAtoms},
		{"MaxDistinctAtoms", &l.MaxDistinctAtoms},
		{"MaxNewAtoms", &l.MaxNewAtoms},
		{"MaxInflated", &l.MaxInflated},
		{"MaxRatio", &l.MaxRatio},
		{"MaxBuffered", &l.MaxBuffered},
		{"MaxStreamBytes", &l.MaxStreamBytes},
		{"MaxKeyState", &l.MaxKeyState},
		{"MaxHeapWords", &l.MaxHeapWords},
	}
}
