// Differential holds the decoder against a live BEAM of OTP 25, millions of
// payloads at a time.
//
//	go run ./fuzz/differential -n 10_000_000 -seed 7
//	go run ./fuzz/differential -sweep 400
//
// A payload is made by its seed and number, so a campaign that was interrupted
// goes on with -from; with -sweep the payloads are OTP's corruptions of the real
// ones in fuzz/legit and of the cases of the corpus, up to so many bytes. Each
// disagreement is made small while it shows the same, and saved with all verdicts.
// The exit status is 1 if there was one, and 2 if -require-mix is not met.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/targets"
)

type options struct {
	n, from, seed  uint64
	size, sweep    int
	workers        int
	drivers, canon uint64
	dir            string
	shrink, giveUp int
	mix            bool
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("differential", flag.ContinueOnError)
	f.Uint64Var(&o.n, "n", 1_000_000, "payloads; with -sweep all of them")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the payloads; 0 draws one")
	f.Uint64Var(&o.from, "from", 0, "number of the first payload")
	f.IntVar(&o.size, "size", 0, "bytes that generated terms have in the mean; 0 is some 300")
	f.IntVar(&o.sweep, "sweep", 0, "corrupt the real payloads and the corpus, up to so many bytes each, instead")
	f.IntVar(&o.workers, "workers", runtime.NumCPU(), "goroutines that make payloads")
	f.Uint64Var(&o.drivers, "drivers", 16, "each so many-th payload goes through every driver; 0 for none")
	f.Uint64Var(&o.canon, "canon", 8, "of each so many-th payload the term is compared too; 0 for none")
	f.StringVar(&o.dir, "dir", ".out/differential", "where disagreements go")
	f.IntVar(&o.shrink, "shrink", 20, "how many disagreements are made small")
	f.IntVar(&o.giveUp, "give-up", 1000, "disagreements after which to stop")
	f.BoolVar(&o.mix, "require-mix", false, "fail unless every tag is among the payloads, 30 to 70 % are accepted, and they have 200 bytes in the mean")
	err = f.Parse(args)
	if o.seed == 0 {
		o.seed = rand.Uint64N(1 << 32)
	}
	return o, err
}

func main() {
	o, err := parse(os.Args[1:])
	if err != nil {
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	counts, err := run(ctx, o)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "differential:", err)
		os.Exit(2)
	case counts.Found > 0:
		os.Exit(1)
	}
}

// run judges all payloads and reports to stdout.
func run(ctx context.Context, o options) (*targets.Counts, error) {
	oracle, err := beam.Start(beam.Options{})
	if err != nil {
		return nil, err
	}
	defer oracle.Close()
	c := targets.Campaign{
		From: o.from, To: o.from + o.n, Workers: o.workers, Drivers: o.drivers, Canon: o.canon,
		Source: targets.Random(o.seed, o.size),
	}
	if o.sweep > 0 {
		c.To, c.Source = targets.Sweep(o.sweep)
	}
	fmt.Printf("%s; OTP %s, node %s; %s\n", o.again(o.from, c.To), oracle.Info().OTP, oracle.Info().Node, time.Now().UTC().Format(time.RFC3339))
	p := progress{from: o.from, to: c.To, start: time.Now()}
	r := reporter{options: o, oracle: oracle}
	counts, err := c.Run(ctx, oracle, func(n *targets.Counts, found []targets.Finding) bool {
		p.show(n)
		return r.take(found) && int(n.Found) < o.giveUp
	})
	p.end()
	if err == nil {
		err = r.err
	}
	fmt.Print(counts)
	took := time.Since(p.start)
	fmt.Printf("%.0f payloads/s, %s; VMs %+v\n", float64(counts.Payloads)/took.Seconds(), took.Round(time.Second), oracle.Stats())
	if counts.Next < c.To {
		fmt.Println("to go on:", o.again(counts.Next, c.To))
	}
	if err == nil && o.mix && counts.Next >= c.To {
		err = counts.Fair()
	}
	return counts, err
}

// again is the command that judges the payloads of a campaign from number at on.
func (o options) again(at, to uint64) string {
	s := fmt.Sprintf("go run ./fuzz/differential -from %d -drivers %d -canon %d", at, o.drivers, o.canon)
	if o.sweep > 0 {
		return fmt.Sprintf("%s -sweep %d", s, o.sweep)
	}
	return fmt.Sprintf("%s -seed %d -n %d -size %d", s, o.seed, to-at, o.size)
}
