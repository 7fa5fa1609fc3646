package etf_test

import (
	"io"
	"math"
	"runtime"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// script hands out heads as they are and payloads as so many bytes of whatever
// the buffer holds, so that gigabytes cost next to nothing.
type script struct {
	parts []part
}

type part struct {
	head []byte
	skip int64
}

func (s *script) Read(p []byte) (int, error) {
	for len(s.parts) > 0 {
		now := &s.parts[0]
		if len(now.head) > 0 {
			n := copy(p, now.head)
			now.head = now.head[n:]
			return n, nil
		}
		if now.skip > 0 {
			n := min(now.skip, int64(len(p)))
			now.skip -= n
			return int(n), nil
		}
		s.parts = s.parts[1:]
	}
	return 0, io.EOF
}

// huge is the longest binary of the format, 10 GiB of binaries in one list, and
// a bitstring as long.
func huge() map[string]func() *script {
	const blob = 512 << 20
	return map[string]func() *script{
		"2^32-1 bytes": func() *script { return &script{[]part{{head: ext(binLen(math.MaxUint32)), skip: math.MaxUint32}}} },
		"bitstring": func() *script {
			return &script{[]part{{head: ext(raw(77, u32(math.MaxUint32), []byte{3})), skip: math.MaxUint32}}}
		},
		"10 GiB in a list": func() *script {
			s := &script{[]part{{head: ext(head(20))}}}
			for range 20 {
				s.parts = append(s.parts, part{binLen(blob), blob})
			}
			return &script{append(s.parts, part{head: null})}
		},
		"5 GiB in a map": func() *script {
			s := &script{[]part{{head: ext(maps(10))}}}
			for i := range 10 {
				s.parts = append(s.parts, part{cat(small(byte(i)), binLen(blob)), blob})
			}
			return s
		},
	}
}

// TestHugePayloads lets them pass through a window of 64 KiB.
func TestHugePayloads(t *testing.T) {
	m := compile(t, etf.Config{Limits: limits.Unlimited()})
	for name, open := range huge() {
		want := int64(0)
		for _, p := range open().parts {
			want += int64(len(p.head)) + p.skip
		}
		for way, read := range map[string]func(r io.Reader) (int64, error){
			"ValidateReader": m.ValidateReader,
			"MeasureReader": func(r io.Reader) (int64, error) {
				s, err := m.MeasureReader(r)
				return s.Bytes, err
			},
			"WritePayload": func(r io.Reader) (int64, error) { return copyPayloads(m.NewDecoder(r)) },
			"SkipValue": func(r io.Reader) (int64, error) {
				d := m.NewDecoder(r)
				err := d.SkipValue()
				return d.InputOffset(), err
			},
			"ReadToken": func(r io.Reader) (int64, error) {
				d := m.NewDecoder(r)
				err := untilEOF(func() error { _, err := d.ReadToken(); return err })
				return d.InputOffset(), err
			},
		} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got, err := read(open())
			runtime.ReadMemStats(&after)
			if err != nil || got != want {
				t.Errorf("%s by %s: %d bytes, %v, want %d", name, way, got, err, want)
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 512<<10 {
				t.Errorf("%s by %s: %d KiB allocated", name, way, n>>10)
			}
		}
	}
}

// copyPayloads returns where the term ended, once what WritePayload wrote is as
// long as the tokens say.
func copyPayloads(d *etf.Decoder) (int64, error) {
	for {
		tok, err := d.ReadToken()
		if err == io.EOF {
			return d.InputOffset(), nil
		}
		if err != nil {
			return 0, err
		}
		if tok.Kind == etf.KindBinary || tok.Kind == etf.KindBitstring {
			n, err := d.WritePayload(io.Discard)
			if err != nil {
				return 0, err
			}
			if n != int64(tok.Len()) {
				return 0, io.ErrShortWrite
			}
		}
	}
}

// TestHugeCutShort ends the input in the middle of what was promised.
func TestHugeCutShort(t *testing.T) {
	m := compile(t, etf.Config{Limits: limits.Unlimited()})
	cut := func() io.Reader { return &script{[]part{{head: ext(binLen(math.MaxUint32)), skip: 3 << 30}}} }
	_, err := m.ValidateReader(cut())
	e, ok := err.(*etf.Error)
	if !ok || e.Code != etf.CodeTruncated || e.Offset != 6+3<<30 {
		t.Error(err)
	}
	if _, err := copyPayloads(m.NewDecoder(cut())); describe(err) != describe(e) {
		t.Error(err)
	}
}

// TestHugeIsNotHeld asks for 4 GiB in one piece, and gets no more than the cap.
func TestHugeIsNotHeld(t *testing.T) {
	l := limits.Unlimited()
	l.MaxBuffered = 1 << 20
	d := compile(t, etf.Config{Limits: l}).NewDecoder(huge()["2^32-1 bytes"]())
	must[etf.Token](t)(d.ReadToken())
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := d.Bytes()
	runtime.ReadMemStats(&after)
	e, ok := err.(*etf.Error)
	if !ok || e.Code != etf.CodeLimitBuffered || e.Limit.Got != math.MaxUint32 {
		t.Error(err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d KiB allocated", n>>10)
	}
}
