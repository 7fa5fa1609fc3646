package main

import (
	"bufio"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// unitOf makes a unit of one file.
func unitOf(t *testing.T, text string) *unit {
	t.Helper()
	u := &unit{dir: "p", fset: token.NewFileSet(), files: []*file{{name: "p/p.go", text: []byte(text), mutable: true}}}
	if errs := u.check(importer.Default(), nil); len(errs) > 0 {
		t.Fatal(errs)
	}
	return u
}

const sample = `package p

type Code uint8

const (
	OK Code = iota
	TooLong
	TooDeep
)

const most = 3

var fixed = [4]uint8{1: 2, 3: 1}

var texts = []string{"one", "two"}

type machine struct{ n, left int; code Code; quiet bool }

func (m *machine) refuse(c Code) bool { m.code = c; return false }

func (m *machine) take(n int, _ string, more ...int) bool {
	if n > most && m.left != 0 {
		return m.refuse(TooLong)
	}
	m.n += n + 1
	if m.left == 7 {
		return true
	}
	if m.quiet {
		m.n = 0
	}
	switch n {
	case 1, 2:
		m.left--
	}
	return len(more) == 0
}

func codeOf(bool) Code { return TooDeep }

type caps struct{ depth int }

func preset() caps { return caps{depth: 7} }

func id[T any](v T) T { return v }

func double[T ~int](v T) T {
	if v < 0 {
		return id(v)
	}
	return 2 * v
}
`

// TestDerive lists the mutants of a small package.
func TestDerive(t *testing.T) {
	all := derive(unitOf(t, sample), false)
	var got []string
	for _, m := range all {
		got = append(got, m.Kind+" "+m.Func+": "+m.Text)
	}
	for _, want := range []string{
		"row var fixed: 2 -> (2) + 1",
		"row var texts: drop row \"two\"",
		"refusal machine.take: m.refuse(TooLong) -> true",
		"code machine.take: TooLong -> (TooLong) + 1",
		"compare machine.take: n > most -> n >= most",
		"compare machine.take: n > most -> n > (most) + 1",
		"logic machine.take: n > most && m.left != 0 without m.left != 0",
		"negate machine.take: m.quiet -> !(m.quiet)",
		"skip machine.take: m.left == 7 -> false && (m.left == 7)",
		"case machine.take: drop 1 from its case",
		"return machine.refuse: false -> true",
		"return codeOf: TooDeep -> *new(Code)",
		"compare double: v < 0 -> v <= 0",
		"row preset: 7 -> (7) + 1",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("no mutant %q", want)
		}
	}
	// What a nearer neighbour shows, and what is no check.
	for _, unwanted := range []string{
		"logic machine.take: n > most && m.left != 0 without n > most",
		"compare machine.take: m.left != 0 -> m.left == 0",
		"skip machine.take: n > most && m.left != 0 -> false && (n > most && m.left != 0)",
		"row var fixed: drop row 1: 2",
		"count machine.take: count: drop m.n += n + 1",
	} {
		if slices.Contains(got, unwanted) {
			t.Errorf("a mutant %q", unwanted)
		}
	}
	if wide := derive(unitOf(t, sample), true); len(wide) <= len(all) {
		t.Errorf("%d mutants, with -wide %d", len(all), len(wide))
	}
	keys := map[string]bool{}
	for _, m := range all {
		if keys[m.Key()] {
			t.Errorf("two mutants are called %s", m.Key())
		}
		keys[m.Key()] = true
		if beyond[m.Kind] {
			t.Errorf("without -wide: %s", m.Key())
		}
	}
}

// TestKeysHoldNoLine: moving a function changes no key, and comments no digest.
func TestKeysHoldNoLine(t *testing.T) {
	const head = "func (m *machine) take(n int, _ string, more ...int) bool {"
	moved := strings.Replace(sample, "const most", "\n\n// A comment.\nconst most", 1)
	moved = strings.Replace(moved, head, head+"\n\t// Another.\n", 1)
	a, b := derive(unitOf(t, sample), true), derive(unitOf(t, moved), true)
	if len(a) != len(b) {
		t.Fatalf("%d and %d mutants", len(a), len(b))
	}
	for i := range a {
		if a[i].Key() != b[i].Key() || a[i].digest() != b[i].digest() {
			t.Errorf("%s and %s", a[i].Key(), b[i].Key())
		}
	}
}

// TestSchema: all mutants of the small package fit into one source, which is Go,
// but for those that are none.
func TestSchema(t *testing.T) {
	u := unitOf(t, sample)
	var list []*Mutant
	for i, m := range derive(u, true) {
		if m.ID = i + 1; !m.home.solo {
			list = append(list, m)
		}
	}
	overlay, bad, err := u.compile(importer.Default(), list)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range bad {
		t.Logf("not compiled: %s", m.Key())
	}
	if len(bad) > len(list)/4 {
		t.Errorf("%d of %d do not compile", len(bad), len(list))
	}
	text := string(overlay["p/p.go"])
	for _, m := range list {
		if call := m.cloneName() + "("; !slices.Contains(bad, m) && strings.Count(text, call)+strings.Count(text, m.cloneName()+"[") < 2 {
			t.Errorf("%s is not both there and called", m.Key())
		}
	}
	if !strings.Contains(string(overlay["p/"+switchFile]), switchVar) {
		t.Error("nothing reads the environment")
	}
}

// TestScope: the real source gives mutants of each kind and file in scope, and
// each reason in survivors.txt is about one of them.
func TestScope(t *testing.T) {
	_, all, _, err := loadAll("../..", false)
	if err != nil {
		t.Fatal(err)
	}
	kinds, files := map[string]int{}, map[string]int{}
	for _, m := range all {
		kinds[m.Kind]++
		files[m.File]++
	}
	for _, k := range []string{"compare", "logic", "negate", "skip", "row", "case", "code", "refusal", "return"} {
		if kinds[k] == 0 {
			t.Errorf("no mutant of the kind %s", k)
		}
	}
	for _, s := range scope {
		for _, f := range s.files {
			if files[s.dir+"/"+f] == 0 {
				t.Errorf("no mutant of %s/%s", s.dir, f)
			}
		}
	}
	for _, m := range all {
		if m.excused() {
			t.Errorf("only with -wide: %s", m.Key())
		}
	}
	if len(all) < 2000 {
		t.Errorf("only %d mutants", len(all))
	}
	if _, err := readJudged("judged.txt"); err != nil {
		t.Error(err)
	}
	r, err := readReasons("survivors.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range r.gone(all) {
		t.Errorf("survivors.txt: %s", key)
	}
}

// TestJudge: a declaration is judged when nothing of it is open, and no longer when it
// changes.
func TestJudge(t *testing.T) {
	_, all, _, err := loadAll("../..", false)
	if err != nil {
		t.Fatal(err)
	}
	byLine := map[string][]*Mutant{}
	for _, m := range all {
		byLine[m.judgement()] = append(byLine[m.judgement()], m)
	}
	var mine []*Mutant
	for _, ms := range byLine {
		if len(ms) > len(mine) {
			mine = ms
		}
	}
	line := mine[0].judgement()
	is := func(done map[string]Outcome, why *reasons, before map[string]bool) bool {
		lines, of := judge(all, done, why, before)
		if of != len(byLine) {
			t.Errorf("%d declarations, want %d", of, len(byLine))
		}
		return slices.Contains(lines, line)
	}
	done, why := map[string]Outcome{}, &reasons{of: map[string]string{}}
	for _, m := range mine[1:] {
		done[m.Key()] = Outcome{Key: m.Key(), Status: killed, Digest: m.digest()}
	}
	last := mine[0].Key()
	if is(done, why, nil) {
		t.Error("judged, and one was not run")
	}
	done[last] = Outcome{Key: last, Status: survived, Digest: mine[0].digest()}
	if is(done, why, nil) {
		t.Error("judged, and one survived")
	}
	if !is(done, &reasons{of: map[string]string{last: "why"}}, nil) || !is(nil, why, map[string]bool{line: true}) {
		t.Error("not judged, with a reason, or from before")
	}
	done[last] = Outcome{Key: last, Status: killed, Digest: "another"}
	if is(done, why, nil) {
		t.Error("judged by what was run on another text")
	}
	done[last] = Outcome{Key: last, Status: killed, Digest: mine[0].digest()}
	if !is(done, why, nil) {
		t.Error("not judged")
	}
	name := filepath.Join(t.TempDir(), "judged.txt")
	if err := writeJudged(name, []string{line}); err != nil {
		t.Fatal(err)
	}
	if got, err := readJudged(name); err != nil || len(got) != 1 || !got[line] {
		t.Errorf("read %v, %v", got, err)
	}
	if err := os.WriteFile(name, []byte("a line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readJudged(name); err == nil {
		t.Error("a line that is none is read")
	}
}

// TestReasons reads the file's form, and refuses what is none.
func TestReasons(t *testing.T) {
	write := func(text string) string {
		name := filepath.Join(t.TempDir(), "r.txt")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	r, err := readReasons(write("# about\n\n= only\n= speed\na f: x -> y\nb g: z\n\n= never\nc h: w\n"))
	if err != nil || r.of["a f: x -> y"] != "only speed" || r.of["b g: z"] != "only speed" || r.of["c h: w"] != "never" {
		t.Errorf("%v, %v", r, err)
	}
	if len(r.gone(nil)) != 3 {
		t.Errorf("gone: %q", r.gone(nil))
	}
	long := "= why\na f: " + strings.Repeat("x", bufio.MaxScanTokenSize) + "\n"
	for _, bad := range []string{"a f: x\n", "= why\nb g: y\n" + long, "= why\na f: x\n\nb g: y\n", "= why\na f: x\na f: x\n"} {
		if _, err := readReasons(write(bad)); err == nil {
			t.Errorf("%.100q without an error", bad)
		}
	}
}

// TestSampleIsStable: of a sample, only mutants that are no more are replaced.
func TestSampleIsStable(t *testing.T) {
	all := derive(unitOf(t, sample), true)
	o := options{sample: 10, seed: 7, constants: true}
	before, err := o.choose(all)
	if err != nil || len(before) != 10 {
		t.Fatal(len(before), err)
	}
	gone := before[3]
	after, err := o.choose(slices.DeleteFunc(slices.Clone(all), func(m *Mutant) bool { return m == gone }))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range before {
		if m != gone && !slices.Contains(after, m) {
			t.Errorf("%s was in the sample", m.Key())
		}
	}
}

// TestShards part the mutants without a rest.
func TestShards(t *testing.T) {
	all := derive(unitOf(t, sample), true)
	sum := 0
	for _, s := range []string{"1/3", "2/3", "3/3"} {
		part, err := options{shard: s, constants: true}.choose(all)
		if err != nil {
			t.Fatal(err)
		}
		sum += len(part)
	}
	if sum != len(all) {
		t.Errorf("%d mutants in all, %d in three shards", len(all), sum)
	}
	for _, bad := range []string{"0/3", "4/3", "x"} {
		if _, err := (options{shard: bad}).choose(all); err == nil {
			t.Errorf("-shard %s without an error", bad)
		}
	}
}

// TestWatchEndsWhatRunsAway: a process that takes too much time is stopped.
func TestWatchEndsWhatRunsAway(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here")
	}
	p, err := os.StartProcess("/bin/sh", []string{"sh", "-c", "while :; do :; done"}, &os.ProcAttr{})
	if err != nil {
		t.Skip(err)
	}
	stop := make(chan struct{})
	if _, err := watch(p, cost{100 * time.Millisecond, 1 << 30}, stop); err == nil {
		t.Error("it may go on")
	}
	p.Wait()
}

// TestFuncNames tell methods of different types apart.
func TestFuncNames(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc a() {}\nfunc (x *T[K]) b() {}\nfunc (T) c() {}", 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range f.Decls {
		got = append(got, funcName(d.(*ast.FuncDecl)))
	}
	if want := []string{"a", "T.b", "T.c"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
