package stream

import (
	"io"
	"testing"
	"testing/iotest"
	"time"

	"github.com/beamgate/beamgate/bench/internal/column"
	"github.com/beamgate/beamgate/bench/internal/measure"
)

// TestReader: the generated stream is one term of the size it says, however it
// is read.
func TestReader(t *testing.T) {
	for _, r := range []io.Reader{NewReader(3), iotest.HalfReader(NewReader(3))} {
		n, err := column.Mode().ValidateReader(r)
		if err != nil || n != Size(3) {
			t.Errorf("%d bytes, %v; want %d", n, err, Size(3))
		}
	}
}

// TestLongStreamHoldsNothing: what is allocated does not grow with the stream,
// and stays under 256 KiB.
func TestLongStreamHoldsNothing(t *testing.T) {
	all, err := ReadLong(column.Mode(), 64, measure.Plan{Rounds: 1, Sample: time.Millisecond, Budget: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range all {
		if l.Allocated > 256<<10 {
			t.Errorf("%s: %d KiB allocated", l.Way, l.Allocated>>10)
		}
		if l.Bytes != Size(64) || l.Elapsed <= 0 || l.Share <= 0 {
			t.Errorf("%+v", l)
		}
	}
}

// TestOneByteIsLinear compares the cost of a byte within one run: a decoder that
// looked at its window again for each byte would take sixteen times as long. A
// busy machine gets three tries.
func TestOneByteIsLinear(t *testing.T) {
	var all []Chunk
	for range 3 {
		var err error
		all, err = ReadOneByte(column.Mode(), []int{100, 1600}, measure.Plan{Rounds: 5, Sample: time.Millisecond, Budget: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if all[1].One < 6*all[0].One {
			return
		}
	}
	t.Errorf("a byte takes %.0f ns of %d, %.0f ns of %d", all[0].One, all[0].Bytes, all[1].One, all[1].Bytes)
}

// TestTogether: all goroutines do their work.
func TestTogether(t *testing.T) {
	all, err := ReadTogether(column.Mode(), []int{1, 3}, measure.Plan{Rounds: 1, Sample: time.Microsecond, Budget: time.Second})
	if err != nil || len(all) != 2 || all[0].Gain != 1 || all[1].PerSecond <= 0 {
		t.Errorf("%+v, %v", all, err)
	}
}
