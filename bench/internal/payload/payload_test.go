package payload

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string]string{
		"b2_x.etf": "\x83j", "b_x.etf": "\x83a\x01", "o_x.bin": "\x00\x00\x00\x02\x83j\x00\x00\x00\x03\x83a\x01", "cut.bin": "\x00\x00\x00\x03\x83j",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	names, err := Names(dir)
	if err != nil || !slices.Equal(names, []string{"b_x.etf", "b2_x.etf", "cut.bin", "o_x.bin"}) {
		t.Errorf("%q, %v", names, err)
	}
	p, err := Load(dir, "o_x.bin")
	if err != nil || len(p.Items) != 2 || p.Size != 5 || string(p.Items[1]) != "\x83a\x01" || p.Name != "o_x" {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Load(dir, "cut.bin"); err == nil {
		t.Error("a frame that is cut short is taken")
	}
	one, err := Load(dir, "b_x.etf")
	if err != nil || len(one.Items) != 1 {
		t.Fatalf("%+v, %v", one, err)
	}
	c := one.Clone()
	c.Items[0][0] = 0
	if one.Items[0][0] != 131 {
		t.Error("a clone shares memory")
	}
	if _, err := Names(t.TempDir()); err == nil {
		t.Error("an empty folder is taken")
	}
}
