package safe

import (
	"regexp"
	"regexp/syntax"
	"unicode"
)

// MaxPatternNames is how many names the patterns of a [Guard] without a budget
// may admit: less than a twentieth of the 1,048,576 atoms of a node.
const MaxPatternNames = 50_000

// many is the one count above the bound: counts end there.
const many = MaxPatternNames + 1

// countNames returns how many names the patterns admit at most, or many. Etf
// matches a pattern with whole names.
func countNames(patterns []*regexp.Regexp) int {
	n := 0
	for _, p := range patterns {
		if p == nil {
			continue // etf refuses it
		}
		// A pattern does not tell its language: x{1}? may have no x in that of
		// regexp.MustCompilePOSIX, and has one in that of regexp.MustCompile.
		most := -1
		for _, flags := range []syntax.Flags{syntax.Perl, syntax.POSIX} {
			if re, err := syntax.Parse(p.String(), flags); err == nil {
				most = max(most, countMatches(re))
			}
		}
		if most < 0 {
			return many
		}
		n = plus(n, most)
	}
	return n
}

// countMatches returns how many strings re matches whole at most, or many.
func countMatches(re *syntax.Regexp) int {
	n := 1 // of an assertion
	switch re.Op {
	case syntax.OpLiteral:
		return countLiteral(re)
	case syntax.OpCharClass:
		n = 0
		for i := 0; i < len(re.Rune); i += 2 {
			n = plus(n, int(re.Rune[i+1]-re.Rune[i])+1)
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL, syntax.OpStar, syntax.OpPlus:
		return many
	case syntax.OpQuest:
		return plus(1, countMatches(re.Sub[0]))
	case syntax.OpRepeat:
		return countRepeat(countMatches(re.Sub[0]), re.Min, re.Max)
	case syntax.OpCapture:
		return countMatches(re.Sub[0])
	case syntax.OpAlternate:
		n = 0
		for _, sub := range re.Sub {
			n = plus(n, countMatches(sub))
		}
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			n = times(n, countMatches(sub))
		}
	}
	return n
}

// countLiteral is 1, or counts the forms of each letter under (?i).
func countLiteral(re *syntax.Regexp) int {
	n := 1
	if re.Flags&syntax.FoldCase == 0 {
		return n
	}
	for _, r := range re.Rune {
		forms := 1
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			forms++
		}
		n = times(n, forms)
	}
	return n
}

// countRepeat is for least to most times something that n strings match; most is
// -1 if there is no end.
func countRepeat(n, least, most int) int {
	if most < 0 {
		return many
	}
	sum, each := 0, 1
	for i := range most + 1 {
		if i >= least {
			sum = plus(sum, each)
		}
		each = times(each, n)
	}
	return sum
}

func plus(a, b int) int { return min(a+b, many) }

func times(a, b int) int { return int(min(int64(a)*int64(b), many)) }
