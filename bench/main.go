// The bench of beamgate: how fast, against whom, and how close to what the
// machine can do.
//
//	go run . [-quick]
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/beamgate/beamgate/bench/internal/column"
	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/bench/internal/outside"
	"github.com/beamgate/beamgate/bench/internal/payload"
)

func main() {
	pick := flag.String("p", "*", "glob")
	only := flag.String("c", "*", "glob")
	rounds := flag.Int("rounds", 7, "")
	sample := flag.Duration("sample", 20*time.Millisecond, "")
	flag.Parse()
	source, _ := filepath.Abs(".")
	w := outside.Workshop{Source: source, Dir: filepath.Join(source, "..", ".out", "bench")}
	dir, err := w.Payloads("full")
	check(err)
	var o column.Outside
	o.BEAM, err = w.BEAM(dir)
	check(err)
	o.Node, err = w.Node(dir)
	check(err)
	files, err := payload.Names(dir)
	check(err)
	for _, f := range files {
		if ok, _ := filepath.Match(*pick, f); !ok {
			continue
		}
		p, err := payload.Load(dir, f)
		check(err)
		var works []measure.Work
		for _, c := range column.All() {
			for _, g := range strings.Split(*only, ",") {
				if ok, _ := filepath.Match(g, c.Key); ok {
					works = append(works, c.Work(p, &o))
				}
			}
		}
		rs := measure.Run(measure.Plan{Rounds: *rounds, Sample: *sample, Budget: 3 * time.Second}, works)
		tw := tabwriter.NewWriter(os.Stdout, 0, 8, 1, ' ', 0)
		fmt.Fprintf(tw, "== %s %d\n", p.Name, p.Size)
		for _, r := range rs {
			fmt.Fprintf(tw, "%s\t%.0f\t±%.1f%%\t%.2f\t%.0f allocs\t%.0f B\t%v\tmin %.0f\t%.2f\n", r.Key, r.Median(), r.Spread(), measure.Ratio(rs[0], r), r.Allocs, r.Bytes, r.Err, measure.Quantile(r.Ns, 0), measure.Quantile(r.Ns, 0)/measure.Quantile(rs[0].Ns, 0))
		}
		tw.Flush()
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
