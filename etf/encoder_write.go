package etf

import (
	"bytes"
	"compress/zlib"
	"io"
	"math"

	"github.com/beamgate/beamgate/internal/wire"
)

// Float writes a float, NaN and infinities excepted.
func (e *Encoder) Float(f float64) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.float(b, f))
}

// Atom writes an atom, as [AppendAtom] does.
func (e *Encoder) Atom(name string) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.atom(b, name))
}

// Bool writes the atom true or false.
func (e *Encoder) Bool(v bool) error {
	if v {
		return e.Atom("true")
	}
	return e.Atom("false")
}

// Nil writes the empty list.
func (e *Encoder) Nil() error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendNil(b), nil)
}

// Binary writes a binary.
func (e *Encoder) Binary(v []byte) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendBinary(b, v))
}

// String writes a binary of the bytes of s.
func (e *Encoder) String(s string) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendString(b, s))
}

// BinaryFrom writes a binary of n bytes that are read from r, which is asked for
// no more. They pass through without being held, unless the term is to be
// compressed. If r has fewer, what was written is no term any more: the error,
// io.ErrUnexpectedEOF then, is one that stays.
func (e *Encoder) BinaryFrom(r io.Reader, n int64) error {
	b, err := e.begin()
	if err == nil {
		b, err = AppendBinaryHeader(b, n)
	}
	if err != nil {
		return err
	}
	e.took(b)
	if err := e.payload(r, n); err != nil {
		e.err = err
		return err
	}
	return e.ended()
}

func (e *Encoder) payload(r io.Reader, n int64) (err error) {
	if e.o.Compressed > 0 {
		buf := bytes.NewBuffer(e.buf)
		_, err = io.CopyN(buf, r, n)
		e.buf = buf.Bytes()
	} else if err = e.Flush(); err == nil {
		_, err = io.CopyN(e.w, r, n)
	}
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// Bits writes a bitstring, as [AppendBits] does.
func (e *Encoder) Bits(v []byte, bits int) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.bits(b, v, bits))
}

// ByteList writes the list of the integers in v, as [AppendByteList] does.
func (e *Encoder) ByteList(v []byte) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendByteList(b, v))
}

// Charlist writes the list of the characters of s, as [AppendCharlist] does.
func (e *Encoder) Charlist(s string) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(AppendCharlist(b, s))
}

// Pid writes a pid.
func (e *Encoder) Pid(v Pid) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.pid(b, v))
}

// Port writes a port.
func (e *Encoder) Port(v Port) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.port(b, v))
}

// Reference writes a reference.
func (e *Encoder) Reference(v Reference) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.reference(b, v))
}

// Export writes fun Module:Function/Arity.
func (e *Encoder) Export(v Export) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.export(b, v))
}

// Term writes a Term, maps in order, as [Dialect.AppendTerm] does.
func (e *Encoder) Term(t Term) error {
	b, err := e.begin()
	if err != nil {
		return err
	}
	return e.scalar(e.o.Dialect.AppendTerm(b, t))
}

// Raw writes a term that is encoded already. It has to be exactly one, which is
// looked at: else the error is [CodeNoTerm]. Which dialect it is in is not looked
// at, so for [BERT1] it is refused.
func (e *Encoder) Raw(v RawTerm) error {
	b, err := e.begin()
	switch {
	case err != nil:
		return err
	case e.o.Dialect == BERT1:
		return cannot(CodeNoForm)
	case !wire.IsTerm(v):
		return cannot(CodeNoTerm)
	}
	return e.scalar(append(b, v...), nil)
}

// AppendETF appends a Term as a whole external term: version byte, dialect and
// compression as the options say.
func (o EncodeOptions) AppendETF(dst []byte, t Term) ([]byte, error) {
	if err := o.check(); err != nil {
		return dst, err
	}
	b, err := o.Dialect.AppendTerm(AppendVersion(dst), t)
	if err == nil && o.Compressed > 0 {
		b, err = compress(b, len(dst), o.Compressed, new(*zlib.Writer))
	}
	if err != nil {
		return dst, err
	}
	return b, nil
}

// compress makes the external term that starts at start a compressed one, if
// that is smaller. The writer is kept for the next one, for it holds most of a
// megabyte.
func compress(b []byte, start, level int, z **zlib.Writer) (_ []byte, err error) {
	term := b[start+1:]
	if int64(len(term)) > math.MaxUint32 {
		return b, nil
	}
	const head = 5   // tag and size
	const least = 10 // a header of 2, a literal, a match and an end in 30 bits, a checksum of 4
	if len(term) <= head+least {
		return b, nil
	}
	out := bytes.NewBuffer(make([]byte, 0, len(term)/2+64))
	if *z == nil {
		*z, err = zlib.NewWriterLevel(out, level)
	} else {
		(*z).Reset(out)
	}
	if err == nil {
		_, err = (*z).Write(term)
	}
	if err == nil {
		err = (*z).Close()
	}
	if err != nil || head+out.Len() >= len(term) {
		return b, err
	}
	b = be.AppendUint32(append(b[:start+1], wire.TagCompressed), uint32(len(term)))
	return append(b, out.Bytes()...), nil
}
