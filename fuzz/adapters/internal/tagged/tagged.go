// Package tagged writes terms as the tagged JSON of the corpus. An adapter makes
// a tree of what its decoder returned, with the functions here for what JSON has
// no word for, and leaves it to Encode.
package tagged

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strconv"
	"unicode/utf8"
)

// Bounds of what is told at all. The corpus compares values of up to 4 KiB; an
// adapter that turned a huge term into JSON would be measured instead of its
// decoder.
const (
	MaxPayload = 64 << 10 // bytes of the payload
	MaxDepth   = 500
)

// ErrUntold is for terms that an adapter cannot put into words.
var ErrUntold = errors.New("no value to tell")

// maxSafe is the largest integer that JSON numbers are used for.
const maxSafe = 1<<53 - 1

// Int is an integer.
func Int(n *big.Int) any {
	if n.IsInt64() {
		return Int64(n.Int64())
	}
	return map[string]any{"int": n.String()}
}

// Int64 is an integer.
func Int64(n int64) any {
	if n < -maxSafe || n > maxSafe {
		return map[string]any{"int": strconv.FormatInt(n, 10)}
	}
	return n
}

// Float is a float.
func Float(f float64) any {
	return map[string]any{"float": strconv.FormatFloat(f, 'e', -1, 64)}
}

// Atom is an atom of this name.
func Atom(name string) any {
	switch name {
	case "true":
		return true
	case "false":
		return false
	}
	return map[string]any{"atom": name}
}

// Binary is a binary.
func Binary(b []byte) any {
	if utf8.Valid(b) {
		return string(b)
	}
	return map[string]any{"binary": base64.StdEncoding.EncodeToString(b)}
}

// Bits is a binary of size bits, the first ones of b.
func Bits(b []byte, size int) any {
	if size%8 == 0 {
		return Binary(b)
	}
	return map[string]any{"bits": base64.StdEncoding.EncodeToString(b), "size": size}
}

// Bytes is a list of small integers.
func Bytes(s string) any {
	list := make([]any, len(s))
	for i := range len(s) {
		list[i] = int64(s[i])
	}
	return list
}

// Improper is a list that ends in tail. Proper lists are just slices.
func Improper(elements []any, tail any) any {
	return map[string]any{"list": elements, "tail": tail}
}

// Tuple is a tuple.
func Tuple(elements []any) any { return map[string]any{"tuple": elements} }

// Map is a map, its pairs in any order.
func Map(pairs [][2]any) any {
	if pairs == nil {
		pairs = [][2]any{}
	}
	return map[string]any{"map": pairs}
}

// Pid is a process identifier.
func Pid(node string, id, serial, creation uint32) any {
	return map[string]any{"pid": map[string]any{"node": node, "id": id, "serial": serial, "creation": creation}}
}

// Port is a port identifier.
func Port(node string, id uint64, creation uint32) any {
	large := Int(new(big.Int).SetUint64(id))
	return map[string]any{"port": map[string]any{"node": node, "id": large, "creation": creation}}
}

// Reference is a reference.
func Reference(node string, creation uint32, ids []uint32) any {
	return map[string]any{"reference": map[string]any{"node": node, "creation": creation, "ids": ids}}
}

// Export is an external fun.
func Export(module, function string, arity int) any {
	return map[string]any{"export": map[string]any{"module": module, "function": function, "arity": arity}}
}

// All turns each element into a value.
func All[T any](elements []T, depth int, value func(T, int) (any, error)) ([]any, error) {
	list := make([]any, len(elements))
	for i, e := range elements {
		var err error
		if list[i], err = value(e, depth); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Encode is the text of a value.
func Encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil
	}
	return bytes.TrimSpace(b.Bytes())
}
