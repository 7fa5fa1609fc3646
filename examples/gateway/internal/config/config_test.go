package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

const good = `version: 1
ledgers:
  - name: web
    max_new: 0
upstreams:
  - name: node
    address: 127.0.0.1:4000
    ledger: web
listeners:
  - name: door
    listen: 127.0.0.1:9000
    upstream: node
    limits:
      idle_timeout: 3s
`

func TestDefaultsStayBesideWhatIsGiven(t *testing.T) {
	c, err := Parse("g.yaml", []byte(good))
	if err != nil {
		t.Fatal(err)
	}
	l := c.Listeners[0]
	if l.Limits.Idle.Duration != 3*time.Second || l.Limits.Frame.Duration != 15*time.Second || l.Packet != 4 || l.Forward != ForwardCanonical {
		t.Errorf("%+v", l)
	}
	if c.Ledgers[0].Max != 0 || c.Ledgers[0].PerClient != 1000 {
		t.Errorf("an explicit 0 has to stay: %+v", c.Ledgers[0])
	}
	if c.Upstreams[0].Pressure.ProcessPercent != (Range{60, 90}) || c.Global.MaxBytes != 256<<20 {
		t.Errorf("%+v %+v", c.Upstreams[0].Pressure, c.Global)
	}
}

// TestMistakesHaveAPlace: each has to be found, with its line and column.
func TestMistakesHaveAPlace(t *testing.T) {
	for _, c := range []struct{ from, to, want string }{
		{"version: 1", "version: 2", "g.yaml:1:10: version: has to be 1"},
		{"    max_new: 0", "    max_knew: 0", "g.yaml:4:5: unknown field \"max_knew\""},
		{"      idle_timeout: 3s", "      idle_timeuot: 3s", "g.yaml:14:7: unknown field"},
		{"      idle_timeout: 3s", "      idle_timeout: 0s", "g.yaml:14:"},
		{"      idle_timeout: 3s", "      idle_timeout: soon", "g.yaml:14:"},
		{"upstream: node", "upstream: nodes", "g.yaml:12:15: listeners[0].upstream: no upstream"},
		{"ledger: web", "ledger: wbe", "g.yaml:8:13: upstreams[0].ledger"},
		{"    limits:\n", "    packet: 3\n    limits:\n", "g.yaml:13:13: listeners[0].packet"},
		{"    limits:\n", "    protocol: http\n    packet: 1\n    limits:\n", "g.yaml:14:13: listeners[0].packet: is for protocols frames and bert"},
		{"    limits:\n", "    caps: {MaxDeepness: 3}\n    limits:\n", "g.yaml:13:25: listeners[0].caps.MaxDeepness"},
		{"    limits:\n", "    rules: {smell: off}\n    limits:\n", "listeners[0].rules.smell: is no rule"},
		{"    limits:\n", "    mode: maybe\n    limits:\n", "g.yaml:13:11: listeners[0].mode: has to be one of enforce, shadow, off"},
		{"    limits:\n", "    cut_through: true\n    limits:\n", "g.yaml:13:18: listeners[0].cut_through"},
		{"    limits:\n", "    bert: {allow: [{functions: ['a:b']}]}\n    limits:\n", "is not of the form Mod:Fun/Arity"},
		{"    limits:\n", "    caps: {MaxDepht: 3}\n    limits:\n", "is it MaxDepth?"},
		{"    limits:\n", "    release: 24\n    limits:\n", "g.yaml:13:14: listeners[0].release: has to be 25 to 28"},
		{"    limits:\n", "    release: 29\n    limits:\n", "g.yaml:13:14: listeners[0].release: has to be 25 to 28"},
		{"    limits:\n", "    allow: [exports, pids]\n    limits:\n", "listeners[0].nodes: is missing"},
		{"    limits:\n", "    structs: [Range]\n    limits:\n", "g.yaml:13:15: listeners[0].structs[0]: is no struct that would be refused: is it Elixir.Range?"},
		{"    limits:\n", "    structs: ['']\n    limits:\n", "g.yaml:13:15: listeners[0].structs[0]: is no struct"},
		{"    limits:\n", "    protocol: http\n    http: {types: [a/b, foo]}\n    limits:\n", "g.yaml:14:25: listeners[0].http.types[1]: is no type"},
		{"listen: 127.0.0.1:9000", "listen: 127.0.0.1:99999", "g.yaml:11:13: listeners[0].listen: has to be host:port"},
		{"listen: 127.0.0.1:9000", "listen: 127.0.0.1:9180", "listeners[0].listen: is the address of another listener, or of admin"},
		{"version: 1\n", "version: 1\nversion: 1\n", "g.yaml:2:1: "},
		{"version: 1\n", "version: 1\nadmin: {listen: '0.0.0.0:9180'}\n", "g.yaml:2:17: admin.listen"},
		{"version: 1\n", "version: 1\nreport: {listen: '127.0.0.1:1'}\n", "report.secret_file"},
		{"version: 1\n", "version: [1\n", "g.yaml:"},
		{good, "", "not empty"},
		{good, good + "---\n" + good, "one document"},
	} {
		_, err := Parse("g.yaml", []byte(strings.Replace(good, c.from, c.to, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q instead of %q:\n  got  %v\n  want %s", c.to, c.from, err, c.want)
		}
	}
}

// TestRulesAreListed: the reference names each rule, and only caps that there are.
func TestRulesAreListed(t *testing.T) {
	f, _ := reflect.TypeFor[Listener]().FieldByName("Rules")
	for _, rule := range rules {
		if !strings.Contains(f.Tag.Get("doc"), rule) {
			t.Errorf("rules: %s is not named", rule)
		}
	}
	f, _ = reflect.TypeFor[Listener]().FieldByName("Caps")
	for _, name := range inBytes {
		if !strings.Contains(f.Tag.Get("doc"), name) {
			t.Errorf("caps: %s is not named", name)
		}
	}
}

func TestFunction(t *testing.T) {
	f, err := ParseFunction("calc:add/2")
	if err != nil || !f.Matches("calc", "add", 2) || f.Matches("calc", "add", 3) || f.Matches("calc", "sub", 2) || f.Matches("os", "add", 2) {
		t.Error(f, err)
	}
	any, err := ParseFunction("calc:*/*")
	if err != nil || !any.Matches("calc", "x", 200) || any.Matches("os", "cmd", 1) {
		t.Error(any, err)
	}
	for _, bad := range []string{"", "calc", "calc:add", "calc:add/", "calc:add/256", "calc:add/-1", "*:add/1", ":a/1", "a:/1"} {
		if _, err := ParseFunction(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestSize(t *testing.T) {
	for text, want := range map[string]Size{"0": 0, "512": 512, "64KiB": 64 << 10, "8MiB": 8 << 20, "1GiB": 1 << 30} {
		var s Size
		if err := s.UnmarshalText([]byte(text)); err != nil || s != want || s.String() != text {
			t.Errorf("%s: %d %v, printed %s", text, s, err, s)
		}
	}
	for _, bad := range []string{"", "-1", "1KB", "1.5MiB", "9999999999GiB"} {
		if err := new(Size).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

// everything has each key that is required.
const everything = `version: 1
ledgers:
  - name: web
upstreams:
  - name: node
    address: 127.0.0.1:4000
    ledger: web
    classes:
      - {name: some, clients: [10.0.0.0/8]}
      - {name: others}
  - name: hex
    ledger: web
listeners:
  - name: out
    listen: 127.0.0.1:9000
    protocol: forward
    upstream: hex
    tls: {cert: a, key: b}
    http:
      extract:
        - {name: token}
    to:
      hosts: ['https://repo.hex.pm']
      ca: {cert: a, key: b}
`

// TestRequired: a key that is marked as required is, and no other is but for those
// that are so in some cases.
func TestRequired(t *testing.T) {
	if _, err := Parse("g.yaml", []byte(everything)); err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(everything), &tree); err != nil {
		t.Fatal(err)
	}
	marked := map[string]bool{}
	var required func(at string, s reflect.Type, in map[string]any)
	required = func(at string, s reflect.Type, in map[string]any) {
		for i := range s.NumField() {
			f := s.Field(i)
			key := f.Tag.Get("yaml")
			inner := f.Type
			for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
				inner = inner.Elem()
			}
			v, there := in[key]
			if f.Tag.Get("needs") == "yes" {
				marked[at+key] = true
				if !there {
					t.Errorf("%s%s is required and not in this test", at, key)
					continue
				}
				delete(in, key)
				text, err := yaml.Marshal(tree)
				if err != nil {
					t.Fatal(err)
				}
				if _, err = Parse("g.yaml", text); err == nil || !strings.Contains(err.Error(), key) && !strings.Contains(err.Error(), strings.TrimSuffix(key, "s")) {
					t.Errorf("without %s%s: %v", at, key, err)
				}
				in[key] = v
			}
			switch v := v.(type) {
			case map[string]any:
				required(at+key+".", inner, v)
			case []any:
				if inner.Kind() == reflect.Struct {
					required(at+key+"[].", inner, v[0].(map[string]any))
				}
			}
		}
	}
	required("", reflect.TypeFor[File](), tree)
	if len(marked) != 16 {
		t.Errorf("%d keys are required: %v", len(marked), marked)
	}
}
