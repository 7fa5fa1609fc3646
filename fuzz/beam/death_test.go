package beam

import (
	"fmt"
	"testing"
	"time"
)

// Deaths are made by trap cases, which order the judge to die in a given way:
// a payload that really kills a VM is not for publication.

// long skips a test that is mostly the BEAM starting, again and again.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped with -short: it restarts the BEAM many times")
	}
}

// among asks for the rows of the table with a trap between each two copies of
// it, checks the verdicts on the rows and returns those on the traps.
func among(t *testing.T, o *Oracle, rows []Case, traps ...Case) []Verdict {
	t.Helper()
	var cases []Case
	for _, trap := range traps {
		cases = append(append(cases, rows...), trap)
	}
	cases = append(cases, rows...)
	var found []Verdict
	for i, v := range judgeAll(t, o, cases) {
		if n := i % (len(rows) + 1); n < len(rows) {
			table[n].checkAsked(t, v, rows[n].Want)
			if v.Suspect {
				t.Errorf("%s is suspected of %s", table[n].name, v.Why)
			}
		} else {
			found = append(found, v)
		}
	}
	return found
}

func TestDeaths(t *testing.T) {
	long(t)
	rows := []struct {
		name    string
		options Options
		traps   map[string]Death
	}{
		{"crash", Options{}, map[string]Death{"abort": Crashed, "bug": Crashed}},
		{"hang", Options{Timeout: time.Second}, map[string]Death{"spin": Hung}},
		{"memory", Options{Memory: 160 << 20}, map[string]Death{"heap": TooBig, "leak": TooBig}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			testDeaths(t, Require(t, quick(r.options)), r.traps)
		})
	}
}

func testDeaths(t *testing.T, o *Oracle, traps map[string]Death) {
	var cases []Case
	for name := range traps {
		cases = append(cases, Case{Payload: []byte(name), Want: trap})
	}
	for i, v := range among(t, o, tableAsks(Words|Canon|Print), cases...) {
		name := string(cases[i].Payload)
		if v.Plain != Died || v.Death != traps[name] || v.Late || v.Suspect || v.Why == "" {
			t.Errorf("%s: %+v", name, v)
		}
		t.Logf("%s: %s", name, v.Why)
	}
	if s := o.Stats(); s.Culprits != uint64(len(traps)) || s.Unexplained != 0 {
		t.Errorf("%+v", s)
	}
}

// TestManyDeaths: several culprits in one frame, some of them only late, and
// some that are not culprits at all.
func TestManyDeaths(t *testing.T) {
	long(t)
	t.Parallel()
	o := Require(t, quick(Options{}))
	v := among(t, o, tableCases(),
		Case{Payload: []byte("halt"), Want: trap | Words},
		Case{Payload: []byte("canon"), Want: trap | Words | Canon},
		Case{Payload: []byte("refuse"), Want: trap | Canon},
		Case{Payload: []byte("halt"), Want: trap | Safe},
		Case{Payload: []byte("canon"), Want: trap})
	if v[0].Plain != Died || v[0].Safe != Unasked {
		t.Errorf("halt: %+v", v[0])
	}
	if v[1].Plain != Accepted || !v[1].Late || v[1].Death != Crashed || v[1].Used != 5 || v[1].Canon != nil {
		t.Errorf("canon: %+v", v[1])
	}
	if v[2].Plain != Rejected || v[2].Death != Alive {
		t.Errorf("refuse: %+v", v[2])
	}
	if v[3].Plain != Died || v[3].Safe != Died {
		t.Errorf("halt under [safe]: %+v", v[3])
	}
	if v[4].Plain != Accepted || v[4].Death != Alive {
		t.Errorf("canon, not asked for: %+v", v[4])
	}
	if s := o.Stats(); s.Culprits != 4 {
		t.Errorf("%+v, want 4 culprits", s)
	}
}

// TestReplyTooBig: what is too much for this side is the payload's fault, but
// its verdict stands.
func TestReplyTooBig(t *testing.T) {
	t.Parallel()
	o := Require(t, quick(Options{}))
	o.plain.close()
	o.plain.p.reply = 1 << 20
	big := append(unhex("836d00200000"), make([]byte, 2<<20)...)
	v := among(t, o, tableAsks(Words|Canon|Print), Case{Payload: big, Want: Canon})[0]
	if v.Plain != Accepted || v.Used != int64(len(big)) || !v.Late || v.Death != TooBig || v.Canon != nil {
		t.Errorf("%v, used %d, late %v, %v, %d bytes: %s", v.Plain, v.Used, v.Late, v.Death, len(v.Canon), v.Why)
	}
}

// TestSuspect: a payload that kills a VM only in company is not called lethal,
// and not hidden either.
func TestSuspect(t *testing.T) {
	t.Parallel()
	o := Require(t, quick(Options{}))
	second := Case{Payload: []byte("second"), Want: trap}
	v := judgeAll(t, o, []Case{second, second})
	if v[0].Plain != Accepted || v[0].Suspect {
		t.Errorf("first: %+v", v[0])
	}
	if v[1].Plain != Accepted || v[1].Death != Alive || !v[1].Suspect || v[1].Why == "" {
		t.Errorf("second: %+v", v[1])
	}
	if s := o.Stats(); s.Culprits != 0 || s.Unexplained != 1 {
		t.Errorf("%+v", s)
	}
}

// TestKilledFromOutside: a VM may also die between two batches.
func TestKilledFromOutside(t *testing.T) {
	t.Parallel()
	o := Require(t, quick(Options{}))
	among(t, o, tableCases())
	if err := o.plain.vm.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	among(t, o, tableCases())
	o.safe.vm.kill(nil)
	among(t, o, tableCases())
	if s := o.Stats(); s.Culprits != 0 || s.Started != 4 {
		t.Errorf("%+v", s)
	}
}

// TestWear: a VM is replaced before a table that only grows is full.
func TestWear(t *testing.T) {
	long(t)
	t.Parallel()
	o := Require(t, quick(Options{}))
	cases := novelties(40_000)
	for _, w := range []wear{
		{atoms: 30_000, exports: 1 << 30, payloads: 1 << 30},
		{atoms: 1 << 30, exports: 10_000, payloads: 1 << 30},
		{atoms: 1 << 30, exports: 1 << 30, payloads: 30_000},
	} {
		before := o.Stats()
		o.plain.p.recycle = w
		for i, v := range judgeAll(t, o, cases) {
			if v.Plain != Accepted || v.Death != Alive {
				t.Fatalf("%+v, case %d: %+v", w, i, v)
			}
		}
		if s := o.Stats(); s.Recycled == before.Recycled || s.Recycled > before.Recycled+5 || s.Deaths != 0 {
			t.Errorf("%+v: %+v, then %+v", w, before, s)
		}
		o.plain.close()
	}
}

// novelties are n exports with a new function name each: a new atom and a new
// export.
func novelties(n int) []Case {
	cases := make([]Case, n)
	for i := range cases {
		p := append(unhex("8371"+"77056c69737473"+"770b"), "beam_"...)
		p = fmt.Appendf(p, "%06d", i)
		cases[i] = Case{Payload: append(p, unhex("6102")...)}
	}
	return cases
}
