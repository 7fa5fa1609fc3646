package targets

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// TestInputPayload: a file of the engine gives what the target was run with.
func TestInputPayload(t *testing.T) {
	data := []byte("\x83h\x02a\x01\xff\x00")
	head := inputForm + "\n[]byte(\"\\x83h\\x02a\\x01\\xff\\x00\")\n"
	for _, c := range []struct {
		target, text string
		want         []byte
	}{
		{"FuzzAgree", head + "byte('\\x00')\nbyte('\\x03')\n", data},
		{"FuzzAgree", head + "byte('\\x01')\nbyte('\\x03')\n", payloadOf(data, asTape)},
		{"FuzzRoundTrip", head + "uint8(2)\n", payloadOf(data, asGoFuzz)},
		{"FuzzBEAM", head + "byte('\\u00ff')\n", payloadOf(data, 255)},
		{"FuzzMalleable", head + "byte('\\a')\n[]byte(\"0\")\n", payloadOf(data, 7)},
		{"FuzzOther", head, data},
	} {
		got, err := InputPayload(c.target, []byte(c.text))
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s %q: %x, %v; want %x", c.target, c.text, got, err, c.want)
		}
	}
	for _, c := range [][2]string{
		{"FuzzAgree", "\x83a\x01"}, {"FuzzAgree", inputForm + "\n"}, {"FuzzAgree", head},
		{"FuzzMarshal", head + "[]byte(\"x\")\n"}, {"FuzzFrameReader", head + "byte('\\x00')\n"},
		{"FuzzAgree", head + "byte('\\u0100')\n"}, {"FuzzAgree", head + "byte(256)\n"}, {"FuzzAgree", head + "int(1)\n"},
		{"FuzzOther", inputForm + "\nstring(\"x\")\n"}, {"FuzzOther", inputForm + "\n[]byte(\"x\n"}, {"FuzzOther", inputForm + "\n[]byte(1)\n"},
	} {
		if got, err := InputPayload(c[0], []byte(c[1])); err == nil {
			t.Errorf("%s %q: %x without an error", c[0], c[1], got)
		}
	}
}

// TestWithWay: the list of targets is what the source says.
func TestWithWay(t *testing.T) {
	files, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	declared := regexp.MustCompile(`(?s)\nfunc (Fuzz\w+)\(f \*testing\.F\) \{\n(.*?)\n\}\n`)
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllSubmatch(text, -1) {
			if bytes.Contains(m[2], []byte("payloadOf(data, way)")) {
				names = append(names, string(m[1]))
			}
		}
	}
	if slices.Sort(names); !slices.Equal(names, withWay) {
		t.Errorf("targets that call payloadOf: %q; withWay has %q", names, withWay)
	}
}
