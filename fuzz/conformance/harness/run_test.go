package harness

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// cases are two of each kind that the parts of TestMain know, and one
// without a reference.
func cases() []Case {
	var all []Case
	add := func(id, class string, data []byte, w *Want, flags ...string) {
		all = append(all, Case{ID: id, Class: class, Flags: flags, Data: func() []byte { return data }, Want: w})
	}
	for _, n := range []byte{5, 7} {
		add(fmt.Sprintf("good-%d", n), "valid", []byte{131, 97, n},
			&Want{Accept: true, Used: 3, Canonical: []byte{131, 97, n}, Value: json.RawMessage(fmt.Sprint(n))}, "small")
		add(fmt.Sprintf("bad-%d", n), "malformed", []byte{131, n}, &Want{Used: Untold})
		add(fmt.Sprintf("x-%d", n), "malformed", []byte{'x', n}, &Want{Used: Untold})
	}
	add("open", "release", []byte{131, 99}, nil)
	return all
}

// TestParts: every way to be wrong ends up in its own column, in both ways to
// run a program.
func TestParts(t *testing.T) {
	for _, tc := range []struct {
		part string
		want map[Outcome]int
	}{
		{"right", map[Outcome]int{Agree: 6}},
		{"accepts all", map[Outcome]int{Agree: 2, FalseAccept: 4}},
		{"crashes", map[Outcome]int{Agree: 4, Crash: 2}},
		{"hangs", map[Outcome]int{Hang: 2}},
		{"hangs in a child", map[Outcome]int{Hang: 2}},
		{"eats memory", map[Outcome]int{Agree: 4, Memory: 2}},
		{"eats memory in a child", map[Outcome]int{Agree: 4, Memory: 2}},
		{"lies about used", map[Outcome]int{Agree: 4, WrongUsed: 2}},
		{"wrong value", map[Outcome]int{Agree: 4, WrongValue: 2}},
		{"says null", map[Outcome]int{Agree: 4, WrongValue: 2}},
	} {
		for _, packet := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/packet=%t", tc.part, packet), func(t *testing.T) {
				if strings.HasPrefix(tc.part, "eats") {
					needProc(t)
				}
				p := part(t, tc.part, packet)
				p.Memory = 256 << 20
				p.Timeout = time.Minute
				o, n := Options{}, 6
				if strings.HasPrefix(tc.part, "hangs") { // nothing that a slow machine could make hang too
					p.Timeout, o.Only, n = 300*time.Millisecond, Filter{"id:x-*"}, 2
				}
				r := run(t, p, o)
				want := newTally("total").Outcomes
				maps.Copy(want, tc.want)
				if !maps.Equal(r.Total.Outcomes, want) {
					t.Errorf("%v, want %v: %+v", r.Total.Outcomes, want, r.Disagreements)
				}
				if r.OK() != (tc.part == "right") || r.Total.Cases != n || r.Unrepeated != 0 {
					t.Errorf("%+v %+v", r, r.Total)
				}
			})
		}
	}
}

func needProc(t *testing.T) {
	t.Helper()
	if resident(os.Getpid()) == 0 {
		t.Skip("memory is watched by means of /proc, which is not here")
	}
}

func run(t *testing.T, p Program, o Options) *Report {
	t.Helper()
	r, err := Run(t.Context(), p, cases(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestBrokenFrames: nonsense instead of a reply counts as a crash.
func TestBrokenFrames(t *testing.T) {
	for _, name := range []string{"long verdict", "endless"} {
		t.Run(name, func(t *testing.T) {
			p := part(t, name, true)
			r := run(t, p, Options{Only: Filter{"id:bad-5"}})
			if r.Total.Outcomes[Crash] != 1 || !strings.Contains(r.Disagreements[0].Detail, "not a reply") {
				t.Errorf("%+v", r.Disagreements)
			}
		})
	}
}

// TestLeak: a program that grows from case to case is not blamed on the case
// that met the cap, but is not passed over either.
func TestLeak(t *testing.T) {
	needProc(t)
	p := part(t, "leaks", true)
	p.Memory = 150 << 20
	r := run(t, p, Options{})
	if !r.OK() || r.Unrepeated == 0 {
		t.Errorf("%d deaths that did not repeat, %+v", r.Unrepeated, r.Disagreements)
	}
}

// TestTerse: a program that tells nothing but verdicts agrees, and the table
// says what it did not tell.
func TestTerse(t *testing.T) {
	r := run(t, part(t, "terse", true), Options{})
	if !r.OK() || r.Total.NoReference != 1 || r.Total.UsedUntold != 2 || r.Total.ValueUntold != 2 {
		t.Errorf("%+v", r.Total)
	}
	var table bytes.Buffer
	if err := r.WriteTable(&table); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(table.String(), "not told"); n != 2 {
		t.Errorf("%d notes in\n%s", n, table.String())
	}
}

// TestLevels: what is not asked for is not compared.
func TestLevels(t *testing.T) {
	for _, tc := range []struct {
		part  string
		level Level
		bad   int
	}{
		{"lies about used", LevelVerdict, 0},
		{"lies about used", LevelUsed, 2},
		{"wrong value", LevelUsed, 0},
		{"wrong value", LevelValue, 2},
	} {
		if r := run(t, part(t, tc.part, true), Options{Level: tc.level}); len(r.Disagreements) != tc.bad {
			t.Errorf("%s at %s: %+v", tc.part, tc.level, r.Disagreements)
		}
	}
}

// TestSkip: skipped cases are counted, and those that Only leaves out are not.
func TestSkip(t *testing.T) {
	var skip Filter
	if err := skip.Set(" flag:sm* , id:x-*"); err != nil {
		t.Fatal(err)
	}
	r := run(t, part(t, "crashes", true), Options{Skip: skip, Workers: 2})
	if !r.OK() || r.Total.Skipped != 4 || r.Total.Cases != 2 {
		t.Errorf("%+v", r.Total)
	}
	r = run(t, part(t, "crashes", true), Options{Only: Filter{"class:valid"}})
	if !r.OK() || r.Total.Skipped != 0 || r.Total.Cases != 2 || r.Total.NoReference != 0 {
		t.Errorf("%+v", r.Total)
	}
	for _, bad := range []string{"x", "colour:red", "id:", "id:["} {
		if err := new(Filter).Set("class:valid, " + bad); err == nil || !strings.Contains(err.Error(), strconv.Quote(bad)) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestMistyped: a pattern that picks nothing is no filter, and what leaves no case
// no run.
func TestMistyped(t *testing.T) {
	p := part(t, "right", true)
	for _, tc := range []struct {
		o    Options
		want string
	}{
		{Options{Skip: Filter{"flag:small", "flag:smal"}}, "flag:smal picks no case; there are: small"},
		{Options{Only: Filter{"class:vald"}}, "class:vald picks no case; there are: malformed, release, valid"},
		{Options{Only: Filter{"feature:map"}}, "feature:map picks no case; there are: "},
		{Options{Only: Filter{"id:nobody-*"}}, "id:nobody-* picks no case"},
		{Options{Skip: Filter{"class:*"}}, errNoCase.Error()},
		{Options{Only: Filter{"id:open"}}, errNoCase.Error()},
	} {
		if r, err := Run(t.Context(), p, cases(), tc.o); err == nil || err.Error() != tc.want {
			t.Errorf("%+v: %v, %v; want %s", tc.o, r, err, tc.want)
		}
	}
}

// TestNoStart: a program that fails before it is asked has no result. One that
// dies of the first question has.
func TestNoStart(t *testing.T) {
	r, err := Run(t.Context(), part(t, "absent", true), cases(), Options{})
	if err == nil || !strings.Contains(err.Error(), "does not start") || !strings.Contains(err.Error(), "no such module") {
		t.Errorf("%+v, %v", r, err)
	}
	for _, tc := range []struct {
		part   string
		packet bool
		want   string
	}{
		{"has no main", true, "the program does not start: exit status 0 without reading or answering"},
		{"fails to import", true, `the program does not start: exit status 1: "no such module"`},
		{"fails to import", false, `the program does not start: exit status 1 without reading its input: "no such module"`},
		{"absent", false, `the program does not start: exit status 2 without reading its input: "no such module"`},
	} {
		p := part(t, tc.part, false)
		p.Packet = tc.packet // none of them looks at it
		if r, err := Run(t.Context(), p, cases(), Options{}); err == nil || err.Error() != tc.want {
			t.Errorf("%s: %+v, %v; want %s", tc.part, r, err, tc.want)
		}
	}
	if r := run(t, part(t, "dies of the empty list", true), Options{Workers: 2}); !r.OK() || r.Total.Cases != 6 {
		t.Errorf("%+v", r.Disagreements)
	}
}

// TestDoubts: what looks as if the decoder was not asked is said below the table, and
// why it refuses, if it says so, in the list.
func TestDoubts(t *testing.T) {
	const why = "TypeError: no ? such name"
	for _, tc := range []struct {
		part   string
		packet bool
		only   string
		want   string // of the notes, "" for none of them
		detail string // of a false refusal
	}{
		{"says why", true, "class:*", "accepted nothing; the first refusal says: " + why, why},
		{"says why", false, "class:*", "accepted nothing; the first refusal says: " + why, ""},
		{"right", true, "class:malformed", "refused the empty list, 131 106, which it was given first: " + unsaid, ""},
		{"right", false, "class:*", "refused the empty list, 131 106, which it was given first: " + unsaid, ""},
		{"accepts unread", false, "class:*", "accepted all 6 cases without output: does it read its input?", ""},
		{"accepts all", true, "class:*", "", ""},
		{"accepts all", false, "class:*", "", ""}, // it tells lengths
	} {
		if !tc.packet {
			t.Setenv("HARNESS_PACKET", "")
		}
		r := run(t, part(t, tc.part, tc.packet), Options{Only: Filter{tc.only}})
		if doubts := strings.Join(r.doubts(), "\n"); doubts != tc.want {
			t.Errorf("%s: %q, want %q", tc.part, doubts, tc.want)
		}
		var table bytes.Buffer
		if err := r.WriteTable(&table); err != nil || !strings.Contains(table.String(), tc.want) {
			t.Errorf("%s: %v\n%s", tc.part, err, table.String())
		}
		for _, d := range r.Disagreements {
			if d.Outcome == FalseRefuse && d.Detail != tc.detail {
				t.Errorf("%s: %+v", tc.part, d)
			}
		}
	}
}

// TestFault: a program that says that it is at fault ends the run.
func TestFault(t *testing.T) {
	for _, workers := range []int{1, 2} {
		r, err := Run(t.Context(), part(t, "at fault", true), cases(), Options{Workers: workers})
		var fault *Fault
		if !errors.As(err, &fault) || fault.Why != "used is 4294967301" || !strings.HasPrefix(err.Error(), "at x-") {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// TestNull: null is not silence, and the list says so.
func TestNull(t *testing.T) {
	r := run(t, part(t, "says null", true), Options{})
	if len(r.Disagreements) != 2 || !strings.Contains(r.Disagreements[0].Detail, "null is no term") || r.Total.ValueUntold != 0 {
		t.Errorf("%+v", r.Disagreements)
	}
}

// TestNoProgram: what cannot be run has no results.
func TestNoProgram(t *testing.T) {
	_, err := Run(t.Context(), Program{Args: []string{"/nonexistent/decoder"}}, cases(), Options{})
	if err == nil {
		t.Error("no error")
	}
	_, err = Run(t.Context(), Program{Args: []string{"no-such-decoder-here"}}, cases(), Options{})
	if !errors.Is(err, exec.ErrNotFound) {
		t.Error(err)
	}
	if _, err = Run(t.Context(), Program{}, cases(), Options{}); err == nil {
		t.Error("no error")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = Run(ctx, part(t, "right", true), cases(), Options{}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestJSON: the report can be read back.
func TestJSON(t *testing.T) {
	r := run(t, part(t, "accepts all", true), Options{})
	r.Corpus, r.Against = "1.2.3", "otp25"
	var text bytes.Buffer
	if err := r.WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var back Report
	d := json.NewDecoder(&text)
	d.DisallowUnknownFields()
	if err := d.Decode(&back); err != nil {
		t.Fatal(err)
	}
	if back.Corpus != "1.2.3" || back.Total.Outcomes[FalseAccept] != 4 || len(back.Disagreements) != 4 || len(back.Classes) != 3 {
		t.Errorf("%+v", back)
	}
	var list bytes.Buffer
	if err := r.WriteList(&list); err != nil || strings.Count(list.String(), "false_accept  ") != 4 {
		t.Errorf("%v:\n%s", err, list.String())
	}
}
