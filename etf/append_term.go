package etf

import "github.com/beamgate/beamgate/internal/wire"

// AppendTerm appends a Term, without a version byte in front: the bytes of
// OTP 25's term_to_binary(T, [deterministic, {minor_version, 2}]), however the
// Term was encoded when it was decoded. The error is an [*EncodeError]; of a
// decoded Term only the zero Term and a fun of 4 GiB have no encoding.
//
// A node writes three words of each reference of its own. Which node writes is
// not known here: references have the words they came with, see
// [Mode.Canonicalize].
//
// For maps it takes what [Compare] says.
func AppendTerm(dst []byte, t Term) ([]byte, error) { return MinorVersion2.AppendTerm(dst, t) }

// AppendETF appends the Term as a whole external term: a version byte and what
// [AppendTerm] appends.
func (t Term) AppendETF(dst []byte) ([]byte, error) {
	b, err := AppendTerm(AppendVersion(dst), t)
	if err != nil {
		return dst, err
	}
	return b, nil
}

// AppendTerm appends a Term in the dialect, without a version byte in front.
// What the dialect has no form for is refused with [CodeNoForm].
func (d Dialect) AppendTerm(dst []byte, t Term) ([]byte, error) {
	if err := d.check(); err != nil {
		return dst, err
	}
	w := termWriter{b: dst, d: d}
	if err := w.write(t); err != nil {
		return dst, err
	}
	return w.b, nil
}

// termWriter walks a tree without recursion, since depth is the sender's choice.
type termWriter struct {
	b     []byte
	d     Dialect
	own   Node // who writes, if that is known
	stack []written
}

// written is a container of which children are still to be written.
type written struct {
	t     Term
	i, n  int
	start int // of a fun
}

func (w *termWriter) write(t Term) error {
	err := w.head(t)
	for err == nil && len(w.stack) > 0 {
		s := &w.stack[len(w.stack)-1]
		if s.i < s.n {
			i := s.i
			s.i++
			err = w.head(s.child(i))
			continue
		}
		if s.t.kind() == KindFun {
			err = closeFun(w.b, s.start)
		}
		w.stack = w.stack[:len(w.stack)-1]
	}
	return err
}

// child is child i, as the wire counts: the tail of a list is one.
func (s *written) child(i int) Term {
	switch s.t.kind() {
	case KindMap:
		return s.t.child(i)
	case KindList:
		if i == s.n-1 {
			tail, _ := s.t.Tail()
			return tail
		}
	}
	return s.t.Index(i)
}

func (w *termWriter) open(t Term, n, start int) {
	if n > 0 {
		w.stack = append(w.stack, written{t: t, n: n, start: start})
	}
}

// head writes a scalar, or the head of a container.
func (w *termWriter) head(t Term) (err error) {
	switch t.kind() {
	case KindInteger:
		w.integer(t)
	case KindFloat:
		f, _ := t.Float()
		w.b, err = w.d.float(w.b, f)
	case KindAtom:
		name, _ := t.Atom()
		w.b, err = w.d.atom(w.b, name)
	case KindNil:
		w.b = AppendNil(w.b)
	case KindBinary, KindBitstring:
		w.b, err = w.d.bits(w.b, t.payload(), t.Bits())
	case KindList:
		err = w.list(t)
	case KindTuple:
		w.b, err = AppendTupleHeader(w.b, t.Len())
		w.open(t, t.Len(), 0)
	case KindMap:
		w.b, err = w.d.mapHeader(w.b, t.Len())
		if t.Len() > 1 {
			t = t.ordered()
		}
		w.open(t, 2*t.Len(), 0)
	default:
		err = w.identity(t)
	}
	return err
}

func (w *termWriter) integer(t Term) {
	if v, ok := t.Int(); ok {
		w.b = AppendInt(w.b, v)
		return
	}
	digits := t.payload()
	w.b = append(appendBigHead(w.b, len(digits), isNegative(t)), digits...)
}

func (w *termWriter) list(t Term) (err error) {
	if b, ok := t.asBytes(); ok {
		w.b, err = AppendByteList(w.b, b)
		return err
	}
	if n := t.Len(); t.isBytes() {
		w.b = appendStringHead(w.b, n)
		for i := range n {
			v, _ := t.Index(i).Int()
			w.b = append(w.b, byte(v))
		}
		return nil
	}
	w.b, err = AppendListHeader(w.b, t.Len())
	w.open(t, t.Len()+1, 0)
	return err
}

// asBytes returns the elements of a list that is stored as bytes.
func (t Term) asBytes() ([]byte, bool) {
	if t.flags()&nodePacked == 0 || t.flags()&nodeImproper != 0 {
		return nil, false
	}
	return t.payload(), true
}

// isBytes reports whether the list is one that travels as STRING_EXT.
func (t Term) isBytes() bool {
	if t.Len() > stringMax || !t.IsProper() {
		return false
	}
	for i := range t.Len() {
		if v, ok := t.Index(i).Int(); !ok || v < 0 || v > 255 {
			return false
		}
	}
	return true
}

// ownWords is how many words a node writes of its own references.
const ownWords = 3

// reference is a reference with the zero words that it was sent with: OTP takes
// it for the same without them, and sends them on.
func reference(id wire.ID, own Node) Reference {
	n := id.Sent
	if own.Name != "" && id.Node == own.Name && id.Creation == own.Creation {
		n = max(n, ownWords)
	}
	for len(id.Words) < n {
		id.Words = append(id.Words, 0)
	}
	return Reference{id.Node, id.Words, id.Creation}
}

func (w *termWriter) identity(t Term) (err error) {
	switch t.kind() {
	case KindPid:
		v, _ := t.Pid()
		w.b, err = w.d.pid(w.b, v)
	case KindPort:
		v, _ := t.Port()
		w.b, err = w.d.port(w.b, v)
	case KindReference:
		w.b, err = w.d.reference(w.b, reference(wire.ReadID(t.payload()), w.own))
	case KindExport:
		v, _ := t.Export()
		w.b, err = w.d.export(w.b, v)
	case KindFun:
		v, _ := t.Fun()
		start := len(w.b)
		if w.b, err = w.d.funHead(w.b, &v, t.Len()); err != nil {
			return err
		}
		if t.Len() == 0 {
			return closeFun(w.b, start)
		}
		w.open(t, t.Len(), start)
	default:
		return cannot(CodeNoTerm)
	}
	return err
}
