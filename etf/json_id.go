package etf

import (
	"encoding/hex"
	"math"
	"slices"
	"strconv"
)

// idMembers says where the members of an id go. Each has to be there once.
type idMembers struct {
	node  *string
	words map[string]*uint32
	long  *uint64   // "id" of a port
	ids   *[]uint32 // of a reference
}

// id reads an object of the members of an id.
func (r *jsonReader) id(m *idMembers) bool {
	want := len(m.words) + 1
	if m.long != nil || m.ids != nil {
		want++
	}
	return r.members(want, func(name string) bool {
		switch word := m.words[name]; {
		case name == "node":
			return r.textInto(m.node)
		case word != nil:
			return r.word(word)
		case name == "id" && m.long != nil:
			return r.long(m.long)
		case name == "ids" && m.ids != nil:
			return r.ids(m.ids)
		}
		return r.s.fail(CodeJSONShape, r.s.i)
	})
}

// members reads an object of so many members, each once.
func (r *jsonReader) members(n int, member func(name string) bool) bool {
	return r.firstMembers(n, member) && r.s.want('}')
}

// firstMembers reads the first members of an object that has more.
func (r *jsonReader) firstMembers(n int, member func(name string) bool) bool {
	if r.s.next() != '{' {
		return r.s.fail(CodeJSONShape, r.s.i)
	}
	r.s.i++
	var seen []string
	for i := range n {
		if i > 0 && !r.s.want(',') || !r.memberName() {
			return false
		}
		name := string(r.s.buf)
		if slices.Contains(seen, name) {
			return r.s.fail(CodeJSONShape, r.s.i)
		}
		if seen = append(seen, name); !member(name) {
			return false
		}
	}
	return true
}

func (r *jsonReader) textInto(s *string) bool {
	if !r.text() {
		return false
	}
	*s = string(r.s.buf)
	return true
}

func (r *jsonReader) word(v *uint32) bool {
	n := int64(0)
	if !r.int(0, math.MaxUint32, &n) {
		return false
	}
	*v = uint32(n)
	return true
}

func (r *jsonReader) long(v *uint64) bool {
	r.s.next()
	at := r.s.i
	text, whole, ok := r.s.number()
	if !ok {
		return false
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if !whole || err != nil {
		return r.s.fail(CodeJSONRange, at)
	}
	*v = n
	return true
}

func (r *jsonReader) ids(words *[]uint32) bool {
	if r.s.next() != '[' {
		return r.s.fail(CodeJSONShape, r.s.i)
	}
	r.s.i++
	for r.s.next() != ']' {
		if len(*words) > 0 && !r.s.want(',') {
			return false
		}
		*words = append(*words, 0)
		if len(*words) > refWords {
			return r.s.fail(CodeJSONRange, r.s.i)
		}
		if !r.word(&(*words)[len(*words)-1]) {
			return false
		}
	}
	r.s.i++
	return true
}

func (r *jsonReader) export() bool {
	var e Export
	arity := int64(0)
	ok := r.members(3, func(name string) bool {
		switch name {
		case "module":
			return r.textInto(&e.Module)
		case "function":
			return r.textInto(&e.Function)
		case "arity":
			return r.int(0, math.MaxUint8, &arity)
		}
		return r.s.fail(CodeJSONShape, r.s.i)
	})
	e.Arity = int(arity)
	return ok && r.took(AppendExport(r.b, e))
}

// fun reads the members of a fun up to its free variables.
func (r *jsonReader) fun() bool {
	var f Fun
	arity := int64(0)
	member := func(name string) bool {
		switch name {
		case "module":
			return r.textInto(&f.Module)
		case "arity":
			return r.int(0, math.MaxUint8, &arity)
		case "index":
			return r.word(&f.Index)
		case "old_index":
			return r.int(math.MinInt32, math.MaxInt32, &f.OldIndex)
		case "old_uniq":
			return r.int(math.MinInt32, math.MaxInt32, &f.OldUniq)
		case "uniq":
			if !r.text() {
				return false
			}
			n, err := hex.Decode(r.s.buf, r.s.buf)
			if err != nil || n != len(f.Uniq) {
				return r.s.fail(CodeJSONShape, r.s.i)
			}
			copy(f.Uniq[:], r.s.buf)
			return true
		case "creator":
			return r.creator(&f.Creator)
		}
		return r.s.fail(CodeJSONShape, r.s.i)
	}
	if !r.firstMembers(7, member) {
		return false
	}
	f.Arity = int(arity)
	if !r.s.want(',') || !r.memberName() {
		return false
	}
	if string(r.s.buf) != "free" || r.s.next() != '[' {
		return r.s.fail(CodeJSONShape, r.s.i)
	}
	r.s.i++
	start := len(r.b)
	return r.took(MinorVersion2.funHead(r.b, &f, 0)) && r.push(jsonFree, start)
}

func (r *jsonReader) creator(p *Pid) bool {
	return r.members(1, func(name string) bool {
		if name != "pid" {
			return r.s.fail(CodeJSONShape, r.s.i)
		}
		return r.id(&idMembers{node: &p.Node, words: map[string]*uint32{"id": &p.ID, "serial": &p.Serial, "creation": &p.Creation}})
	})
}

// closeFun fills in the number of free variables.
func (r *jsonReader) closeFun(start, n int) bool {
	if n > math.MaxUint8 {
		return r.s.fail(CodeJSONRange, r.s.i)
	}
	if err := closeFun(r.b, start); err != nil {
		return r.s.fail(CodeJSONRange, r.s.i)
	}
	funFree(r.b, start, n)
	for range 2 { // its members, and the object around them
		if !r.s.want('}') {
			return false
		}
	}
	return true
}
