package etf_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// ends is how all drivers and sources came to an end with the same input.
type ends struct {
	t     testing.TB
	first string
	text  string
	err   *etf.Error
	prods map[string]string
	bad   int // differences so far
}

// agree runs every driver that want admits over every source of b, with a new
// mode for each, fails if they differ, and returns the error they have.
func agree(t testing.TB, mode func() *etf.Mode, b []byte, want func(d driver, s source) bool) *etf.Error {
	t.Helper()
	e := ends{t: t, prods: map[string]string{}}
	for _, d := range drivers {
		for _, s := range sources {
			if want != nil && !want(d, s) {
				continue
			}
			if product, err, ok := d.run(mode(), s, b); ok {
				e.add(d, d.name+" over "+s.name, product, err)
			}
		}
	}
	return e.err
}

func (e *ends) add(d driver, way, product string, err error) {
	e.t.Helper()
	text := describe(err)
	if e.first == "" {
		e.first, e.text = way, text
		errors.As(err, &e.err)
	}
	if text != e.text {
		e.differ("%s: %s\n%s: %s", e.first, e.text, way, text)
	}
	if d.family == "" || err != nil {
		return
	}
	if first, ok := e.prods[d.family]; !ok {
		e.prods[d.family] = product
	} else if first != product {
		e.differ("%s gives %.300q, others %.300q", way, product, first)
	}
}

// differ reports the first differences, which tell enough.
func (e *ends) differ(format string, args ...any) {
	e.t.Helper()
	if e.bad++; e.bad <= 2 {
		e.t.Errorf(format, args...)
	}
}

// mostWays leaves out what hardly differs, for tests with many inputs.
func mostWays(d driver, s source) bool {
	return (s.reader == nil || s.name == "one byte") && !strings.HasPrefix(d.name, "mixed") && d.name != "Terms" && d.name != "Tokens"
}

// describe writes all that an *etf.Error says; other errors come out as odd.
func describe(err error) string {
	if err == nil {
		return "accepted"
	}
	e, ok := err.(*etf.Error)
	if !ok {
		return "odd error: " + err.Error()
	}
	text := fmt.Sprintf("%s at %d inflated %v tag %d path %q", e.Code, e.Offset, e.Inflated, e.Tag, e.Path)
	if e.Limit != nil {
		text += fmt.Sprintf(" limit %+v", *e.Limit)
	}
	return text
}

func compile(t testing.TB, c etf.Config) *etf.Mode {
	t.Helper()
	m, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// with returns the same Mode each time.
func with(m *etf.Mode) func() *etf.Mode { return func() *etf.Mode { return m } }
