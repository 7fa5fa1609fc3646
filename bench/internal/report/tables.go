package report

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/beamgate/beamgate/bench/internal/column"
	"github.com/beamgate/beamgate/bench/internal/measure"
)

// comparisons are the tables of ratios: one of the library's columns against
// others.
var comparisons = []struct {
	title, key string
	others     []string
	text       string
}{
	{"Validate against the others", "validate",
		[]string{"beam_decode", "beam_safe", "okeuday_decode", "ergo_decode", "erlang_js_decode", "erlpack_decode", "cbor_check", "json_check", "yardstick", "memmove"},
		"How many times as long others take: above 1 Validate is faster. It builds nothing, and neither do Wellformed, Valid, the yardstick and memmove; the rest decode."},
	{"Decode against the others", "decode",
		[]string{"beam_decode", "okeuday_decode", "ergo_decode", "erlang_js_decode", "erlpack_decode", "cbor_decode", "json_decode", "copy"},
		"How many times as long others take to decode into values of their own. CBOR and JSON hold equivalent data."},
	{"Unmarshal into structs against the others", "unmarshal_struct",
		[]string{"cbor_struct", "json_struct", "decode", "unmarshal_any", "okeuday_decode", "ergo_decode", "beam_decode"}, ""},
	{"Marshal of structs against the others", "marshal_struct",
		[]string{"cbor_marshal", "json_marshal", "beam_encode", "okeuday_encode", "ergo_encode"}, "BEAM and peers encode their own values of the same term."},
	{"Marshal against the others", "marshal",
		[]string{"beam_encode", "okeuday_encode", "ergo_encode", "erlang_js_encode", "erlpack_encode", "cbor_encode", "json_encode"}, ""},
	{"Canonicalize against the others", "canonicalize", []string{"validate", "beam_reencode"}, ""},
}

// titles of columns by key.
func titles() map[string]string {
	m := map[string]string{}
	for _, c := range column.All() {
		m[c.Key] = c.Title
	}
	return m
}

// measured reports whether some line has samples of the column.
func (r *Run) measured(key string) bool {
	return slices.ContainsFunc(r.Lines, func(l Line) bool { return len(l.get(key).Ns) > 0 })
}

func writeRatios(p *page, r *Run) {
	title := titles()
	for _, c := range comparisons {
		if !r.measured(c.key) {
			continue
		}
		p.heading(c.title, c.text)
		head := []string{"payload"}
		others := slices.DeleteFunc(slices.Clone(c.others), func(k string) bool { return !r.measured(k) })
		for _, k := range others {
			head = append(head, title[k])
		}
		var rows [][]string
		for _, l := range r.Lines {
			if len(l.get(c.key).Ns) == 0 {
				continue
			}
			row := []string{l.Name}
			for _, k := range others {
				row = append(row, ratio(l.ratio(c.key, k)))
			}
			rows = append(rows, row)
		}
		p.table(head, rows)
	}
}

// writeMedians writes one table for each family of columns.
func writeMedians(p *page, r *Run) {
	if len(r.Lines) == 0 {
		return
	}
	p.heading("Payloads", "")
	var rows [][]string
	for _, l := range r.Lines {
		rows = append(rows, []string{l.Name + ": " + l.About, size(float64(l.Size)), fmt.Sprint(l.Terms)})
	}
	p.table([]string{"payload", "size", "terms"}, rows)
	for _, f := range []struct {
		family column.Family
		title  string
	}{
		{column.Check, "Medians: reading that keeps nothing"},
		{column.Decode, "Medians: decoding"},
		{column.Encode, "Medians: encoding"},
		{column.Limit, "Medians: limits"},
	} {
		writeFamily(p, r, f.family, f.title, timing)
	}
	writeFamily(p, r, column.Decode, "Allocations of decoding, in Go", func(m measure.Result) string {
		if len(m.Ns) == 0 || math.IsInf(m.Allocs, 0) {
			return none
		}
		return fmt.Sprintf("%s, %s", count(m.Allocs), size(m.Bytes))
	})
	writeRefusals(p, r)
}

func writeFamily(p *page, r *Run, f column.Family, title string, cell func(measure.Result) string) {
	var columns []column.Column
	for _, c := range column.All() {
		empty := !slices.ContainsFunc(r.Lines, func(l Line) bool { return cell(l.get(c.Key)) != none })
		if c.Family == f && !empty {
			columns = append(columns, c)
		}
	}
	if len(columns) == 0 {
		return
	}
	p.heading(title, "")
	head := []string{"payload"}
	for _, c := range columns {
		head = append(head, c.Title)
	}
	var rows [][]string
	for _, l := range r.Lines {
		row := []string{l.Name}
		for _, c := range columns {
			row = append(row, cell(l.get(c.Key)))
		}
		rows = append(rows, row)
	}
	p.table(head, rows)
}

// writeRefusals says why there are gaps in the tables.
func writeRefusals(p *page, r *Run) {
	var rows [][]string
	for _, c := range column.All() {
		why := map[string][]string{}
		var order []string
		for _, l := range r.Lines {
			err := l.get(c.Key).Err
			if err == nil || errors.Is(err, column.ErrNoType) {
				continue
			}
			text := oneLine(err.Error())
			if why[text] == nil {
				order = append(order, text)
			}
			why[text] = append(why[text], short(l.Name))
		}
		for _, text := range order {
			rows = append(rows, []string{c.Title, fmt.Sprint(why[text]), text})
		}
	}
	if len(rows) == 0 {
		return
	}
	p.heading("Gaps", "Who could not do what, in their own words.")
	p.printf("| column | payloads | why |\n|---|---|---|\n")
	for _, row := range rows {
		p.printf("| %s | %s | %s |\n", row[0], row[1], row[2])
	}
}
