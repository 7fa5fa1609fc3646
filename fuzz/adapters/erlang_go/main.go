// Erlang_go adapts github.com/okeuday/erlang_go to the conformance runner. What
// the package panics of ends this program, as it would end any other.
package main

import (
	"fmt"
	"os"

	"github.com/beamgate/beamgate/fuzz/adapters/internal/packet"
	"github.com/beamgate/beamgate/fuzz/adapters/internal/tagged"
	"github.com/okeuday/erlang_go/v2/erlang"
)

func main() {
	if err := packet.Serve(os.Stdin, os.Stdout, decode); err != nil {
		fmt.Fprintln(os.Stderr, "erlang_go:", err)
		os.Exit(1)
	}
}

// decode accepts what BinaryToTerm does, which is never less than all of b.
func decode(b []byte) packet.Answer {
	term, err := erlang.BinaryToTerm(b)
	if err != nil {
		return packet.Answer{}
	}
	a := packet.Answer{Accept: true, Used: len(b)}
	if len(b) > tagged.MaxPayload {
		return a
	}
	if v, err := value(term, 0); err == nil {
		a.Value = tagged.Encode(v)
	}
	return a
}
