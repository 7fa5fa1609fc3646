package column

import (
	"reflect"
	"testing"

	"github.com/beamgate/beamgate/bench/internal/build"
	"github.com/beamgate/beamgate/bench/internal/payload"
	"github.com/beamgate/beamgate/etf"
)

// TestColumns runs each column that is timed here on small terms. Columns that
// never work would be lines that nobody misses.
func TestColumns(t *testing.T) {
	payloads := []*payload.Payload{
		{Name: "call", File: "call.etf", Items: [][]byte{build.Call()}},
		{Name: "calls", File: "calls.bin", Items: [][]byte{build.Call(), build.Rows(3)}},
		{Name: "c_ints", File: "c_ints.etf", Items: [][]byte{build.Ints(20)}},
	}
	keys := map[string]bool{}
	for _, c := range All() {
		if keys[c.Key] || c.Title == "" || c.Family == "" {
			t.Errorf("column %q: twice, or without title or family", c.Key)
		}
		keys[c.Key] = true
		worked := 0
		for _, p := range payloads {
			for _, b := range p.Items {
				p.Size += int64(len(b))
			}
			if _, err := c.Work(p, &Outside{}).Run(2); err == nil {
				worked++
			}
		}
		if (worked > 0) != (c.Place() == Here) {
			t.Errorf("%s: worked on %d payloads", c.Key, worked)
		}
	}
}

// TestStructsHoldEverything: unmarshalling that left fields out would be quick.
// What is marshalled again is the term that came.
func TestStructsHoldEverything(t *testing.T) {
	user := build.Map(build.Atom("__struct__"), build.Atom("Elixir.Shop.User"), build.Atom("id"), build.Int(1),
		build.Atom("name"), build.Bin("User 1"), build.Atom("email"), build.Bin("u@example.com"), build.Atom("age"), build.Int(30),
		build.Atom("score"), build.Float(1.5), build.Atom("admin"), build.Atom("false"), build.Atom("tags"), build.List(build.Bin("a")),
		build.Atom("address"), build.Map(build.Atom("__struct__"), build.Atom("Elixir.Shop.Address"), build.Atom("street"), build.Bin("s"),
			build.Atom("city"), build.Bin("c"), build.Atom("zip"), build.Int(10000)))
	in := build.Term(build.List(user))
	c := etf.Default()
	c.Unmarshal.RefuseUnknown = true
	strict, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	var users []shopUser
	if err := strict.Unmarshal(in, &users); err != nil {
		t.Fatal(err)
	}
	want := shopUser{"Elixir.Shop.User", 1, "User 1", "u@example.com", 30, 1.5, false, []string{"a"}, shopAddress{"Elixir.Shop.Address", "s", "c", 10000}}
	if len(users) != 1 || !reflect.DeepEqual(users[0], want) {
		t.Errorf("%+v", users)
	}
}
