package main

import (
	"encoding/binary"
	"math/big"

	"github.com/beamgate/beamgate/fuzz/adapters/internal/tagged"
	"github.com/okeuday/erlang_go/v2/erlang"
)

// value is what the package returned in words. Funs have none: they stay
// encoded.
func value(t any, depth int) (any, error) {
	if depth > tagged.MaxDepth {
		return nil, tagged.ErrUntold
	}
	switch t := t.(type) {
	case nil:
		return tagged.Atom("undefined"), nil
	case bool:
		return t, nil
	case uint8:
		return tagged.Int64(int64(t)), nil
	case int32:
		return tagged.Int64(int64(t)), nil
	case *big.Int:
		return tagged.Int(t), nil
	case float64:
		return tagged.Float(t), nil
	case erlang.OtpErlangAtom: // Latin-1
		return tagged.Atom(latin1(string(t))), nil
	case erlang.OtpErlangAtomUTF8:
		return tagged.Atom(string(t)), nil
	case string: // STRING_EXT
		return tagged.Bytes(t), nil
	case erlang.OtpErlangBinary:
		return bits(t), nil
	}
	return compound(t, depth+1)
}

func compound(t any, depth int) (any, error) {
	switch t := t.(type) {
	case erlang.OtpErlangTuple:
		list, err := tagged.All(t, depth, value)
		return tagged.Tuple(list), err
	case erlang.OtpErlangList:
		list, err := tagged.All(t.Value, depth, value)
		if err != nil || !t.Improper {
			return list, err
		}
		last := len(list) - 1
		return tagged.Improper(list[:last], list[last]), nil
	case erlang.OtpErlangMap:
		var all [][2]any
		for k, v := range t {
			pair, err := tagged.All([]any{k, v}, depth, value)
			if err != nil {
				return nil, err
			}
			all = append(all, [2]any(pair))
		}
		return tagged.Map(all), nil
	}
	return identity(t)
}

func identity(t any) (any, error) {
	switch t := t.(type) {
	case erlang.OtpErlangPid:
		return tagged.Pid(node(t.NodeTag, t.Node), uint32(number(t.ID)), uint32(number(t.Serial)), uint32(number(t.Creation))), nil
	case erlang.OtpErlangPort:
		return tagged.Port(node(t.NodeTag, t.Node), number(t.ID), uint32(number(t.Creation))), nil
	case erlang.OtpErlangReference:
		var ids []uint32
		for i := 0; i+4 <= len(t.ID); i += 4 {
			ids = append(ids, binary.BigEndian.Uint32(t.ID[i:]))
		}
		return tagged.Reference(node(t.NodeTag, t.Node), uint32(number(t.Creation)), ids), nil
	}
	return nil, tagged.ErrUntold
}

// bits shows a binary as the package gives it: unused bits may be set.
func bits(b erlang.OtpErlangBinary) any {
	if b.Bits == 8 {
		return tagged.Binary(b.Value)
	}
	return tagged.Bits(b.Value, 8*len(b.Value)-8+int(b.Bits))
}

// node is the name in what the package keeps of it: the bytes behind the tag,
// with their length in front.
func node(tag uint8, b []byte) string {
	const (
		atom, smallAtom         = 100, 115
		atomUTF8, smallAtomUTF8 = 118, 119
	)
	switch {
	case tag == atom && len(b) >= 2:
		return latin1(string(b[2:]))
	case tag == atomUTF8 && len(b) >= 2:
		return string(b[2:])
	case tag == smallAtom && len(b) >= 1:
		return latin1(string(b[1:]))
	case tag == smallAtomUTF8 && len(b) >= 1:
		return string(b[1:])
	}
	return string(b)
}

func latin1(s string) string {
	runes := make([]rune, len(s))
	for i := range len(s) {
		runes[i] = rune(s[i])
	}
	return string(runes)
}

// number reads big endian bytes, eight at the most.
func number(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	return n
}
