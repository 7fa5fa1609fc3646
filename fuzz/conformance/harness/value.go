package harness

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// version is the byte that starts an encoded term, and no JSON.
const version = 131

// sameTerm compares what a program took a term for with what is wanted. told
// is false if either side has nothing that the other can be compared with.
func sameTerm(w *Want, value []byte) (same, told bool, err error) {
	switch {
	case len(value) == 0:
		return false, false, nil
	case value[0] == version && w.Canonical != nil:
		return bytes.Equal(value, w.Canonical), true, nil
	case value[0] == version && w.CanonicalSum != "":
		sum := sha256.Sum256(value)
		return hex.EncodeToString(sum[:]) == w.CanonicalSum, true, nil
	case value[0] == version || w.Value == nil:
		return false, false, nil
	}
	same, err = SameValue(w.Value, value)
	return same, true, err
}

// SameValue reports whether two texts of tagged JSON stand for the same term.
// It does not insist on form where form carries nothing:
//
//   - the pairs of a map may come in any order,
//   - {"int":"1"} is 1, {"atom":"true"} is true, {"binary":"YQ=="} is "a",
//   - a list in the tail of a list is part of it, bits of a multiple of 8 are
//     a binary,
//   - zero words at the end of a reference are left out or not,
//   - the digits of a float may be any that stand for the same float; -0.0 is
//     not 0.0, and a number without a tag is never a float.
//
// An error says that one of them is not tagged JSON.
func SameValue(a, b []byte) (bool, error) {
	x, err := normal(a)
	if err != nil {
		return false, err
	}
	y, err := normal(b)
	return err == nil && x == y, err
}

var errValue = errors.New("not a tagged JSON value")

// normal is a text that is the same for the same term.
func normal(text []byte) (string, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return "", fmt.Errorf("%w: %w", errValue, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return "", fmt.Errorf("%w: more than one", errValue)
	}
	return norm(v)
}

func norm(v any) (string, error) {
	switch v := v.(type) {
	case bool:
		return "atom " + strconv.Quote(strconv.FormatBool(v)), nil
	case json.Number:
		return normInt(v.String())
	case string:
		return normBinary([]byte(v)), nil
	case []any:
		return normAll("list", v)
	case map[string]any:
		return normTagged(v)
	}
	return "", fmt.Errorf("%w: null", errValue)
}

func normInt(digits string) (string, error) {
	n, ok := new(big.Int).SetString(digits, 10)
	if !ok {
		return "", fmt.Errorf("%w: integer %.40q", errValue, digits)
	}
	return n.String(), nil
}

func normBinary(b []byte) string {
	return "bits " + strconv.Itoa(8*len(b)) + " " + hex.EncodeToString(b)
}

func normAll(what string, all []any) (string, error) {
	parts := make([]string, len(all))
	for i, v := range all {
		var err error
		if parts[i], err = norm(v); err != nil {
			return "", err
		}
	}
	return what + "(" + strings.Join(parts, ",") + ")", nil
}

// normTagged reads an object: its tag is the one key that is no companion of
// another.
func normTagged(o map[string]any) (string, error) {
	switch {
	case has(o, "list", "tail"):
		return normImproper(o)
	case has(o, "bits", "size"):
		return normBits(o)
	case len(o) != 1:
		return "", fmt.Errorf("%w: an object with %d keys", errValue, len(o))
	}
	for tag, v := range o {
		switch v := v.(type) {
		case string:
			return normScalar(tag, v)
		case []any:
			if tag == "tuple" {
				return normAll(tag, v)
			}
			if tag == "map" {
				return normMap(v)
			}
		case map[string]any:
			return normIdentity(tag, v)
		}
		return "", fmt.Errorf("%w: tag %.40q", errValue, tag)
	}
	panic("unreachable")
}

func has(o map[string]any, keys ...string) bool {
	for _, k := range keys {
		if _, ok := o[k]; !ok {
			return false
		}
	}
	return len(o) == len(keys)
}

func normScalar(tag, text string) (string, error) {
	switch tag {
	case "int":
		return normInt(text)
	case "atom":
		return "atom " + strconv.Quote(text), nil
	case "float":
		f, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
			return "", fmt.Errorf("%w: float %.40q", errValue, text)
		}
		return "float " + strconv.FormatUint(math.Float64bits(f), 16), nil
	case "binary":
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return "", fmt.Errorf("%w: binary: %w", errValue, err)
		}
		return normBinary(b), nil
	}
	return "", fmt.Errorf("%w: tag %.40q", errValue, tag)
}

func normImproper(o map[string]any) (string, error) {
	elements, ok := o["list"].([]any)
	if !ok {
		return "", fmt.Errorf("%w: list", errValue)
	}
	switch tail := o["tail"].(type) {
	case []any: // a list in the tail is part of the list
		return normAll("list", slices.Concat(elements, tail))
	case map[string]any:
		if inner, ok := tail["list"].([]any); ok && has(tail, "list", "tail") {
			return normImproper(map[string]any{"list": slices.Concat(elements, inner), "tail": tail["tail"]})
		}
	}
	if len(elements) == 0 {
		return norm(o["tail"])
	}
	return normAll("improper", append(slices.Clone(elements), o["tail"]))
}

func normBits(o map[string]any) (string, error) {
	text, isText := o["bits"].(string)
	number, isNumber := o["size"].(json.Number)
	size, err := strconv.Atoi(number.String())
	b, err64 := base64.StdEncoding.DecodeString(text)
	if !isText || !isNumber || err != nil || err64 != nil || size < 0 || len(b) != (size+7)/8 {
		return "", fmt.Errorf("%w: bits", errValue)
	}
	if size%8 == 0 {
		return normBinary(b), nil
	}
	return "bits " + strconv.Itoa(size) + " " + hex.EncodeToString(b), nil
}

func normMap(pairs []any) (string, error) {
	parts := make([]string, len(pairs))
	for i, p := range pairs {
		pair, ok := p.([]any)
		if !ok || len(pair) != 2 {
			return "", fmt.Errorf("%w: a pair of a map", errValue)
		}
		var err error
		if parts[i], err = normAll("", pair); err != nil {
			return "", err
		}
	}
	slices.Sort(parts)
	return "map(" + strings.Join(parts, ",") + ")", nil
}
