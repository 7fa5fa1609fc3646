// Beamgate adapts this library to the conformance runner.
//
//	beamgate        etf.OTP: what binary_to_term/1 of OTP 25 takes
//	beamgate -safe  package safe: exactly one term, from senders nobody trusts
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/adapters/internal/packet"
	"github.com/beamgate/beamgate/fuzz/adapters/internal/tagged"
	"github.com/beamgate/beamgate/safe"
)

func main() {
	strict := flag.Bool("safe", false, "package safe instead of etf.OTP")
	flag.Parse()
	if err := serve(*strict); err != nil {
		fmt.Fprintln(os.Stderr, "beamgate:", err)
		os.Exit(1)
	}
}

func serve(strict bool) error {
	mode, err := etf.OTP().Compile()
	if err != nil {
		return err
	}
	length := mode.ValidatePrefix // binary_to_term/1 ignores what follows
	if strict {
		mode = safe.Mode()
		length = func(b []byte) (int, error) { return len(b), mode.Validate(b) }
	}
	return packet.Serve(os.Stdin, os.Stdout, func(b []byte) packet.Answer {
		n, err := length(b)
		if err != nil {
			return packet.Answer{}
		}
		return packet.Answer{Accept: true, Used: n, Value: told(mode, b[:n])}
	})
}

// told decodes a term once more, into a tree, unless it is too large to tell.
func told(mode *etf.Mode, b []byte) []byte {
	if len(b) > tagged.MaxPayload {
		return nil
	}
	term, err := mode.Decode(b)
	if err == nil {
		var v any
		if v, err = value(term, 0); err == nil {
			return tagged.Encode(v)
		}
	}
	if errors.Is(err, tagged.ErrUntold) {
		return nil
	}
	// It was accepted a moment ago: this must not pass for silence.
	return []byte("not decoded: " + err.Error())
}
