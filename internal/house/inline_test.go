package house

import (
	"go/version"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// pinned is the Go that the lists below were made with. Others inline by other
// rules.
const pinned = "go1.26"

// inlined are functions on the hot paths that cost nothing only because the
// compiler puts them where they are called. A change that makes one too large
// costs each term of each input nanoseconds, and nothing else would tell.
var inlined = map[string][]string{
	"internal/wire": {
		"(*Input).Run", "(*Input).Next", "(*Input).Token", "(*Input).Head", "(*Input).TokenBytes", "(*Input).Commit",
		"(*Machine).owed", "(*Machine).charge", "(*Machine).refuse", "(*Machine).isKey",
		"(*Machine).inPlain", "(*Machine).endPlain", "(*scalar).set",
		"(*Program).place", "class.base", "NewNode",
		"be16", "be32", "be64", "le64", "isASCII",
	},
	"internal/inflate": {
		"entry.len", "entry.extra", "entry.value", "(*codes).at", "(*Decoder).need", "(*Decoder).take", "(*lanes).add", "follow",
	},
	"etf": {
		"Token.Len", "Token.Int", "Token.Float", "Token.isSmall", "Token.opens",
		"Term.Kind", "Term.Len", "Term.Int", "Term.Float", "Term.Atom", "Term.IsAtom", "Term.Bytes",
		"node.kind", "node.flags", "node.length",
		"(*names).hook", "(*names).begin", "(*names).release",
	},
}

// TestInlining asks the compiler.
func TestInlining(t *testing.T) {
	if lang := version.Lang(runtime.Version()); lang != pinned {
		t.Skipf("this is %s, the lists are for %s", lang, pinned)
	}
	can := regexp.MustCompile(`(?m): can inline (\S+)`)
	for dir, names := range inlined {
		cmd := exec.Command("go", "build", "-gcflags=-m", "./"+dir)
		cmd.Dir = root
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", dir, err, out)
		}
		found := map[string]bool{}
		for _, m := range can.FindAllSubmatch(out, -1) {
			found[string(m[1])] = true
		}
		if len(found) == 0 {
			t.Fatalf("%s: the compiler says nothing about inlining", dir)
		}
		for _, name := range names {
			if !found[name] {
				t.Errorf("%s: %s is not inlined any more", dir, name)
			}
		}
	}
}

// TestScanCallsNothing: the state of the step loop stays in registers, because nothing is
// called that could take them.
func TestScanCallsNothing(t *testing.T) {
	if lang := version.Lang(runtime.Version()); lang != pinned || runtime.GOARCH != "amd64" {
		t.Skipf("this is %s on %s, the form of the listing is that of %s on amd64", lang, runtime.GOARCH, pinned)
	}
	cmd := exec.Command("go", "build", "-gcflags=-S", "./internal/wire")
	cmd.Dir = root
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, scan, found := strings.Cut(string(out), "internal/wire.(*Machine).scan STEXT")
	if !found {
		t.Fatal("scan is not in the listing")
	}
	scan, _, _ = strings.Cut(scan, " STEXT")
	calls := regexp.MustCompile(`\tCALL\t(\S+)`).FindAllStringSubmatch(scan, -1)
	if len(calls) == 0 {
		t.Error("not even a bounds check is called: the listing has another form")
	}
	for _, c := range calls {
		switch c[1] {
		case "runtime.panicBounds(SB)", "runtime.morestack_noctxt(SB)", "runtime.gcWriteBarrier2(SB)":
		default:
			t.Errorf("scan calls %s", c[1])
		}
	}
}
