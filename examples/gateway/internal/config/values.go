package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Duration is a time.Duration, written as 500ms, 30s or 2m.
type Duration struct{ time.Duration }

// UnmarshalText reads a duration.
func (d *Duration) UnmarshalText(b []byte) (err error) {
	if d.Duration, err = time.ParseDuration(string(b)); err != nil {
		return errors.New("no duration: write a number and ms, s, m or h, as in 30s")
	}
	return nil
}

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n ast.Node) error { return fromNode(d, n) }

// UnmarshalYAML reads a size.
func (s *Size) UnmarshalYAML(n ast.Node) error { return fromNode(s, n) }

// UnmarshalYAML reads a range.
func (r *Range) UnmarshalYAML(n ast.Node) error { return fromNode(r, n) }

// fromNode keeps the place of the node in the error.
func fromNode(u encoding.TextUnmarshaler, n ast.Node) error {
	if err := u.UnmarshalText([]byte(n.GetToken().Value)); err != nil {
		return &yaml.SyntaxError{Message: err.Error(), Token: n.GetToken()}
	}
	return nil
}

// Size is a number of bytes, written as 512, 64KiB, 8MiB or 1GiB.
type Size int64

var units = []struct {
	suffix string
	bytes  int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}

var errSize = errors.New("no size: write a number of bytes, or one of KiB, MiB or GiB as in 64KiB")

// UnmarshalText reads a size.
func (s *Size) UnmarshalText(b []byte) error {
	text, unit := string(b), int64(1)
	for _, u := range units {
		if rest, ok := strings.CutSuffix(text, u.suffix); ok {
			text, unit = rest, u.bytes
		}
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return errSize
	}
	*s = Size(n * unit)
	return nil
}

// String writes a size in the largest unit that divides it.
func (s Size) String() string {
	for i := len(units) - 1; i >= 0; i-- {
		if u := units[i]; s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.suffix
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// Range is two numbers, the second above the first, written as 60..90.
type Range struct{ From, To int64 }

// UnmarshalText reads a range.
func (r *Range) UnmarshalText(b []byte) error {
	from, to, ok := strings.Cut(string(b), "..")
	lo, err1 := strconv.ParseInt(from, 10, 64)
	hi, err2 := strconv.ParseInt(to, 10, 64)
	if !ok || err1 != nil || err2 != nil || lo < 0 || hi <= lo {
		return errors.New("no range: write two numbers, the second above the first, as in 60..90")
	}
	*r = Range{lo, hi}
	return nil
}

// String writes the range.
func (r Range) String() string { return fmt.Sprintf("%d..%d", r.From, r.To) }

// inBytes are the caps that count bytes, and may be written as sizes.
var inBytes = []string{"MaxBytes", "MaxBlob", "MaxBigBytes", "MaxInflated", "MaxBuffered", "MaxStreamBytes", "MaxKeyState"}

// UnmarshalYAML reads caps: whole numbers, and sizes where bytes are counted.
func (c *Caps) UnmarshalYAML(read func(any) error) error {
	var values map[string]any
	var nodes map[string]ast.Node // of the same keys, for their places
	if err := errors.Join(read(&values), read(&nodes)); err != nil {
		return err
	}
	*c = make(Caps, len(values))
	for name, v := range values {
		n, err := capOf(name, v)
		if err != nil {
			return &yaml.SyntaxError{Message: err.Error(), Token: nodes[name].GetToken()}
		}
		(*c)[name] = n
	}
	return nil
}

func capOf(name string, v any) (int64, error) {
	bytes := slices.Contains(inBytes, name)
	switch v := v.(type) {
	case int64:
		return v, nil
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v), nil
		}
	case string:
		var s Size
		if bytes && s.UnmarshalText([]byte(v)) == nil {
			return int64(s), nil
		}
	}
	if bytes {
		return 0, errSize
	}
	return 0, errors.New("no number: this cap counts no bytes and has no unit, write a whole number")
}
