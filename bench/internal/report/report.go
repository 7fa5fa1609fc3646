package report

import (
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/beamgate/beamgate/bench/internal/picture"
)

// Markdown is the whole report.
func Markdown(r *Run) string {
	p := new(page)
	p.printf("# How fast\n\n")
	command := "make bench"
	if r.Quick {
		command = "go -C bench run . -quick -out ."
	}
	p.printf("Written by `%s`. All columns of a payload were measured in turns in one run (encoders, which hold values, after the rest), so that whatever the machine did meanwhile hit all of them alike: a ratio is the median over rounds of the ratio within a round, a time is the median over rounds with half the distance of the quartiles. Go's and the BEAM's garbage collection is counted.\n", command)
	if r.Quick {
		p.printf("\n**A quick run: few rounds, smaller inputs.**\n")
	}
	writeTargets(p, r)
	if len(r.Lines) > 0 {
		p.printf("\n![Validate against the others](pictures/validate.svg)\n\n![Decode against the others](pictures/decode.svg)\n")
	}
	writeRatios(p, r)
	writeCurves(p, r)
	if len(r.Curves) > 0 {
		p.printf("\n![Growth](pictures/growth.svg)\n")
	}
	writeStreams(p, r)
	writeHostile(p, r)
	writeMedians(p, r)
	p.heading("Machine and versions", "")
	p.printf("| | |\n|---|---|\n")
	for _, m := range r.Machine {
		p.printf("| %s | %s |\n", m[0], oneLine(m[1]))
	}
	p.printf("| the run took | %v |\n", r.Elapsed.Round(time.Second))
	for _, m := range r.Missing {
		p.printf("| not here | %s |\n", oneLine(m))
	}
	if r.Notes != "" {
		p.printf("\n%s", r.Notes)
	}
	return p.String()
}

// summed are the payloads and columns of Summary.
var (
	summedPayloads = []string{"a", "b2", "c", "e", "k"}
	summedColumns  = []string{"validate", "guard", "decode", "beam_decode", "okeuday_decode", "ergo_decode", "cbor_decode"}
)

// Summary is a table of medians for those who read no more than that.
func Summary(r *Run) string {
	p, title := new(page), titles()
	head := []string{"payload"}
	for _, k := range summedColumns {
		head = append(head, title[k])
	}
	var rows [][]string
	for _, l := range r.Lines {
		short, _, _ := strings.Cut(l.Name, "_")
		if !slices.Contains(summedPayloads, short) {
			continue
		}
		row := []string{fmt.Sprintf("%s, %s", l.About, size(float64(l.Size)))}
		for _, k := range summedColumns {
			row = append(row, nanoseconds(l.get(k).Median()))
		}
		rows = append(rows, row)
	}
	p.table(head, rows)
	return p.String()
}

// PictureDir is where the report looks for its pictures.
const PictureDir = "pictures"

// Pictures draws into a folder what the report shows.
func Pictures(r *Run, dir string) error {
	if len(r.Lines) > 0 {
		if err := bars(r, filepath.Join(dir, "validate.svg"), "How many times as long as Validate others take", "validate", []string{"beam_decode", "ergo_decode", "okeuday_decode"}); err != nil {
			return err
		}
		if err := bars(r, filepath.Join(dir, "decode.svg"), "How many times as long as Decode others take", "decode", []string{"beam_decode", "ergo_decode", "okeuday_decode", "cbor_decode"}); err != nil {
			return err
		}
	}
	if len(r.Curves) == 0 {
		return nil
	}
	var lines []picture.Line
	for i, c := range r.Curves {
		v, d := picture.Line{Name: "Validate, " + c.Name}, picture.Line{Name: "Decode, " + c.Name}
		for _, p := range c.Points {
			v.X, v.Y = append(v.X, float64(p.Terms)), append(v.Y, p.Validate)
			d.X, d.Y = append(d.X, float64(p.Terms)), append(d.Y, p.Decode)
		}
		lines = append(lines, v)
		if i == 0 {
			lines = append(lines, d)
		}
	}
	return picture.Growth(filepath.Join(dir, "growth.svg"), "Time for a term: flat is linear", "terms", "ns for a term", lines)
}

func bars(r *Run, file, title, key string, others []string) error {
	names := titles()
	var labels []string
	groups := make([]picture.Group, len(others))
	for i, k := range others {
		groups[i].Name = names[k]
	}
	for _, l := range r.Lines {
		if len(l.get(key).Ns) == 0 {
			continue
		}
		labels = append(labels, l.Name)
		for i, k := range others {
			v := l.ratio(key, k)
			if math.IsInf(v, 0) {
				v = math.NaN()
			}
			groups[i].Values = append(groups[i].Values, v)
		}
	}
	if len(labels) == 0 {
		return nil
	}
	return picture.Ratios(file, title, labels, groups)
}
