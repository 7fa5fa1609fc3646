package etf

import (
	"math"
	"unicode/utf8"
)

// AppendPlainJSON appends a Term as the JSON that people would write for it. It
// loses what JSON has no kinds for, and refuses what would lose content:
//
//	integer    a number, however large
//	float      a number with a point or an exponent
//	atom       true, false; null for nil, null and undefined; else a string
//	binary     a string; refused with CodeTextUTF8 if it is not UTF-8
//	list       an array, so a charlist becomes numbers; improper ones are refused
//	tuple      an array
//	map        an object; keys are atoms (their names), binaries in UTF-8 and
//	           integers (their digits), others are refused
//	the rest   refused: bitstrings, pids, ports, references, exports, closures
//
// Two keys of a map that become the same member are refused with
// [CodeDuplicateKey], all else with [CodeNoForm]; the error is an [*EncodeError].
// The members of an object are in the order of [CompareKeys]. [Mode.FromPlainJSON]
// goes the other way, but not back to the same Term.
func AppendPlainJSON(dst []byte, t Term) ([]byte, error) {
	w := jsonWriter{b: dst, plain: true}
	if err := w.run(t); err != nil {
		return dst, err
	}
	return w.b, nil
}

func (w *jsonWriter) plainTerm(t Term) error {
	switch t.kind() {
	case KindInteger:
		w.b = appendDigits(w.b, t)
	case KindFloat:
		w.b = appendFloat(w.b, math.Float64frombits(t.node.Num))
	case KindAtom:
		w.plainAtom(t)
	case KindNil:
		w.b = append(w.b, "[]"...)
	case KindBinary:
		if !utf8.Valid(t.payload()) {
			return cannot(CodeTextUTF8)
		}
		w.b = appendJSONString(w.b, t.payload())
	case KindList:
		if !t.IsProper() {
			return cannot(CodeNoForm)
		}
		w.open(t, "[", "]", t.Len())
	case KindTuple:
		w.open(t, "[", "]", t.Len())
	case KindMap:
		if t.Len() > 1 {
			t = t.ordered()
		}
		if err := w.members(t); err != nil {
			return err
		}
		w.open(t, "{", "}", 2*t.Len())
	case KindInvalid:
		return cannot(CodeNoTerm)
	default:
		return cannot(CodeNoForm)
	}
	return nil
}

func (w *jsonWriter) plainAtom(t Term) {
	switch name, _ := t.Atom(); name {
	case "true", "false":
		w.b = append(w.b, name...)
	case "nil", "null", "undefined":
		w.b = append(w.b, "null"...)
	default:
		w.b = appendJSONString(w.b, name)
	}
}

// members checks the names of an object before anything of it is written.
func (w *jsonWriter) members(t Term) error {
	mixed := false // keys of one kind do not become the same
	for i := range t.Len() {
		key := t.child(2 * i)
		switch key.kind() {
		case KindAtom, KindInteger:
		case KindBinary:
			if !utf8.Valid(key.payload()) {
				return cannot(CodeTextUTF8)
			}
		default:
			return cannot(CodeNoForm)
		}
		mixed = mixed || key.kind() != t.child(0).kind()
	}
	if !mixed {
		return nil
	}
	if w.names == nil {
		w.names = map[string]bool{}
	}
	clear(w.names)
	for i := range t.Len() {
		w.names[string(appendName(nil, t.child(2*i)))] = true
	}
	if len(w.names) < t.Len() {
		return cannot(CodeDuplicateKey)
	}
	return nil
}

// appendName appends what a key of a map is called.
func appendName(b []byte, key Term) []byte {
	switch key.kind() {
	case KindAtom:
		name, _ := key.Atom()
		return append(b, name...)
	case KindInteger:
		return appendDigits(b, key)
	}
	return append(b, key.payload()...)
}

func appendDigits(b []byte, t Term) []byte { return t.Big().Append(b, 10) }

func (w *jsonWriter) member(t Term, i int) error {
	if i&1 == 1 {
		w.b = append(w.b, ':')
		return w.term(t.child(i))
	}
	if i > 0 {
		w.b = append(w.b, ',')
	}
	w.b = appendJSONString(w.b, appendName(nil, t.child(i)))
	return nil
}
