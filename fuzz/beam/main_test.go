package beam

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// compiled is the directory of the judge that the tests share, "" if there is
// none; TestMain sets it.
var compiled string

// quick returns o with a judge that is compiled already.
func quick(o Options) Options {
	o.dir = compiled
	return o
}

// TestMain also sees to it that no VM that died in a test left a core file or
// a crash dump, neither in its own directory nor in this one.
func TestMain(m *testing.M) {
	if _, erlc, err := Lookup(); err == nil {
		compiled, err = compile(erlc)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	code := m.Run()
	if left := slices.Concat(dumps("."), dumps(compiled)); len(left) != 0 && code == 0 {
		fmt.Fprintln(os.Stderr, "left behind:", left)
		code = 1
	}
	if compiled != "" {
		os.RemoveAll(compiled)
	}
	os.Exit(code)
}

func dumps(dir string) []string {
	core, _ := filepath.Glob(filepath.Join(dir, "core*"))
	crash, _ := filepath.Glob(filepath.Join(dir, "erl_crash*"))
	return append(core, crash...)
}
