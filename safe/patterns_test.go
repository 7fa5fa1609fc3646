package safe

import (
	"regexp"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

func TestCountNames(t *testing.T) {
	for expr, want := range map[string]int{
		``:                             1,
		`ok`:                           1,
		`ok|error`:                     2,
		`^(ok|error)$`:                 2,
		`(?i)ok`:                       6, // K is also the sign of Kelvin
		`(?i)o1`:                       2,
		`a?`:                           2,
		`a?b?c?`:                       8,
		`[a-e]`:                        5,
		`[a-e0-9_]`:                    16,
		`v[0-9]{1,3}`:                  1110,
		`x{3}`:                         1,
		`x{0,3}`:                       4,
		`[01]{4}`:                      16,
		`([ab][cd]){2}`:                16,
		`node_[0-9]{4}@host\.example`:  10_000,
		`[0-9]{5}`:                     many,
		`.`:                            many,
		`(?s).`:                        many,
		`[^a]`:                         many,
		`\p{L}`:                        many,
		`a*`:                           many,
		`a+`:                           many,
		`a{2,}`:                        many,
		`(x|y*)z`:                      many,
		`[a-z]{1000}`:                  many,
		`([a-z]{30}){30}`:              many,
		`[^\x00-\x{10FFFF}]`:           0,
		`[^\x00-\x{10FFFF}]{2}`:        0,
		`a[^\x00-\x{10FFFF}]|b`:        1,
		`\bok\b`:                       1,
		`(?i)elixir\.abcdefghijklmnop`: many,
		`\Qa.b\E`:                      1,
	} {
		if got := countNames([]*regexp.Regexp{regexp.MustCompile(expr)}); got != want {
			t.Errorf("%s: %d, want %d", expr, got, want)
		}
	}
}

func TestCountNamesOfAll(t *testing.T) {
	if n := countNames(nil); n != 0 {
		t.Errorf("no patterns: %d", n)
	}
	p := regexp.MustCompile(`[0-9]{4}`)
	if n := countNames([]*regexp.Regexp{p, nil, p}); n != 20_000 {
		t.Errorf("two patterns: %d", n)
	}
	if n := countNames([]*regexp.Regexp{p, p, p, p, p, p}); n != many {
		t.Errorf("six patterns: %d", n)
	}
	if n := countNames([]*regexp.Regexp{regexp.MustCompilePOSIX(`a|b`)}); n != 2 {
		t.Errorf("POSIX: %d", n)
	}
	if n := countNames([]*regexp.Regexp{regexp.MustCompilePOSIX(`a**`)}); n != many {
		t.Errorf("what only POSIX takes: %d", n)
	}
	if n := countNames([]*regexp.Regexp{regexp.MustCompilePOSIX(`a{1}?b{1}?c{1}?`)}); n != 8 {
		t.Errorf("what may be left out in POSIX, and not in Perl: %d", n)
	}
	if n := countNames([]*regexp.Regexp{regexp.MustCompile(`\pL`)}); n < 1000 {
		t.Errorf("what only Perl takes: %d", n)
	}
}

// TestCountIsABound compares counts with what patterns match among all short
// names.
func TestCountIsABound(t *testing.T) {
	var names []string
	for level := []string{""}; len(level[0]) < 5; {
		var next []string
		for _, s := range level {
			for _, c := range "abA1" {
				next = append(next, s+string(c))
			}
		}
		names, level = append(names, level...), next
	}
	for _, expr := range []string{
		`a|b`, `(a|b)?1`, `[ab]{1,3}`, `(?i)ab?`, `(a|ab)(b|1)?`, `(a{0,2}b?){1,2}`, `a(|b|1A)`, `A{2}|a{0}`,
	} {
		whole := regexp.MustCompile(`\A(?:` + expr + `)\z`)
		matched := 0
		for _, name := range names {
			if whole.MatchString(name) {
				matched++
			}
		}
		if n := countNames([]*regexp.Regexp{regexp.MustCompile(expr)}); n < matched || matched == 0 {
			t.Errorf("%s: counted %d, matched %d", expr, n, matched)
		}
	}
	for _, expr := range []string{`a{1}?b{1}?`, `[ab]{1,2}?1`, `(a|b){2}?`, `a{1}{2}?A`} {
		p := regexp.MustCompilePOSIX(expr)
		g, err := NewGuard(Forward{Atoms: etf.Atoms{Patterns: []*regexp.Regexp{p}}})
		if err != nil {
			t.Fatal(err)
		}
		matched := 0
		for _, name := range names {
			if g.Check([]byte(term(atom(name)))) == nil {
				matched++
			}
		}
		if n := countNames([]*regexp.Regexp{p}); n < matched || matched == 0 {
			t.Errorf("POSIX %s: counted %d, matched %d", expr, n, matched)
		}
	}
}

func TestPatternGuard(t *testing.T) {
	g := mustGuard(t, Forward{Atoms: patterns(`ok|v[0-9]{1,2}`)})
	for name, want := range map[string]etf.Code{
		"ok": "", "v7": "", "v77": "", "v777": etf.CodeLimitNewAtoms, "xok": etf.CodeLimitNewAtoms, "": etf.CodeLimitNewAtoms,
	} {
		if err := g.Check([]byte(term(atom(name)))); codeOf(err) != want {
			t.Errorf("%q: %v, want %q", name, err, want)
		}
	}
}
