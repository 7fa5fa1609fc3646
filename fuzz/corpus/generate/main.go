// Command generate writes manifest.json and the vectors of fuzz/corpus anew.
//
//	go run ./fuzz/corpus/generate                        # measures with the erl at hand
//	go run ./fuzz/corpus/generate -merge FILE            # takes in what measure.erl wrote
//	go run ./fuzz/corpus/generate -add FILE -rule TEXT   # makes a finding of fuzzing a case
//
// The file is one that a native fuzz target left in testdata/fuzz/TARGET, one of
// fuzz/differential, or the payload itself. The provenance of the case says which,
// unless -provenance says more. What has to be committed is printed.
//
// What was measured on other releases before stays, as long as the bytes of the
// case do. The same sources and the same OTP give the same files.
package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/fuzz/corpus/internal/build"
	"github.com/beamgate/beamgate/fuzz/targets"
)

// options are the flags.
type options struct {
	dir   string
	merge string
	add   string
	rule  string
	raw   bool

	provenance string
}

func main() {
	var o options
	flag.StringVar(&o.dir, "dir", "fuzz/corpus", "the folder of package corpus")
	flag.StringVar(&o.merge, "merge", "", "a file that measure.erl wrote, instead of the erl at hand")
	flag.StringVar(&o.add, "add", "", "a file with a payload in which a bug was found, as fuzzing left it")
	flag.BoolVar(&o.raw, "raw", false, "the added file is the payload, whatever it looks like")
	flag.StringVar(&o.rule, "rule", "", "what the added payload is, in a few words")
	flag.StringVar(&o.provenance, "provenance", "", "where the added payload comes from; if empty, what the form of the file tells")
	flag.Parse()
	summary, err := run(o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
	fmt.Print(summary)
}

func run(o options) (summary string, err error) {
	old, err := build.Read(o.dir)
	if err != nil {
		return "", fmt.Errorf("%w (is -dir the folder fuzz/corpus?)", err)
	}
	found, err := o.finding(old)
	if err != nil {
		return "", err
	}
	b, err := build.New(found...)
	if err != nil {
		return "", err
	}
	if err := measure(b, o.merge); err != nil {
		return "", err
	}
	b.Carry(old)
	if err := b.Write(o.dir); err != nil {
		return "", err
	}
	if err := o.keep(found); err != nil {
		return "", err
	}
	m, err := build.Read(o.dir)
	if err != nil {
		return "", err
	}
	return build.Summary(m) + o.added(m, found), nil
}

// added tells of new cases what they are, and which files to commit.
func (o options) added(m corpus.Manifest, found []build.Finding) string {
	var b strings.Builder
	for _, f := range found {
		i := slices.IndexFunc(m.Cases, func(c corpus.Case) bool { return c.ID == f.ID() })
		c := m.Cases[i] // it was just written
		fmt.Fprintf(&b, "new: %s, class %s, provenance %q\ncommit:\n", c.ID, c.Class, c.Provenance)
		for _, name := range []string{"manifest.json", c.File, build.FoundFile} {
			fmt.Fprintln(&b, "  "+filepath.Join(o.dir, filepath.FromSlash(name)))
		}
	}
	return b.String()
}

// measure gets the truth from a file, or else from the BEAM at hand.
func measure(b *build.Build, file string) error {
	if file != "" {
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		return b.Merge(raw)
	}
	oracle, err := beam.Start(beam.Options{})
	if err != nil {
		return err
	}
	defer oracle.Close()
	return b.Measure(oracle)
}

// finding reads the payload to add, if there is one.
func (o options) finding(old corpus.Manifest) ([]build.Finding, error) {
	switch {
	case (o.add == "") != (o.rule == ""):
		return nil, errors.New("-add and -rule go together")
	case o.add == "" && o.provenance != "":
		return nil, errors.New("-provenance goes with -add")
	case o.add == "":
		return nil, nil
	}
	text, err := os.ReadFile(o.add)
	if err != nil {
		return nil, err
	}
	payload, provenance := text, byHand
	if !o.raw {
		if payload, provenance, err = payloadIn(o.add, text); err != nil {
			return nil, fmt.Errorf("%s: %w", o.add, err)
		}
	}
	f := build.Finding{Rule: o.rule, Payload: payload, Provenance: cmp.Or(o.provenance, provenance)}
	if err := f.Check(); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(payload)
	for _, c := range old.Cases {
		if c.SHA256 == hex.EncodeToString(sum[:]) {
			return nil, fmt.Errorf("%s is case %s already", o.add, c.ID)
		}
		if c.ID == f.ID() {
			return nil, fmt.Errorf("there is a case %s already, with other bytes: choose another -rule", c.ID)
		}
	}
	return []build.Finding{f}, nil
}

// Provenances by the form of the file. Of a bare payload the file tells nothing.
const (
	byDifferential = "found by fuzz/differential"
	byHand         = "added by hand"
)

// payloadIn finds the payload in a file that fuzzing has left, and tells what has left
// it.
func payloadIn(name string, text []byte) (payload []byte, provenance string, err error) {
	if targets.IsInput(text) {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, "", err
		}
		payload, err = targets.InputPayload(filepath.Base(filepath.Dir(abs)), text)
		return payload, build.FoundByTargets, err
	}
	if filepath.Ext(name) == ".txt" {
		line, _, _ := bytes.Cut(text, []byte("\n"))
		payload, err := hex.DecodeString(string(bytes.TrimSpace(line)))
		if err != nil || len(payload) == 0 {
			return nil, "", errors.New("its first line is no payload in hexadecimal digits")
		}
		return payload, byDifferential, nil
	}
	if len(text) == 0 || text[0] != 131 {
		return nil, "", errors.New("it is of no known form and does not begin with 131; -raw takes it as it is")
	}
	return text, byHand, nil
}

// keep adds findings to their file, behind those that are there.
func (o options) keep(found []build.Finding) error {
	if len(found) == 0 {
		return nil
	}
	f, err := os.OpenFile(filepath.Join(o.dir, filepath.FromSlash(build.FoundFile)), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, finding := range found {
		if _, err := f.WriteString(finding.Line()); err != nil {
			f.Close()
			return err
		}
	}
	return f.Close()
}
