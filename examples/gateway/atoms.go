package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/beamgate/beamgate/etf"
)

// atoms prints the names that a release knows, as a list for known_files.
func atoms(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("atoms", flag.ContinueOnError)
	flags.SetOutput(stderr)
	release := flags.String("release", "", "folder of a release, or of an installation of Erlang")
	if err := flags.Parse(args); err != nil {
		return unparsed(err)
	}
	if *release == "" || flags.NArg() > 0 {
		fmt.Fprintln(stderr, "usage: gateway atoms -release DIR")
		return 2
	}
	set, err := etf.AtomSetFromRelease(os.DirFS(*release))
	if err == nil {
		_, err = set.WriteTo(stdout)
	}
	if err != nil {
		fmt.Fprintf(stderr, "gateway atoms: %s: %v\n", *release, err)
		return 1
	}
	return 0
}
