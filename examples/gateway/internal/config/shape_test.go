package config

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/limits"
)

// TestAllAtOnce: mistakes of shape do not hide each other, nor those of what could be
// read, and nothing is said of what was left out.
func TestAllAtOnce(t *testing.T) {
	text := `version: 2
admn: {listen: '127.0.0.1:1'}
ledgers:
  - name: web
    max_new: 5KiB
    only: '[a-z]+'
    smell: 3
upstreams:
  - name: node
    adress: 127.0.0.1:4000
    ledger: web
    breaker: 7
listeners:
  - name: door
    listen: 127.0.0.1:9000
    upstreem: node
    cut_through: perhaps
    limits:
      idle_timeout: soon
      frame: 3s
    caps:
      MaxBytes: 5MB
      MaxDepth: 5KiB
      MaxTerms: 100
    mode: maybe
`
	_, err := Parse("g.yaml", []byte(text))
	if err == nil {
		t.Fatal("it is good")
	}
	want := []string{
		"g.yaml:1:10: version: has to be 1",
		`g.yaml:2:1: unknown field "admn": did you mean admin?`,
		"g.yaml:5:14: ledgers[0].max_new: has to be a whole number, without a unit",
		"g.yaml:6:11: ledgers[0].only: has to be a list",
		`g.yaml:7:5: unknown field "smell" in ledgers[0]`,
		`g.yaml:10:5: unknown field "adress" in upstreams[0]: did you mean address?`,
		"g.yaml:12:14: upstreams[0].breaker: has to hold keys with values",
		`g.yaml:16:5: unknown field "upstreem" in listeners[0]: did you mean upstream?`,
		"g.yaml:17:18: listeners[0].cut_through: has to be true or false",
		"g.yaml:19:21: listeners[0].limits.idle_timeout: no duration: write a number and ms, s, m or h, as in 30s",
		`g.yaml:20:7: unknown field "frame" in listeners[0].limits: did you mean frame_timeout?`,
		"g.yaml:22:17: listeners[0].caps.MaxBytes: no size: write a number of bytes, or one of KiB, MiB or GiB as in 64KiB",
		"g.yaml:23:17: listeners[0].caps.MaxDepth: no number: this cap counts no bytes and has no unit, write a whole number",
		"g.yaml:25:11: listeners[0].mode: has to be one of enforce, shadow, off",
	}
	if got := strings.Split(err.Error(), "\n"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", err, strings.Join(want, "\n"))
	}
}

// TestLeftOut: what refers to something that was left out is not called wrong, and a
// file of which nothing can be read ends.
func TestLeftOut(t *testing.T) {
	for text, want := range map[string]string{
		strings.Replace(good, "  - name: web\n", "  - nam: web\n", 1):                                               `unknown field "nam"`,
		strings.Replace(good, "ledgers:\n  - name: web\n    max_new: 0\n", "ledgers: {name: web}\n", 1):             "g.yaml:2:10: ledgers: has to be a list",
		strings.Replace(good, "  - name: node\n", "  - &a\n    name: node\n    dial_timeuot: 3s\n", 1):              `unknown field "dial_timeuot" in upstreams[0]: did you mean dial_timeout?`,
		strings.Replace(good, "    limits:\n", "    rules: {term: shadow, atoms: 7}\n    lim: 1\n    limits:\n", 1): `unknown field "lim"`,
		"- version\n": "g.yaml:1:1:",
		"version\n":   "g.yaml:1:1:",
	} {
		_, err := Parse("g.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "has this name") {
			t.Errorf("%s:\n%v", text, err)
		}
	}
	many := good
	for i := range 3 * maxShape {
		many += "zz" + strings.Repeat("z", i) + ": 1\n"
	}
	if _, err := Parse("g.yaml", []byte(many)); err == nil || strings.Count(err.Error(), "\n") > maxShape {
		t.Errorf("%d lines", strings.Count(err.Error(), "\n"))
	}
}

func TestNearest(t *testing.T) {
	keys := keysAt("$.listeners[0].limits")
	for word, want := range map[string]string{
		"idle_timeuot": "idle_timeout", "idle": "idle_timeout", "max_pipeline": "max_pipelined", "max_connection": "max_connections",
		"smell": "", "x": "", "": "",
	} {
		if got := nearest(word, keys); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
	if distance("abcd", "abdc") != 1 || distance("", "abc") != 3 || distance("kitten", "sitting") != 3 {
		t.Error(distance("abcd", "abdc"), distance("", "abc"), distance("kitten", "sitting"))
	}
}

// TestCaps: numbers, and sizes where bytes are counted.
func TestCaps(t *testing.T) {
	with := strings.Replace(good, "    limits:\n", "    caps: &c {MaxBytes: 5MiB, MaxBlob: 1000, MaxInflated: -1, MaxDepth: 20}\n    answers: {caps: *c}\n    limits:\n", 1)
	c, err := Parse("g.yaml", []byte(with))
	if err != nil {
		t.Fatal(err)
	}
	want := Caps{"MaxBytes": 5 << 20, "MaxBlob": 1000, "MaxInflated": -1, "MaxDepth": 20}
	if l := c.Listeners[0]; !reflect.DeepEqual(l.Caps, want) || !reflect.DeepEqual(l.Answers.Caps, want) {
		t.Errorf("%v %v", l.Caps, l.Answers.Caps)
	}
	for _, name := range inBytes {
		if !slices.Contains(limits.Names(), name) {
			t.Errorf("there is no cap %s", name)
		}
	}
	for bad, want := range map[string]string{
		"[1]": "has to hold keys with values", "{MaxBytes: 0}": "has to be above 0", "{MaxBytes: 1.5MiB}": "no size", "{MaxBytes: [1]}": "no size",
		"{MaxDepth: 1.5}": "no number", "{MaxDepht: 1}": "is no cap",
	} {
		_, err := Parse("g.yaml", []byte(strings.Replace(good, "    limits:\n", "    caps: "+bad+"\n    limits:\n", 1)))
		if err == nil || !strings.Contains(err.Error(), "g.yaml:13:") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// TestShares: a part that is more than the whole is warned of, if somebody wrote it.
func TestShares(t *testing.T) {
	for ledger, want := range map[string][]string{
		"max_new: 5":                    nil,
		"max_new: 5\n    per_client: 6": {"g.yaml:5:17: ledgers[0].per_client: is above max_new, 5: one client can spend all of it"},
		"max_new: 5\n    per_client: 5\n    per_message: 5":    nil,
		"max_new: 100\n    per_client: 5\n    per_message: 10": {"g.yaml:6:18: ledgers[0].per_message: is above per_client, 5: one message can spend all of it"},
	} {
		_, r, err := parse("g.yaml", []byte(strings.Replace(good, "max_new: 0", ledger, 1)))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, w := range r.warns {
			got = append(got, w.Error())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v", ledger, got)
		}
	}
}

// TestHardlyMeant: what has no effect where it stands is warned of.
func TestHardlyMeant(t *testing.T) {
	for listener, want := range map[string]string{
		"":                                    "",
		"on_refusal: skip":                    "",
		"caps: {MaxBytes: 64MiB}":             "listeners[0].caps.MaxBytes: does nothing",
		"caps: {MaxInflated: 1MiB}":           "",
		"caps: {MaxBytes: 1KiB}":              "",
		"answers: {caps: {MaxDepth: 100000}}": "listeners[0].answers.caps.MaxDepth: does nothing",
		"answers: {expect: one}":              "",
		"protocol: http":                      "",
		"answers: {expect: one}\n    on_refusal: skip":              "listeners[0].on_refusal: skip does nothing",
		"protocol: http\n    on_refusal: skip":                      "listeners[0].on_refusal: is for protocol: frames",
		"http: {only_etf: true}":                                    "listeners[0].http: is for protocols that speak HTTP",
		"protocol: http\n    http: {only_etf: true}":                "",
		"nodes: [app@host]":                                         "",
		"nodes: [app@host]\n    allow: [pids]":                      "listeners[0].release: is not given",
		"nodes: [app@host]\n    allow: [references]":                "",
		"profile: gen_call\n    nodes: [app@host]":                  "listeners[0].release: is not given",
		"profile: gen_call\n    nodes: [app@host]\n    release: 26": "",
		"nodes: [app]": "listeners[0].nodes[0]: is no whole name of a node",
		"protocol: http\n    answers: {expect: one}": "listeners[0].answers.expect: is for protocol: frames",
	} {
		_, r, err := parse("g.yaml", []byte(strings.Replace(good, "    limits:\n", "    "+listener+"\n    limits:\n", 1)))
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(r.warns); (want == "") != (len(r.warns) == 0) || !strings.Contains(got, want) {
			t.Errorf("%q: %s", listener, got)
		}
	}
}
