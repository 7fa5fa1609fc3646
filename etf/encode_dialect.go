package etf

import (
	"fmt"
	"math"

	"github.com/beamgate/beamgate/internal/wire"
)

// Dialect is how old the reader is that terms are written for: [MinorVersion2],
// [MinorVersion1], [MinorVersion0] or [BERT1]. All dialects
// have the pairs of maps in the order of [CompareKeys], as OTP has with the
// option deterministic.
type Dialect uint8

// The dialects.
const (
	// MinorVersion2 is what OTP 26 and later write, and OTP 25 with
	// {minor_version, 2}: all atoms in UTF-8.
	MinorVersion2 Dialect = iota
	// MinorVersion1 is what OTP 17 to 25 write: atoms in Latin-1 where that
	// can say them.
	MinorVersion1
	// MinorVersion0 is what releases before OTP 17 write: as MinorVersion1, and
	// floats as text.
	MinorVersion0
	// BERT1 is the first version of BERT: the tags 97 to 111 and no others. It
	// has no maps, bitstrings, funs, exports, characters beyond Latin-1 in atoms,
	// references of more than one word or creations above 3; those are refused
	// with [CodeNoForm] or [CodeCreation]. What BERT makes of its booleans and
	// dictionaries, {bert, true} and so on, is for the caller to build.
	BERT1
)

var dialectNames = [...]string{"minor_version 2", "minor_version 1", "minor_version 0", "BERT 1"}

func (d Dialect) check() error {
	if int(d) >= len(dialectNames) {
		return fmt.Errorf("etf: %v", d)
	}
	return nil
}

// String returns the name of the dialect.
func (d Dialect) String() string {
	if int(d) < len(dialectNames) {
		return dialectNames[d]
	}
	return "unknown dialect"
}

// atom appends an atom, whose name is checked here.
func (d Dialect) atom(dst []byte, name string) ([]byte, error) {
	if err := checkAtom(name); err != nil {
		return dst, err
	}
	if d != MinorVersion2 {
		if b, ok := appendAtomLatin1(dst, name); ok {
			return b, nil
		}
		if d == BERT1 {
			return dst, cannot(CodeNoForm)
		}
	}
	return appendAtomUTF8(dst, name), nil
}

func (d Dialect) float(dst []byte, f float64) ([]byte, error) {
	if d >= MinorVersion0 && !math.IsNaN(f) && !math.IsInf(f, 0) {
		return appendTextFloat(dst, f), nil
	}
	return AppendFloat(dst, f)
}

func (d Dialect) bits(dst, b []byte, bits int) ([]byte, error) {
	if d == BERT1 && bits%8 != 0 {
		return dst, cannot(CodeNoForm)
	}
	return AppendBits(dst, b, bits)
}

func (d Dialect) mapHeader(dst []byte, n int) ([]byte, error) {
	if d == BERT1 {
		return dst, cannot(CodeNoForm)
	}
	return AppendMapHeader(dst, n)
}

// oldID appends an id of BERT 1: its tag, its node, its number in one or two
// words, and a creation of two bits.
func oldID(dst []byte, tag byte, node string, creation uint32, words ...uint32) ([]byte, error) {
	if creation > 3 {
		return dst, cannot(CodeCreation)
	}
	b, err := BERT1.atom(append(dst, tag), node)
	if err != nil {
		return dst, err
	}
	for _, w := range words {
		b = be.AppendUint32(b, w)
	}
	return append(b, byte(creation)), nil
}

func (d Dialect) pid(dst []byte, p Pid) ([]byte, error) {
	if d == BERT1 {
		return oldID(dst, wire.TagPid, p.Node, p.Creation, p.ID, p.Serial)
	}
	b, err := d.atom(append(dst, wire.TagNewPid), p.Node)
	if err != nil {
		return dst, err
	}
	return pidNumbers(b, &p), nil
}

// pidNumbers appends what follows the node of a NEW_PID_EXT.
func pidNumbers(b []byte, p *Pid) []byte {
	b = be.AppendUint32(be.AppendUint32(b, p.ID), p.Serial)
	return be.AppendUint32(b, p.Creation)
}

// shortPort is the most that NEW_PORT_EXT is used for.
const shortPort = 1<<28 - 1

func (d Dialect) port(dst []byte, p Port) ([]byte, error) {
	long := p.ID > shortPort
	if d == BERT1 {
		if long {
			return dst, cannot(CodeNoForm)
		}
		return oldID(dst, wire.TagPort, p.Node, p.Creation, uint32(p.ID))
	}
	tag := byte(wire.TagNewPort)
	if long {
		tag = wire.TagV4Port
	}
	b, err := d.atom(append(dst, tag), p.Node)
	if err != nil {
		return dst, err
	}
	if long {
		b = be.AppendUint64(b, p.ID)
	} else {
		b = be.AppendUint32(b, uint32(p.ID))
	}
	return be.AppendUint32(b, p.Creation), nil
}

const (
	refWords    = 5
	refFirstOld = 1<<18 - 1 // the most that an old reference has as its first word
)

func (d Dialect) reference(dst []byte, r Reference) ([]byte, error) {
	switch {
	case len(r.Words) == 0:
		return dst, cannot(CodeReferenceEmpty)
	case len(r.Words) > refWords:
		return dst, cannot(CodeReferenceWords)
	case d == BERT1 && (len(r.Words) > 1 || r.Words[0] > refFirstOld):
		return dst, cannot(CodeNoForm)
	case d == BERT1:
		return oldID(dst, wire.TagReference, r.Node, r.Creation, r.Words[0])
	}
	b := be.AppendUint16(append(dst, wire.TagNewerReference), uint16(len(r.Words)))
	b, err := d.atom(b, r.Node)
	if err != nil {
		return dst, err
	}
	return referenceNumbers(b, &r), nil
}

// referenceNumbers appends what follows the node of a NEWER_REFERENCE_EXT.
func referenceNumbers(b []byte, r *Reference) []byte {
	b = be.AppendUint32(b, r.Creation)
	for _, w := range r.Words {
		b = be.AppendUint32(b, w)
	}
	return b
}

func (d Dialect) export(dst []byte, e Export) ([]byte, error) {
	switch {
	case e.Arity < 0 || e.Arity > math.MaxUint8:
		return dst, cannot(CodeExportArity)
	case d == BERT1:
		return dst, cannot(CodeNoForm)
	}
	b, err := d.atom(append(dst, wire.TagExport), e.Module)
	if err == nil {
		b, err = d.atom(b, e.Function)
	}
	if err != nil {
		return dst, err
	}
	return AppendInt(b, int64(e.Arity)), nil
}

// funHead appends a fun up to its free variables, without its size, see
// closeFun.
func (d Dialect) funHead(dst []byte, f *Fun, free int) ([]byte, error) {
	switch {
	case d == BERT1:
		return dst, cannot(CodeNoForm)
	case f.Arity < 0 || f.Arity > math.MaxUint8:
		return dst, cannot(CodeExportArity)
	case free > math.MaxUint8:
		return dst, cannot(CodeFunFree)
	}
	b := append(dst, wire.TagNewFun, 0, 0, 0, 0, byte(f.Arity))
	b = append(b, f.Uniq[:]...)
	b = be.AppendUint32(be.AppendUint32(b, f.Index), uint32(free))
	b, err := d.atom(b, f.Module)
	if err == nil {
		b = AppendInt(AppendInt(b, int64(int32(f.OldIndex))), int64(int32(f.OldUniq)))
		b, err = d.pid(b, f.Creator)
	}
	if err != nil {
		return dst, err
	}
	return b, nil
}

// closeFun fills in the size of the fun that starts at start and ends with b: it
// counts itself and what follows.
func closeFun(b []byte, start int) error {
	size := len(b) - start - 1
	if int64(size) > math.MaxUint32 {
		return cannot(CodeTooLong)
	}
	be.PutUint32(b[start+1:], uint32(size))
	return nil
}

// funFree fills in the number of free variables of the fun that starts at start.
func funFree(b []byte, start, n int) {
	const at = 26 // behind tag, size, arity, uniq and index
	be.PutUint32(b[start+at:], uint32(n))
}
