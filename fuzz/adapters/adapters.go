// Package adapters prepares the decoders that the table in fuzz/README.md is
// about, so that package harness can run them: this library, Erlang/OTP, and
// decoders of other people in Go, JavaScript and Python.
//
// The adapters themselves are the programs in the folders below. Each says what
// its decoder cannot tell.
package adapters

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/beamgate/beamgate/fuzz/conformance/harness"
)

// Adapter is a decoder that can be run.
type Adapter struct {
	// ID is the short name, Name the one in the table.
	ID, Name string
	// Against is the reference that it is held against.
	Against string
	// needs are the programs that have to be in the PATH.
	needs []string
	// prepare builds what there is to build and returns the command line.
	prepare func(ctx context.Context, b builder) ([]string, error)
}

// All lists the adapters in the order of the table.
func All() []Adapter {
	return []Adapter{
		{"beamgate-otp", "beamgate, `etf.OTP()`", "otp25", []string{"go"}, inGo("beamgate")},
		{"beamgate-safe", "beamgate, `safe`", "safe", []string{"go"}, inGo("beamgate", "-safe")},
		{"erl", "Erlang/OTP 25.2.3, `binary_to_term/2`", "otp25", []string{"escript", "erl"}, inErlang},
		{"erlang_go", "okeuday/erlang_go 2.0.7 (Go)", "otp25", []string{"go"}, inGo("erlang_go")},
		{"ergo", "ergo-services/ergo 1.999.224 (Go)", "otp25", []string{"go"}, inGo("ergo")},
		{"erlang_js", "erlang_js 2.0.7 (JavaScript)", "otp25", []string{"node", "npm"}, inNode("erlang_js.js")},
		{"erlpack", "erlpack 0.1.4 (C++ for Node)", "otp25", []string{"node", "npm", "c++"}, inNode("erlpack.js")},
		{"sample", "`sample_decoder.py`, the example in the pack", "otp25", []string{"python3"}, inPython},
	}
}

// Missing returns the first program that the adapter needs and that is not
// here, or "".
func (a Adapter) Missing() string {
	for _, name := range a.needs {
		if _, err := exec.LookPath(name); err != nil {
			return name
		}
	}
	return ""
}

// Prepare makes the adapter ready to run. What is built for this run goes into
// work, which the caller removes; packages from a registry are kept in .out of
// the checkout.
func (a Adapter) Prepare(ctx context.Context, work string) (harness.Program, error) {
	mod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	if err != nil {
		return harness.Program{}, fmt.Errorf("go env GOMOD: %w", err)
	}
	b := builder{home: filepath.Dir(strings.TrimSpace(string(mod))), work: work}
	args, err := a.prepare(ctx, b)
	if err != nil {
		return harness.Program{}, fmt.Errorf("%s: %w", a.ID, err)
	}
	return harness.Program{Args: args, Packet: true}, nil
}
