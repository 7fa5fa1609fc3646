package etf_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

func TestFrames(t *testing.T) {
	good, bad := []byte{131, 97, 1}, []byte{131, 255}
	stream := framed(t, 1, good, bad, good)
	var log []string
	f := frameReader(t, frameMode(t, nil), bytes.NewReader(stream), 1)
	for b, err := range f.Frames() {
		log = append(log, fmt.Sprint(len(b), err))
	}
	if want := []string{"3 <nil>", "0 etf: unknown_tag at offset 6, tag 255"}; !slices.Equal(log, want) {
		t.Errorf("%q", log)
	}
	f.Reset(bytes.NewReader(stream))
	frames := 0
	for _, err := range f.Frames() {
		if err == nil {
			frames++
		} else if !f.Resume() {
			t.Error("a refused term ends the stream")
		}
	}
	if frames != 2 {
		t.Errorf("%d frames around a refused one", frames)
	}
	f.Reset(bytes.NewReader(stream))
	for range f.Frames() {
		break
	}
	if b, err := f.ReadFrame(); err == nil || f.TermOffset() != 5 {
		t.Errorf("behind a loop left early: %v, %v", b, err)
	}
}

// TestFrameErrorsAreThoseOfTheTerm holds the error of a frame against that of
// its term alone: all the same, but the offset counts in the stream.
func TestFrameErrorsAreThoseOfTheTerm(t *testing.T) {
	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	zw.Write([]byte{104, 1, 255})
	zw.Close()
	terms := [][]byte{
		{}, {130}, {131}, {131, 255}, {131, 97}, {131, 97, 1, 2}, {131, 104, 2, 97, 1, 70},
		{131, 108, 255, 255, 255, 255}, {131, 109, 0, 0, 0, 9, 1}, {131, 116, 0, 0, 0, 2, 97, 1, 106, 97, 1, 106},
		bytes.Repeat([]byte{104, 1}, 200), append([]byte{131}, bytes.Repeat([]byte{104, 1}, 200)...),
		{131, 113, 119, 1, 'a', 119, 1, 'b', 97, 1},
		append([]byte{131, 80, 0, 0, 0, 3}, z.Bytes()...),
	}
	c := etf.Strict()
	c.Policy.Refuse, c.Limits.MaxInflated = 0, 100
	m, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	stream := []byte{0, 2, 131, 106}
	for _, term := range terms {
		stream = append(binary.BigEndian.AppendUint16(stream, uint16(len(term))), term...)
	}
	f := frameReader(t, m, bytes.NewReader(stream), 2)
	if _, err := f.ReadFrame(); err != nil {
		t.Fatal(err)
	}
	for i, term := range terms {
		var want, got *etf.Error
		_, err := f.ReadFrame()
		if !errors.As(m.Validate(term), &want) || !errors.As(err, &got) {
			t.Fatalf("term %d: %v", i, err)
		}
		off := got.Offset
		if !got.Inflated {
			off -= f.TermOffset()
		}
		if got.Code != want.Code || off != want.Offset || got.Inflated != want.Inflated ||
			got.Tag != want.Tag || got.Path.String() != want.Path.String() || (got.Limit == nil) != (want.Limit == nil) {
			t.Errorf("term %d in a frame: %v\nalone: %v", i, got, want)
		}
		if !f.Resume() {
			t.Fatalf("term %d: no way on", i)
		}
	}
	if _, err := f.ReadFrame(); err != io.EOF {
		t.Error(err)
	}
}

// frameFailing returns its bytes, then its error.
type frameFailing struct {
	b   []byte
	err error
}

func (f *frameFailing) Read(p []byte) (int, error) {
	n := copy(p, f.b)
	f.b = f.b[n:]
	if n == 0 {
		return 0, f.err
	}
	return n, nil
}

func TestFrameReaderReadErrors(t *testing.T) {
	stream := framed(t, 4, []byte{131, 97, 1})
	for _, cause := range []error{io.ErrClosedPipe, io.ErrUnexpectedEOF} {
		for n := range len(stream) {
			f := frameReader(t, frameMode(t, nil), &frameFailing{stream[:n], cause}, 4)
			_, err := f.ReadFrame()
			e := wantFrameError(t, err, etf.CodeRead, int64(n), nil)
			if !errors.Is(err, cause) || errors.Is(err, etf.ErrTruncated) || e.Limit != nil {
				t.Errorf("after %d bytes: %v", n, err)
			}
			if _, again := f.ReadFrame(); again != err || f.Resume() {
				t.Errorf("the failed reader answers %v", again)
			}
		}
	}
}

// frameOddReader answers Read with a count and no error.
type frameOddReader int

func (n frameOddReader) Read([]byte) (int, error) { return int(n), nil }

func TestFrameReaderOddReaders(t *testing.T) {
	for _, n := range []int{-1, math.MaxInt} {
		_, err := frameReader(t, frameMode(t, nil), frameOddReader(n), 4).ReadFrame()
		wantFrameError(t, err, etf.CodeRead, 0, nil)
	}
	_, err := frameReader(t, frameMode(t, nil), frameOddReader(0), 4).ReadFrame()
	wantFrameError(t, err, etf.CodeRead, 0, nil)
	if !errors.Is(err, io.ErrNoProgress) {
		t.Error(err)
	}
}

// TestFrameReaderTakesNoMore leaves what follows a frame to others.
func TestFrameReaderTakesNoMore(t *testing.T) {
	r := strings.NewReader(string(framed(t, 2, []byte{131, 106}, binaryTerm(5000))) + "HTTP/1.1")
	f := frameReader(t, frameMode(t, nil), r, 2)
	for range 2 {
		if _, err := f.ReadFrame(); err != nil {
			t.Fatal(err)
		}
	}
	if rest, _ := io.ReadAll(r); string(rest) != "HTTP/1.1" {
		t.Errorf("%q is left", rest)
	}
}

// frameAllocated returns the bytes that f allocates.
func frameAllocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// TestFrameReaderAllocatesWhatArrived claims 4 GiB and sends little.
func TestFrameReaderAllocatesWhatArrived(t *testing.T) {
	m := frameMode(t, map[string]int64{"MaxBytes": limits.NoLimit, "MaxBuffered": limits.NoLimit})
	for _, sent := range []int{0, 1, 5000, 1 << 20} {
		stream := append([]byte{255, 255, 255, 255}, make([]byte, sent)...)
		got := frameAllocated(func() {
			_, err := frameReader(t, m, bytes.NewReader(stream), 4).ReadFrame()
			wantFrameError(t, err, etf.CodeTruncated, int64(len(stream)), etf.ErrTruncated)
		})
		// All buffers together: twice what is held at last, which is at most
		// twice what came.
		if most := int64(4*sent + 16<<10); got > most {
			t.Errorf("%d bytes sent, %d allocated, want at most %d", sent, got, most)
		}
	}
}

func TestFrameReaderBuffer(t *testing.T) {
	m := frameMode(t, nil)
	stream := framed(t, 4, binaryTerm(300<<10), binaryTerm(200<<10), binaryTerm(100))
	f := frameReader(t, m, bytes.NewReader(stream), 4)
	caps := []int{}
	for b, err := range f.Frames() {
		if err != nil {
			t.Fatal(err)
		}
		caps = append(caps, cap(b))
	}
	if !slices.Equal(caps, []int{300 << 10, 300 << 10, 4 << 10}) {
		t.Errorf("capacities %d: kept while in use, dropped for small frames", caps)
	}
}

// frameUnderRace reports whether the race detector is on, which makes pools
// forget.
func frameUnderRace() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func TestFrameReaderAllocatesNothing(t *testing.T) {
	if frameUnderRace() {
		t.Skip("allocations are not counted under the race detector")
	}
	f := frameReader(t, frameMode(t, nil), nil, 4)
	r := bytes.NewReader(nil)
	stream := framed(t, 4, binaryTerm(1000), []byte{131, 97, 1})
	n := testing.AllocsPerRun(100, func() {
		r.Reset(stream)
		f.Reset(r)
		for {
			if _, err := f.ReadFrame(); err != nil {
				return
			}
		}
	})
	if n != 0 {
		t.Errorf("%v allocations for two frames", n)
	}
}

func TestFrameReaderBudgets(t *testing.T) {
	budget := limits.NewAtomBudget(2)
	m := frameMode(t, nil).WithBudgets(budget)
	a, b, c := []byte{131, 119, 1, 'a'}, []byte{131, 119, 1, 'b'}, []byte{131, 119, 1, 'c'}
	torn := []byte{131, 104, 2, 119, 1, 'c', 255} // a new name in a refused term
	f := frameReader(t, m, bytes.NewReader(framed(t, 1, a, a, torn, b, c, a)), 1)
	var codes []etf.Code
	for _, err := range f.Frames() {
		var e *etf.Error
		if errors.As(err, &e) {
			codes = append(codes, e.Code)
			f.Resume()
		}
	}
	if !slices.Equal(codes, []etf.Code{etf.CodeUnknownTag, etf.CodeLimitAtomBudget}) {
		t.Errorf("refused for %v", codes)
	}
	if budget.Committed() != 2 || budget.Reserved() != 0 {
		t.Errorf("%+v", budget.Stats())
	}
}
