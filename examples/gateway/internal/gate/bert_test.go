package gate_test

import (
	"bytes"
	"compress/zlib"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
	"github.com/beamgate/beamgate/safe"
)

func call(verb, module, function string, args ...term.T) []byte {
	return term.Message(term.Tuple(term.Atom(verb), term.Atom(module), term.Atom(function), term.List(args...)))
}

// calc answers as a server of BERT-RPC does, with the last argument.
func calc(msg []byte) []byte {
	switch {
	case bytes.Contains(msg, []byte("info")):
		return []byte{}
	case bytes.Contains(msg, []byte("cast")):
		return term.Message(term.Tuple(term.Atom("noreply")))
	}
	t, err := safe.Decode(msg)
	if err != nil {
		return nil
	}
	args := t.Index(3)
	n, _ := args.Index(args.Len() - 1).Int()
	return term.Message(term.Tuple(term.Atom("reply"), term.Int(n)))
}

const rules = `protocol: bert
detail: full
bert:
  infos: [cache]
  allow:
    - functions: [calc:add/2, 'list:*/1']
    - clients: [10.0.0.0/8]
      functions: ['admin:*/*']`

// refusal reads {error, {Type, Code, Class, Detail, []}}.
func refusal(t *testing.T, c *Client) (kind string, code int64, detail string) {
	t.Helper()
	b, err := c.Receive()
	if err != nil {
		t.Fatal(err)
	}
	e, err := safe.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if e.Len() != 2 || !e.Index(0).IsAtom("error") || e.Index(1).Len() != 5 || e.Index(1).Index(4).Kind() != etf.KindNil {
		t.Fatalf("no error of BERT-RPC: %v", e)
	}
	kind, _ = e.Index(1).Index(0).Atom()
	code, _ = e.Index(1).Index(1).Int()
	text, _ := e.Index(1).Index(3).Bytes()
	return kind, code, string(text)
}

func TestBERT(t *testing.T) {
	node := NewNode(t, calc)
	g := Start(t, conf(node, "max_new: 0", "", rules))
	c := g.Dial("door")
	add := call("call", "calc", "add", term.Int(1), term.Int(7))
	reply := term.Message(term.Tuple(term.Atom("reply"), term.Int(7)))
	// A refused call in the middle: answers come in the order of the messages.
	c.Send(add)
	c.Send(call("call", "os", "cmd", term.List()))
	c.Send(call("cast", "calc", "add", term.Int(1), term.Int(2)))
	c.Send(term.Message(term.Tuple(term.Atom("info"), term.Atom("stream"), term.List())))
	c.Send(add)
	c.Want(reply)
	if kind, code, detail := refusal(t, c); kind != "server" || code != 2 || detail != "verb: bert_function" {
		t.Error(kind, code, detail)
	}
	c.Want(term.Message(term.Tuple(term.Atom("noreply"))))
	if kind, code, detail := refusal(t, c); kind != "protocol" || code != 2 || detail != "verb: bert_info" {
		t.Error(kind, code, detail)
	}
	c.Want(reply)
	for _, bad := range []struct {
		msg    []byte
		detail string
	}{
		{call("call", "calc", "add", term.Int(1)), "verb: bert_function"},
		{call("call", "admin", "stop"), "verb: bert_function"},
		{call("send", "calc", "add", term.Int(1), term.Int(2)), "verb: bert_shape"},
		{term.Message(term.Int(1)), "verb: bert_shape"},
		{call("call", "calc", "add", term.Int(1), term.T{113, 119, 0, 119, 0, 97, 0}), "term: rejected_export, at offset"},
		{call("call", "calc", "add", term.Int(1), term.Atom("never_seen")), "atoms: limit_atom_budget, at offset"},
		{add[:len(add)-2], "term: truncated, at offset"},
	} {
		c.Send(bad.msg)
		if _, _, detail := refusal(t, c); !strings.HasPrefix(detail, bad.detail) {
			t.Errorf("%q: %s, want %s", bad.msg, detail, bad.detail)
		}
	}
	c.Send(add)
	c.Want(reply)
	if n := len(node.Got()); n != 4 {
		t.Errorf("the node got %d messages, not 4", n)
	}
	if n := g.Ledger("web").Stats().Committed; n != 0 {
		t.Errorf("refused calls spent %d names", n)
	}
}

// TestBERTReadsAsTheGuard: what the guard of the listener takes beyond the profile bert
// does not hide what is called, and neither does what it refuses, if that is only noted.
func TestBERTReadsAsTheGuard(t *testing.T) {
	with := func(arg term.T) []byte { return call("call", "os", "cmd", arg) }
	pid := term.T{88, 119, 1, 'a', 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1}
	zeros := term.T{116, 0, 0, 0, 2, 70, 0, 0, 0, 0, 0, 0, 0, 0, 97, 1, 70, 128, 0, 0, 0, 0, 0, 0, 0, 97, 1}
	long := with(term.Bin(strings.Repeat("x", 1<<20)))
	var deflated bytes.Buffer
	w := zlib.NewWriter(&deflated)
	plain := with(term.Int(1))[1:]
	w.Write(plain)
	w.Close()
	compressed := append([]byte{131, 80, 0, 0, 0, byte(len(plain))}, deflated.Bytes()...)
	for name, c := range map[string]struct {
		more string
		msg  []byte
		want string
	}{
		"a pid":                  {"allow: [pids]\nnodes: [a]", with(pid), "verb: bert_function"},
		"keys of OTP 27":         {"release: 27", with(zeros), "verb: bert_function"},
		"long":                   {"profile: hex", long, "verb: bert_function"},
		"compressed":             {"profile: cache", compressed, "verb: bert_function"},
		"trailing, only noted":   {"rules: {term: shadow}", append(with(term.Int(1)), 0), "verb: bert_shape"},
		"trailing, not looked":   {"rules: {term: off}", append(with(term.Int(1)), 0), "verb: bert_shape"},
		"compressed, only noted": {"rules: {term: shadow}", compressed, "verb: bert_shape"},
		"trailing":               {"", append(with(term.Int(1)), 0), "term: trailing"},
	} {
		node := NewNode(t, calc)
		g := Start(t, conf(node, "max_new: 10", "", rules+"\n"+c.more))
		cl := g.Dial("door")
		cl.Send(c.msg)
		if _, _, detail := refusal(t, cl); !strings.HasPrefix(detail, c.want) {
			t.Errorf("%s: %s, want %s", name, detail, c.want)
		}
		if n := len(node.Got()); n != 0 {
			t.Errorf("%s: it got to the node", name)
		}
	}
}

// TestBERTInfoIsNotAnswered: what is allowed goes on, and no answer is due.
func TestBERTInfoIsNotAnswered(t *testing.T) {
	node := NewNode(t, calc)
	g := Start(t, conf(node, "", "", rules))
	c := g.Dial("door")
	c.Send(term.Message(term.Tuple(term.Atom("info"), term.Atom("cache"), term.List())))
	c.Send(call("call", "calc", "add", term.Int(1), term.Int(7)))
	c.Want(term.Message(term.Tuple(term.Atom("reply"), term.Int(7))))
	if len(node.Got()) != 2 {
		t.Error(len(node.Got()))
	}
}

// TestBERTInfoIsOnlyNoted: one that is not listed goes on where that is not meant in
// earnest. No answer is waited for, or it would be that of the next call.
func TestBERTInfoIsOnlyNoted(t *testing.T) {
	for mode, noted := range map[string]float64{"shadow": 1, "off": 0} {
		node := NewNode(t, calc)
		g := Start(t, conf(node, "max_new: 0", "answer_timeout: 10s", rules+"\nrules: {verb: "+mode+"}"))
		c := g.Dial("door")
		c.Send(term.Message(term.Tuple(term.Atom("info"), term.Atom("reverse"), term.List())))
		c.Send(call("call", "calc", "add", term.Int(1), term.Int(7)))
		c.Send(call("call", "calc", "add", term.Atom("never_seen")))
		c.Send(call("call", "calc", "add", term.Int(1), term.Int(8)))
		c.Want(term.Message(term.Tuple(term.Atom("reply"), term.Int(7))))
		if _, _, detail := refusal(t, c); !strings.HasPrefix(detail, "atoms: limit_atom_budget") {
			t.Errorf("%s: %s", mode, detail)
		}
		c.Want(term.Message(term.Tuple(term.Atom("reply"), term.Int(8))))
		if n := len(node.Got()); n != 3 {
			t.Errorf("%s: the node got %d messages, not 3", mode, n)
		}
		if n := g.Count("code=bert_info"); n != noted {
			t.Errorf("%s: noted %v times", mode, n)
		}
	}
}

func TestBERTNodeDown(t *testing.T) {
	node := NewNode(t, func(m []byte) []byte { return nil })
	g := Start(t, conf(node, "", "breaker: {failures: 1, backoff: 1h, max_backoff: 1h}", rules))
	c := g.Dial("door")
	add := call("call", "calc", "add", term.Int(1), term.Int(7))
	c.Send(add)
	if kind, _, detail := refusal(t, c); kind != "proxy" || detail != "upstream: lost" {
		t.Error(kind, detail)
	}
	node.Stop()
	c = g.Dial("door")
	c.Send(add)
	if kind, _, detail := refusal(t, c); kind != "proxy" || detail != "upstream: unreachable" {
		t.Error(kind, detail)
	}
	c = g.Dial("door")
	c.Send(add)
	if kind, _, detail := refusal(t, c); kind != "proxy" || !strings.HasPrefix(detail, "breaker: open, retry after") {
		t.Error(kind, detail)
	}
}
