package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/safe"
)

// TestVerdicts holds every sample against what its name promises.
func TestVerdicts(t *testing.T) {
	want := map[string]etf.Code{
		"bert_call": "", "datetime": "", "interaction": "", "session": "",
		"closure":                    etf.CodeRejectedFun,
		"gen_call":                   etf.CodeRejectedPid,
		"a compressed bomb":          etf.CodeRejectedCompressed,
		"5,000 tuples in each other": etf.CodeLimitDepth,
		"a list that claims 4,294,967,295 elements":       etf.CodeLimitBytes,
		"a binary shorter than it claims":                 etf.CodeTruncated,
		"a map with the key 1 twice, encoded differently": etf.CodeDuplicateKey,
		"20,000 different atoms":                          etf.CodeLimitDistinctAtoms,
		"a term and one byte more":                        etf.CodeTrailing,
	}
	all := samples()
	if len(all) != len(want) {
		t.Errorf("%d samples, %d verdicts", len(all), len(want))
	}
	for _, s := range all {
		code, known := want[s.name]
		if !known {
			t.Errorf("%s: no verdict", s.name)
		}
		var e *etf.Error
		if err := safe.Validate(s.payload); errors.As(err, &e) != (code != "") || e != nil && e.Code != code {
			t.Errorf("%s: %v, want %q", s.name, err, code)
		}
	}
}

func TestRun(t *testing.T) {
	var out bytes.Buffer
	run(&out)
	for _, line := range []string{
		"accepted  bert_call, 27 bytes\n          {call,nat,add,[1,2]}\n",
		"          of the year 2024\n",
		"refused   closure, 76 bytes\n          code rejected_fun, offset 1, path /\n",
		"refused   gen_call, 91 bytes\n          code rejected_pid, offset 17, path /tuple[1]/tuple[0]\n",
		"          limit MaxDepth is 128, needed at least 129 (etf.Config.Limits.MaxDepth raises it)\n",
		"code limit_bytes, offset 1, path /\n",
		"code duplicate_key, offset 9, path /key[1]\n",
		"code trailing, offset 3, path /\n",
	} {
		if !strings.Contains(out.String(), line) {
			t.Errorf("no %q in\n%s", line, &out)
		}
	}
}

// TestBomb makes sure that the bomb is one: etf.Default, which takes compressed
// terms, refuses it for its ratio.
func TestBomb(t *testing.T) {
	m, err := etf.Default().Compile()
	if err != nil {
		t.Fatal(err)
	}
	b := bomb(4 << 20)
	var e *etf.Error
	if err := m.Validate(b); !errors.As(err, &e) || e.Code != etf.CodeLimitRatio {
		t.Errorf("%v", err)
	}
	if len(b) > 5_000 {
		t.Errorf("%d bytes are no bomb", len(b))
	}
}

// TestExplainOtherErrors keeps silent about errors that say nothing of a term.
func TestExplainOtherErrors(t *testing.T) {
	var out bytes.Buffer
	if explain(&out, errors.New("other")); out.Len() != 0 {
		t.Errorf("%q", &out)
	}
}
