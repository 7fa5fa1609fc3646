package naive

import (
	"encoding/binary"
	"math"
	"slices"
)

var be = binary.BigEndian

// Canon is what term_to_binary(T, [deterministic, {minor_version, 2}]) of
// OTP 25 writes for t.
func (t *Term) Canon() []byte { return t.append([]byte{131}) }

func (t *Term) append(b []byte) []byte {
	switch t.Kind {
	case Int:
		return t.appendInt(b)
	case Float:
		return be.AppendUint64(append(b, 70), math.Float64bits(t.Float))
	case Atom:
		return appendAtom(b, t.Atom)
	case Nil:
		return append(b, 106)
	case List:
		return t.appendList(b)
	case Tuple:
		if t.size() < 256 {
			b = append(b, 104, byte(t.size()))
		} else {
			b = be.AppendUint32(append(b, 105), uint32(t.size()))
		}
		return appendAll(b, t.Elems)
	case Map:
		b = be.AppendUint32(append(b, 116), uint32(t.size()))
		for _, i := range t.order {
			b = appendAll(b, t.Elems[i:i+2])
		}
		return b
	case Bits:
		if t.BitSize%8 == 0 {
			b = be.AppendUint32(append(b, 109), uint32(len(t.Bytes)))
		} else {
			b = be.AppendUint32(append(b, 77), uint32(len(t.Bytes)))
			b = append(b, byte(t.BitSize%8))
		}
		return append(b, t.Bytes...)
	case Pid:
		b = appendAtom(append(b, 88), t.ID.Node)
		b = be.AppendUint32(b, uint32(t.ID.Num))
		b = be.AppendUint32(b, t.ID.Serial)
		return be.AppendUint32(b, t.ID.Creation)
	case Port:
		if t.ID.Num < 1<<28 {
			b = be.AppendUint32(appendAtom(append(b, 89), t.ID.Node), uint32(t.ID.Num))
		} else {
			b = be.AppendUint64(appendAtom(append(b, 120), t.ID.Node), t.ID.Num)
		}
		return be.AppendUint32(b, t.ID.Creation)
	case Ref:
		b = be.AppendUint16(append(b, 90), uint16(len(t.ID.Words)))
		b = appendAtom(b, t.ID.Node)
		b = be.AppendUint32(b, t.ID.Creation)
		for _, w := range t.ID.Words {
			b = be.AppendUint32(b, w)
		}
		return b
	case Fun:
		return t.appendFun(b)
	case Export:
		b = appendAtom(append(b, 113), t.Fun.Module)
		b = appendAtom(b, t.Fun.Function)
		return append(b, 97, byte(t.Fun.Arity))
	}
	panic("naive: kind without encoding: " + t.Kind.String())
}

func appendAll(b []byte, ts []*Term) []byte {
	for _, t := range ts {
		b = t.append(b)
	}
	return b
}

func appendAtom(b []byte, name string) []byte {
	if len(name) < 256 {
		b = append(b, 119, byte(len(name)))
	} else {
		b = be.AppendUint16(append(b, 118), uint16(len(name)))
	}
	return append(b, name...)
}

func (t *Term) appendInt(b []byte) []byte {
	if t.Int.IsInt64() {
		if v := t.Int.Int64(); v >= 0 && v <= 255 {
			return append(b, 97, byte(v))
		} else if v == int64(int32(v)) {
			return be.AppendUint32(append(b, 98), uint32(v))
		}
	}
	digits := t.Int.Bytes()
	slices.Reverse(digits)
	if len(digits) < 256 {
		b = append(b, 110, byte(len(digits)))
	} else {
		b = be.AppendUint32(append(b, 111), uint32(len(digits)))
	}
	if t.Int.Sign() < 0 {
		b = append(b, 1)
	} else {
		b = append(b, 0)
	}
	return append(b, digits...)
}

// appendList writes a STRING_EXT if the list is proper, has no more than
// 65,535 elements and all of them are bytes.
func (t *Term) appendList(b []byte) []byte {
	isByte := func(e *Term) bool {
		return e.Kind == Int && e.Int.IsInt64() && e.Int.Int64() >= 0 && e.Int.Int64() <= 255
	}
	if t.Tail == nil && t.size() <= 65535 &&
		!slices.ContainsFunc(t.Elems, func(e *Term) bool { return !isByte(e) }) {
		b = be.AppendUint16(append(b, 107), uint16(t.size()))
		for _, e := range t.Elems {
			b = append(b, byte(e.Int.Int64()))
		}
		return b
	}
	b = be.AppendUint32(append(b, 108), uint32(t.size()))
	b = appendAll(b, t.Elems)
	if t.Tail == nil {
		return append(b, 106)
	}
	return t.Tail.append(b)
}

// appendFun writes the size field too: it counts itself and what follows.
func (t *Term) appendFun(b []byte) []byte {
	f := t.Fun
	b = append(b, 112)
	start := len(b)
	b = append(b, 0, 0, 0, 0, byte(f.Arity))
	b = append(b, f.Uniq[:]...)
	b = be.AppendUint32(b, f.Index)
	b = be.AppendUint32(b, uint32(t.size()))
	b = appendAtom(b, f.Module)
	b = appendSmall(b, f.OldIndex)
	b = appendSmall(b, f.OldUniq)
	b = f.Creator.append(b)
	b = appendAll(b, t.Elems)
	be.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

func appendSmall(b []byte, v int32) []byte {
	if v >= 0 && v <= 255 {
		return append(b, 97, byte(v))
	}
	return be.AppendUint32(append(b, 98), uint32(v))
}
