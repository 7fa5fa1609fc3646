package metrics

import (
	"bytes"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/ledger"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

func TestClientInLogs(t *testing.T) {
	four, six := netip.MustParseAddr("192.0.2.77"), netip.MustParseAddr("2001:db8:1:2::77")
	for _, c := range []struct {
		how    string
		client door.Client
		want   string
	}{
		{"ip", door.Client{Addr: four}, "192.0.2.77"},
		{"ip", door.Client{Addr: four, Identity: "billing"}, "billing"},
		{"net", door.Client{Addr: four}, "192.0.2.0/24"},
		{"net", door.Client{Addr: six}, "2001:db8:1::/48"},
	} {
		if got := NewLog(nil, config.Log{Client: c.how, PerSec: 1}).Client(c.client); got != c.want {
			t.Errorf("%s: %s, want %s", c.how, got, c.want)
		}
	}
	a, b := NewLog(nil, config.Log{Client: "hash", PerSec: 1}), NewLog(nil, config.Log{Client: "hash", PerSec: 1})
	one, two := door.Client{Addr: four}, door.Client{Addr: six}
	first := a.Client(one)
	switch {
	case a.Client(one) != first || first == a.Client(two):
		t.Error("a hash stands for one client")
	case a.Client(one) == b.Client(one):
		t.Error("hashes of two starts are the same: the key is not new")
	case strings.Contains(a.Client(one), "192"):
		t.Error("no hash")
	}
	proven := door.Client{Addr: four, Identity: "billing"}
	if got := NewLog(nil, config.Log{Client: "net", PerSec: 1}).Client(proven); strings.Contains(got, "billing") || strings.Contains(got, "192") {
		t.Errorf("a proven name stands in the log: %s", got)
	}
}

// TestLogHasBounds: of many refusals a few are written, and how many are not.
func TestLogHasBounds(t *testing.T) {
	var out bytes.Buffer
	m := New(NewLog(&out, config.Log{Level: "info", Client: "ip", PerSec: 3}))
	secret := []byte{131, 109, 0, 0, 0, 6, 's', 'e', 'c', 'r', 'e', 't', 9}
	err := safe.Validate(secret)
	for range 100 {
		m.Verdict(&door.Verdict{Listener: "door", Refusal: &door.Refusal{Rule: door.Term, Code: "trailing", Err: err}})
	}
	if n := strings.Count(out.String(), "\n"); n < 3 || n > 6 {
		t.Errorf("%d lines", n)
	}
	if s := out.String(); !strings.Contains(s, `"offset":12`) || strings.Contains(s, "secret") {
		t.Error(s)
	}
}

// TestLogOfLibraries: what others write to the log of the process is told and counted, and
// nothing of it is written, nor a line for each.
func TestLogOfLibraries(t *testing.T) {
	var out, before bytes.Buffer
	defer log.SetOutput(log.Writer())
	log.SetOutput(&before)
	end := NewLog(&out, config.Log{Level: "info", Client: "ip", PerSec: 3}).Global()
	began := time.Now()
	for range 100 {
		log.Printf("Unsolicited response received on idle HTTP channel starting with %q", "secret\nsecret")
	}
	most := 2 + int(time.Since(began)/time.Second)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) > most || !strings.Contains(lines[0], `"msg":"library"`) || !strings.Contains(lines[0], `"times":1}`) {
		t.Errorf("%d lines: %s", len(lines), out.String())
	}
	if s := out.String(); strings.Contains(s, "secret") || before.Len() > 0 {
		t.Errorf("it is written: %s%s", s, before.String())
	}
	end()
	if log.Print("again"); !strings.Contains(before.String(), "again") {
		t.Error("it does not end")
	}
}

// TestLogHasNoURL: why a node could not be reached is told without what was asked for.
func TestLogHasNoURL(t *testing.T) {
	var out bytes.Buffer
	err := fmt.Errorf("failed: %w", &url.Error{Op: "Get", URL: "http://node/?token=secret", Err: &url.Error{Op: "Get", URL: "/secret", Err: errors.New("dial tcp: refused")}})
	m := New(NewLog(&out, config.Log{Level: "info", Client: "ip", PerSec: 3}))
	m.Verdict(&door.Verdict{Listener: "door", Refusal: &door.Refusal{Rule: door.Down, Code: "unreachable", Err: errors.Join(errors.New("the node could not be reached"), err)}})
	if s := out.String(); !strings.Contains(s, `"err":"dial tcp: refused"`) || strings.Contains(s, "secret") {
		t.Error(s)
	}
}

// TestLogTellsWhatPassed: what a rule in shadow would refuse is not called refused.
func TestLogTellsWhatPassed(t *testing.T) {
	for mode, want := range map[door.Mode]string{door.Enforce: `"msg":"refused"`, door.Shadow: `"msg":"would be refused by this rule: shadow"`} {
		var out bytes.Buffer
		New(NewLog(&out, config.Log{Level: "info", Client: "ip", PerSec: 3})).Verdict(&door.Verdict{Mode: mode, Refusal: &door.Refusal{Rule: door.Rate, Code: "rate"}})
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s: %s", mode, out.String())
		}
	}
}

// TestReason: of names that did not pass, the log tells a locked ledger from a spent one.
func TestReason(t *testing.T) {
	spent := &limits.Error{Name: "AtomBudget(web)", Max: 3, Got: 4}
	for _, c := range []struct {
		rule door.Rule
		err  error
		want string
	}{
		{door.Atoms, &etf.Error{Code: etf.CodeLimitAtomBudget, Err: limits.ErrBudgetLocked}, "locked"},
		{door.Atoms, &etf.Error{Code: etf.CodeLimitAtomBudget, Err: ledger.ErrWaiting}, "waiting for the node's report"},
		{door.Atoms, spent, "spent"},
		{door.Atoms, &limits.Error{Name: "per_client"}, ""},
		{door.Term, spent, ""},
		{door.Rate, nil, ""},
	} {
		if got := reason(&door.Refusal{Rule: c.rule, Err: c.err}); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

// TestLabelsAreClosed: nothing that a client chooses is a label.
func TestLabelsAreClosed(t *testing.T) {
	m := New(nil)
	m.Verdict(&door.Verdict{Listener: "door", Client: door.Client{Identity: "someone"}, Refusal: &door.Refusal{Rule: door.Down, Code: "lost", Err: errors.New("of 192.0.2.1")}})
	all, err := m.Registry().Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		for _, s := range f.GetMetric() {
			for _, l := range s.GetLabel() {
				if strings.Contains(l.GetValue(), "someone") || strings.Contains(l.GetValue(), "192") {
					t.Errorf("%s has the label %s", f.GetName(), l)
				}
			}
		}
	}
}
