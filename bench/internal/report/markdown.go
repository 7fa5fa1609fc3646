package report

import (
	"fmt"
	"math"
	"strings"

	"github.com/beamgate/beamgate/bench/internal/measure"
)

// page collects Markdown.
type page struct{ strings.Builder }

func (p *page) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func (p *page) heading(title, text string) {
	p.printf("\n## %s\n\n", title)
	if text != "" {
		p.printf("%s\n\n", text)
	}
}

// table writes rows under a head; all columns but the first are numbers.
func (p *page) table(head []string, rows [][]string) {
	p.printf("| %s |\n|---|%s\n", strings.Join(head, " | "), strings.Repeat("--:|", len(head)-1))
	for _, r := range rows {
		p.printf("| %s |\n", strings.Join(r, " | "))
	}
}

// none stands where there is no number.
const none = "–"

func ratio(v float64) string {
	switch {
	case math.IsNaN(v):
		return none
	case v >= 100:
		return fmt.Sprintf("%.0f×", v)
	case v >= 10:
		return fmt.Sprintf("%.1f×", v)
	}
	return fmt.Sprintf("%.2f×", v)
}

// nanoseconds in three digits.
func nanoseconds(ns float64) string {
	switch {
	case math.IsNaN(ns):
		return none
	case ns < 999.5:
		return digits(ns) + " ns"
	case ns < 999.5e3:
		return digits(ns/1e3) + " µs"
	case ns < 999.5e6:
		return digits(ns/1e6) + " ms"
	}
	return digits(ns/1e9) + " s"
}

func digits(v float64) string {
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// timing is the median and half the distance of the quartiles.
func timing(r measure.Result) string {
	if len(r.Ns) == 0 {
		return none
	}
	if len(r.Ns) == 1 {
		return nanoseconds(r.Median()) + ", once"
	}
	return fmt.Sprintf("%s ±%.0f%%", nanoseconds(r.Median()), r.Spread())
}

func size(n float64) string {
	switch {
	case math.IsNaN(n) || math.IsInf(n, 0):
		return none
	case n < 1<<10:
		return fmt.Sprintf("%.0f B", n)
	case n < 1<<20:
		return fmt.Sprintf("%.1f KiB", n/(1<<10))
	case n < 1<<30:
		return fmt.Sprintf("%.1f MiB", n/(1<<20))
	}
	return fmt.Sprintf("%.2f GiB", n/(1<<30))
}

func count(n float64) string {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return none
	}
	return fmt.Sprintf("%.0f", math.Floor(n+0.01))
}
