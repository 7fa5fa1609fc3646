// Package traffic makes messages, honest and hostile ones, for the demonstration
// and for tests, and exchanges them. None of them ends a node: what they show is
// what they leave behind.
package traffic

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// Kind is one kind of message.
type Kind struct {
	Name    string
	Hostile bool
	// Some of a hostile kind may pass: new atoms, as long as there is an allowance.
	Some bool
	// Leaves tells that a node which decodes these messages is left with something.
	Leaves bool
	// Make makes message number n.
	Make func(r *rand.Rand, n int) []byte
}

// Exchange sends a message in a frame of {packet,4} and waits so long for the
// answer, which may have a megabyte. With an error it returns what there is of it.
func Exchange(c net.Conn, msg []byte, wait time.Duration) ([]byte, error) {
	c.SetDeadline(time.Now().Add(wait))
	frame, err := etf.AppendFrame(nil, msg, 4)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write(frame); err != nil {
		return nil, err
	}
	var head [4]byte
	if n, err := io.ReadFull(c, head[:]); err != nil {
		return head[:n], err
	}
	b := make([]byte, min(binary.BigEndian.Uint32(head[:]), 1<<20))
	n, err := io.ReadFull(c, b)
	return b[:n], err
}

// Kinds are all of them, the honest ones first.
func Kinds() []Kind {
	return []Kind{
		{Name: "orders", Make: order},
		{Name: "lists of rows", Make: rows},
		{Name: "calls", Make: call},
		{Name: "new atoms, a few in each message", Hostile: true, Some: true, Leaves: true, Make: newAtoms},
		{Name: "exported funs", Hostile: true, Make: export},
		{Name: "compressed, and 200 times as large inside", Hostile: true, Leaves: true, Make: bomb},
		{Name: "nested deeper than anyone needs", Hostile: true, Leaves: true, Make: deep},
		{Name: "one byte that becomes two words", Hostile: true, Leaves: true, Make: heavy},
		{Name: "keys twice in a map", Hostile: true, Make: twice},
		{Name: "bytes behind the term", Hostile: true, Make: trailing},
		{Name: "cut short", Hostile: true, Make: short},
		{Name: "a pid of somebody", Hostile: true, Make: pid},
		{Name: "a reference of somebody", Hostile: true, Make: reference},
		{Name: "a struct that never ends", Hostile: true, Make: lazy},
		{Name: "a float that is no number", Hostile: true, Make: nan},
		{Name: "an atom that is no text", Hostile: true, Make: notText},
		{Name: "an unknown tag", Hostile: true, Make: unknown},
		{Name: "a count without the elements", Hostile: true, Make: claim},
	}
}

func order(r *rand.Rand, n int) []byte {
	return term.Message(term.Map(
		term.Atom("id"), term.Int(int64(n)), term.Atom("customer"), term.Bin(fmt.Sprintf("customer %d", r.IntN(1000))),
		term.Atom("items"), term.List(item(r), item(r), item(r))))
}

func item(r *rand.Rand) term.T {
	return term.Tuple(term.Bin("article"), term.Int(r.Int64N(100)), term.Int(r.Int64N(100_000)))
}

func rows(r *rand.Rand, n int) []byte {
	list := make([]term.T, 50)
	for i := range list {
		list[i] = term.Tuple(term.Atom("row"), term.Int(int64(n+i)), term.Bin("value"))
	}
	return term.Message(term.List(list...))
}

func call(r *rand.Rand, _ int) []byte {
	return term.Message(term.Tuple(term.Atom("get"), term.Int(r.Int64N(1000)), term.List()))
}

func newAtoms(_ *rand.Rand, n int) []byte {
	list := make([]term.T, 20)
	for i := range list {
		list[i] = term.Atom(fmt.Sprintf("made_up_%d", 20*n+i))
	}
	return term.Message(term.List(list...))
}

func export(*rand.Rand, int) []byte {
	const exportTag = 113
	f := append(term.T{exportTag}, term.Atom("row")...)
	f = append(f, term.Atom("get")...)
	return term.Message(append(f, term.Int(1)...))
}

func bomb(*rand.Rand, int) []byte {
	const compressed = 80
	inside := term.Bin(string(make([]byte, 256<<10)))
	b := []byte{131, compressed}
	b = binary.BigEndian.AppendUint32(b, uint32(len(inside)))
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	w.Write(inside)
	w.Close()
	return append(b, z.Bytes()...)
}

func deep(*rand.Rand, int) []byte {
	t := term.List()
	for range 400 {
		t = term.Tuple(t)
	}
	return term.Message(t)
}

// heavy is a list of small numbers that a node keeps at 16 bytes for each.
func heavy(*rand.Rand, int) []byte {
	list := make([]term.T, 300_000)
	for i := range list {
		list[i] = term.List()
	}
	return term.Message(term.List(list...))
}

func twice(r *rand.Rand, n int) []byte {
	return term.Message(term.Map(term.Atom("id"), term.Int(1), term.Atom("id"), term.Int(2)))
}

func trailing(r *rand.Rand, n int) []byte { return append(order(r, n), "and more"...) }

func short(r *rand.Rand, n int) []byte {
	b := rows(r, n)
	return b[:1+r.IntN(len(b)-1)]
}

func pid(r *rand.Rand, _ int) []byte {
	const newPid = 88
	p := append(term.T{newPid}, term.Atom("nonode@nohost")...)
	return term.Message(append(p, 0, 0, 0, byte(r.IntN(100)), 0, 0, 0, 0, 0, 0, 0, 0))
}

func reference(r *rand.Rand, _ int) []byte {
	const newerReference = 90
	t := append(term.T{newerReference, 0, 1}, term.Atom("nonode@nohost")...)
	return term.Message(append(t, 0, 0, 0, 0, 0, 0, 0, byte(r.IntN(100))))
}

// lazy is a range of so many numbers that whoever enumerates it never ends.
func lazy(*rand.Rand, int) []byte {
	return term.Message(term.Map(
		term.Atom("__struct__"), term.Atom("Elixir.Range"),
		term.Atom("first"), term.Int(1), term.Atom("last"), term.Int(2_000_000_000), term.Atom("step"), term.Int(1)))
}

func nan(*rand.Rand, int) []byte {
	const newFloat = 70
	return term.Message(term.T{newFloat, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0})
}

func notText(*rand.Rand, int) []byte {
	const smallAtom = 119
	return term.Message(term.T{smallAtom, 2, 0xff, 0xfe})
}

func unknown(*rand.Rand, int) []byte { return term.Message(term.T{1, 2, 3}) }

// claim says that two thousand million elements follow.
func claim(*rand.Rand, int) []byte {
	const list = 108
	return term.Message(term.T{list, 0x7f, 0xff, 0xff, 0xff, 97, 1})
}
