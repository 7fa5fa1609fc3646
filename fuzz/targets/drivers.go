package targets

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime/debug"
	"slices"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// Drivers reads payloads in every way that package etf has. It is for one
// goroutine.
type Drivers struct {
	mode   *etf.Mode
	slice  *etf.Decoder
	reader *etf.Decoder
	budget int64 // MaxBuffered
	stream bool  // MaxStreamBytes is set: a stream is more than its terms
	a, b   Tokens
}

// patience is how long one payload may take with all drivers together. What
// hangs cannot be stopped, so the process ends, and says with what.
const patience = time.Minute

func impatient(b []byte) *time.Timer {
	return time.AfterFunc(patience, func() { panic(fmt.Sprintf("a driver hangs: %x", b)) })
}

// NewDrivers returns the drivers of a mode, which must have no budgets.
func NewDrivers(m *etf.Mode) *Drivers {
	return &Drivers{
		mode: m, slice: m.NewDecoderBytes(nil), reader: m.NewDecoder(bytes.NewReader(nil)),
		budget: m.Config().Limits.MaxBuffered, stream: m.Config().Limits.MaxStreamBytes != limits.NoLimit,
	}
}

// Outcome is what all drivers agree on. What it refers to is valid until the
// next payload.
type Outcome struct {
	Used   int        // length of the first term, if it is accepted
	Err    *etf.Error // else why not
	Whole  error      // what Validate says: Err, or trailing
	Stats  etf.Stats  // if Whole is nil
	Term   etf.Term   // the first term, if it is accepted
	Tokens *Tokens    // of the first term, as far as they go
}

// Check reads b with all drivers. seed decides how the readers cut it.
func (d *Drivers) Check(b []byte, seed uint64) (out Outcome, dis *Disagreement) {
	defer impatient(b).Stop()
	defer func() {
		if r := recover(); r != nil { // its Decoders may be in any state
			*d = *NewDrivers(d.mode)
			dis = disagree("panic", "%v\n%s", r, debug.Stack())
		}
	}()
	used, err := d.mode.ValidatePrefix(b)
	out.Used, out.Tokens = used, &d.a
	if err != nil && !errors.As(err, &out.Err) {
		return out, disagree("prefix error", "no *etf.Error: %v", err)
	}
	out.Whole = d.mode.Validate(b)
	for _, check := range []func([]byte, uint64, *Outcome) *Disagreement{
		d.whole, d.readers, d.tokens, d.skip, d.values, d.children, d.sequence,
	} {
		if dis := check(b, seed, &out); dis != nil {
			return out, dis
		}
	}
	return out, nil
}

// whole: the drivers that want one term and nothing behind it.
func (d *Drivers) whole(b []byte, _ uint64, out *Outcome) *Disagreement {
	want := wholeError(out, len(b))
	if dis := sameError("prefix/validate", want, out.Whole); dis != nil {
		return dis
	}
	stats, err := d.mode.Measure(b)
	if dis := sameError("validate/measure", out.Whole, err); dis != nil {
		return dis
	}
	if err == nil && stats.Bytes != int64(out.Used) {
		return disagree("measure bytes", "%d, used %d", stats.Bytes, out.Used)
	}
	out.Stats = stats
	term, err := d.mode.Decode(b)
	if dis := sameError("validate/decode", out.Whole, err); dis != nil {
		return dis
	}
	out.Term = term
	if out.Err == nil && err != nil { // bytes behind the term
		if out.Term, err = d.mode.Decode(b[:out.Used]); err != nil {
			return disagree("prefix/decode", "%v", err)
		}
		if out.Stats, err = d.mode.Measure(b[:out.Used]); err != nil {
			return disagree("prefix/measure", "%v", err)
		}
	}
	return nil
}

// wholeError is what Validate has to say where ValidatePrefix says out.
func wholeError(out *Outcome, size int) error {
	switch {
	case out.Err != nil:
		return out.Err
	case out.Used != size:
		return &etf.Error{Code: etf.CodeTrailing, Offset: int64(out.Used)}
	}
	return nil
}

func (d *Drivers) readers(b []byte, seed uint64, out *Outcome) *Disagreement {
	cut, late := sizes(seed)
	n, err := d.mode.ValidateReader(NewChunks(b, cut, late))
	if dis := sameError("validate/reader", out.Whole, err); dis != nil {
		return dis
	}
	if err == nil && n != int64(out.Used) {
		return disagree("reader used", "%d, used %d", n, out.Used)
	}
	return nil
}

func (d *Drivers) tokens(b []byte, seed uint64, out *Outcome) *Disagreement {
	way := payloadWay(seed >> 9 & 1)
	d.slice.ResetBytes(b)
	d.a.read(d.slice, way, 0)
	if dis := d.ended("prefix/slice tokens", d.slice, d.a.Err, out, len(b)); dis != nil {
		return dis
	}
	d.reset(b, seed>>3)
	d.b.read(d.reader, payloadWay(seed>>12%3), len(d.a.List))
	if dis := d.ended("prefix/reader tokens", d.reader, d.b.Err, out, len(b)); dis != nil {
		return dis
	}
	if d.overBuffer(d.b.Err) {
		return nil
	}
	if d.a.Err != nil && len(d.a.List) > len(d.b.List) {
		return disagree("slice/reader tokens", "%d and %d before the error", len(d.a.List), len(d.b.List))
	}
	return sameTokens("slice/reader", &d.a, &d.b)
}

func (d *Drivers) reset(b []byte, seed uint64) {
	cut, late := sizes(seed)
	d.reader.Reset(NewChunks(b, cut, late))
}

// overBuffer reports an error that only those drivers have which hold a value:
// over a cap that the others do not look at.
func (d *Drivers) overBuffer(err error) bool {
	var e *etf.Error
	return errors.As(err, &e) && e.Code == etf.CodeLimitBuffered && e.Limit.Max == max(d.budget, 0) && e.Limit.Got > e.Limit.Max
}

// ended compares how a Decoder came to the end of the first term.
func (d *Drivers) ended(kind string, dec *etf.Decoder, err error, out *Outcome, size int) *Disagreement {
	if d.overBuffer(err) {
		return nil
	}
	var want error
	if out.Err != nil {
		want = out.Err
	}
	if size == 0 && err == io.EOF { // no term at all is no error between terms
		return nil
	}
	if dis := sameError(kind, want, err); dis != nil {
		return dis
	}
	if err != nil {
		if again := dec.SkipValue(); again != err {
			return disagree(kind+" stays", "%v, then %v", err, again)
		}
		return nil
	}
	if !dec.AtTermEnd() || dec.Depth() != 0 || dec.InputOffset() != int64(out.Used) {
		return disagree(kind+" end", "at end %v, depth %d, offset %d, used %d", dec.AtTermEnd(), dec.Depth(), dec.InputOffset(), out.Used)
	}
	return nil
}

func (d *Drivers) skip(b []byte, seed uint64, out *Outcome) *Disagreement {
	d.slice.ResetBytes(b)
	if dis := d.ended("prefix/slice skip", d.slice, d.slice.SkipValue(), out, len(b)); dis != nil {
		return dis
	}
	d.reset(b, seed>>5)
	return d.ended("prefix/reader skip", d.reader, d.reader.SkipValue(), out, len(b))
}

// values: ReadValue and ReadTerm of the whole term.
func (d *Drivers) values(b []byte, seed uint64, out *Outcome) *Disagreement {
	d.slice.ResetBytes(b)
	raw, err := d.slice.ReadValue()
	raw = bytes.Clone(raw)
	if dis := d.ended("prefix/slice value", d.slice, err, out, len(b)); dis != nil {
		return dis
	}
	d.reset(b, seed>>7)
	raw2, err2 := d.reader.ReadValue()
	if dis := d.ended("prefix/reader value", d.reader, err2, out, len(b)); dis != nil {
		return dis
	}
	if err == nil && err2 == nil {
		if dis := d.rawValue(b, raw, raw2, out); dis != nil {
			return dis
		}
	}
	d.reset(b, seed>>8)
	term, err := d.reader.ReadTerm()
	if dis := d.ended("prefix/reader term", d.reader, err, out, len(b)); dis != nil {
		return dis
	}
	if err == nil {
		if dis := sameTerm("decode/term", out.Term, term); dis != nil {
			return dis
		}
	}
	return nil
}

// children: ReadValue and ReadTerm of what is in the term, one after the other.
func (d *Drivers) children(b []byte, seed uint64, out *Outcome) *Disagreement {
	if out.Err != nil {
		return nil
	}
	var want []etf.Term
	switch out.Term.Kind() {
	case etf.KindTuple, etf.KindList:
		want = slices.Collect(out.Term.Elements())
	case etf.KindMap:
		for k, v := range out.Term.Pairs() {
			want = append(want, k, v)
		}
	}
	if len(want) == 0 {
		return nil
	}
	d.slice.ResetBytes(b)
	d.reset(b, seed>>6)
	for kind, dec := range map[string]*etf.Decoder{"slice": d.slice, "reader": d.reader} {
		if _, err := dec.ReadToken(); err != nil {
			return disagree("prefix/"+kind+" children", "%v", err)
		}
		for i, w := range want {
			got, err := d.child(dec, (seed>>10+uint64(i))%2 == 0)
			if d.overBuffer(err) {
				break
			}
			if err != nil {
				return disagree("prefix/"+kind+" child", "%d of %d: %v", i, len(want), err)
			}
			if dis := sameTerm("decode/"+kind+" child", w, got); dis != nil {
				return dis
			}
		}
	}
	return nil
}

// child reads the next value, as a term or as bytes, which are decoded then.
func (d *Drivers) child(dec *etf.Decoder, raw bool) (etf.Term, error) {
	if !raw {
		return dec.ReadTerm()
	}
	v, err := dec.ReadValue()
	if err != nil {
		return etf.Term{}, err
	}
	return d.mode.Decode(append([]byte{131}, v...))
}

func (d *Drivers) rawValue(b, raw, raw2 []byte, out *Outcome) *Disagreement {
	if !bytes.Equal(raw, raw2) {
		return disagree("slice/reader value", "%x, %x", raw, raw2)
	}
	if b[1] == 80 {
		return nil
	}
	front, ok := bytes.CutSuffix(b[1:out.Used], raw) // a list of no elements is its tail
	if !ok || len(bytes.ReplaceAll(front, []byte{108, 0, 0, 0, 0}, nil)) != 0 {
		return disagree("value bytes", "%x of %x", raw, b)
	}
	return nil
}

// sequence: a stream of terms comes to the same as the terms one by one.
func (d *Drivers) sequence(b []byte, seed uint64, out *Outcome) *Disagreement {
	if out.Err != nil || out.Used == len(b) || d.stream {
		return nil
	}
	d.reset(b, seed>>11)
	for at := 0; at < len(b); {
		n, err := d.mode.ValidatePrefix(b[at:])
		var want *etf.Error
		if errors.As(err, &want) && !want.Inflated {
			want.Offset += int64(at)
		}
		got := d.reader.SkipValue()
		if d.overBuffer(got) {
			return nil
		}
		if dis := sameError("prefix/sequence", err, got); dis != nil || err != nil {
			return dis
		}
		at += n
	}
	if err := d.reader.SkipValue(); err != io.EOF {
		return disagree("sequence end", "%v", err)
	}
	return nil
}

// sameError compares two errors by all that callers may look at.
func sameError(kind string, a, b error) *Disagreement {
	if a == nil && b == nil {
		return nil
	}
	var x, y *etf.Error
	if a == nil || b == nil || !errors.As(a, &x) || !errors.As(b, &y) {
		return disagree(kind+" verdict", "%v; %v", a, b)
	}
	switch {
	case x.Code != y.Code:
		return disagree(kind+" code", "%v; %v", a, b)
	case x.Offset != y.Offset || x.Inflated != y.Inflated || x.Tag != y.Tag:
		return disagree(kind+" offset", "%v; %v", a, b)
	case x.Path.String() != y.Path.String():
		return disagree(kind+" path", "%v; %v", a, b)
	case !reflect.DeepEqual(x.Limit, y.Limit):
		return disagree(kind+" limit", "%v; %v", a, b)
	}
	return nil
}
