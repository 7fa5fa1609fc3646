package etf

import "github.com/beamgate/beamgate/internal/wire"

// What a token of an id, an export or a fun stands for is in the window when the
// token is, so these methods read nothing and cannot fail. They copy, and what
// they return aliases neither the input nor the Decoder.

// Pid returns the pid of the last token. ok is false if that is no pid, and once
// the Decoder has gone on: after a peek, SkipValue, AtTermEnd or an error.
func (d *Decoder) Pid() (p Pid, ok bool) {
	if !d.at(KindPid) {
		return Pid{}, false
	}
	return newPid(wire.ReadID(d.s.in.TokenBytes())), true
}

// Port returns the port of the last token; ok is as in [Decoder.Pid].
func (d *Decoder) Port() (p Port, ok bool) {
	if !d.at(KindPort) {
		return Port{}, false
	}
	return newPort(wire.ReadID(d.s.in.TokenBytes())), true
}

// Reference returns the reference of the last token; ok is as in [Decoder.Pid].
func (d *Decoder) Reference() (r Reference, ok bool) {
	if !d.at(KindReference) {
		return Reference{}, false
	}
	return newReference(wire.ReadID(d.s.in.TokenBytes())), true
}

// Export returns the external fun of the last token; ok is as in [Decoder.Pid].
func (d *Decoder) Export() (e Export, ok bool) {
	if !d.at(KindExport) {
		return Export{}, false
	}
	return newExport(d.s.in.Fun()), true
}

// Fun returns the head of the closure of the last token, whose free variables
// follow as Len tokens and what belongs to them; ok is as in [Decoder.Pid].
func (d *Decoder) Fun() (f Fun, ok bool) {
	if !d.at(KindFun) {
		return Fun{}, false
	}
	return newFun(d.s.in.Fun()), true
}

// at reports whether the machine still stands behind a token of that kind.
func (d *Decoder) at(k Kind) bool {
	return d.tok.Kind == k && d.err == nil && !d.peeked && !d.gone
}
