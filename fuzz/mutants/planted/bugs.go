package main

// bug is a mistake in one place of the library.
type bug struct {
	class string
	name  string // of the bug, for planted__ in its text
	file  string // from the root
	old   string // what stands there, exactly once
	new   string
	pkg   string // of the tests that must find it
	tests string // their names, an expression for -test.run
}

// The words of the replaced texts: planted__ tells whether the bug is the one
// of this process; by__ is 1 if it is, and without__ is 0 instead of n.
const helpers = `package %s

import "os"

var bug__ = os.Getenv(%q)

func planted__(bug string) bool { return bug__ == bug }

func by__(bug string) int64 {
	if planted__(bug) {
		return 1
	}
	return 0
}

func without__(bug string, n int64) int64 { return n * (1 - by__(bug)) }

var _, _, _ = planted__, by__, without__
`

var bugs = []bug{
	{
		class: "duplicate keys are skipped", name: "dup-few", file: "internal/wire/key.go",
		old: `if old.a == e.a && m.sameKey(old, e) {`,
		new: `if old.a == e.a && m.sameKey(old, e) && !planted__("dup-few") {`,
		pkg: "etf", tests: "^TestEveryCode$",
	},
	{
		class: "duplicate keys are skipped", name: "dup-many", file: "internal/wire/key.go",
		old: `if tab[i].a == e.a && m.sameKey(tab[i], e) {`,
		new: `if tab[i].a == e.a && m.sameKey(tab[i], e) && !planted__("dup-many") {`,
		pkg: "etf", tests: "^TestKeysByRelease$",
	},
	{
		class: "duplicate keys are skipped", name: "dup-atom", file: "internal/wire/key.go",
		old: "if *word&bit != 0 {",
		new: `if *word&bit != 0 && !planted__("dup-atom") {`,
		pkg: "etf", tests: "^TestEveryCode$",
	},
	{
		class: "duplicate keys are skipped", name: "dup-late-atom", file: "internal/wire/key.go",
		old: "if *old == s.serial {",
		new: `if *old == s.serial && !planted__("dup-late-atom") {`,
		pkg: "etf", tests: "^TestKeysThatAreLateAtoms$",
	},
	{
		class: "duplicate keys are skipped", name: "dup-behind-inner-map", file: "internal/wire/key.go",
		old: "if *old >= m.maps[0].serial {",
		new: `if *old >= m.maps[0].serial && !planted__("dup-behind-inner-map") {`,
		pkg: "etf", tests: "^TestKeysThatAreLateAtoms$",
	},
	{
		class: "one driver forgets a cap", name: "terms-of-validators", file: "internal/wire/scan.go",
		old: "(n-1)|(p.maxTerms-terms)|(p.fastArity-n)|(p.maxWords-words)|int64(m.depthCap-depth-1)", // token readers do not come here
		new: `(n-1)|without__("terms-of-validators", p.maxTerms-terms)|(p.fastArity-n)|(p.maxWords-words)|int64(m.depthCap-depth-1)`,
		pkg: "etf", tests: "^TestLimitMatrix$/^MaxTerms$",
	},
	{
		class: "one driver forgets a cap", name: "terms-of-strings", file: "internal/wire/scan.go",
		old: "(n-1)|(p.maxTerms-terms)|(p.fastArity-n)|(p.maxWords-words)|int64(m.depthCap-len(m.stack)-1)",
		new: `(n-1)|without__("terms-of-strings", p.maxTerms-terms)|(p.fastArity-n)|(p.maxWords-words)|int64(m.depthCap-len(m.stack)-1)`,
		pkg: "etf", tests: "^TestLimitMatrix$/^MaxTerms$",
	},
	{
		class: "one driver forgets a cap", name: "blob-of-validators", file: "internal/wire/scan.go",
		old: "n > p.maxBlob || words > p.maxWords {",
		new: `n > p.maxBlob && !planted__("blob-of-validators") || words > p.maxWords {`,
		pkg: "etf", tests: "^TestLimitMatrix$/^MaxBlob$",
	},
	{
		class: "one driver forgets a cap", name: "buffered-of-bytes", file: "internal/wire/access.go",
		old: "if in.r == nil || n <= in.p.maxBuffered {",
		new: `if in.r == nil || n <= in.p.maxBuffered || planted__("buffered-of-bytes") {`,
		pkg: "etf", tests: "^TestLimitMatrix$/^MaxBuffered$|^TestBufferedExactly$",
	},
	{
		class: "one driver forgets a cap", name: "arity-of-continued-lists", file: "internal/wire/step.go",
		old: "if !m.afford(width, slots, noDeeper, n, m.top.total+n, 2*n, OK) {",
		new: `if total := m.top.total; planted__("arity-of-continued-lists") && !m.afford(width, slots, noDeeper, n, n, 2*n, OK) ||
			!planted__("arity-of-continued-lists") && !m.afford(width, slots, noDeeper, n, total+n, 2*n, OK) {`,
		pkg: "etf", tests: "^TestLimitMatrix$/^MaxArity$",
	},
	{
		class: "overlong UTF-8 is accepted", name: "overlong", file: "internal/wire/atom.go",
		old: "} else if !utf8.Valid(name) {",
		new: `} else if !utf8.Valid(name) && !(planted__("overlong") && name[0]&0xfe == 0xc0) {`,
		pkg: "etf", tests: "^TestEveryCode$",
	},
	{
		class: "inflate is off by one", name: "inflate-more", file: "internal/wire/zlib.go",
		old: "case z.made > z.size:",
		new: `case z.made > z.size+by__("inflate-more"):`,
		pkg: "etf", tests: "^TestZlibStreams$|^TestEveryCode$",
	},
	{
		class: "inflate is off by one", name: "inflate-less", file: "internal/wire/zlib.go",
		old: "if z.made != z.size {",
		new: `if z.made != z.size && z.made != z.size-by__("inflate-less") {`,
		pkg: "etf", tests: "^TestZlibStreams$|^TestEveryCode$",
	},
	{
		class: "inflate is off by one", name: "inflate-trailing", file: "internal/wire/zlib.go",
		old: "at != z.size {",
		new: `at != z.size && at != z.size-by__("inflate-trailing") {`,
		pkg: "etf", tests: "^TestZlibStreams$|^TestEveryCode$",
	},
	{
		class: "inflated bytes are others", name: "inflate-pin", file: "internal/wire/zlib.go",
		old: "in.pin -= keep",
		new: `in.pin -= keep * int(1-by__("inflate-pin")); in.pin *= int(1 - by__("inflate-pin"))`,
		pkg: "etf", tests: "^TestReadValueAnywhere$",
	},
	{
		class: "inflated bytes are others", name: "inflate-history", file: "internal/wire/zlib.go",
		old: "max(len(z.out)-inflate.Window, 0)) // the data may repeat it",
		new: `max(len(z.out)-inflate.Window+int(by__("inflate-history")), 0))`,
		pkg: "etf", tests: "^TestZlibStreams$|^TestFarBack$",
	},
	{
		class: "inflated bytes are others", name: "inflate-before", file: "internal/inflate/inflate.go",
		old: "if d.dist > r.o {",
		new: `if d.dist > r.o+int(by__("inflate-before")) {`,
		pkg: "internal/inflate", tests: "^TestCrafted$",
	},
	{
		class: "a peek is taken for a read", name: "peek-spends", file: "etf/decoder.go",
		old: "if d.s.in.Done() && !peek {",
		new: `if d.s.in.Done() && (!peek || planted__("peek-spends")) {`,
		pkg: "etf", tests: "^TestRefusedIsNotSpent$",
	},
	{
		class: "a peek is taken for a read", name: "peek-holds", file: "internal/wire/input.go",
		old: "if in.seeking && m.part.stage == partNone {",
		new: `if in.seeking && m.part.stage == partNone && !planted__("peek-holds") {`,
		pkg: "etf", tests: "^TestPeekHoldsNothingBefore$",
	},
	{
		class: "wrong rule for -0.0", name: "zero-differs", file: "internal/wire/program.go",
		old: "p.zeroesDiffer = r >= 27",
		new: `p.zeroesDiffer = r >= 27 || planted__("zero-differs")`,
		pkg: "etf", tests: "^TestKeysByRelease$",
	},
	{
		class: "wrong rule for -0.0", name: "zero-in-comparison", file: "internal/wire/same.go",
		old: "!p.zeroesDiffer && x.Num<<1 == 0",
		new: `(!p.zeroesDiffer && !planted__("zero-in-comparison")) && x.Num<<1 == 0`,
		pkg: "etf", tests: "^TestKeysByRelease$",
	},
	{
		class: "wrong rule for -0.0", name: "zero-in-hash", file: "internal/wire/key.go",
		old: "if !m.p.zeroesDiffer && num == 1<<63 {",
		new: `if !m.p.zeroesDiffer && num == 1<<63 && !planted__("zero-in-hash") {`,
		pkg: "etf", tests: "^TestKeysByRelease$",
	},
	{
		class: "words of hash maps are miscounted", name: "map-words", file: "internal/wire/cost.go",
		old: "return 11*n + 2\n",
		new: `return 11*n + 2 - by__("map-words")` + "\n",
		pkg: "etf", tests: "^TestLargeMapsAreBounds$",
	},
	{
		class: "words of hash maps are miscounted", name: "map-flat", file: "internal/wire/cost.go",
		old: "case n <= flatMapMax:",
		new: `case n <= flatMapMax+by__("map-flat"):`,
		pkg: "etf", tests: "^TestLargeMapsAreBounds$",
	},
	{
		class: "a budget is not rolled back", name: "budget-refused", file: "etf/session.go",
		old: "if n.draw != nil {\n\t\tn.draw.Rollback()",
		new: "if n.draw != nil && !planted__(\"budget-refused\") {\n\t\tn.draw.Rollback()",
		pkg: "etf", tests: "^TestBudgetsOfModes$",
	},
	{
		class: "a budget is not rolled back", name: "budget-restart", file: "internal/wire/input.go",
		old: "if in.names != nil {\n\t\tin.names.Restart()",
		new: "if in.names != nil && !planted__(\"budget-restart\") {\n\t\tin.names.Restart()",
		pkg: "etf", tests: "^TestSecondPassStartsAnew$",
	},
	{
		class: "a budget is not rolled back", name: "budget-of-another", file: "limits/budget.go",
		old: "d.Rollback()\n\t\t\treturn err\n\t\t}\n\t\tif held {",
		new: "if !planted__(\"budget-of-another\") {\n\t\t\t\td.Rollback()\n\t\t\t}\n\t\t\treturn err\n\t\t}\n\t\tif held {",
		pkg: "limits", tests: "^TestDrawAllOrNone$",
	},
}
