package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReadme: the table of flags is what the code says.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	flagsOf(&settings{}).VisitAll(func(f *flag.Flag) {
		def := f.DefValue
		if def != "" {
			def = "`" + def + "`"
		}
		fmt.Fprintf(&want, "| `-%s` | %s | %s |\n", f.Name, def, f.Usage)
	})
	_, table, _ := strings.Cut(string(text), "\n| flag | default | |\n|---|---|---|\n")
	if table != want.String() {
		t.Errorf("the table of flags has to be\n%s", &want)
	}
	for _, header := range []string{headerCode, headerOffset, headerPath} {
		if !strings.Contains(string(text), "`"+header+"`") {
			t.Errorf("README.md does not name %s", header)
		}
	}
}
