package gate_test

import (
	"fmt"
	"strings"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// passes reports whether a message comes back, as itself.
func passes(g *Gate, msg []byte) bool {
	c := g.Dial("door")
	defer c.Close()
	c.Send(msg)
	b, err := c.Receive()
	return err == nil && string(b) == string(msg)
}

// TestRuleModes: one rule in another mode, the others as they were.
func TestRuleModes(t *testing.T) {
	node := NewNode(t, nil)
	for _, c := range []struct {
		rule string // and what it lets through then
		msg  []byte
		more string // of the configuration, so that the message breaks the rule
		say  []string
	}{
		{"term", exp, "", []string{"rule=term", "code=rejected_export"}},
		{"atoms", atoms(0, 3), "", []string{"rule=atoms", "code=limit_atom_budget"}},
		{"answer", term.Message(term.List(term.List(term.Int(300)))), "answers: {expect: one, caps: {MaxDepth: 1}}", []string{"rule=answer", "code=limit_depth"}},
		{"rate", good, "limits: {bytes_per_second: 1, bytes_burst: 9, max_pause: 1ms}", []string{"rule=rate"}},
	} {
		for _, mode := range []string{"enforce", "shadow", "off"} {
			rules := c.rule + ": " + mode
			if c.rule == "term" {
				rules += ", answer: off" // it is an echo
			}
			listener := "forward: original\nrules: {" + rules + "}\n" + c.more
			if !strings.Contains(c.more, "answers:") {
				listener += "\nanswers: {expect: one}"
			}
			g := Start(t, conf(node, "max_new: 1", "", listener))
			if c.rule == "rate" && !passes(g, good) {
				t.Error("the first message is over the rate")
			}
			if got := passes(g, c.msg); got != (mode != "enforce") {
				t.Errorf("%s %s: passed is %v", c.rule, mode, got)
			}
			want := 1.0
			if mode == "off" {
				want = 0
			}
			if n := g.Count(append(c.say, "mode="+mode)...); n < want || mode == "off" && n > 0 {
				t.Errorf("%s %s: %v verdicts", c.rule, mode, n)
			}
			// Every other rule goes on.
			if c.rule != "term" && c.rule != "rate" && passes(g, exp) {
				t.Errorf("%s %s: an export passed", c.rule, mode)
			}
		}
	}
}

// TestBreakerAndPlacesInShadow: what would be refused goes on.
func TestBreakerAndPlacesInShadow(t *testing.T) {
	hold := make(chan bool)
	node := NewNode(t, func(m []byte) []byte { <-hold; return m })
	g := Start(t, conf(node, "", "max_in_flight: 1\nmax_wait: 1ms", "answers: {expect: one}\nrules: {in_flight: shadow, breaker: shadow}"))
	var all []*Client
	for range 3 {
		c := g.Dial("door")
		c.Send(good)
		all = append(all, c)
	}
	Eventually(t, "all are at the node", func() bool { return len(node.Got()) == 3 })
	close(hold)
	for _, c := range all {
		c.Want(good)
	}
	if n := g.Count("mode=enforce", "rule=in_flight"); n != 0 {
		t.Errorf("%v were refused", n)
	}
}

// TestProfiles: what the configuration allows, and no more.
func TestProfiles(t *testing.T) {
	node := NewNode(t, nil)
	pid := func(name string) []byte {
		return term.Message(append(append(term.T{88}, term.Atom(name)...), 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 3))
	}
	span := term.Message(term.Map(term.Atom("__struct__"), term.Atom("Elixir.Range"), term.Atom("first"), term.Int(1)))
	for _, c := range []struct {
		listener string
		msg      []byte
		ok       bool
	}{
		{"", pid("a@host"), false},
		{"profile: gen_call\nnodes: [a@host]", pid("a@host"), true},
		{"profile: gen_call\nnodes: [b@host]", pid("a@host"), false},
		{"", span, false},
		{"profile: elixir", span, false},
		{"profile: elixir\nstructs: [Elixir.Range]", span, true},
		{"", exp, false},
		{"allow: [exports]", exp, true},
		{"caps: {MaxBytes: 9}", good, true},
		{"caps: {MaxBytes: 8}", good, false},
		{"profile: bert", good, true},
		{"profile: hex", good, true},
		{"profile: cache", good, true},
	} {
		g := Start(t, conf(node, "", "", c.listener+"\nforward: original\nanswers: {expect: one}"))
		if got := passes(g, c.msg); got != c.ok {
			t.Errorf("%q: passed is %v", c.listener, got)
		}
	}
	for _, bad := range []string{"allow: [everything]", "caps: {MaxTerms: 9223372036854775807}\nallow: [funs]"} {
		g := Start(t, conf(node, "", "", ""))
		if err := g.Load(conf(node, "", "", bad)); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// TestClasses: when places run out, those of the highest class still get one.
func TestClasses(t *testing.T) {
	hold := make(chan bool)
	node := NewNode(t, func(m []byte) []byte { <-hold; return m })
	g := Start(t, conf(node, "", `max_in_flight: 2
max_wait: 1ms
classes:
  - {name: high, reserved: 1, clients: [10.1.0.0/16]}
  - {name: rest}`, "answers: {expect: one}\nproxy_protocol: [127.0.0.0/8]"))
	from := func(addr string) *Client {
		c := g.Dial("door")
		fmt.Fprintf(c, "PROXY TCP4 %s 127.0.0.1 5000 4000\r\n", addr)
		c.Send(good)
		return c
	}
	first := from("10.2.0.1")
	Eventually(t, "one is under way", func() bool { return len(node.Got()) == 1 })
	from("10.2.0.2").Reset()
	second := from("10.1.0.1")
	Eventually(t, "two are under way", func() bool { return len(node.Got()) == 2 })
	from("10.1.0.2").Reset()
	close(hold)
	first.Want(good)
	second.Want(good)
	if n := g.Count("rule=in_flight"); n != 2 {
		t.Errorf("%v were refused", n)
	}
}

// TestNamesOfWhatPasses: what a term brings that goes on although it was refused, or not
// looked at, is counted all the same.
func TestNamesOfWhatPasses(t *testing.T) {
	many := term.List(term.T(exp[1:]), term.T(atoms(0, 1000)[1:]))
	for _, mode := range []string{"shadow", "off"} {
		node := NewNode(t, nil)
		g := Start(t, conf(node, "max_new: 3", "", "forward: original\nanswers: {expect: one}\nrules: {term: "+mode+", answer: off}"))
		for what, c := range map[string]struct {
			msg []byte
			ok  bool
		}{
			"an export, two names, bytes behind": {append(term.Message(term.List(term.T(exp[1:]), term.T(atoms(0, 2)[1:]))), 7), true},
			"an export, 1,000 names":             {term.Message(many), false},
			"a new name, and what no BEAM takes": {append(atoms(3, 1)[:len(atoms(3, 1))-1], 0), false},
			"what no BEAM takes":                 {[]byte("\x83l\x00\x00"), true},
			"an export":                          {exp, true},
		} {
			if got := passes(g, c.msg); got != c.ok {
				t.Errorf("%s, %s: passed is %v", mode, what, got)
			}
		}
		if !passes(g, atoms(0, 3)) || passes(g, atoms(4, 1)) {
			t.Errorf("%s: 3 names are to pass, and no fourth", mode)
		}
		if s := g.Ledger("web").Stats(); s.Committed != 3 {
			t.Errorf("%s: %d names are spent", mode, s.Committed)
		}
	}
}
