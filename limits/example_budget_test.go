package limits_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/beamgate/beamgate/limits"
)

// A gateway that lets a node learn two names, beside those it has.
func ExampleAtomBudget() {
	b := limits.NewAtomBudget(2)
	b.SetLabel("phoenix@host")
	b.Preload(slices.Values([]string{"ok", "error"}))

	for _, name := range []string{"ok", "channel_1", "channel_2", "channel_1", "channel_3"} {
		held, err := b.Reserve([]byte(name))
		if held {
			err = b.Commit([]string{name}) // at the end of the term
		}
		fmt.Println(name, err)
	}
	// Output:
	// ok <nil>
	// channel_1 <nil>
	// channel_2 <nil>
	// channel_1 <nil>
	// channel_3 limit AtomBudget(phoenix@host) is 2, needed at least 3
}

// A term draws from the budget of the node and from that of the client: from
// both, or from none.
func ExampleDraw() {
	node, client := limits.NewAtomBudget(100), limits.NewAtomBudget(1)
	client.SetLabel("client 7")
	term := limits.NewDraw(node, client)

	fmt.Println(term.Reserve([]byte("a")), term.Commit())
	fmt.Println(term.Reserve([]byte("b")))
	fmt.Println(node.Committed(), node.Reserved())
	// Output:
	// <nil> <nil>
	// limit AtomBudget(client 7) is 1, needed at least 2
	// 1 0
}

// The file is created once, when the node is set up. Later it is opened, and
// whatever is wrong with it locks the budget until the node starts over.
func ExampleOpenAtomBudget() {
	dir, err := os.MkdirTemp("", "budget")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "phoenix.atoms")

	b, err := limits.CreateAtomBudget(path, 1000)
	if err != nil {
		fmt.Println(err)
		return
	}
	b.Reserve([]byte("channel_1"))
	fmt.Println(b.Commit([]string{"channel_1"}), b.Close())

	b, err = limits.OpenAtomBudget(path, 1000)
	fmt.Println(err, b.Locked(), slices.Collect(b.Names()), b.Remaining())
	b.Close()

	os.Remove(path) // a volume that was not mounted, say
	b, err = limits.OpenAtomBudget(path, 1000)
	fmt.Println(err, errors.Is(b.Locked(), limits.ErrBudgetLocked))
	fmt.Println(b.Reset("node restarted"), b.Locked(), b.Remaining())
	// Output:
	// <nil> <nil>
	// <nil> <nil> [channel_1] 999
	// <nil> true
	// <nil> <nil> 1000
}
