package etf_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// refusal is an input and why, where and by which Config it is refused.
type refusal struct {
	name   string
	in     []byte
	conf   func(c *etf.Config) // changes config; none if nil
	at     int64
	path   string
	inside bool // at counts in the inflated data
	only   func(d driver, s source) bool
	budget func() limits.Budget
}

func (r refusal) mode(t testing.TB) func() *etf.Mode {
	conf := config()
	if r.conf != nil {
		r.conf(&conf)
	}
	m := compile(t, conf)
	return func() *etf.Mode {
		if r.budget != nil {
			return m.WithBudgets(r.budget())
		}
		return m
	}
}

// TestEveryCode has an input for each code, which every driver and source
// refuses with the same error.
func TestEveryCode(t *testing.T) {
	t.Parallel()
	table := refusals()
	for _, code := range etf.Codes() {
		if code == etf.CodeRead {
			continue // TestReadError
		}
		if len(table[code]) == 0 {
			t.Errorf("no input is refused with %s", code)
		}
		for _, r := range table[code] {
			t.Run(string(code)+"/"+r.name, func(t *testing.T) {
				if testing.Short() && r.only == nil {
					r.only = mostWays
				}
				err := agree(t, r.mode(t), r.in, r.only)
				if err == nil {
					t.Fatal("accepted")
				}
				if err.Code != code || r.at != anyOffset && err.Offset != r.at || r.path != anyPath && err.Path.String() != r.path || err.Inflated != r.inside {
					t.Errorf("%s, want %s at %d path %q", describe(err), code, r.at, r.path)
				}
				checkTag(t, err, r.in)
				checkGroup(t, err)
			})
		}
	}
	for code := range table {
		if !strings.Contains(" "+joinCodes()+" ", " "+string(code)+" ") {
			t.Errorf("%s is not listed by Codes", code)
		}
	}
}

func joinCodes() string {
	var b strings.Builder
	for _, c := range etf.Codes() {
		b.WriteString(string(c) + " ")
	}
	return b.String()
}

// checkTag holds Tag against the byte at Offset. Where there is none, or where
// the offset is no head, it is 0.
func checkTag(t *testing.T, err *etf.Error, in []byte) {
	t.Helper()
	if err.Inflated || err.Tag == 0 {
		return
	}
	if err.Offset >= int64(len(in)) || in[err.Offset] != byte(err.Tag) {
		t.Errorf("tag %d is not at offset %d", err.Tag, err.Offset)
	}
	switch err.Code {
	case etf.CodeTruncated, etf.CodeTrailing:
		t.Errorf("%s has tag %d", err.Code, err.Tag)
	}
}

// sentinels are what errors.Is finds, and the prefixes of their codes.
var sentinels = map[string]error{
	"limit_": etf.ErrLimit, "rejected_": etf.ErrRejected, "truncated": etf.ErrTruncated, "trailing": etf.ErrTrailing,
}

// checkGroup holds an error's sentinel, limit and texts against its code.
func checkGroup(t *testing.T, err *etf.Error) {
	t.Helper()
	want := etf.ErrMalformed
	for prefix, s := range sentinels {
		if strings.HasPrefix(string(err.Code), prefix) {
			want = s
		}
	}
	if err.Code == etf.CodeRead {
		want = nil
	}
	for _, s := range []error{etf.ErrMalformed, etf.ErrTruncated, etf.ErrTrailing, etf.ErrRejected, etf.ErrLimit} {
		if errors.Is(err, s) != (s == want) {
			t.Errorf("%s: errors.Is %v is %v", err.Code, s, errors.Is(err, s))
		}
	}
	var limit *limits.Error
	if errors.As(err, &limit) != (want == etf.ErrLimit) || limit != err.Limit {
		t.Errorf("%s: limit %v, Limit %v", err.Code, limit, err.Limit)
	}
	if limit != nil && limit.Got <= limit.Max {
		t.Errorf("%s: needed %d, allowed %d", err.Code, limit.Got, limit.Max)
	}
	if text := err.Error(); !strings.HasPrefix(text, "etf: ") || strings.ContainsAny(text, "\n\x00") {
		t.Errorf("text %q", text)
	}
	attrs := map[string]slog.Value{}
	for _, a := range err.LogValue().Group() {
		attrs[a.Key] = a.Value
	}
	if attrs["code"].String() != string(err.Code) || attrs["offset"].Int64() != err.Offset ||
		attrs["path"].String() != err.Path.String() {
		t.Errorf("LogValue %v", attrs)
	}
	if _, ok := attrs["inflated"]; ok != err.Inflated {
		t.Errorf("LogValue %v", attrs)
	}
	if limit != nil && (attrs["limit"].String() != limit.Name || attrs["max"].Int64() != limit.Max || attrs["got"].Int64() != limit.Got) {
		t.Errorf("LogValue %v", attrs)
	}
}

// TestCodesBehindFiller puts each refused term behind a binary that fills the
// first buffer of a reader up to some byte of the term, so that each head is cut
// by the end of a window and moved.
func TestCodesBehindFiller(t *testing.T) {
	t.Parallel()
	const buffer = 4 << 10
	for code, cases := range refusals() {
		for _, r := range cases {
			if r.in[0] != wire.Version || len(r.in) < 2 || r.in[1] == wire.TagCompressed || r.only != nil || len(r.in) > 300 {
				continue
			}
			t.Run(string(code)+"/"+r.name, func(t *testing.T) {
				step := 1
				if testing.Short() {
					step = 5
				}
				m := r.mode(t)
				for cut := 0; cut <= len(r.in); cut += step {
					front := ext(raw(wire.TagSmallTuple, []byte{2}, bin(strings.Repeat("x", buffer-8-cut))))
					in := cat(front, r.in[1:])
					want := describe(m().Validate(in))
					if _, err := m().ValidateReader(bytes.NewReader(in)); describe(err) != want {
						t.Errorf("cut at %d: slice %s, reader %s", cut, want, describe(err))
					}
					if _, err := readTokens(m().NewDecoder(bytes.NewReader(in))); describe(err) != want {
						t.Errorf("cut at %d: slice %s, tokens %s", cut, want, describe(err))
					}
					if t.Failed() {
						return
					}
				}
			})
		}
	}
}

// TestReadError tells failures of the reader apart from bad input.
func TestReadError(t *testing.T) {
	m := compile(t, config())
	boom := errors.New("boom")
	for name, in := range map[string][]byte{
		"nothing": nil, "version": {wire.Version}, "in a list": ext(head(3), small(1)), "in a binary": ext(binLen(9), []byte("abc")),
		"in a zlib stream": squeeze(str("some text"))[:12], "in a zlib head": squeeze(null)[:4], "in a name": ext([]byte{119, 9}, []byte("ab")),
	} {
		var first string
		for _, d := range drivers {
			for _, s := range sources {
				if s.reader == nil || d.stream == nil && d.decoder == nil {
					continue
				}
				failing := source{s.name, func(b []byte) io.Reader { return io.MultiReader(s.reader(b), iotest.ErrReader(boom)) }}
				_, err, _ := d.run(m, failing, in)
				var e *etf.Error
				if !errors.As(err, &e) || e.Code != etf.CodeRead || !errors.Is(err, boom) || e.Offset != int64(len(in)) || e.Tag != 0 {
					t.Errorf("%s, %s over %s: %v", name, d.name, s.name, err)
					continue
				}
				if checkGroup(t, e); first == "" {
					first = describe(err)
				} else if first != describe(err) {
					t.Errorf("%s, %s over %s: %s, others %s", name, d.name, s.name, describe(err), first)
				}
			}
		}
	}
}

// TestReadErrorWithData reads from a reader that returns its last bytes and its
// error at once: the bytes count first, as io.Reader asks.
func TestReadErrorWithData(t *testing.T) {
	m := compile(t, config())
	boom := errors.New("boom")
	term := ext(list(small(1), bin("abc")))
	read := func(b []byte) *etf.Decoder { return m.NewDecoder(&once{b: b, err: boom}) }

	d := read(term)
	if err := d.SkipValue(); err != nil || !d.AtTermEnd() {
		t.Errorf("a whole term: %v", err)
	}
	if err := d.SkipValue(); !errors.Is(err, boom) {
		t.Errorf("behind it: %v", err)
	}
	if err := read(ext(list(small(1), raw(0)))).SkipValue(); describe(err) != describe(m.Validate(ext(list(small(1), raw(0))))) {
		t.Errorf("bad input: %v", err)
	}
	for n := 1; n < len(term); n++ {
		d := read(cat(term, term[:n]))
		for range 2 {
			if err := d.SkipValue(); err != nil && !errors.Is(err, boom) {
				t.Errorf("%d bytes of the second term: %v", n, err)
			}
		}
	}
}

// once returns all bytes and the error in one call.
type once struct {
	b   []byte
	err error
}

func (o *once) Read(p []byte) (int, error) {
	n := copy(p, o.b)
	if o.b = o.b[n:]; len(o.b) > 0 {
		return n, nil
	}
	return n, o.err
}

// badReader breaks the contract of io.Reader.
type badReader int

func (n badReader) Read(p []byte) (int, error) { return int(n), nil }

// TestBadReaders ends with an error on readers that return nonsense.
func TestBadReaders(t *testing.T) {
	m := compile(t, config())
	for _, n := range []badReader{-1, 0, 1 << 30} {
		_, err := m.ValidateReader(n)
		var e *etf.Error
		if !errors.As(err, &e) || e.Code != etf.CodeRead || e.Err == nil {
			t.Errorf("reader of %d bytes: %v", n, err)
		}
	}
	var e *etf.Error
	if _, err := m.ValidateReader(tooMuch{}); !errors.As(err, &e) || e.Code != etf.CodeRead {
		t.Errorf("reader of a byte too many: %v", err)
	}
}

// tooMuch claims one byte more than there was room for.
type tooMuch struct{}

func (tooMuch) Read(p []byte) (int, error) { return len(p) + 1, nil }

// TestErrorsOfReadersStay: a reader that goes on after an error is not asked.
func TestErrorsOfReadersStay(t *testing.T) {
	m := compile(t, config())
	boom := errors.New("boom")
	whole := ext(list(small(1), bin(strings.Repeat("x", 100)), smallBig(false, 1, 2, 3, 4, 5, 6, 7, 8, 9)))
	for name, term := range map[string][]byte{"plain": whole, "compressed": squeeze(whole[1:])} {
		for n := range term {
			for _, end := range []error{boom, io.EOF} {
				reader := func() io.Reader { return &recovers{parts: [][]byte{term[:n], term[n:]}, err: end} }
				if err := m.NewDecoder(reader()).SkipValue(); err == nil || end == boom && !errors.Is(err, boom) {
					t.Errorf("%s, %v behind %d bytes: %v", name, end, n, err)
				}
				if _, err := m.ValidateReader(reader()); err == nil || end == boom && !errors.Is(err, boom) {
					t.Errorf("%s, %v behind %d bytes: %v", name, end, n, err)
				}
			}
		}
	}
}

// recovers returns the error once, together with the first part.
type recovers struct {
	parts [][]byte
	err   error
}

func (r *recovers) Read(p []byte) (int, error) {
	if len(r.parts) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.parts[0])
	r.parts = r.parts[1:]
	err := r.err
	r.err = nil
	return n, err
}

// TestPayloadsCutShort: whoever asks for a payload that never comes whole gets the
// error at once, not at the next token.
func TestPayloadsCutShort(t *testing.T) {
	m := compile(t, config())
	for name, term := range map[string][]byte{
		"binary": bin(strings.Repeat("x", 100)), "bits": bits(3, make([]byte, 100)...), "integer": largeBig(false, slices.Repeat([]byte{7}, 100)...),
	} {
		for _, n := range []int{8, 50, len(term)} {
			cut := ext(term)[:n]
			if tok, err := m.NewDecoderBytes(cut).ReadToken(); err == nil {
				t.Errorf("%s of %d bytes in a slice: %v", name, n, tok.Kind)
			}
			for way, take := range map[string]func(*etf.Decoder) error{
				"Bytes":        func(d *etf.Decoder) error { _, err := d.Bytes(); return err },
				"WritePayload": func(d *etf.Decoder) error { _, err := d.WritePayload(io.Discard); return err },
				"Big":          func(d *etf.Decoder) error { _, err := d.Big(); return err },
				"ReadToken":    func(d *etf.Decoder) error { _, err := d.ReadToken(); return err },
			} {
				d := m.NewDecoder(newChunks(cut, 7))
				tok, err := d.ReadToken()
				if err == nil {
					err = take(d)
				}
				if err == nil && way == "Big" { // of no integer
					continue
				}
				var e *etf.Error
				if !errors.As(err, &e) || e.Code != etf.CodeTruncated || e.Offset != int64(n) {
					t.Errorf("%s of %d bytes by %s: %v, %v", name, n, way, tok.Kind, err)
				}
			}
		}
	}
}

// TestPayloadsOfFailingReaders is the same for a reader that fails.
func TestPayloadsOfFailingReaders(t *testing.T) {
	m := compile(t, config())
	boom := errors.New("boom")
	for name, term := range map[string][]byte{
		"binary": bin(strings.Repeat("x", 100)), "bits": bits(3, make([]byte, 100)...), "integer": largeBig(false, slices.Repeat([]byte{7}, 100)...),
	} {
		for way, take := range map[string]func(*etf.Decoder) error{
			"Bytes":        func(d *etf.Decoder) error { _, err := d.Bytes(); return err },
			"WritePayload": func(d *etf.Decoder) error { _, err := d.WritePayload(io.Discard); return err },
		} {
			d := m.NewDecoder(&once{b: ext(term)[:50], err: boom})
			_, err := d.ReadToken()
			if err == nil {
				err = take(d)
			}
			if !errors.Is(err, boom) {
				t.Errorf("%s by %s: %v", name, way, err)
			}
		}
	}
}

// TestResetLeavesTheSlice: what was read as a slice is not written to when a
// reader comes next.
func TestResetLeavesTheSlice(t *testing.T) {
	m := compile(t, config())
	in := ext(bin(strings.Repeat("mine", 100)))
	want := bytes.Clone(in)
	d := m.NewDecoderBytes(in)
	for range 2 {
		if err := d.SkipValue(); err != nil {
			t.Fatal(err)
		}
		d.Reset(newChunks(ext(bin(strings.Repeat("else", 100))), 90))
		if err := d.SkipValue(); err != nil || !bytes.Equal(in, want) {
			t.Fatalf("the slice has changed, %v", err)
		}
		d.ResetBytes(in)
	}
}
