package column

import (
	"bytes"
	"errors"

	"github.com/beamgate/beamgate/bench/internal/payload"
	"github.com/beamgate/beamgate/bench/internal/yard"
	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// library are the drivers of beamgate.
var library = []Column{
	{Key: "validate", Title: "Validate", Family: Check, once: items(mode.Validate)},
	{Key: "guard", Title: "Guard.Check", Family: Check, once: guard},
	{Key: "keyless", Title: "Validate's machine without its look at keys", Family: Check, once: keyless},
	{Key: "measure", Title: "Measure", Family: Check, once: items(func(b []byte) error { _, err := mode.Measure(b); return err })},
	{Key: "tokens", Title: "ReadToken, slice", Family: Check, once: tokens(func(d *etf.Decoder, _ *bytes.Reader, b []byte) { d.ResetBytes(b) })},
	{Key: "tokens_reader", Title: "ReadToken, reader", Family: Check, once: tokens(overReader)},
	{Key: "skip", Title: "SkipValue, slice", Family: Check, once: skip},
	{Key: "decode", Title: "Decode", Family: Decode, once: items(func(b []byte) error { _, err := mode.Decode(b); return err })},
}

// limit is what the machine can do.
var limit = []Column{
	{Key: "yardstick", Title: "the fused yardstick", Family: Limit, once: yardstick},
	{Key: "memmove", Title: "memmove", Family: Limit, once: func(p *payload.Payload) (func() error, error) {
		dst := make([]byte, p.Size)
		return items(func(b []byte) error { copy(dst, b); return nil })(p)
	}},
	{Key: "copy", Title: "a copy in new memory", Family: Limit, once: clone},
}

// clone copies. What is copied has to escape, but is let go of at once, as what Decode
// makes: a megabyte that is kept is one more that the runtime keeps mapped.
func clone(p *payload.Payload) (func() error, error) {
	var kept []byte
	return items(func(b []byte) error {
		kept = bytes.Clone(b)
		n := len(kept)
		if kept = nil; n != len(b) {
			return errors.New("not all was copied")
		}
		return nil
	})(p)
}

// guard is what a gateway asks of each message: Validate with the rule on structs, and
// with a budget that every name is shown to. It knows them all from the first time on.
func guard(p *payload.Payload) (func() error, error) {
	g, err := safe.NewGuard(safe.Forward{Profile: etf.Default(), Budgets: []limits.Budget{limits.NewAtomBudget(1 << 20)}})
	if err != nil {
		return nil, err
	}
	return items(g.Check)(p)
}

// keyless runs the machine as Decode does when it reads an accepted term for the
// second time: all of the grammar, no caps, no look at keys. It is the part of
// Validate that the yardstick does too.
func keyless(p *payload.Payload) (func() error, error) {
	prog := wire.Compile(wire.Options{Limits: limits.Unlimited(), Release: 25})
	in := new(wire.Input)
	return items(func(b []byte) error {
		if b[1] == wire.TagCompressed {
			return errors.New("compressed")
		}
		in.BuildSlice(prog, b[1:])
		if in.Run(-1) == wire.EvFail {
			return errors.New("refused")
		}
		return nil
	})(p)
}

func yardstick(p *payload.Payload) (func() error, error) {
	y := new(yard.Yard)
	return items(func(b []byte) error {
		if !y.Validate(b) {
			return errors.New("the yardstick does not read this")
		}
		return nil
	})(p)
}

func overReader(d *etf.Decoder, r *bytes.Reader, b []byte) {
	r.Reset(b)
	d.Reset(r)
}

// tokens reads every token of every item with one Decoder.
func tokens(reset func(*etf.Decoder, *bytes.Reader, []byte)) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) {
		d, r := mode.NewDecoder(nil), bytes.NewReader(nil)
		return items(func(b []byte) error {
			reset(d, r, b)
			for {
				if _, err := d.ReadToken(); err != nil || d.AtTermEnd() {
					return err
				}
			}
		})(p)
	}
}

func skip(p *payload.Payload) (func() error, error) {
	d := mode.NewDecoder(nil)
	return items(func(b []byte) error {
		d.ResetBytes(b)
		return d.SkipValue()
	})(p)
}
