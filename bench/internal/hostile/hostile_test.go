package hostile

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/beamgate/beamgate/bench/internal/measure"
	"github.com/beamgate/beamgate/etf"
)

func TestMain(m *testing.M) {
	Child()
	os.Exit(m.Run())
}

// accepted are the cases that are hostile to others only: large, but honest and
// within the caps of Default.
var accepted = map[string]bool{"strings of 64 KiB": true, "only new atoms": true}

// TestRefuse: each case is refused, and what is read of it is all that costs
// memory.
func TestRefuse(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range Cases() {
		r, err := Refuse(m, c, 1<<16, measure.Plan{Rounds: 1, Sample: time.Microsecond, Budget: time.Second})
		if err != nil {
			t.Error(err)
			continue
		}
		if (r.Code == "") != accepted[c.Name] {
			t.Errorf("%s: code %q", c.Name, r.Code)
		}
		if len(r.Ways) != len(Ways) {
			t.Errorf("%s: %d ways", c.Name, len(r.Ways))
		}
	}
}

// TestFates: a child tells its verdict, and one over a cap is killed.
func TestFates(t *testing.T) {
	file := filepath.Join(t.TempDir(), "case")
	var list Case
	for _, c := range Cases() {
		if c.Name == "NaN at the end" {
			list = c
		}
	}
	if err := os.WriteFile(file, list.Make(1000), 0o600); err != nil {
		t.Fatal(err)
	}
	caps := Caps{Memory: 512 << 20, Time: time.Minute}
	for _, r := range Readers("")[:2] {
		want := saysRefuses
		if r.Name != "beamgate" {
			want = saysAccepts // okeuday/erlang_go takes NaN
		}
		if f := Watch(r.Command(file), caps); f.Word != want || f.Broken != nil || f.Peak == 0 {
			t.Errorf("%s: %+v", r.Name, f)
		}
	}
	if f := Watch(exec.Command("sleep", "60"), Caps{Memory: 512 << 20, Time: 50 * time.Millisecond}); f.Word != "over 50ms" {
		t.Errorf("sleep: %+v", f)
	}
	if f := Watch(exec.Command("sh", "-c", "echo panic: >&2; exit 2"), caps); f.Word != "panics" {
		t.Errorf("panic: %+v", f)
	}
	r := Readers("")[0]
	if f := Watch(r.Command(file), Caps{Memory: 1, Time: time.Minute}); f.Word != "over 1 B" {
		t.Errorf("memory: %+v", f)
	}
}
