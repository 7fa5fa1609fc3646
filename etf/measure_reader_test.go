package etf_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// TestMeasureReaderAgrees holds the counts of a reader against those of a slice.
func TestMeasureReaderAgrees(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../fuzz/legit/payloads/*.etf")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d payloads, %v", len(files), err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		want, wantErr := m.Measure(b)
		got, gotErr := m.MeasureReader(iotest.HalfReader(bytes.NewReader(b)))
		if got != want || (gotErr == nil) != (wantErr == nil) || gotErr != nil && gotErr.Error() != wantErr.Error() {
			t.Errorf("%s: %+v, %v\nof the slice: %+v, %v", name, got, gotErr, want, wantErr)
		}
	}
}

func TestMeasureReaderErrors(t *testing.T) {
	m := frameMode(t, nil)
	tests := []struct {
		r     io.Reader
		code  etf.Code
		off   int64
		group error
	}{
		{bytes.NewReader([]byte{131, 106, 0}), etf.CodeTrailing, 2, etf.ErrTrailing},
		{bytes.NewReader([]byte{131, 104, 1}), etf.CodeTruncated, 3, etf.ErrTruncated},
		{&frameFailing{[]byte{131, 106}, io.ErrClosedPipe}, etf.CodeRead, 2, io.ErrClosedPipe},
	}
	for _, tt := range tests {
		s, err := m.MeasureReader(tt.r)
		var e *etf.Error
		if !errors.As(err, &e) || e.Code != tt.code || e.Offset != tt.off || !errors.Is(err, tt.group) || s != (etf.Stats{}) {
			t.Errorf("%+v, %v; want %s", s, err, tt.code)
		}
	}
}

func TestMeasureReaderSpendsNothing(t *testing.T) {
	budget := limits.NewAtomBudget(0)
	m := frameMode(t, nil).WithBudgets(budget)
	s, err := m.MeasureReader(bytes.NewReader([]byte{131, 119, 1, 'a'}))
	if err != nil || s.DistinctAtoms != 1 || s.Bytes != 4 {
		t.Errorf("%+v, %v", s, err)
	}
}
