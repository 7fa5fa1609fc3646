// Package report writes what a run of the bench has found: ratios first.
package report

import (
	"math"
	"time"

	"github.com/beamgate/beamgate/bench/internal/curve"
	"github.com/beamgate/beamgate/bench/internal/hostile"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/bench/internal/stream"
)

// Run is everything that was measured. A part that is empty is left out.
type Run struct {
	Quick    bool
	Elapsed  time.Duration
	Machine  [][2]string // name and value
	Missing  []string    // what could not be measured, and why
	Lines    []Line
	Curves   []curve.Curve
	Long     []stream.Long
	OneByte  []stream.Chunk
	Crowds   []stream.Crowd
	Refusals []hostile.Refusal
	Readers  []string
	Fates    map[string]map[string]hostile.Fate // by case and reader
	Caps     hostile.Caps
	Notes    string // Markdown of people, at the end
}

// Line is one payload in all columns.
type Line struct {
	Name, About string
	Size        int64
	Terms       int64
	Results     map[string]measure.Result
}

// get is a result; one that was not measured has no samples.
func (l Line) get(key string) measure.Result { return l.Results[key] }

// ratio says how many times as long as key other takes; NaN if one of them
// could not be measured.
func (l Line) ratio(key, other string) float64 { return measure.Ratio(l.get(key), l.get(other)) }

// fastest is whichever of the columns takes least; the first if none was
// measured.
func (l Line) fastest(keys ...string) string {
	best := keys[0]
	for _, k := range keys {
		if m := l.get(k).Median(); !math.IsNaN(m) && !(l.get(best).Median() <= m) {
			best = k
		}
	}
	return best
}

// goPeers decode in Go.
var goPeers = []string{"okeuday_decode", "ergo_decode"}
