package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/beamgate/beamgate/bench/internal/curve"
	"github.com/beamgate/beamgate/bench/internal/hostile"
)

// oneLine makes text fit a cell of a table. It may hold what a peer says.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 90 {
		s = string(r[:90]) + "…"
	}
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "`", "'").Replace(s)
}

func writeCurves(p *page, r *Run) {
	if len(r.Curves) == 0 {
		return
	}
	p.heading("Growth", "Nanoseconds for a term, and what is allocated in all. The exponent e is that of the fit time = c × termsᵉ from 1,000 terms on: 1 is linear; caches that get too small show as a little more.")
	var rows [][]string
	for _, c := range r.Curves {
		rows = append(rows, []string{c.Name, exponent(c.ValidateExponent), exponent(c.DecodeExponent)})
	}
	p.table([]string{"what grows", "Validate, e", "Decode, e"}, rows)
	for _, c := range r.Curves {
		p.printf("\n")
		p.table([]string{c.Name, "bytes", "terms", "Validate, a term", "allocates", "Decode, a term", "allocates"}, points(c))
	}
}

func exponent(e float64) string {
	if math.IsNaN(e) {
		return none
	}
	return fmt.Sprintf("%.2f", e)
}

func points(c curve.Curve) (rows [][]string) {
	for _, p := range c.Points {
		rows = append(rows, []string{
			fmt.Sprintf("%d %s", p.Step, c.Unit), size(float64(p.Bytes)), fmt.Sprint(p.Terms),
			nanoseconds(p.Validate), size(p.ValidateBytes), nanoseconds(p.Decode), size(p.DecodeBytes),
		})
	}
	return rows
}

func writeStreams(p *page, r *Run) {
	if len(r.Long) > 0 {
		p.heading("Long streams", "One list of binaries of 1 MiB, from a reader that makes them up. The reader alone is read 64 KiB at a time.")
		var rows [][]string
		for _, l := range r.Long {
			rows = append(rows, []string{l.Way, size(float64(l.Bytes)), l.Elapsed.Round(time.Millisecond).String(),
				fmt.Sprintf("%.1f GB/s", float64(l.Bytes)/float64(l.Elapsed)), fmt.Sprintf("%.0f %%", l.Share), size(float64(l.Allocated))})
		}
		p.table([]string{"way", "size", "time", "speed", "of the reader alone", "allocated in all"}, rows)
	}
	if len(r.OneByte) > 0 {
		p.heading("One byte at a time", "ValidateReader, nanoseconds for a byte.")
		var rows [][]string
		for _, c := range r.OneByte {
			rows = append(rows, []string{size(float64(c.Bytes)), digits(c.One), digits(c.Whole), ratio(c.Ways)})
		}
		p.table([]string{"input", "one byte at a time", "as much as wanted", "ratio"}, rows)
	}
	if len(r.Crowds) > 0 {
		p.heading("Goroutines on one Mode", "Validate of 500 rows.")
		var rows [][]string
		for _, c := range r.Crowds {
			rows = append(rows, []string{fmt.Sprint(c.Goroutines), fmt.Sprintf("%.0f", c.PerSecond), ratio(c.Gain)})
		}
		p.table([]string{"goroutines", "inputs a second", "against one"}, rows)
	}
}

func writeHostile(p *page, r *Run) {
	if len(r.Refusals) > 0 {
		p.heading("Hostile input: what it costs to refuse", "In Default mode. What was read is what stands in front of the error.")
		head := []string{"input", "size", "read", "verdict"}
		for _, w := range hostile.Ways {
			head = append(head, w, "allocates")
		}
		var rows [][]string
		for _, h := range r.Refusals {
			code := h.Code
			if code == "" {
				code = "accepted: honest, and within the caps"
			}
			row := []string{h.Case, size(float64(h.Size)), size(float64(h.Read)), code}
			for _, w := range h.Ways {
				row = append(row, nanoseconds(w.Ns), size(w.Bytes))
			}
			rows = append(rows, row)
		}
		p.table(head, rows)
	}
	if len(r.Fates) == 0 {
		return
	}
	p.heading("Hostile input: what becomes of others", fmt.Sprintf("Each in a process of its own, killed at %s of resident memory or after %v; in brackets the most that was resident. beamgate is Decode.",
		size(float64(r.Caps.Memory)), r.Caps.Time))
	var rows [][]string
	for _, c := range hostile.Cases() {
		fates, ok := r.Fates[c.Name]
		if !ok {
			continue
		}
		row := []string{c.Name}
		for _, name := range r.Readers {
			row = append(row, fate(fates[name]))
		}
		rows = append(rows, row)
	}
	p.table(append([]string{"input"}, r.Readers...), rows)
}

func fate(f hostile.Fate) string {
	switch {
	case f.Broken != nil, f.Word == "":
		return none
	case f.Word == "accepts" || f.Word == "refuses":
		return fmt.Sprintf("%s (%s)", f.Word, mebibytes(f.Peak))
	}
	return fmt.Sprintf("**%s** (%s)", f.Word, mebibytes(f.Peak))
}

func mebibytes(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }
