package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A target is what has to hold in one run: that base takes at least so many
// times as long as key.
type target struct {
	work     string
	payloads []string // names up to the first underscore; nil: all but those in not
	not      []string
	key      string
	base     []string // the fastest of them
	atLeast  float64
	why      string // what it is that takes the time where the target is missed
}

// What takes the time, by payload or kind of work. NOTES.md says how it was found.
const (
	whyCall  = "Before its first byte is read a call costs some 45 ns: the session out of its pool and back (10), what a term counts set to zero (9), the input's tail copied so that no load has to ask where the input ends (4), and the calls between. The 15 terms of the payload take 5 ns each, as they do in the yardstick."
	whyYard  = "The yardstick does not count distinct atoms, which have a cap: here each atom is looked up in a table, 4.5 ns. Ids, bitstrings and integers of more than 64 bits leave the loop that keeps its state in registers, and come back to it: 10 to 30 ns each. Containers also keep what paths, caps on heap words and Measure need: 4 ns each."
	whyPeer  = "Decode reads twice, to count before it allocates: for terms of few bytes the two beginnings count. Of compressed terms and large binaries most of the time is inflating, the checksum and new memory, which the peers need too; what is inflated is kept in a buffer that grows as it comes, since no length is believed, and is copied unless it is large. Atoms beyond ASCII are validated, which the peers leave out."
	whyBEAM  = "A BEAM takes memory from an allocator that has it at hand, mapped and dirty; Go clears new memory, and large blocks are fresh pages (compare a copy in new memory). What a compressed term inflates to is kept in a buffer that grows as it comes, since no length is believed, and is copied unless it is large. Ids, bitstrings and large integers leave the fast loop, in both readings."
	whyCopy  = "Beside the copy there are two small blocks. The rest is the runtime: with so little alive it collects every few decodings and gives pages back to the system, which the next one gets again, cleared; how often differs from run to run. A process that holds more has neither."
	whyAtoms = "An atom costs a look-up in a table, about 5 ns: names are told apart, as binary_to_term does, and counted."
	whyKeys  = "Each of the 10,000 keys, an atom, is looked up by its name, and marked by its number: the first 128 by a bit of the map, the others by a stamp that says which map had them last."
	whyDeep  = "500 levels of one element each: what a container costs, 8 ns, is all there is; the yardstick takes 5."
	whyCanon = "The term is read twice: checked, and then copied in large pieces, where each key has its place noted and each list its length looked at; keys out of order are sorted."
	whyMake  = "Go values are reached through reflection and interfaces; what peers write is unsorted and unchecked."
)

var records = []string{"b", "b2", "k", "l", "m", "n", "r"}

var targets = []target{
	{"Validate against binary_to_term: a call, maps with binary keys", []string{"a", "b"}, nil, "validate", []string{"beam_decode"}, 5, whyCall},
	{"Validate against binary_to_term: maps with atom keys, atoms", []string{"b2", "h"}, nil, "validate", []string{"beam_decode"}, 6, whyAtoms},
	{"Validate against binary_to_term: integers", []string{"c"}, nil, "validate", []string{"beam_decode"}, 3, ""},
	{"Validate against binary_to_term: a map of 10,000 keys", []string{"e"}, nil, "validate", []string{"beam_decode"}, 15, whyKeys},
	{"Validate against binary_to_term: 500 levels", []string{"g"}, nil, "validate", []string{"beam_decode"}, 1, whyDeep},
	{"the machine without keys against the yardstick: records", records, nil, "keyless", []string{"yardstick"}, 1 / 1.2, whyYard},
	{"the machine without keys against the yardstick: elsewhere", nil, slices.Concat(records, []string{"i", "u", "v", "w"}), "keyless", []string{"yardstick"}, 1 / 1.5, whyYard},
	{"Decode against the faster peer in Go", nil, []string{"d"}, "decode", goPeers, 3, whyPeer},
	{"Decode of one large binary against a copy in new memory", []string{"d"}, nil, "decode", []string{"copy"}, 1 / 1.2, whyCopy},
	{"Decode against binary_to_term: calls, maps, atoms, floats", []string{"a", "b", "b2", "e", "h", "k", "l", "r", "s", "t"}, nil, "decode", []string{"beam_decode"}, 1.5, whyPeer},
	{"Decode against binary_to_term: the rest", []string{"c", "d", "f", "g", "i", "j", "m", "n", "o", "p", "q", "u", "v", "w"}, nil, "decode", []string{"beam_decode"}, 0.9, whyBEAM},
	{"Unmarshal into structs against fxamacker/cbor", nil, []string{"i"}, "unmarshal_struct", []string{"cbor_struct"}, 1 / 1.5, ""},
	{"Unmarshal into structs against the faster peer's decoding", nil, nil, "unmarshal_struct", goPeers, 3, whyMake},
	{"Marshal of structs against fxamacker/cbor", nil, []string{"i"}, "marshal_struct", []string{"cbor_marshal"}, 1 / 1.5, whyMake},
	{"Marshal against the faster peer", nil, nil, "marshal", []string{"okeuday_encode", "ergo_encode"}, 2, whyMake},
	{"Canonicalize against Validate: records", records, nil, "canonicalize", []string{"validate"}, 1.0 / 3, whyCanon},
}

// short is the name of a payload in targets.
func short(name string) string { s, _, _ := strings.Cut(name, "_"); return s }

func (t target) about(l Line) bool {
	if t.payloads == nil {
		return !slices.Contains(t.not, short(l.Name))
	}
	return slices.Contains(t.payloads, short(l.Name))
}

// writeTargets says which targets hold: the worst payload decides.
func writeTargets(p *page, r *Run) {
	var rows, whys [][]string
	for _, t := range targets {
		var late []string
		worst, where, missed := math.Inf(1), "", 0
		all := 0
		for _, l := range r.Lines {
			v := l.ratio(t.key, l.fastest(t.base...))
			if !t.about(l) || math.IsNaN(v) {
				continue
			}
			all++
			if v < t.atLeast {
				missed++
				late = append(late, short(l.Name)+" "+ratio(v))
			}
			if v < worst {
				worst, where = v, l.Name
			}
		}
		if all > 0 {
			rows = append(rows, verdict(t.work, "≥ "+ratio(t.atLeast), ratio(worst)+", "+where, missed, all))
		}
		if missed > 0 {
			whys = append(whys, []string{t.work, strings.Join(late, ", "), t.why})
		}
	}
	rows = append(rows, allocationTarget(r)...)
	rows = append(rows, otherTargets(r)...)
	if len(rows) == 0 {
		return
	}
	p.heading("Targets", "A ratio says how many times as long the other takes, the median over rounds; the worst payload decides.")
	p.table([]string{"work", "target", "worst", "holds"}, rows)
	if len(whys) == 0 {
		return
	}
	p.printf("\n### Where a target is missed\n\n| work | payloads | what takes the time |\n|---|---|---|\n")
	for _, w := range whys {
		if w[2] == "" {
			w[2] = none
		}
		p.printf("| %s | %s | %s |\n", w[0], w[1], w[2])
	}
}

func verdict(work, want, got string, missed, all int) []string {
	holds := "yes"
	if missed > 0 {
		holds = fmt.Sprintf("**no**, %d of %d", missed, all)
	}
	return []string{work, want, got, holds}
}

// allocationTarget compares allocations with those of the faster peer.
func allocationTarget(r *Run) [][]string {
	worst, where, missed, all := 0.0, "", 0, 0
	for _, l := range r.Lines {
		if short(l.Name) == "d" {
			continue
		}
		peer := l.get(l.fastest(goPeers...))
		if len(peer.Ns) == 0 {
			continue
		}
		all++
		v := l.get("decode").Allocs / peer.Allocs
		if v > 0.25 {
			missed++
		}
		if v >= worst {
			worst, where = v, l.Name
		}
	}
	if all == 0 {
		return nil
	}
	return [][]string{verdict("allocations of Decode against the faster peer's in Go", "≤ 0.25×", fmt.Sprintf("%.2f×, %s", worst, where), missed, all)}
}

// otherTargets are about hostile heads and long streams.
func otherTargets(r *Run) (rows [][]string) {
	var ns, bytes float64
	missed, all := 0, 0
	for _, h := range r.Refusals {
		if !strings.Contains(h.Case, "claims") || len(h.Ways) == 0 {
			continue
		}
		all++
		ns, bytes = max(ns, h.Ways[0].Ns), max(bytes, h.Ways[0].Bytes)
		if h.Ways[0].Ns > 1000 || h.Ways[0].Bytes > 512 {
			missed++
		}
	}
	if all > 0 {
		rows = append(rows, verdict("refuse a hostile head", "≤ 1 µs, ≤ 512 B", nanoseconds(ns)+", "+size(bytes), missed, all))
	}
	for _, l := range r.Long {
		missed := 0
		if l.Allocated > 256<<10 || l.Share < 60 {
			missed = 1
		}
		rows = append(rows, verdict("a long stream: "+l.Way, "≤ 256 KiB, ≥ 60 % of the reader alone",
			fmt.Sprintf("%s, %.0f %%", size(float64(l.Allocated)), l.Share), missed, 1))
	}
	return rows
}
