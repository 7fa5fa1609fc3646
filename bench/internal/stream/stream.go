// Package stream measures what reads from readers: gigabytes that nobody holds,
// one byte at a time, and many goroutines on one Mode.
package stream

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"sync"
	"testing/iotest"
	"time"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
)

// blob is how many bytes each binary of the generated stream has.
const blob = 1 << 20

// Reader generates one list of binaries, without holding it: they are all the
// same bytes.
type Reader struct {
	pieces int // still to come
	rest   []byte
	head   []byte
	body   []byte
}

// NewReader returns a reader of a list of n binaries of 1 MiB.
func NewReader(n int) *Reader {
	r := &Reader{pieces: 2*n + 1, rest: build.Term(build.ListHead(n)), head: build.BinHead(blob), body: make([]byte, blob)}
	for i := 0; i < blob; i += 8 {
		binary.LittleEndian.PutUint64(r.body[i:], uint64(i)*0x9e3779b97f4a7c15)
	}
	return r
}

// Size is how many bytes a Reader of n binaries gives.
func Size(n int) int64 { return 7 + int64(n)*(5+blob) }

// Read gives as much as fits.
func (r *Reader) Read(b []byte) (n int, err error) {
	for n < len(b) {
		if len(r.rest) == 0 && !r.next() {
			if n == 0 {
				return 0, io.EOF
			}
			return n, nil
		}
		k := copy(b[n:], r.rest)
		r.rest = r.rest[k:]
		n += k
	}
	return n, nil
}

// next takes up the next piece: heads and bodies in turns, then the end.
func (r *Reader) next() bool {
	if r.pieces == 0 {
		return false
	}
	r.pieces--
	switch {
	case r.pieces == 0:
		r.rest = []byte{wire.TagNil}
	case r.pieces%2 == 0:
		r.rest = r.head
	default:
		r.rest = r.body
	}
	return true
}

// Long is what reading one long stream cost.
type Long struct {
	Way       string
	Bytes     int64
	Elapsed   time.Duration
	Share     float64 // speed in percent of the reader's own, 64 KiB at a time
	Allocated int64   // bytes on the Go heap, all of them together
}

// turn is how many binaries of the stream are read in one turn when its speed is
// compared with the reader's own.
const turn = 64

// ReadLong reads n binaries of 1 MiB in each way.
func ReadLong(m *etf.Mode, n int, plan measure.Plan) ([]Long, error) {
	ways := []struct {
		name string
		read func(r io.Reader) error
	}{
		{"ValidateReader", func(r io.Reader) error { _, err := m.ValidateReader(r); return err }},
		{"ReadToken and WritePayload", func(r io.Reader) error { return tokens(m, r) }},
	}
	var all []Long
	for _, way := range ways {
		if err := way.read(NewReader(2)); err != nil { // tables and buffers that are kept
			return nil, fmt.Errorf("%s: %w", way.name, err)
		}
		rs := measure.Run(plan, []measure.Work{
			measure.InGo("way", func() error { return way.read(NewReader(turn)) }),
			measure.InGo("alone", func() error { return alone(turn) }),
		})
		mem := allocated()
		start := time.Now()
		err := way.read(NewReader(n))
		elapsed := time.Since(start)
		mem = allocated() - mem - blob // the reader's own
		if err != nil {
			return nil, fmt.Errorf("%s: %w", way.name, err)
		}
		all = append(all, Long{way.name, Size(n), elapsed, 100 * measure.Ratio(rs[0], rs[1]), mem})
	}
	return all, nil
}

func tokens(m *etf.Mode, r io.Reader) error {
	d := m.NewDecoder(r)
	for {
		tok, err := d.ReadToken()
		if err != nil {
			return err
		}
		if tok.Kind == etf.KindBinary {
			if _, err := d.WritePayload(io.Discard); err != nil {
				return err
			}
		}
		if d.AtTermEnd() {
			return nil
		}
	}
}

// alone reads and looks at nothing.
func alone(n int) error {
	r, buf := NewReader(n), make([]byte, 64<<10)
	for {
		if _, err := r.Read(buf); err != nil {
			return nil // the only error is io.EOF
		}
	}
}

func allocated() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}

// Chunk is the cost of a byte read in chunks of some size.
type Chunk struct {
	Bytes            int64   // of the input
	One, Whole, Ways float64 // ns for a byte: one byte at a time, all at once; and their ratio
}

// ReadOneByte reads rows of growing size one byte at a time, and whole.
func ReadOneByte(m *etf.Mode, rows []int, plan measure.Plan) ([]Chunk, error) {
	var all []Chunk
	for _, n := range rows {
		in := build.Rows(n)
		r := bytes.NewReader(in)
		slow := iotest.OneByteReader(r)
		rs := measure.Run(plan, []measure.Work{
			measure.InGo("whole", func() error { r.Reset(in); _, err := m.ValidateReader(r); return err }),
			measure.InGo("one", func() error { r.Reset(in); _, err := m.ValidateReader(slow); return err }),
		})
		for _, res := range rs {
			if res.Err != nil {
				return nil, res.Err
			}
		}
		size := float64(len(in))
		all = append(all, Chunk{int64(len(in)), rs[1].Median() / size, rs[0].Median() / size, measure.Ratio(rs[0], rs[1])})
	}
	return all, nil
}

// Crowd is what so many goroutines do together.
type Crowd struct {
	Goroutines int
	PerSecond  float64 // terms validated
	Gain       float64 // over one goroutine
}

// ReadTogether lets goroutines validate rows on one Mode.
func ReadTogether(m *etf.Mode, counts []int, plan measure.Plan) ([]Crowd, error) {
	in := build.Rows(500)
	const each = 32 // validations of one work by all goroutines together
	works := make([]measure.Work, len(counts))
	for i, n := range counts {
		works[i] = measure.InGo(fmt.Sprint(n), func() error { return together(m, in, n, max(each, n)) })
	}
	var all []Crowd
	rs := measure.Run(plan, works)
	for i, r := range rs {
		if r.Err != nil {
			return nil, r.Err
		}
		runs := float64(max(each, counts[i]) / counts[i] * counts[i])
		all = append(all, Crowd{Goroutines: counts[i], PerSecond: runs / r.Median() * 1e9})
		all[i].Gain = all[i].PerSecond / all[0].PerSecond
	}
	return all, nil
}

func together(m *etf.Mode, in []byte, goroutines, runs int) error {
	errs := make([]error, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for range runs / goroutines {
				if err := m.Validate(in); err != nil {
					errs[g] = err
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
