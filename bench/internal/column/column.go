// Package column holds everything that is timed on every payload: the drivers of
// the library, its peers, the limits of the machine. A column is one row of one
// of the tables here.
package column

import (
	"errors"
	"time"

	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/bench/internal/outside"
	"github.com/beamgate/beamgate/bench/internal/payload"
)

// Family says what a column is compared with.
type Family string

// The families.
const (
	Check  Family = "check"  // reads and keeps nothing
	Decode Family = "decode" // makes values
	Encode Family = "encode" // makes bytes of values
	Limit  Family = "limit"  // what the machine can do
)

// A Column is something that can be done with every payload, or fails at once.
type Column struct {
	Key    string
	Title  string // in the tables of results
	Family Family

	// once prepares a payload and returns what is timed, in Go.
	once func(p *payload.Payload) (func() error, error)
	// reads tells of an encoder that it starts from bytes.
	reads bool
	// op and place are of what is timed outside.
	op    byte
	place Place
}

// Place is where a column is timed.
type Place uint8

// The places.
const (
	Here Place = iota // in this process
	BEAM
	Node
)

// Holds reports whether the column keeps values of a payload to encode. A large
// heap changes what collecting garbage costs, so these are measured by
// themselves, after the others.
func (c Column) Holds() bool { return c.Family == Encode && !c.reads }

// Place is where the column is timed.
func (c Column) Place() Place { return c.place }

// Outside are the processes that are not Go. One that is nil is not here, and
// its columns stay empty.
type Outside struct{ BEAM, Node *outside.Process }

// All are the columns, in the order of the tables.
func All() []Column {
	var all []Column
	for _, some := range [][]Column{library, terms, limit, beam, peers, node, others} {
		all = append(all, some...)
	}
	return all
}

var errAbsent = errors.New("not here")

// Work makes the work of a column on a payload.
func (c Column) Work(p *payload.Payload, o *Outside) measure.Work {
	if c.place != Here {
		process := o.BEAM
		if c.place == Node {
			process = o.Node
		}
		return measure.Work{Key: c.Key, Run: func(n int) (time.Duration, error) {
			if process == nil {
				return 0, errAbsent
			}
			return process.Time(c.op, n, p.File)
		}}
	}
	once, err := prepare(c, p)
	if err != nil {
		return measure.Work{Key: c.Key, Run: func(int) (time.Duration, error) { return 0, err }}
	}
	return measure.InGo(c.Key, once)
}

func prepare(c Column, p *payload.Payload) (once func() error, err error) {
	defer func() { // a peer may panic on what it decodes to prepare encoding
		if r := recover(); r != nil {
			err = errors.New("panics")
		}
	}()
	return c.once(p)
}

// items makes work on each item in turn of work on one.
func items(one func(b []byte) error) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) {
		if len(p.Items) == 1 {
			b := p.Items[0]
			return func() error { return one(b) }, nil
		}
		return func() error {
			for _, b := range p.Items {
				if err := one(b); err != nil {
					return err
				}
			}
			return nil
		}, nil
	}
}

// own is items on a copy of the payload: the peer may write into it.
func own(one func(b []byte) error) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) { return items(one)(p.Clone()) }
}

// values makes work on the values that items decode to.
func values[T any](decode func(b []byte) (T, error), one func(v T) error) func(p *payload.Payload) (func() error, error) {
	return func(p *payload.Payload) (func() error, error) {
		var all []T
		for _, b := range p.Clone().Items {
			v, err := decode(b)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		return func() error {
			for _, v := range all {
				if err := one(v); err != nil {
					return err
				}
			}
			return nil
		}, nil
	}
}
