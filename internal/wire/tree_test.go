package wire

import (
	"slices"
	"strings"
	"testing"
)

// TestBorrowLeavesNothing: the nodes of a tree in blocks that have served before
// are those of a new one, also the places that no term has.
func TestBorrowLeavesNothing(t *testing.T) {
	p := compiled(25)
	var in Input
	read := func(b string, into *Tree, starts bool) {
		in.ResetSlice(p, nil, []byte("\x83"+b))
		if in.Run(-1) != EvDone {
			t.Fatalf("%x is no term", b)
		}
		in.Borrow(p, []byte("\x83"+b), 1, into, starts)
	}
	// Lists whose further pieces find no room behind the first.
	piece := "\x6c\x00\x00\x00\x01"
	inner := piece + "\x68\x01\x61\x01" + piece + "\x68\x01\x61\x02" + piece + "\x77\x01a" + "\x6b\x00\x03xyz"
	three := strings.Repeat(piece+"\x68\x01\x61\x01", 3) + "\x6a"
	for _, b := range []string{
		three, "\x68\x02" + three + three, inner, "\x68\x03" + inner + inner + "\x61\x07", "\x68\x02" + piece + inner + piece + inner + "\x6a" + "\x61\x07", piece + "\x68\x01\x61\x01\x68\x01\x61\x02",
	} {
		for _, starts := range []bool{false, true} {
			var fresh, used Tree
			read(b, &fresh, starts)
			read("\x68\xff"+strings.Repeat("\x61\x09", 255), &used, starts)
			read(b, &used, starts)
			if !slices.Equal(fresh.Nodes, used.Nodes) || fresh.Names != used.Names {
				t.Errorf("%x: new %v, in used blocks %v", b, fresh.Nodes, used.Nodes)
			}
			if starts && len(used.Starts) < len(used.Nodes) {
				t.Errorf("%x: %d starts of %d nodes", b, len(used.Starts), len(used.Nodes))
			}
		}
	}
}
