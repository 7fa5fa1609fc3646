// Pack makes the release of the corpus: a tarball with all that someone without
// Go needs to test a decoder.
//
//	go run ./fuzz/conformance/pack -o beamgate-corpus-VERSION.tar.gz
//
// It is run at the top of a checkout. The same checkout and the same version of
// Go give the same bytes. VERSION in the name of the file stands for that of the
// corpus.
package main

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// run writes the tarball and tells its digest.
func run(args []string, stdout io.Writer) error {
	f := flag.NewFlagSet("pack", flag.ContinueOnError)
	out := f.String("o", "beamgate-corpus-VERSION.tar.gz", "file to write")
	root := f.String("root", ".", "top of the checkout")
	if err := f.Parse(args); err != nil {
		return err
	}
	entries, err := collect(*root)
	if err != nil {
		return err
	}
	data, err := archive(entries)
	if err != nil {
		return err
	}
	name := strings.ReplaceAll(*out, "VERSION", corpus.Version)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%x  %s\n", sha256.Sum256(data), name)
	return err
}
