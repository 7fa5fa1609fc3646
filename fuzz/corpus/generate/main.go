// Command generate writes manifest.json and the vectors of fuzz/corpus anew.
//
//	go run ./fuzz/corpus/generate               # needs erl; measures on its release
//	go run ./fuzz/corpus/generate -merge FILE   # takes in what measure.escript wrote
//
// What was measured on other releases before stays, as long as the bytes of the
// case do. The same sources and the same OTP give the same files.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/corpus/internal/build"
)

func main() {
	dir := flag.String("dir", "fuzz/corpus", "the folder of package corpus")
	merge := flag.String("merge", "", "a file that measure.escript wrote")
	flag.Parse()
	if err := run(*dir, *merge); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func run(dir, merge string) error {
	old, err := build.Read(dir)
	if err != nil {
		return fmt.Errorf("%w (is -dir the folder fuzz/corpus?)", err)
	}
	b, err := build.New()
	if err != nil {
		return err
	}
	if err := measure(b, merge); err != nil {
		return err
	}
	b.Carry(old)
	if err := b.Write(dir); err != nil {
		return err
	}
	m, err := build.Read(dir)
	if err != nil {
		return err
	}
	fmt.Print(build.Summary(m))
	return nil
}

// measure gets the truth from a file, or else from the BEAM at hand.
func measure(b *build.Build, file string) error {
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return b.Merge(raw)
	}
	oracle, err := beam.Start(beam.Options{})
	if err != nil {
		return err
	}
	defer oracle.Close()
	return b.Measure(oracle)
}
