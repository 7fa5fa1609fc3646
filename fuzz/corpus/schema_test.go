package corpus

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// schema validates by the keywords of JSON Schema 2020-12 that manifest.schema.json
// uses. A keyword it does not know is an error, not a thing to pass over.
type schema struct {
	root     map[string]any
	patterns map[string]*regexp.Regexp
}

func newSchema(raw []byte) (*schema, error) {
	s := &schema{patterns: map[string]*regexp.Regexp{}}
	return s, decodeNumbers(raw, &s.root)
}

// decodeNumbers keeps numbers as they are written.
func decodeNumbers(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(v)
}

// check returns what is wrong with v, nil if nothing is.
func (s *schema) check(at string, rule map[string]any, v any) error {
	for keyword, arg := range rule {
		if err := s.keyword(at, keyword, arg, rule, v); err != nil {
			return err
		}
	}
	return nil
}

func (s *schema) keyword(at, keyword string, arg any, rule map[string]any, v any) error {
	object, _ := v.(map[string]any)
	array, _ := v.([]any)
	text, isText := v.(string)
	bad := func(format string, a ...any) error {
		return fmt.Errorf("%s: %s %.100v: "+format, append([]any{at, keyword, arg}, a...)...)
	}
	switch keyword {
	case "$schema", "$id", "$defs", "title", "description":
		return nil
	case "$ref":
		name := strings.TrimPrefix(arg.(string), "#/$defs/")
		return s.check(at, s.root["$defs"].(map[string]any)[name].(map[string]any), v)
	case "type":
		if !hasType(arg, v) {
			return bad("%.60v is a %T", v, v)
		}
	case "enum":
		if !slices.ContainsFunc(arg.([]any), func(e any) bool { return reflect.DeepEqual(e, v) }) {
			return bad("%v", v)
		}
	case "const":
		if !reflect.DeepEqual(arg, v) {
			return bad("%v", v)
		}
	case "anyOf", "oneOf":
		n := 0
		for _, r := range arg.([]any) {
			if s.check(at, r.(map[string]any), v) == nil {
				n++
			}
		}
		if n == 0 || keyword == "oneOf" && n > 1 {
			return bad("%d apply to %.200v", n, v)
		}
	case "required":
		for _, name := range arg.([]any) {
			if _, ok := object[name.(string)]; !ok {
				return bad("no %v", name)
			}
		}
	case "properties":
		for name, r := range arg.(map[string]any) {
			if e, ok := object[name]; ok {
				if err := s.check(at+"/"+name, r.(map[string]any), e); err != nil {
					return err
				}
			}
		}
	case "additionalProperties":
		known, _ := rule["properties"].(map[string]any)
		for name, e := range object {
			if _, ok := known[name]; ok {
				continue
			}
			r, ok := arg.(map[string]any)
			if !ok {
				return bad("there is %q", name)
			}
			if err := s.check(at+"/"+name, r, e); err != nil {
				return err
			}
		}
	case "propertyNames":
		for name := range object {
			if err := s.check(at+"/"+name, arg.(map[string]any), name); err != nil {
				return err
			}
		}
	case "items":
		for i, e := range array {
			if err := s.check(fmt.Sprintf("%s/%d", at, i), arg.(map[string]any), e); err != nil {
				return err
			}
		}
	case "minItems", "maxItems":
		if v != nil && array != nil && !within(keyword, int64(len(array)), arg) {
			return bad("%d items", len(array))
		}
	case "uniqueItems":
		for i, e := range array {
			if slices.ContainsFunc(array[:i], func(f any) bool { return reflect.DeepEqual(e, f) }) {
				return bad("twice %v", e)
			}
		}
	case "pattern":
		if isText && !s.pattern(arg.(string)).MatchString(text) {
			return bad("%.60q", text)
		}
	case "minLength":
		if isText && !within(keyword, int64(len([]rune(text))), arg) {
			return bad("%q", text)
		}
	case "minimum", "maximum":
		n, ok := v.(json.Number)
		if !ok {
			return nil
		}
		if i, err := n.Int64(); err != nil || !within(keyword, i, arg) {
			return bad("%v", n)
		}
	default:
		return bad("an unknown keyword")
	}
	return nil
}

func (s *schema) pattern(text string) *regexp.Regexp {
	if s.patterns[text] == nil {
		s.patterns[text] = regexp.MustCompile(text)
	}
	return s.patterns[text]
}

func within(keyword string, n int64, arg any) bool {
	limit, err := arg.(json.Number).Int64()
	if strings.HasPrefix(keyword, "min") {
		return err == nil && n >= limit
	}
	return err == nil && n <= limit
}

func hasType(arg, v any) bool {
	if names, ok := arg.([]any); ok {
		return slices.ContainsFunc(names, func(name any) bool { return hasType(name, v) })
	}
	switch v := v.(type) {
	case map[string]any:
		return arg == "object"
	case []any:
		return arg == "array"
	case string:
		return arg == "string"
	case bool:
		return arg == "boolean"
	case json.Number:
		_, err := v.Int64()
		return arg == "integer" && err == nil
	}
	return false
}

func readSchema(t *testing.T) *schema {
	t.Helper()
	raw, err := os.ReadFile("manifest.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSchema(raw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestManifestFitsItsSchema: as every consumer in another language may check.
func TestManifestFitsItsSchema(t *testing.T) {
	s := readSchema(t)
	raw, err := os.ReadFile("manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	var manifest map[string]any
	if err := decodeNumbers(raw, &manifest); err != nil {
		t.Fatal(err)
	}
	if err := s.check("", s.root, manifest); err != nil {
		t.Error(err)
	}
}

// TestSchemaDescribes: each property says what it is, in a few words.
func TestSchemaDescribes(t *testing.T) {
	n := 0
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case map[string]any:
			properties, _ := v["properties"].(map[string]any)
			for name, rule := range properties {
				n++
				if text, _ := rule.(map[string]any)["description"].(string); strings.TrimSpace(text) == "" {
					t.Errorf("%s: %s has no description", at, name)
				}
			}
			for key, e := range v {
				walk(at+"/"+key, e)
			}
		case []any:
			for i, e := range v {
				walk(fmt.Sprintf("%s/%d", at, i), e)
			}
		}
	}
	walk("", readSchema(t).root)
	if n < 90 {
		t.Errorf("%d properties", n)
	}
}

// TestReadmeFields: the README's table names every member of a case, and those of its
// truth, policy and cost.
func TestReadmeFields(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n| field | |\n")
	table, _, ok := strings.Cut(table, "\n\n")
	if !ok {
		t.Fatal("there is no such table")
	}
	defs := readSchema(t).root["$defs"].(map[string]any)
	for _, def := range []string{"case", "truth", "policy", "cost"} {
		for name := range defs[def].(map[string]any)["properties"].(map[string]any) {
			if !strings.Contains(table, "`"+name+"`") {
				t.Errorf("%s of %s is not in it", name, def)
			}
		}
	}
}

// TestSchemaRefuses: what is no case of the manifest does not fit the schema.
func TestSchemaRefuses(t *testing.T) {
	s := readSchema(t)
	rule := s.root["$defs"].(map[string]any)["case"].(map[string]any)
	const good = `{"id":"a","file":"vectors/a.etf","bytes":2,"sha256":"` + digest64 + `","class":"hostile","rule":"r",
		"truth":{"25":{"verdict":"accept","used":2,"value":{"tuple":[1,{"float":"1.0e5"},{"map":[["k",true]]}]},"how":"measured","otp":"25.2.3"}},
		"policy":{"safe":{"verdict":"refuse","code":"trailing","offset":0,"tokens":0},"otp":{"verdict":"accept","offset":0,"tokens":1}},
		"flags":["trailing"],"provenance":"p"}`
	check := func(text string) error {
		var v any
		if err := decodeNumbers([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		return s.check("", rule, v)
	}
	if err := check(good); err != nil {
		t.Fatal(err)
	}
	for _, change := range [][2]string{
		{`"id":"a"`, `"id":"A b"`}, {`"id":"a",`, ``}, {`"bytes":2`, `"bytes":-1`}, {`"bytes":2`, `"bytes":2.5`}, {digest64, "00"}, {"hostile", "evil"},
		{`"file":"vectors/a.etf",`, ``}, {`"file":"vectors/a.etf",`, `"file":"vectors/a.etf","recipe":{"parts":[{"hex":"83"}]},`}, {`"file":"vectors/a.etf",`, `"recipe":{"parts":[{"hex":"8"}]},`},
		{`"file":"vectors/a.etf",`, `"recipe":{"parts":[{"hex":"83","repeat":{"hex":"6a","times":1}}]},`}, {`"file":"vectors/a.etf",`, `"recipe":{"parts":[]},`}, {`"25"`, `"26"`}, {`"25"`, `"master"`},
		{`"verdict":"accept","used"`, `"verdict":"refuse","used"`}, {`"measured"`, `"guessed"`}, {`{"float":"1.0e5"}`, `{"float":"NaN"}`}, {`{"float":"1.0e5"}`, `{"float":1.5}`},
		{`["k",true]`, `["k"]`}, {`[1,`, `[9007199254740992,`}, {`[1,`, `[null,`}, {`"otp":{"verdict"`, `"opt":{"verdict"`}, {`"flags":["trailing"]`, `"flags":["trailing","trailing"]`},
		{`"flags":["trailing"]`, `"flags":[]`}, {`"provenance":"p"`, `"provenance":""`}, {`"rule":"r"`, `"rule":"r","more":1`}, {`"offset":0,"tokens":0`, `"offset":0`},
	} {
		text := strings.Replace(good, change[0], change[1], 1)
		if text == good {
			t.Errorf("nothing to change: %s", change[0])
		} else if check(text) == nil {
			t.Errorf("%s instead of %s passes", change[1], change[0])
		}
	}
	if err := s.check("", map[string]any{"format": "uri"}, "x"); err == nil {
		t.Error("an unknown keyword passes")
	}
}

const digest64 = "0000000000000000000000000000000000000000000000000000000000000000"
