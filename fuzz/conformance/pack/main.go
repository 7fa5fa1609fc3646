// Pack makes the release of the corpus: a tarball with all that someone without
// Go needs to test a decoder.
//
//	go run ./fuzz/conformance/pack
//
// It is run at the top of a checkout and writes .out/beamgate-corpus-VERSION.tar.gz,
// or what -o names; VERSION in the name stands for that of the corpus. The same
// checkout and the same version of Go give the same bytes.
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

const defaultName = ".out/beamgate-corpus-VERSION.tar.gz"

// run writes the tarball and tells its digest.
func run(args []string, stdout io.Writer) error {
	f := flag.NewFlagSet("pack", flag.ContinueOnError)
	out := f.String("o", "", "file to write; "+defaultName+" below the top of the checkout if empty")
	root := f.String("root", ".", "top of the checkout")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		*out = filepath.Join(*root, filepath.FromSlash(defaultName))
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
