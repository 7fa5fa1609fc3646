package beam

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

func judgeAll(tb testing.TB, o *Oracle, cases []Case) []Verdict {
	tb.Helper()
	verdicts, err := o.Judge(cases)
	if err != nil {
		tb.Fatal(err)
	}
	if len(verdicts) != len(cases) {
		tb.Fatalf("%d verdicts on %d cases", len(verdicts), len(cases))
	}
	return verdicts
}

func tableCases() []Case { return tableAsks(Words | Safe | Canon | Print) }

func tableAsks(want Want) []Case {
	cases := make([]Case, len(table))
	for i, row := range table {
		cases[i] = Case{Payload: unhex(row.hex), Want: want}
	}
	return cases
}

// check expects the answers to what tableCases asks.
func (r row) check(t *testing.T, v Verdict) {
	t.Helper()
	r.checkAsked(t, v, Safe)
}

// checkAsked is check for cases that may have been asked without [safe].
func (r row) checkAsked(t *testing.T, v Verdict, want Want) {
	t.Helper()
	if want&Safe == 0 && v.Safe == Unasked {
		v.Safe = r.safely()
	}
	if v.Plain != r.plain || v.Safe != r.safely() || v.Death != Alive {
		t.Errorf("%s: plain %v, [safe] %v, %v; want %v, %v", r.name, v.Plain, v.Safe, v.Death, r.plain, r.safely())
	}
	if r.plain != Accepted {
		return
	}
	if v.Used != r.used || r.words >= 0 && v.Words != r.words {
		t.Errorf("%s: used %d, words %d; want %d, %d", r.name, v.Used, v.Words, r.used, r.words)
	}
	if got := hex.EncodeToString(v.Canon); got != r.canon {
		t.Errorf("%s: canon %s, want %s", r.name, got, r.canon)
	}
	if r.print != "" && v.Print != r.print {
		t.Errorf("%s: print %s, want %s", r.name, v.Print, r.print)
	}
}

// TestJudge needs one VM for many questions, since starting one takes longer
// than they do.
func TestJudge(t *testing.T) {
	t.Parallel()
	o := Require(t, quick(Options{}))
	t.Run("table", func(t *testing.T) { testTable(t, o) })
	t.Run("alone", func(t *testing.T) { testAlone(t, o) })
	t.Run("inputs survive", func(t *testing.T) { testInputs(t, o) })
	t.Run("only what is asked", func(t *testing.T) { testAsked(t, o) })
	t.Run("safe forgets", func(t *testing.T) { testSafeForgets(t, o) })
	t.Run("compare", func(t *testing.T) { testCompare(t, o) })
	t.Run("sizes", func(t *testing.T) { testSizes(t, o) })
	t.Run("concurrent", func(t *testing.T) { testConcurrent(t, o) })
	t.Run("noise", func(t *testing.T) { testNoise(t, o) })
	if s := o.Stats(); s.Deaths != 0 || s.Started != 2 || s.Judged == 0 {
		t.Errorf("%+v: two VMs should have lived through all of it", s)
	}
}

func testTable(t *testing.T, o *Oracle) {
	for i, v := range judgeAll(t, o, tableCases()) {
		table[i].check(t, v)
	}
}

// testAlone: company does not matter.
func testAlone(t *testing.T, o *Oracle) {
	for i, c := range tableCases() {
		table[i].check(t, judgeAll(t, o, []Case{c})[0])
	}
}

func testInputs(t *testing.T, o *Oracle) {
	cases, want := tableCases(), tableCases()
	judgeAll(t, o, cases)
	for i := range cases {
		if !bytes.Equal(cases[i].Payload, want[i].Payload) || cases[i].Want != want[i].Want {
			t.Errorf("%s: Judge changed its input", table[i].name)
		}
	}
}

// testAsked mixes wishes in a batch: a reply is laid out by the wishes, so one
// that is misread would spoil all that follow.
func testAsked(t *testing.T, o *Oracle) {
	var cases []Case
	for want := range Words | Safe | Canon | Print | Compare + 1 {
		for _, payload := range []string{"8368016105", "8368"} {
			cases = append(cases, Case{Payload: unhex(payload), Other: unhex("836106"), Want: want})
		}
	}
	for i, v := range judgeAll(t, o, cases) {
		if got, want := v, asked(cases[i].Want, i%2 == 0); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("want %b: got %+v, want %+v", cases[i].Want, got, want)
		}
	}
}

// asked is the verdict on {5}, compared with 6, or on a tuple cut short.
func asked(want Want, accepted bool) Verdict {
	v := Verdict{Plain: Rejected}
	if accepted {
		v = Verdict{Plain: Accepted, Used: 5}
	}
	if want&Safe != 0 {
		v.Safe = v.Plain
	}
	if !accepted {
		return v
	}
	if want&Words != 0 {
		v.Words = 2
	}
	if want&Canon != 0 {
		v.Canon = unhex("8368016105")
	}
	if want&Print != 0 {
		v.Print = "{5}"
	}
	if want&Compare != 0 {
		v.Other, v.Order = Accepted, 1
	}
	return v
}

// testSafeForgets: in a single VM the first plain decode would make the atom
// known, and [safe] would accept it from then on.
func testSafeForgets(t *testing.T, o *Oracle) {
	atom := append(unhex("837713"), "beam_atom_forgotten"...)
	for range 3 {
		v := judgeAll(t, o, []Case{{Payload: atom, Want: Safe}})[0]
		if v.Plain != Accepted || v.Safe != Rejected {
			t.Errorf("plain %v, [safe] %v", v.Plain, v.Safe)
		}
	}
}

func testCompare(t *testing.T, o *Oracle) {
	rows := []struct {
		a, b  string
		other Outcome
		same  bool
		order int
	}{
		{"836101", "836200000001", Accepted, true, 0},
		{"836101", "83463ff0000000000000", Accepted, false, 0}, // 1 == 1.0
		{"836101", "836102", Accepted, false, -1},
		{"836a", "837702" + "6f6b", Accepted, false, 1}, // number < atom < list
		{"836101", "8361", Rejected, false, 0},
	}
	cases := make([]Case, len(rows))
	for i, r := range rows {
		cases[i] = Case{Payload: unhex(r.a), Other: unhex(r.b), Want: Compare}
	}
	for i, v := range judgeAll(t, o, cases) {
		r := rows[i]
		if v.Plain != Accepted || v.Other != r.other || v.Same != r.same || v.Order != r.order {
			t.Errorf("%s with %s: %+v", r.a, r.b, v)
		}
	}
}

// testSizes: no batch and no payload is too small or too large for a frame.
func testSizes(t *testing.T, o *Oracle) {
	judgeAll(t, o, nil)
	for _, n := range []int{1, frameCases - 1, frameCases, frameCases + 1, 4*frameCases + 7} {
		for i, v := range judgeAll(t, o, leaves(n, uint64(n))) {
			if v.Plain != Accepted && v.Plain != Rejected {
				t.Fatalf("case %d of %d: %+v", i, n, v)
			}
		}
	}
	big := append(unhex("836d00300000"), make([]byte, 3<<20)...)
	cases := []Case{{Payload: big, Want: Canon}, {Payload: big}, {Payload: unhex("836a")}, {Payload: big[:len(big)-1], Want: Safe}}
	v := judgeAll(t, o, cases)
	if !bytes.Equal(v[0].Canon, big) || v[1].Used != int64(len(big)) || v[2].Plain != Accepted || v[3].Safe != Rejected {
		t.Errorf("large payloads: used %d, %v, %v", v[1].Used, v[2].Plain, v[3].Safe)
	}
	if _, err := o.Judge([]Case{{Payload: make([]byte, maxPayload+1)}}); err == nil {
		t.Error("a payload over the length field was not refused")
	}
}

func testConcurrent(t *testing.T, o *Oracle) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			verdicts, err := o.Judge(tableCases())
			if err != nil {
				t.Error(err)
				return
			}
			for i, v := range verdicts {
				table[i].check(t, v)
			}
		})
	}
	wg.Wait()
}

// testNoise: what is printed on stdout does not get into a reply.
func testNoise(t *testing.T, o *Oracle) {
	cases := append([]Case{{Payload: []byte("noise"), Want: trap | Print}}, tableCases()...)
	v := judgeAll(t, o, cases)
	if v[0].Print != "ok" {
		t.Errorf("%+v", v[0])
	}
	for i, v := range v[1:] {
		table[i].check(t, v)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	o := Require(t, Options{})
	for range 2 {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(o.plain.p.dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the compiled judge is still there: %v", err)
	}
	if _, err := o.Judge(tableCases()); !errors.Is(err, ErrClosed) {
		t.Errorf("Judge after Close: %v", err)
	}
}

// TestNode: the name and the creation decide what is the VM's own.
func TestNode(t *testing.T) {
	t.Parallel()
	o := Require(t, quick(Options{Node: "judge@beam", Creation: 7}))
	if i := o.Info(); i.Node != "judge@beam" || i.Creation != 7 || i.WordSize != 8 || i.OTP == "" || i.ERTS == "" {
		t.Errorf("%+v", i)
	}
	pid := "83" + "58" + "770a" + hex.EncodeToString([]byte("judge@beam")) + "00000001" + "00000000"
	for creation, words := range map[string]int64{"00000007": 0, "00000008": 4} {
		v := judgeAll(t, o, []Case{{Payload: unhex(pid + creation), Want: Words | Safe}})[0]
		if v.Plain != Accepted || v.Safe != Accepted || v.Words != words {
			t.Errorf("creation %s: %+v", creation, v)
		}
	}
}
