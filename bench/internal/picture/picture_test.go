package picture

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestPictures: both kinds are well-formed SVG, hold their names, and come out
// the same twice.
func TestPictures(t *testing.T) {
	dir := t.TempDir()
	for name, draw := range map[string]func(file string) error{
		"bars": func(file string) error {
			return Ratios(file, "title", []string{"one", "two"}, []Group{{"first", []float64{4, 0.5}}, {"second", []float64{math.NaN(), 100}}})
		},
		"curves": func(file string) error {
			return Growth(file, "title", "x", "y", []Line{{"first", []float64{1, 10, 100}, []float64{3, math.NaN(), 5}}, {"second", nil, nil}})
		},
	} {
		var twice [2][]byte
		for i := range twice {
			file := filepath.Join(dir, name+".svg")
			if err := draw(file); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			twice[i] = b
		}
		if !bytes.Equal(twice[0], twice[1]) {
			t.Errorf("%s: two pictures of the same differ", name)
		}
		if !bytes.Contains(twice[0], []byte("first")) {
			t.Errorf("%s: no legend", name)
		}
		d := xml.NewDecoder(bytes.NewReader(twice[0]))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: %v", name, err)
				break
			}
		}
	}
}
