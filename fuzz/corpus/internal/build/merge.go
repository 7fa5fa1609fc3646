package build

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// Merge takes in what measure.escript wrote: lines of fields between tabs.
//
//	#measured	release	version
//	id	sha256	reject	safe
//	id	sha256	accept	safe	used	heap words	canonical hex, or sha256:hex
func (b *Build) Merge(raw []byte) error {
	lines := strings.Split(strings.TrimSuffix(string(raw), "\n"), "\n")
	head := strings.Split(lines[0], "\t")
	if len(head) != 3 || head[0] != "#measured" {
		return fmt.Errorf("the first line is %q and not #measured, release, version", lines[0])
	}
	byID := map[string]*entry{}
	for _, e := range b.entries {
		byID[e.spec.ID] = e
	}
	for i, line := range lines[1:] {
		f := strings.Split(line, "\t")
		e := byID[f[0]]
		switch {
		case e == nil || len(f) > 1 && f[1] != e.c.SHA256:
			continue // of an older corpus
		case len(f) < 4:
			return fmt.Errorf("line %d: %d fields", i+2, len(f))
		}
		t, err := e.merged(f[2:])
		if err != nil {
			return fmt.Errorf("line %d: %s: %w", i+2, f[0], err)
		}
		t.How, t.OTP = corpus.Measured, head[2]
		e.c.Truth[head[1]] = t
	}
	return nil
}

func (e *entry) merged(f []string) (t corpus.Truth, err error) {
	t.Verdict = f[0]
	if !e.spec.NoSafe {
		t.Safe = f[1]
	}
	for _, v := range f[:2] {
		if v != corpus.Accept && v != corpus.Reject {
			return t, fmt.Errorf("a verdict %q", v)
		}
	}
	if t.Verdict == corpus.Reject {
		return t, nil
	}
	if len(f) != 5 {
		return t, fmt.Errorf("%d fields behind the digest", len(f))
	}
	if t.Used, err = strconv.ParseInt(f[2], 10, 64); err != nil || e.spec.Wavers {
		return t, err
	}
	words, err := strconv.ParseInt(f[3], 10, 64)
	if err != nil {
		return t, err
	}
	if sum, ok := strings.CutPrefix(f[4], "sha256:"); ok || f[4] == "-" {
		// Only the digest, if that, is known of a term that large.
		term := e.largeTerm()
		if term != nil {
			setValue(&t, term)
		}
		if term == nil || !shapeWavers(term) {
			t.HeapWords, t.CanonicalSHA256 = &words, strings.TrimPrefix(sum, "-")
		}
		return t, nil
	}
	canon, err := hex.DecodeString(f[4])
	if err != nil {
		return t, err
	}
	return t, e.describe(&t, canon, words)
}

// largeTerm is the term of the payload, nil if it is too large for a tree.
func (e *entry) largeTerm() *naive.Term {
	if len(e.data) > maxTree {
		return nil
	}
	res, err := naive.Decode(e.data, naive.OTP25)
	if err != nil {
		return nil
	}
	return res.Term
}
