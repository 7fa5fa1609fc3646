package demo

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// kind is one kind of traffic.
type kind struct {
	name    string
	hostile bool
	make    func(r *rand.Rand, n int) []byte // message number n
	// twin tells that the node without a gateway gets these, too. Each of them
	// leaves a node alive: what it shows is what they leave behind.
	twin bool
}

// kinds are what the demonstration sends. The first ones are honest.
func kinds() []kind {
	return []kind{
		{name: "orders", make: order},
		{name: "lists of rows", make: rows},
		{name: "calls", make: call},
		{name: "new atoms, a few in each message", hostile: true, twin: true, make: newAtoms},
		{name: "exported funs", hostile: true, make: export},
		{name: "compressed, and 200 times as large inside", hostile: true, twin: true, make: bomb},
		{name: "nested deeper than anyone needs", hostile: true, twin: true, make: deep},
		{name: "one byte that becomes two words", hostile: true, twin: true, make: heavy},
		{name: "keys twice in a map", hostile: true, make: twice},
		{name: "bytes behind the term", hostile: true, make: trailing},
		{name: "cut short", hostile: true, make: short},
		{name: "a pid of somebody", hostile: true, make: pid},
	}
}

// atomKind is the index of the kind of which some messages may pass.
const atomKind = 3

func order(r *rand.Rand, n int) []byte {
	return term.Message(term.Map(
		term.Atom("id"), term.Int(int32(n)), term.Atom("customer"), term.Bin(fmt.Sprintf("customer %d", r.IntN(1000))),
		term.Atom("items"), term.List(item(r), item(r), item(r))))
}

func item(r *rand.Rand) term.T {
	return term.Tuple(term.Bin("article"), term.Int(r.Int32N(100)), term.Int(r.Int32N(100_000)))
}

func rows(r *rand.Rand, n int) []byte {
	list := make([]term.T, 50)
	for i := range list {
		list[i] = term.Tuple(term.Atom("row"), term.Int(int32(n+i)), term.Bin("value"))
	}
	return term.Message(term.List(list...))
}

func call(r *rand.Rand, _ int) []byte {
	return term.Message(term.Tuple(term.Atom("get"), term.Int(r.Int32N(1000)), term.List()))
}

// known are the atoms of the honest traffic.
var known = []string{"id", "customer", "items", "row", "get"}

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
