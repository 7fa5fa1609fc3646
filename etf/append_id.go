package etf

import (
	"math"

	"github.com/beamgate/beamgate/internal/wire"
)

// AppendPid appends a pid. The name of its node has to be one of an atom.
func AppendPid(dst []byte, p Pid) ([]byte, error) {
	if err := checkAtom(p.Node); err != nil {
		return dst, err
	}
	dst = appendAtomUTF8(append(dst, wire.TagNewPid), p.Node)
	dst = be.AppendUint32(be.AppendUint32(dst, p.ID), p.Serial)
	return be.AppendUint32(dst, p.Creation), nil
}

// shortPort is the most that NEW_PORT_EXT is used for.
const shortPort = 1<<28 - 1

// AppendPort appends a port. Numbers from 2²⁸ on are for OTP 24 and later.
func AppendPort(dst []byte, p Port) ([]byte, error) {
	if err := checkAtom(p.Node); err != nil {
		return dst, err
	}
	if p.ID <= shortPort {
		dst = be.AppendUint32(appendAtomUTF8(append(dst, wire.TagNewPort), p.Node), uint32(p.ID))
	} else {
		dst = be.AppendUint64(appendAtomUTF8(append(dst, wire.TagV4Port), p.Node), p.ID)
	}
	return be.AppendUint32(dst, p.Creation), nil
}

const refWords = 5

func checkRef(r *Reference) error {
	switch {
	case len(r.Words) == 0:
		return cannot(CodeReferenceEmpty)
	case len(r.Words) > refWords:
		return cannot(CodeReferenceWords)
	}
	return checkAtom(r.Node)
}

// AppendReference appends a reference of one to five words. More than three are
// for OTP 24 and later.
func AppendReference(dst []byte, r Reference) ([]byte, error) {
	if err := checkRef(&r); err != nil {
		return dst, err
	}
	dst = be.AppendUint16(append(dst, wire.TagNewerReference), uint16(len(r.Words)))
	dst = be.AppendUint32(appendAtomUTF8(dst, r.Node), r.Creation)
	for _, w := range r.Words {
		dst = be.AppendUint32(dst, w)
	}
	return dst, nil
}

// AppendExport appends fun Module:Function/Arity. An arity that is not 0 to 255
// is refused.
func AppendExport(dst []byte, e Export) ([]byte, error) {
	if e.Arity < 0 || e.Arity > math.MaxUint8 {
		return dst, cannot(CodeExportArity)
	}
	for _, name := range []string{e.Module, e.Function} {
		if err := checkAtom(name); err != nil {
			return dst, err
		}
	}
	dst = appendAtomUTF8(append(dst, wire.TagExport), e.Module)
	return AppendInt(appendAtomUTF8(dst, e.Function), int64(e.Arity)), nil
}

// AppendFun appends a closure with its free variables. Of OldIndex and OldUniq a
// BEAM keeps the low 32 bits, which are what is written.
func AppendFun(dst []byte, f Fun, free ...RawTerm) ([]byte, error) {
	switch {
	case f.Arity < 0 || f.Arity > math.MaxUint8:
		return dst, cannot(CodeExportArity)
	case len(free) > math.MaxUint8:
		return dst, cannot(CodeFunFree)
	}
	start := len(dst)
	b, err := appendFunHead(dst, &f, len(free))
	if err != nil {
		return dst, err
	}
	for _, v := range free {
		if len(v) == 0 {
			return dst, cannot(CodeNoTerm)
		}
		b = append(b, v...)
	}
	if err := closeFun(b, start); err != nil {
		return dst, err
	}
	return b, nil
}

// appendFunHead appends a fun up to its free variables, without its size.
func appendFunHead(dst []byte, f *Fun, free int) ([]byte, error) {
	if err := checkAtom(f.Module); err != nil {
		return dst, err
	}
	dst = append(dst, wire.TagNewFun, 0, 0, 0, 0, byte(f.Arity))
	dst = append(dst, f.Uniq[:]...)
	dst = be.AppendUint32(be.AppendUint32(dst, f.Index), uint32(free))
	dst = appendAtomUTF8(dst, f.Module)
	dst = AppendInt(AppendInt(dst, int64(int32(f.OldIndex))), int64(int32(f.OldUniq)))
	return AppendPid(dst, f.Creator)
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
