package build

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// maxInline bounds canonical bytes and values that are written out, maxTree the
// canonical bytes that are read again here, since trees take a hundred times the
// space.
const (
	maxInline = 4 << 10
	maxTree   = 1 << 20
)

// harmful are the reasons of package naive for which a VM may read behind its
// input or keep what it chokes on later. No payload of theirs is kept here that a
// VM would decode.
var harmful = map[string]bool{
	naive.ReasonRefNoWords: true,
	naive.ReasonCreator:    true,
	naive.ReasonFloatNoNUL: true,
}

// harmless reports an error unless the payload may be shown to a VM.
func harmless(s *Spec, b []byte) error {
	if s.Cut || s.Recipe != nil { // recipes are of plain terms
		return nil
	}
	_, err := naive.Decode(b, naive.OTP25)
	var e *naive.Error
	if !errors.As(err, &e) {
		return nil
	}
	noWords := bytes.Contains(b, []byte{90, 0, 0}) || bytes.Contains(b, []byte{114, 0, 0})
	if harmful[e.Reason] || noWords {
		return fmt.Errorf("%s: not for a VM: %v", s.ID, err)
	}
	return nil
}

// Measure asks the BEAM about all cases and sets the truth of its release.
func (b *Build) Measure(oracle *beam.Oracle) error {
	release, _, _ := strings.Cut(oracle.Info().OTP, ".")
	var cases []beam.Case
	for _, e := range b.entries {
		if err := harmless(e.spec, e.data); err != nil {
			return err
		}
		cases = append(cases, beam.Case{Payload: e.data, Want: beam.Words | beam.Canon | beam.Safe})
	}
	verdicts, err := oracle.Judge(cases)
	if err != nil {
		return err
	}
	for i, e := range b.entries {
		t, err := e.measured(verdicts[i], oracle.Info())
		if err != nil {
			return fmt.Errorf("%s: %w", e.spec.ID, err)
		}
		e.c.Truth[release] = t
	}
	return nil
}

// measured makes a Truth of a verdict.
func (e *entry) measured(v beam.Verdict, info beam.Info) (corpus.Truth, error) {
	t := corpus.Truth{How: corpus.Measured, OTP: info.OTP}
	if !e.spec.NoSafe {
		t.Safe = word(v.Safe)
	}
	if v.Death != beam.Alive || v.Late {
		return t, fmt.Errorf("the VM died: %v: %s", v.Death, v.Why)
	}
	if t.Verdict = word(v.Plain); v.Plain != beam.Accepted {
		return t, nil
	}
	if e.spec.Cut {
		return t, errors.New("a VM accepts what it should refuse early")
	}
	t.Used = v.Used
	if e.spec.Wavers {
		return t, nil
	}
	return t, e.describe(&t, v.Canon, v.Words)
}

// describe fills in what is known of the term besides the verdict: canon is what
// the VM wrote, words its size.
func (e *entry) describe(t *corpus.Truth, canon []byte, words int64) error {
	term, err := e.sameTerm(canon)
	if err != nil {
		return err
	}
	if term != nil {
		setValue(t, term)
	}
	if term != nil && shapeWavers(term) { // and so does the order of keys
		return nil
	}
	t.HeapWords = &words
	setCanonical(t, canon)
	return nil
}

func word(o beam.Outcome) string {
	if o == beam.Accepted {
		return corpus.Accept
	}
	return corpus.Reject
}

// sameTerm decodes what the VM wrote and holds it against the payload, read by
// the other decoder. It returns nil for a term that is too large, or one that this
// decoder takes from nobody, such as an export of more than 255 arguments.
func (e *entry) sameTerm(canon []byte) (*naive.Term, error) {
	if len(canon) > maxTree {
		return nil, nil
	}
	theirs, wrong := naive.Decode(canon, naive.OTP25)
	ours, err := naive.Decode(e.data, naive.OTP25)
	var closed *naive.Error
	switch {
	case err != nil && errors.As(wrong, &closed) && closed.Class == naive.Closed:
		return nil, nil
	case wrong != nil:
		return nil, fmt.Errorf("canonical bytes: %w", wrong)
	}
	if err == nil && !naive.Same(ours.Term, theirs.Term) {
		return nil, fmt.Errorf("canonical bytes are another term: %x", canon)
	}
	return theirs.Term, nil
}

// setCanonical sets canonical bytes, or their digest.
func setCanonical(t *corpus.Truth, canon []byte) {
	if len(canon) > maxInline {
		sum := sha256.Sum256(canon)
		t.CanonicalSHA256 = hex.EncodeToString(sum[:])
	} else {
		t.Canonical = hex.EncodeToString(canon)
	}
}

func setValue(t *corpus.Truth, term *naive.Term) {
	if v := value(term); len(v) <= maxInline {
		t.Value = v
	}
}

// shapeWavers reports that the term holds a map of more than 32 keys whose shape
// depends on numbers that the VM has given to atoms, nodes or funs.
func shapeWavers(t *naive.Term) bool {
	for i, e := range t.Elems {
		if t.Kind == naive.Map && len(t.Elems) > 64 && i%2 == 0 && holdsName(e) || shapeWavers(e) {
			return true
		}
	}
	return t.Tail != nil && shapeWavers(t.Tail)
}

func holdsName(t *naive.Term) bool {
	switch t.Kind {
	case naive.Atom, naive.Ref, naive.Fun, naive.Export, naive.Port, naive.Pid:
		return true
	}
	for _, e := range t.Elems {
		if holdsName(e) {
			return true
		}
	}
	return t.Tail != nil && holdsName(t.Tail)
}

// newer are the releases of which documents and sources tell.
var newer = []int{26, 27, 28}

// documented returns what these do where it differs from OTP 25.
func (m *meter) documented(b []byte) (map[string]corpus.Truth, error) {
	truth := map[string]corpus.Truth{}
	_, refusal := m.otp.ValidatePrefix(b)
	if refusal != nil && closedCode(refusal) {
		return truth, nil
	}
	for i, release := range newer {
		used, err := m.releases[i].ValidatePrefix(b)
		if (err == nil) == (refusal == nil) {
			continue
		}
		t := corpus.Truth{Verdict: corpus.Reject, How: corpus.Documented}
		if err == nil {
			o := naive.OTP25
			o.Release = release
			res, err := naive.Decode(b, o)
			if err != nil {
				return nil, err
			}
			t.Verdict, t.Used = corpus.Accept, int64(used)
			setValue(&t, res.Term)
			if !shapeWavers(res.Term) {
				setCanonical(&t, res.Term.Canon())
			}
		}
		truth[itoa(release)] = t
	}
	return truth, nil
}

// closedCode reports a refusal for which OTP 25 may accept all the same, so that
// nothing can be said of other releases.
func closedCode(err error) bool {
	var e *etf.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case etf.CodeInternalTag, etf.CodeLocalTag, etf.CodeRecordTag, etf.CodeReferenceEmpty, etf.CodeFloatComma, etf.CodeFloatOpen,
		etf.CodeFunField, etf.CodeExportField, etf.CodeFunCreator, etf.CodeExportArity, etf.CodeTupleTooLarge, etf.CodeInflatedTrailing:
		return true
	}
	return false
}
