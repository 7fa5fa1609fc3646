// Package bert knows the messages of BERT-RPC, as far as a gateway has to:
//
//	{info, Command, Options}           precedes a call; not answered
//	{call, Module, Function, Args}     answered by {reply, Result}
//	{cast, Module, Function, Args}     answered by {noreply}
//	                                   or {error, {Type, Code, Class, Detail, Backtrace}}
//
// What is no such message is refused, as is a function that the client may not
// call. Everything else about the terms is said elsewhere.
package bert

import (
	"fmt"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// The codes of refusals by package bert, under door.Verb.
const (
	CodeShape    = "bert_shape"    // no message of BERT-RPC
	CodeFunction = "bert_function" // not to be called by this client
	CodeInfo     = "bert_info"     // not a command that is allowed
)

// Dialect implements frames.Dialect. Its rules are those of the door in force, so
// that a reload reaches connections that are there.
type Dialect struct{}

// Rules are the rules of a listener, for door.Door.Protocol.
type Rules struct {
	allow []allowed
	infos map[string]bool
}

type allowed struct {
	who       func(door.Client) bool
	functions []config.Function
}

// New returns the rules of a listener.
func New(c config.Listener) (*Rules, error) {
	d := &Rules{infos: map[string]bool{}}
	for _, calls := range c.BERT.Allow {
		a := allowed{who: door.Clients(calls.Clients)}
		for _, text := range calls.Functions {
			f, err := config.ParseFunction(text)
			if err != nil {
				return nil, err
			}
			a.functions = append(a.functions, f)
		}
		d.allow = append(d.allow, a)
	}
	for _, name := range c.BERT.Infos {
		d.infos[name] = true
	}
	return d, nil
}

// Before implements frames.Dialect. It reads a message as the guard does: one that cannot
// be read here the guard does not accept either, and then says why. Where that is not
// meant in earnest there is nobody to say so, and what cannot be read is no call that
// this client may make.
func (Dialect) Before(p *door.Pass, msg []byte) (answered bool, r *door.Refusal) {
	d, ok := p.Door().Protocol.(*Rules)
	if !ok { // a reload has made another protocol of the listener
		return true, p.Denied(door.Verb, CodeShape, nil)
	}
	t, err := p.Door().Shape(door.ToNode).Mode().Decode(msg)
	switch {
	case err != nil && p.Door().Modes[door.Term] == door.Enforce:
		return true, nil
	case err != nil:
		return true, p.Verb(CodeShape, int64(len(msg)))
	}
	answered, code := d.judge(p.Client, t)
	if code == "" {
		return answered, nil
	}
	return answered, p.Verb(code, int64(len(msg)))
}

// judge says whether a message is answered, and the code if it is refused.
func (d *Rules) judge(who door.Client, t etf.Term) (answered bool, code string) {
	if t.Kind() != etf.KindTuple || t.Len() < 3 {
		return true, CodeShape
	}
	verb, ok := t.Index(0).Atom()
	name, ok2 := t.Index(1).Atom()
	if !ok || !ok2 {
		return true, CodeShape
	}
	switch {
	case verb == "info" && t.Len() == 3:
		if !d.infos[name] {
			return false, CodeInfo // by the node; a refusal is answered in any case
		}
		return false, ""
	case (verb == "call" || verb == "cast") && t.Len() == 4:
		function, ok := t.Index(2).Atom()
		args := t.Index(3)
		if !ok || args.Kind() != etf.KindNil && !(args.Kind() == etf.KindList && args.IsProper()) {
			return true, CodeShape
		}
		if !d.mayCall(who, name, function, args.Len()) {
			return true, CodeFunction
		}
		return true, ""
	}
	return true, CodeShape
}

func (d *Rules) mayCall(who door.Client, module, function string, arity int) bool {
	for _, a := range d.allow {
		for _, f := range a.functions {
			if f.Matches(module, function, arity) && a.who(who) {
				return true
			}
		}
	}
	return false
}

// Refusal implements frames.Dialect: {error, {Type, Code, Class, Detail, []}},
// with the types and codes of BERT-RPC.
func (Dialect) Refusal(p *door.Pass, r *door.Refusal) []byte {
	kind, number := "proxy", int64(0)
	switch {
	case r.Code == CodeFunction:
		kind, number = "server", 2 // no such function, as far as this client knows
	case r.Rule == door.Term || r.Rule == door.Atoms || r.Rule == door.Verb:
		kind, number = "protocol", 2 // the data cannot be read
	}
	return appendError(kind, number, "BeamgateRefusal", text(p.Door().Config.Detail, r))
}

// text tells as much as the configuration allows. Nothing of it is the client's.
func text(detail string, r *door.Refusal) string {
	if detail == "none" {
		return "refused"
	}
	t := r.Rule.String() + ": " + r.Code
	if r.Retry > 0 {
		t += fmt.Sprintf(", retry after %v", r.Retry.Round(time.Millisecond))
	}
	if e, ok := r.Where(); ok && detail == "full" {
		t += fmt.Sprintf(", at offset %d, in %s", e.Offset, e.Path)
	}
	return t
}
