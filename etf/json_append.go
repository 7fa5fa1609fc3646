package etf

import (
	"encoding/base64"
	"encoding/hex"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/beamgate/beamgate/internal/wire"
)

// AppendJSON appends a Term as JSON from which [Mode.FromJSON] makes an equal
// Term, kinds and all. The mapping is also that of the test corpus:
//
//	integer    a number, up to 2⁵³-1 in magnitude; else {"int":"decimal digits"}
//	float      {"float":"1.0"}: as Erlang prints it
//	atom       true and false; any other {"atom":"name"}
//	binary     a string, if it is UTF-8; else {"binary":"base64"}
//	bitstring  {"bits":"base64","size":number of bits}
//	list       an array, however it was encoded; improper {"list":[…],"tail":…}
//	tuple      {"tuple":[…]}
//	map        {"map":[[key,value],…]}, in the order of CompareKeys
//	pid        {"pid":{"node":"a@b","id":1,"serial":2,"creation":3}}
//	port       {"port":{"node":"a@b","id":1,"creation":3}}
//	reference  {"reference":{"node":"a@b","creation":3,"ids":[1,2,3]}}
//	export     {"export":{"module":"m","function":"f","arity":1}}
//	closure    {"fun":{"module":"m","arity":1,"uniq":"hex","index":0,"old_index":0,
//	           "old_uniq":0,"creator":{"pid":…},"free":[…]}}
//
// Equal Terms give the same JSON, in one line without spaces, but for what [Equal]
// does not look at: the sign of 0.0, zeros at the end of references, and some parts
// of funs. It is UTF-8 and at most eight times as long as what [AppendTerm]
// appends, plus a dozen bytes for each term in it. The error is an [*EncodeError]
// and means the zero Term.
func AppendJSON(dst []byte, t Term) ([]byte, error) {
	w := jsonWriter{b: dst}
	if err := w.run(t); err != nil {
		return dst, err
	}
	return w.b, nil
}

// jsonWriter walks a tree without recursion, since depth is the sender's choice.
type jsonWriter struct {
	b     []byte
	plain bool
	stack []jsonWritten
	names map[string]bool // of the object at hand, see members
}

// jsonWritten is a container of which children are still to be written.
type jsonWritten struct {
	t     Term
	i, n  int
	close string
}

func (w *jsonWriter) run(t Term) error {
	err := w.term(t)
	for err == nil && len(w.stack) > 0 {
		s := &w.stack[len(w.stack)-1]
		if s.i == s.n {
			w.b = append(w.b, s.close...)
			w.stack = w.stack[:len(w.stack)-1]
			continue
		}
		i := s.i
		s.i++
		err = w.child(s.t, i)
	}
	return err
}

// child writes child i of an open container with what stands in front of it.
func (w *jsonWriter) child(t Term, i int) error {
	switch {
	case t.kind() == KindMap && w.plain:
		return w.member(t, i)
	case t.kind() == KindMap:
		switch {
		case i&1 == 1:
			w.b = append(w.b, ',')
		case i > 0:
			w.b = append(w.b, "],["...)
		default:
			w.b = append(w.b, '[')
		}
		return w.term(t.child(i))
	case t.kind() == KindList && i == t.Len():
		w.b = append(w.b, `],"tail":`...)
		return w.term(t.child(i))
	}
	if i > 0 {
		w.b = append(w.b, ',')
	}
	return w.term(t.Index(i))
}

func (w *jsonWriter) open(t Term, open, end string, n int) {
	w.b = append(w.b, open...)
	w.stack = append(w.stack, jsonWritten{t: t, n: n, close: end})
}

const jsonIntMax = 1<<53 - 1 // what a double holds exactly

// term writes a scalar, or the opening of a container.
func (w *jsonWriter) term(t Term) error {
	if w.plain {
		return w.plainTerm(t)
	}
	switch t.kind() {
	case KindInteger:
		w.integer(t)
	case KindFloat:
		w.b = append(w.b, `{"float":"`...)
		w.b = append(appendFloat(w.b, math.Float64frombits(t.node.Num)), `"}`...)
	case KindAtom:
		w.atom(t)
	case KindNil:
		w.b = append(w.b, "[]"...)
	case KindBinary:
		if b := t.payload(); utf8.Valid(b) {
			w.b = appendJSONString(w.b, b)
		} else {
			w.b = base64.StdEncoding.AppendEncode(append(w.b, `{"binary":"`...), b)
			w.b = append(w.b, `"}`...)
		}
	case KindBitstring:
		w.b = base64.StdEncoding.AppendEncode(append(w.b, `{"bits":"`...), t.payload())
		w.b = append(strconv.AppendInt(append(w.b, `","size":`...), int64(t.Bits()), 10), '}')
	case KindList:
		if t.IsProper() {
			w.open(t, "[", "]", t.Len())
		} else {
			w.open(t, `{"list":[`, "}", t.Len()+1)
		}
	case KindTuple:
		w.open(t, `{"tuple":[`, "]}", t.Len())
	case KindMap:
		w.openMap(t)
	default:
		return w.identity(t)
	}
	return nil
}

func (w *jsonWriter) integer(t Term) {
	v, ok := t.Int()
	switch {
	case ok && -jsonIntMax <= v && v <= jsonIntMax:
		w.b = strconv.AppendInt(w.b, v, 10)
	default:
		w.b = append(t.Big().Append(append(w.b, `{"int":"`...), 10), `"}`...)
	}
}

func (w *jsonWriter) atom(t Term) {
	name, _ := t.Atom()
	if name == "true" || name == "false" {
		w.b = append(w.b, name...)
		return
	}
	w.b = append(appendJSONString(append(w.b, `{"atom":`...), name), '}')
}

func (w *jsonWriter) openMap(t Term) {
	end := "]]}"
	switch t.Len() {
	case 0:
		end = "]}"
	case 1:
	default:
		t = t.ordered()
	}
	w.open(t, `{"map":[`, end, 2*t.Len())
}

func (w *jsonWriter) identity(t Term) error {
	switch t.kind() {
	case KindPid:
		v, _ := t.Pid()
		w.b = append(appendJSONPid(w.b, v), '}')
	case KindPort:
		v, _ := t.Port()
		w.b = appendJSONString(append(w.b, `{"port":{"node":`...), v.Node)
		w.b = appendMember(w.b, `,"id":`, v.ID)
		w.b = append(appendMember(w.b, `,"creation":`, uint64(v.Creation)), "}}"...)
	case KindReference:
		v := reference(wire.ReadID(t.payload()), Node{})
		w.b = appendJSONString(append(w.b, `{"reference":{"node":`...), v.Node)
		w.b = append(appendMember(w.b, `,"creation":`, uint64(v.Creation)), `,"ids":[`...)
		for i, word := range v.Words {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.b = strconv.AppendUint(w.b, uint64(word), 10)
		}
		w.b = append(w.b, "]}}"...)
	case KindExport:
		v, _ := t.Export()
		w.b = appendJSONString(append(w.b, `{"export":{"module":`...), v.Module)
		w.b = appendJSONString(append(w.b, `,"function":`...), v.Function)
		w.b = append(appendMember(w.b, `,"arity":`, uint64(v.Arity)), "}}"...)
	case KindFun:
		w.fun(t)
	default:
		return cannot(CodeNoTerm)
	}
	return nil
}

func (w *jsonWriter) fun(t Term) {
	v, _ := t.Fun()
	w.b = appendJSONString(append(w.b, `{"fun":{"module":`...), v.Module)
	w.b = append(appendMember(w.b, `,"arity":`, uint64(v.Arity)), `,"uniq":"`...)
	w.b = append(hex.AppendEncode(w.b, v.Uniq[:]), '"')
	w.b = appendMember(w.b, `,"index":`, uint64(v.Index))
	w.b = strconv.AppendInt(append(w.b, `,"old_index":`...), int64(int32(v.OldIndex)), 10)
	w.b = strconv.AppendInt(append(w.b, `,"old_uniq":`...), int64(int32(v.OldUniq)), 10)
	w.b = append(appendJSONPid(append(w.b, `,"creator":`...), v.Creator), '}')
	w.open(t, `,"free":[`, "]}}", t.Len())
}

// appendJSONPid leaves the outer object open.
func appendJSONPid(b []byte, v Pid) []byte {
	b = appendJSONString(append(b, `{"pid":{"node":`...), v.Node)
	b = appendMember(b, `,"id":`, uint64(v.ID))
	b = appendMember(b, `,"serial":`, uint64(v.Serial))
	return append(appendMember(b, `,"creation":`, uint64(v.Creation)), '}')
}

func appendMember(b []byte, name string, v uint64) []byte {
	return strconv.AppendUint(append(b, name...), v, 10)
}

// appendJSONString appends UTF-8 as a JSON string, with no more escapes than
// there have to be.
func appendJSONString[T string | []byte](b []byte, s T) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(append(b, s[from:i]...), '\\')
		from = i + 1
		switch c {
		case '"', '\\':
			b = append(b, c)
		case '\n':
			b = append(b, 'n')
		case '\r':
			b = append(b, 'r')
		case '\t':
			b = append(b, 't')
		default:
			b = append(b, 'u', '0', '0', digits[c>>4], digits[c&15])
		}
	}
	return append(append(b, s[from:]...), '"')
}

// MarshalJSON implements json.Marshaler with the lossless mapping of [AppendJSON].
// [AppendPlainJSON] makes the plain one. The zero Term is an error.
func (t Term) MarshalJSON() ([]byte, error) { return AppendJSON(nil, t) }
