package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/targets"
)

// progress shows how far a campaign is, now and then.
type progress struct {
	from, to uint64
	start    time.Time
	shown    time.Time
}

func (p *progress) show(n *targets.Counts) {
	if time.Since(p.shown) < 2*time.Second {
		return
	}
	p.shown = time.Now()
	rate := float64(n.Payloads) / time.Since(p.start).Seconds()
	left := time.Duration(float64(p.to-n.Next) / rate * float64(time.Second))
	fmt.Fprintf(os.Stderr, "\r%d of %d, %.0f/s, %s to go, %d%% accepted, %d disagreements  ", n.Next-p.from, p.to-p.from, rate,
		left.Round(time.Second), n.Accepted*100/max(n.Payloads, 1), n.Found)
}

func (p *progress) end() { fmt.Fprintln(os.Stderr) }

// reporter makes findings small and saves them.
type reporter struct {
	options
	oracle *beam.Oracle
	taken  int
	err    error
}

// shrinkBudget is how many smaller forms of a payload are tried.
const shrinkBudget = 20_000

// take reports findings; false ends the campaign.
func (r *reporter) take(found []targets.Finding) bool {
	for _, f := range found {
		small := f
		if r.taken < r.shrink {
			if small, r.err = f.Smaller(r.oracle, shrinkBudget); r.err != nil {
				return false
			}
		}
		r.taken++
		text := r.describe(f, small)
		fmt.Printf("\n%s\n", text)
		if r.err = r.save(small, text); r.err != nil {
			return false
		}
	}
	return true
}

// describe is all that is known of a finding, the payload in hex first.
func (r *reporter) describe(f, small targets.Finding) string {
	var s strings.Builder
	fmt.Fprintf(&s, "%x\n", small.Payload)
	fmt.Fprintf(&s, "%v\n", small.Found)
	s.WriteString(targets.Verdicts(small.Payload))
	fmt.Fprintf(&s, "BEAM: %v", small.Verdict.Plain)
	if v := small.Verdict; v.Plain == beam.Accepted {
		fmt.Fprintf(&s, ", used %d, words %d", v.Used, v.Words)
	} else if v.Why != "" {
		fmt.Fprintf(&s, ": %s", v.Why)
	}
	fmt.Fprintf(&s, "\nmade of payload %d: %s\n%x", f.Index, r.again(f.Index, f.Index+1), f.Payload)
	return s.String()
}

// save writes a finding to a file named after its kind and payload.
func (r *reporter) save(f targets.Finding, text string) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return err
	}
	slug := strings.Map(func(c rune) rune {
		if c == ' ' || c == '/' {
			return '-'
		}
		return c
	}, f.Found.Kind)
	name := fmt.Sprintf("%s-%x.txt", slug, sha256.Sum256(f.Payload))[:len(slug)+1+12] + ".txt"
	return os.WriteFile(filepath.Join(r.dir, name), []byte(text+"\n"), 0o644)
}
