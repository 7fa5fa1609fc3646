package etf

import (
	"encoding/base64"
	"math"
	"slices"
	"strconv"
)

// The objects of the tagged mapping: one member each, whose name is the kind,
// but for "list" and "bits", which have two.

// memberName reads the name of a member and the colon behind it.
func (r *jsonReader) memberName() bool { return r.s.string() && r.s.want(':') }

// tagged reads an object, or its beginning if there are terms in it.
func (r *jsonReader) tagged() bool {
	at := r.s.i
	if r.s.i++; r.s.next() == '}' {
		return r.s.fail(CodeJSONShape, at)
	}
	if !r.memberName() {
		return false
	}
	switch string(r.s.buf) {
	case "list":
		return r.container(jsonImproper, openList)
	case "tuple":
		return r.container(jsonTuple, openTuple)
	case "map":
		return r.container(jsonMap, openMap)
	case "fun":
		return r.fun()
	}
	return r.scalarObject(string(r.s.buf), at) && r.s.want('}')
}

func (r *jsonReader) container(kind jsonKind, open func([]byte) []byte) bool {
	start := len(r.b)
	r.b = open(r.b)
	if r.s.next() != '[' {
		return r.s.fail(CodeJSONShape, r.s.i)
	}
	r.s.i++
	return r.push(kind, start)
}

// scalarObject reads the value of a member and what may follow it.
func (r *jsonReader) scalarObject(name string, at int) bool {
	switch name {
	case "atom":
		return r.text() && r.took(AppendAtom(r.b, string(r.s.buf)))
	case "int":
		return r.text() && r.decimal(at)
	case "float":
		return r.text() && r.float(at)
	case "binary":
		b, ok := r.base64()
		return ok && r.took(AppendBinary(r.b, b))
	case "bits", "size":
		return r.bits(name)
	case "pid":
		var p Pid
		return r.id(&idMembers{node: &p.Node, words: map[string]*uint32{"id": &p.ID, "serial": &p.Serial, "creation": &p.Creation}}) &&
			r.took(AppendPid(r.b, p))
	case "port":
		var p Port
		return r.id(&idMembers{node: &p.Node, long: &p.ID, words: map[string]*uint32{"creation": &p.Creation}}) &&
			r.took(AppendPort(r.b, p))
	case "reference":
		var v Reference
		return r.id(&idMembers{node: &v.Node, ids: &v.Words, words: map[string]*uint32{"creation": &v.Creation}}) &&
			r.took(AppendReference(r.b, v))
	case "export":
		return r.export()
	}
	return r.s.fail(CodeJSONShape, at)
}

// text reads a string where nothing else may stand.
func (r *jsonReader) text() bool {
	if r.s.next() != '"' {
		return r.s.fail(CodeJSONShape, r.s.i)
	}
	return r.s.string()
}

func (r *jsonReader) decimal(at int) bool {
	digits := jsonScanner{in: r.s.buf}
	text, whole, ok := digits.number()
	if !ok || !whole || len(text) != len(r.s.buf) {
		return r.s.fail(CodeJSONShape, at)
	}
	return r.integer(text, at)
}

func (r *jsonReader) float(at int) bool {
	digits := jsonScanner{in: r.s.buf}
	text, whole, ok := digits.number()
	if !ok || whole || len(text) != len(r.s.buf) {
		return r.s.fail(CodeJSONShape, at)
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return r.s.fail(CodeJSONRange, at)
	}
	return r.took(AppendFloat(r.b, f))
}

// base64 decodes in place.
func (r *jsonReader) base64() ([]byte, bool) {
	at := r.s.i
	if !r.text() {
		return nil, false
	}
	n, err := base64.StdEncoding.Strict().Decode(r.s.buf, r.s.buf)
	if err != nil {
		return nil, r.s.fail(CodeJSONShape, at)
	}
	return r.s.buf[:n], true
}

// bits reads the members "bits" and "size", of which the first one's name was
// read.
func (r *jsonReader) bits(name string) bool {
	at, size := r.s.i, int64(-1)
	var data []byte
	var seen [2]bool
	for i := range seen {
		if i > 0 && (!r.s.want(',') || !r.memberName()) {
			return false
		}
		if i > 0 {
			name = string(r.s.buf)
		}
		switch {
		case name == "bits" && !seen[0]:
			seen[0] = true
			b, ok := r.base64()
			if !ok {
				return false
			}
			data = slices.Clone(b)
		case name == "size" && !seen[1]:
			seen[1] = true
			if !r.int(0, math.MaxInt64/8, &size) {
				return false
			}
		default:
			return r.s.fail(CodeJSONShape, at)
		}
	}
	if spare := len(data)*8 - int(size); spare < 0 || spare > 7 || spare > 0 && data[len(data)-1]<<(8-spare) != 0 {
		return r.s.fail(CodeJSONShape, at)
	}
	return r.took(AppendBits(r.b, data, int(size)))
}

// int reads a whole number from lo to hi.
func (r *jsonReader) int(lo, hi int64, v *int64) bool {
	r.s.next()
	at := r.s.i
	text, whole, ok := r.s.number()
	if !ok {
		return false
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if !whole || err != nil || n < lo || n > hi {
		return r.s.fail(CodeJSONRange, at)
	}
	*v = n
	return true
}
