// Ergo adapts the decoder of github.com/ergo-services/ergo, which is made for
// Erlang distribution, to the conformance runner. The package turns its own
// panics into errors; here they are refusals.
package main

import (
	"fmt"
	"os"

	"github.com/beamgate/beamgate/fuzz/adapters/internal/packet"
	"github.com/beamgate/beamgate/fuzz/adapters/internal/tagged"
	"github.com/ergo-services/ergo/etf"
)

func main() {
	if err := packet.Serve(os.Stdin, os.Stdout, decode); err != nil {
		fmt.Fprintln(os.Stderr, "ergo:", err)
		os.Exit(1)
	}
}

// version is in front of a term; the package wants what follows.
const version = 131

func decode(b []byte) packet.Answer {
	if len(b) == 0 || b[0] != version {
		return packet.Answer{}
	}
	term, rest, err := etf.Decode(b[1:], nil, etf.DecodeOptions{FlagBigPidRef: true}) // as OTP 25 negotiates
	if err != nil {
		return packet.Answer{}
	}
	a := packet.Answer{Accept: true, Used: len(b) - len(rest)}
	if len(b) > tagged.MaxPayload {
		return a
	}
	if v, err := value(term, 0); err == nil {
		a.Value = tagged.Encode(v)
	}
	return a
}
