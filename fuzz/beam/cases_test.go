package beam

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"
)

// measured is a line of a file of verdicts that were measured one payload at a
// time, each in a fresh VM.
type measured struct {
	ID       string
	Hex      string
	OTP25    string
	Used     *int64
	Safe     string
	Words    *int64 `json:"flat_words"`
	Canon    *string
	Term     string
	Varies   bool `json:"flat_nondet"` // flat words and the order of keys differ from run to run
	Undef    bool `json:"nondet"`      // the verdict differs from run to run
	Reencode string
}

// TestMeasuredCases repeats a whole file of measurements in batches: company
// must not change a verdict, lethal payloads included.
func TestMeasuredCases(t *testing.T) {
	file := os.Getenv("BEAMGATE_CASES")
	if file == "" {
		t.Skip("skipped: BEAMGATE_CASES names no file of cases measured on the BEAM")
	}
	o := Require(t, quick(Options{}))
	if release, _, _ := strings.Cut(o.Info().OTP, "."); release != "25" {
		t.Skipf("skipped: the cases were measured on the BEAM of OTP 25, this is %s", o.Info().OTP)
	}
	rows := readMeasured(t, file)
	cases := make([]Case, len(rows))
	for i, row := range rows {
		cases[i] = Case{Payload: unhex(row.Hex), Want: Words | Safe | Canon}
	}
	for i, v := range judgeAll(t, o, cases) {
		rows[i].check(t, v)
	}
	t.Logf("%d cases, %+v", len(rows), o.Stats())
}

func readMeasured(t *testing.T, file string) []measured {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []measured
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var row measured
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if lines.Err() != nil || len(rows) == 0 {
		t.Fatalf("%s: %d cases, %v", file, len(rows), lines.Err())
	}
	return rows
}

func (m *measured) check(t *testing.T, v Verdict) {
	t.Helper()
	if m.Undef {
		return
	}
	outcomes := map[string]Outcome{"accept": Accepted, "reject": Rejected, "crash": Died}
	if v.Plain != outcomes[m.OTP25] || v.Safe != outcomes[m.Safe] {
		t.Errorf("%s: plain %v, [safe] %v; want %s, %s (%s)", m.ID, v.Plain, v.Safe, m.OTP25, m.Safe, v.Why)
	}
	if m.OTP25 != "accept" || v.Plain != Accepted {
		return
	}
	if v.Used != *m.Used {
		t.Errorf("%s: used %d, want %d", m.ID, v.Used, *m.Used)
	}
	if lethal := m.Reencode == "crash"; lethal != v.Late {
		t.Errorf("%s: late %v (%s), want %v", m.ID, v.Late, v.Why, lethal)
	}
	if m.Words != nil && !m.Varies && !v.Late && v.Words != *m.Words {
		t.Errorf("%s: %d words, want %d", m.ID, v.Words, *m.Words)
	}
	if canon := hex.EncodeToString(v.Canon); m.Canon != nil && canon != *m.Canon && !(m.Varies && len(canon) == len(*m.Canon)) {
		t.Errorf("%s: canon %x, want %s", m.ID, v.Canon, *m.Canon)
	}
}
