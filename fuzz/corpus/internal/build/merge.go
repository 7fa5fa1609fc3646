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
	t.Verdict, t.Safe = f[0], f[1]
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
	heap, err := strconv.ParseInt(f[3], 10, 64)
	if err != nil {
		return t, err
	}
	canon, digest := strings.CutPrefix(f[4], "sha256:")
	term, err := e.mergedTerm(canon, digest)
	if err != nil {
		return t, err
	}
	if term == nil || !shapeWavers(term) {
		t.HeapWords = &heap
		if t.Canonical = canon; digest {
			t.Canonical, t.CanonicalSHA256 = "", canon
		}
	}
	if term == nil {
		return t, nil
	}
	if v := value(term); len(v) <= maxInline {
		t.Value = v
	}
	return t, nil
}

// mergedTerm is the term that was measured; if only a digest is known of it, that
// of the payload, read here.
func (e *entry) mergedTerm(canon string, digest bool) (*naive.Term, error) {
	if digest {
		res, err := naive.Decode(e.data, naive.OTP25)
		if err != nil {
			return nil, err
		}
		return res.Term, nil
	}
	raw, err := hex.DecodeString(canon)
	if err != nil {
		return nil, err
	}
	return e.sameTerm(raw)
}
