package main

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/limits"
)

// testBridge is a bridge without a broker.
func testBridge(t *testing.T, args ...string) *bridge {
	t.Helper()
	s, err := parse(append([]string{
		"-url", "amqp://127.0.0.1:1/", "-queue", "in", "-clean-key", "clean", "-dead-exchange", "dead",
	}, args...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	j, err := newJudge(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(j.close)
	return newBridge(s, j, slog.New(slog.NewJSONHandler(io.Discard, nil)))
}

// encode writes a term.
func encode(t *testing.T, v any) []byte {
	t.Helper()
	b, err := etf.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestClean: a term goes on with its properties, but for those that do something
// in the broker.
func TestClean(t *testing.T) {
	b := testBridge(t, "-forward", "original")
	body := encode(t, []any{1, "two"})
	d := &amqp.Delivery{
		Headers: amqp.Table{
			"trace": "t", "n": int64(1), "CC": []any{"clean"}, "BCC": []any{"clean"},
			"x-beamgate-code": "forged", "X-Beamgate-Offset": "forged",
		},
		ContentType: "application/x-erlang-binary", DeliveryMode: amqp.Persistent, Priority: 3, CorrelationId: "c",
		ReplyTo: "r", MessageId: "m", Type: "order", AppId: "a", UserId: "somebody", Exchange: "x", RoutingKey: "dead", Body: body,
	}
	l, err := b.letter(d)
	if err != nil || l.why != nil || l.exchange != "" || l.key != "clean" || !bytes.Equal(l.msg.Body, body) {
		t.Fatalf("%+v, %v", l, err)
	}
	m := l.msg
	if len(m.Headers) != 2 || m.Headers["trace"] != "t" || m.Headers["n"] != int64(1) {
		t.Errorf("headers %v", m.Headers)
	}
	if m.UserId != "" || m.ContentType != d.ContentType || m.DeliveryMode != amqp.Persistent || m.Priority != 3 ||
		m.CorrelationId != "c" || m.ReplyTo != "r" || m.MessageId != "m" || m.Type != "order" || m.AppId != "a" {
		t.Errorf("%+v", m)
	}
}

// TestForward: canonical bytes are those of package etf, original ones stay.
func TestForward(t *testing.T) {
	mode, err := etf.Data().Compile()
	if err != nil {
		t.Fatal(err)
	}
	long := []byte{131, 98, 0, 0, 0, 7} // 7, longer than it has to be
	want, err := mode.Canonicalize(nil, long)
	if err != nil || bytes.Equal(want, long) {
		t.Fatal(want, err)
	}
	for forward, body := range map[string][]byte{"canonical": want, "original": long} {
		l, err := testBridge(t, "-forward", forward).letter(&amqp.Delivery{Body: long})
		if err != nil || l.why != nil || !bytes.Equal(l.msg.Body, body) {
			t.Errorf("%s: %v, %v", forward, l.msg.Body, err)
		}
	}
}

// TestDead: a dead letter says why, and is nothing that somebody decodes.
func TestDead(t *testing.T) {
	b := testBridge(t)
	body := append(encode(t, []any{1, 2}), 0)
	l, err := b.letter(&amqp.Delivery{
		Headers:     amqp.Table{"trace": "t", "CC": []any{"clean"}, "x-beamgate-code": "forged"},
		ContentType: "application/x-erlang-binary", Exchange: "x", RoutingKey: "clean", Expiration: "1", UserId: "u", MessageId: "m", Body: body,
	})
	if err != nil || l.why == nil || l.exchange != "dead" || l.key != "in" || !bytes.Equal(l.msg.Body, body) {
		t.Fatalf("%+v, %v", l, err)
	}
	for name, want := range map[string]any{
		"trace": "t", "CC": nil, headerCode: "trailing", headerOffset: int64(len(body) - 1), headerQueue: "in",
		headerExchange: "x", headerKey: "clean", headerType: "application/x-erlang-binary",
	} {
		if got := l.msg.Headers[name]; got != want {
			t.Errorf("%s is %v, not %v", name, got, want)
		}
	}
	m := l.msg
	if m.ContentType != "application/octet-stream" || m.DeliveryMode != amqp.Persistent || m.Expiration != "" || m.UserId != "" || m.MessageId != "m" {
		t.Errorf("%+v", m)
	}
}

// TestHead: what is refused whatever the body is.
func TestHead(t *testing.T) {
	b := testBridge(t)
	body := encode(t, 1)
	deep := amqp.Table{}
	for range 100 {
		deep = amqp.Table{"a": []any{deep}}
	}
	for _, c := range []struct {
		code string
		d    amqp.Delivery
	}{
		{"", amqp.Delivery{ContentEncoding: "identity"}},
		{"", amqp.Delivery{Headers: amqp.Table{"a": strings.Repeat("x", 30<<10)}}},
		{"content_encoding", amqp.Delivery{ContentEncoding: "gzip"}},
		{"headers", amqp.Delivery{Headers: amqp.Table{"a": strings.Repeat("x", 33<<10)}}},
		{"headers", amqp.Delivery{Headers: amqp.Table{strings.Repeat("x", 33<<10): true}}},
		{"headers", amqp.Delivery{Headers: amqp.Table{"a": []any{amqp.Table{"b": bytes.Repeat([]byte("x"), 33<<10)}}}}},
		{"headers", amqp.Delivery{Headers: deep}},
	} {
		c.d.Body = body
		l, err := b.letter(&c.d)
		code := ""
		if l.why != nil {
			code = string(l.why.Code)
		}
		if err != nil || code != c.code {
			t.Errorf("%.60v: %q, %v", c.d, code, err)
		}
		if code == "headers" && tableSize(l.msg.Headers) > 4<<10 {
			t.Error("a dead letter keeps headers that are too large")
		}
	}
}

// TestHostile: no hostile case of the corpus goes on.
func TestHostile(t *testing.T) {
	b := testBridge(t, "-max-new", "100000")
	hostile, honest := 0, 0
	for _, c := range corpus.Cases() {
		if c.Bytes > 1<<20 {
			continue
		}
		l, err := b.letter(&amqp.Delivery{Body: c.Data()})
		if err != nil {
			t.Fatal(c.ID, err)
		}
		switch {
		case c.Class == corpus.Hostile:
			hostile++
			if l.why == nil || l.why.Code == "" || l.exchange != "dead" {
				t.Errorf("%s goes on", c.ID)
			}
		case l.why == nil:
			honest++
		}
	}
	if hostile < 100 || honest < 100 {
		t.Errorf("%d hostile cases, %d honest ones", hostile, honest)
	}
}

// TestNames: what is known passes, what is new as far as the ledger goes, which
// outlives the program.
func TestNames(t *testing.T) {
	dir := t.TempDir()
	known, ledger := filepath.Join(dir, "known"), filepath.Join(dir, "ledger")
	if err := os.WriteFile(known, []byte("order\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	judged := func(b *bridge, name string) string {
		l, err := b.letter(&amqp.Delivery{Body: encode(t, etf.Atom(name))})
		if err != nil {
			t.Fatal(err)
		}
		if l.why == nil {
			return ""
		}
		return string(l.why.Code)
	}
	closed := testBridge(t, "-known", known)
	if judged(closed, "order") != "" || judged(closed, "new") == "" {
		t.Error("the set is not what -known says")
	}
	args := []string{"-known", known, "-max-new", "2", "-ledger", ledger}
	if _, err := newJudge(testSettings(t, args...)); err == nil {
		t.Error("a ledger that is not there is taken for a new one")
	}
	b := testBridge(t, append(args, "-create-ledger")...)
	for name, want := range map[string]string{"one": "", "two": "", "order": ""} {
		if got := judged(b, name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	b.judge.close()
	b = testBridge(t, "-known", known, "-ledger", ledger)
	if judged(b, "one") != "" || judged(b, "order") != "" || judged(b, "three") != string(etf.CodeLimitAtomBudget) {
		t.Error("without -max-new, the ledger is not that of the names that have passed")
	}
	b.judge.close()
	b = testBridge(t, args...)
	if judged(b, "one") != "" || judged(b, "three") != string(etf.CodeLimitAtomBudget) {
		t.Error("the ledger has forgotten")
	}
	b.judge.budget.SetMax(10)
	b.judge.close() // as if its disk were gone
	if _, err := b.letter(&amqp.Delivery{Body: encode(t, etf.Atom("four"))}); !errors.Is(err, errLedger) {
		t.Errorf("without a ledger: %v", err)
	}
	if judged(b, "one") != "" {
		t.Error("without a ledger, a name that is known does not pass")
	}
}

func testSettings(t *testing.T, args ...string) *settings {
	t.Helper()
	s, err := parse(append([]string{"-url", "amqp://x/", "-queue", "in", "-clean-key", "clean", "-dead-exchange", "dead"}, args...), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBytes: -max-bytes lowers a cap, also for what becomes longer.
func TestBytes(t *testing.T) {
	b := testBridge(t, "-max-bytes", "64")
	for n, want := range map[int]string{10: "", 100: string(etf.CodeLimitBytes)} {
		l, err := b.letter(&amqp.Delivery{Body: encode(t, bytes.Repeat([]byte("x"), n))})
		code := ""
		if l.why != nil {
			code = string(l.why.Code)
		}
		if err != nil || code != want {
			t.Errorf("%d bytes: %q, %v", n, code, err)
		}
	}
	// A Latin-1 atom grows when it is rewritten, and is not spent if that is too much.
	b = testBridge(t, "-max-bytes", "20", "-max-new", "1")
	for name, want := range map[string]string{"abcd\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9": string(etf.CodeLimitBytes), "abc\xe9": ""} {
		l, err := b.letter(&amqp.Delivery{Body: append([]byte{131, 115, byte(len(name))}, name...)})
		code := ""
		if l.why != nil {
			code = string(l.why.Code)
		}
		if err != nil || code != want {
			t.Errorf("%d letters: %q, %v", len(name), code, err)
		}
	}
	if n := b.judge.budget.Committed(); n != 1 {
		t.Errorf("%d names are spent", n)
	}
	if limits.Strict().MaxBytes != testBridge(t).judge.most {
		t.Error("the default is not that of the profile")
	}
}

func TestFlags(t *testing.T) {
	good := []string{"-url", "amqp://u:secret@h/", "-queue", "in", "-clean-key", "clean", "-dead-exchange", "dead"}
	if _, err := parse(good, io.Discard); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{}, append(good[2:], "-x"), good[:6], append(good, "rest"), append(good, "-clean-key", "in"),
		append(good, "-clean-exchange", "dead"), append(good, "-prefetch", "0"), append(good, "-prefetch", "70000"),
		append(good, "-forward", "both"), append(good, "-create-ledger"), append(good, "-max-backoff", "1ms"),
		append(good, "-confirm-timeout", "0s"), append(good, "-report", "0"), append(good, "-profile", "x"),
		append(good, "-known", "nowhere"), append(good, "-release", "nowhere"), append(good, "-ledger", "nowhere", "-max-new", "1"),
		append(good, "-url", "http://u:secret@h/"), append(good, "-url", "amqp://u:secret@h:port/"),
	} {
		var out bytes.Buffer
		if status := run(args, &out); status != 2 || out.Len() == 0 {
			t.Errorf("%v: status %d, %s", args, status, &out)
		}
		if strings.Contains(out.String(), "secret") {
			t.Errorf("%v shows a password: %s", args, &out)
		}
	}
	t.Setenv("AMQP_URL", "amqp://environment/")
	if s, err := parse(good[2:], io.Discard); err != nil || s.url != "amqp://environment/" || s.deadKey != "in" {
		t.Error(s, err)
	}
}
