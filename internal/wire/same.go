package wire

import "bytes"

// sameTerm compares two terms of the window exactly. It runs when 64 bits of
// keyed hash agree, so hardly ever but on equal terms, and once per input.
//
// The order of pairs in a map does not count: keys that hold maps are compared
// by two hashes, as over a reader.
func (m *Machine) sameTerm(x, y int) bool {
	a, b := m.aside(x), m.aside(y)
	for {
		ea, eb := a.run(true, -1), b.run(true, -1)
		if ea != EvToken || eb != EvToken {
			return ea == EvDone && eb == EvDone
		}
		if a.tok.Kind == KindMap && a.tok.Num > 1 {
			return m.wideHash(x) == m.wideHash(y)
		}
		if !sameHead(m.p, a, b) {
			return false
		}
	}
}

// aside is a machine for the accepted term at pos.
func (m *Machine) aside(pos int) *Machine {
	n := &Machine{}
	n.reset(m.p, nil)
	n.hook = nil
	n.ruled = false
	n.trusted, n.eof = true, true
	n.begun()
	n.buf, n.pos = m.buf, pos
	n.debtAbs, n.maxAbs = int64(len(m.buf)), int64(len(m.buf))
	return n
}

// wideHash hashes the accepted term at pos as a reader would.
func (m *Machine) wideHash(pos int) hash {
	n := m.aside(pos)
	n.widen()
	n.top.cls |= hashed
	n.sums = append(n.sums, sum{})
	n.run(false, -1)
	return n.sums[0].hash
}

func sameHead(p *Program, a, b *Machine) bool {
	x, y := a.tok, b.tok
	const shape = FlagTail | FlagBig | FlagNeg
	if x.Kind != y.Kind || x.Bits != y.Bits || x.Flags&shape != y.Flags&shape {
		return false
	}
	px, py := a.buf[x.Start:x.End], b.buf[y.Start:y.End]
	switch x.Kind {
	case KindList:
		return true // how a list is cut does not count
	case KindFloat:
		return x.Num == y.Num || !p.zeroesDiffer && x.Num<<1 == 0 && y.Num<<1 == 0
	case KindInteger:
		if x.Flags&FlagBig != 0 {
			return bytes.Equal(StripZeros(px), StripZeros(py))
		}
		return x.Num == y.Num
	case KindAtom:
		return bytes.Equal(a.atomName(), b.atomName())
	case KindBinary:
		return bytes.Equal(px, py)
	case KindBitstring:
		n := len(px) - 1
		return len(px) == len(py) && bytes.Equal(px[:n], py[:n]) && (px[n]^py[n])>>(8-x.Bits) == 0
	case KindPid, KindPort, KindReference:
		nx, vx := splitID(px)
		ny, vy := splitID(py)
		return bytes.Equal(atomName(nx), atomName(ny)) && vx == vy
	case KindFun, KindExport:
		return x.Num == y.Num && sameFun(p, x.Kind, &a.part.fun, &b.part.fun)
	}
	return x.Num == y.Num
}

// sameFun compares what identifies a fun or an export in p's release.
func sameFun(p *Program, kind Kind, x, y *FunInfo) bool {
	if !bytes.Equal(x.Module, y.Module) {
		return false
	}
	if kind == KindExport {
		return bytes.Equal(x.Function, y.Function) && x.Arity == y.Arity
	}
	return x.Index == y.Index &&
		(!p.funByOldUniq || uint32(x.OldUniq) == uint32(y.OldUniq)) &&
		(!p.funByArity || x.Arity == y.Arity && x.Uniq == y.Uniq)
}

// atomName returns the name of an encoded atom in UTF-8.
func atomName(b []byte) []byte {
	name := b[nameWidth(b[0]):]
	if b[0] == TagSmallAtom || b[0] == TagAtom {
		return AppendLatin1(nil, name)
	}
	return name
}
