package main

import (
	"fmt"
	"io"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

// reference prints the table that stands in REFERENCE.md.
func reference(_ []string, stdout, stderr io.Writer) int {
	fmt.Fprint(stdout, "# Keys of the configuration\n\nPrinted by `gateway reference`; a test compares.\nSizes are written as 64KiB, 8MiB or 1GiB, durations as 500ms, 30s or 2m, ranges as 60..90.\nA key that is required is so where what it stands in is given: `listeners[].tls.cert`, where there is `tls`.\n\n")
	if err := config.Reference(stdout); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}
