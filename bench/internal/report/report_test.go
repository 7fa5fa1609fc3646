package report

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/beamgate/beamgate/bench/internal/curve"
	"github.com/beamgate/beamgate/bench/internal/hostile"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/bench/internal/stream"
)

func result(ns ...float64) measure.Result { return measure.Result{Ns: ns, Allocs: 4, Bytes: 100} }

// example is a run with a little of everything.
func example() *Run {
	cases := hostile.Cases()
	return &Run{
		Lines: []Line{
			{Name: "a_rpc", Size: 114, Terms: 15, Results: map[string]measure.Result{
				"validate": result(10, 12, 11), "decode": result(20, 20, 20), "keyless": result(9, 9, 9), "yardstick": result(9, 9, 9),
				"beam_decode": result(60, 72, 66), "ergo_decode": result(30, 30, 30), "okeuday_decode": result(100, 100, 100),
			}},
			{Name: "b_ready", Size: 1 << 20, Terms: 1000, Results: map[string]measure.Result{
				"validate": result(10), "beam_decode": result(30, 30), "ergo_decode": {Err: errors.New("a | b <c>\nd")},
			}},
		},
		Curves:   []curve.Curve{{Family: curve.Families(true)[0], Points: []curve.Point{{Step: 100, Bytes: 114, Terms: 15, Validate: 3, Decode: math.NaN()}}, ValidateExponent: 1, DecodeExponent: math.NaN()}},
		Long:     []stream.Long{{Way: "ValidateReader", Bytes: 10 << 30, Elapsed: time.Second, Share: 50, Allocated: 1000}},
		Refusals: []hostile.Refusal{{Case: cases[0].Name, Size: 6, Code: "limit_bytes", Ways: make([]hostile.Cost, 3)}},
		Readers:  []string{"somebody"},
		Fates:    map[string]map[string]hostile.Fate{cases[0].Name: {"somebody": {Word: "panics", Peak: 5 << 20}}},
		Caps:     hostile.Caps{Memory: 1 << 30, Time: time.Second},
		Notes:    "## Notes\n\nNothing helped.\n",
	}
}

// TestMarkdown looks for what each part has to say.
func TestMarkdown(t *testing.T) {
	text := Markdown(example())
	for _, want := range []string{
		"| Validate against binary_to_term: a call, maps with binary keys | ≥ 5.00× | 3.00×, b_ready | **no**, 1 of 2 |",
		"| Decode against the faster peer in Go | ≥ 3.00× | 1.50×, a_rpc | **no**, 1 of 1 |",
		"| a long stream: ValidateReader | ≤ 256 KiB, ≥ 60 % of the reader alone | 1000 B, 50 % | **no**, 1 of 1 |",
		"| refuse a hostile head | ≤ 1 µs, ≤ 512 B | 0.00 ns, 0 B | yes |",
		"### Where a target is missed",
		"| Validate against binary_to_term: a call, maps with binary keys | b 3.00× | Before its first byte",
		"| ergo decode | [b] | a \\| b &lt;c> d |",
		"**panics** (5 MiB)",
		"| b_ready | 10.0 ns, once |",
		"Nothing helped.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if strings.Contains(text, bad) {
			t.Errorf("the report holds %q", bad)
		}
	}
	if targets, medians := strings.Index(text, "## Targets"), strings.Index(text, "## Medians"); targets < 0 || medians < targets {
		t.Error("ratios do not come first")
	}
}

// TestReasons: the targets of Validate that are known to be missed have one.
func TestReasons(t *testing.T) {
	slow := map[string]measure.Result{"validate": result(10), "beam_decode": result(8)}
	run := &Run{}
	for _, name := range []string{"a_rpc", "b2_atoms", "e_map", "g_deep"} {
		run.Lines = append(run.Lines, Line{Name: name, Size: 1, Terms: 1, Results: slow})
	}
	_, rows, _ := strings.Cut(Markdown(run), "### Where a target is missed")
	rows, _, _ = strings.Cut(rows, "\n## ")
	if n := strings.Count(rows, "\n| Validate against"); n != 4 || strings.Contains(rows, "| "+none+" |") {
		t.Errorf("%d rows, or one without a reason:\n%s", n, rows)
	}
}

// TestEmpty: what was not measured is left out.
func TestEmpty(t *testing.T) {
	text := Markdown(new(Run))
	if strings.Count(text, "\n## ") != 1 { // machine and versions
		t.Errorf("%s", text)
	}
}

func TestPictures(t *testing.T) {
	dir := t.TempDir()
	if err := Pictures(example(), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"validate.svg", "decode.svg", "growth.svg"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestNumbers(t *testing.T) {
	for got, want := range map[string]string{
		nanoseconds(0.5): "0.50 ns", nanoseconds(999.9): "1.00 µs", nanoseconds(12345): "12.3 µs", nanoseconds(2e9): "2.00 s", nanoseconds(math.NaN()): none,
		size(1023): "1023 B", size(1536): "1.5 KiB", size(3 << 30): "3.00 GiB", size(math.Inf(1)): none,
		ratio(1.234): "1.23×", ratio(12.34): "12.3×", ratio(1234): "1234×", ratio(math.NaN()): none,
		count(3.999): "4", count(0.01): "0",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestSummary: some payloads, each with what was measured of it.
func TestSummary(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(Summary(example())), "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "| payload | Validate | Guard.Check | Decode | BEAM ") || !strings.Contains(lines[2], " ns | –") {
		t.Errorf("%q", lines)
	}
}
