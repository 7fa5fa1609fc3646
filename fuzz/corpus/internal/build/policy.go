package build

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/corpus"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// policy is a configuration that cases are judged by.
type policy struct {
	text string // for Manifest.Policies
	mode func(s *Spec) (*etf.Mode, error)
	// prefix: what follows the term is not looked at.
	prefix bool
	// whole: the term is read in one piece from a reader.
	whole bool
}

func fixed(c etf.Config) func(*Spec) (*etf.Mode, error) {
	return func(*Spec) (*etf.Mode, error) { return c.Compile() }
}

// features are those that a decoder may lack, by name.
var features = []struct {
	name string
	bit  etf.Features
}{
	{"fun", etf.Funs}, {"export", etf.Exports}, {"pid", etf.Pids}, {"port", etf.Ports}, {"reference", etf.References},
	{"compressed", etf.Compressed}, {"text-float", etf.TextFloats}, {"latin1-atom", etf.Latin1Atoms}, {"bitstring", etf.Bitstrings},
	{"improper-list", etf.ImproperLists}, {"empty-atom", etf.EmptyAtoms}, {"float", etf.Floats}, {"map", etf.Maps},
}

// without is etf.OTP with one feature less.
func without(f etf.Features) etf.Config {
	c := etf.OTP()
	c.Policy.Allow &^= f
	c.Policy.Refuse |= f &^ etf.Identities
	return c
}

// policies are all configurations, by name.
func policies() map[string]policy {
	anyRelease := etf.OTP()
	anyRelease.Release, anyRelease.Node = 0, etf.Node{}
	quoted := etf.Strict()
	quoted.Policy.RefuseQuoted = true
	all := map[string]policy{
		"safe":        {text: "package safe: etf.Strict, exactly one term", mode: func(*Spec) (*etf.Mode, error) { return safe.Mode(), nil }},
		"otp":         {text: "etf.OTP: what binary_to_term/1 of OTP 25 takes but for a closed list; bytes behind the term are not looked at", mode: fixed(etf.OTP()), prefix: true},
		"any":         {text: "etf.OTP for a receiver of any release on a node that is not known", mode: fixed(anyRelease), prefix: true},
		"default":     {text: "etf.Default", mode: fixed(etf.Default())},
		"elixir":      {text: "etf.Elixir", mode: fixed(etf.Elixir())},
		"bert":        {text: "etf.BERT", mode: fixed(etf.BERT())},
		"hex":         {text: "etf.Hex", mode: fixed(etf.Hex())},
		"cache":       {text: "etf.Cache", mode: fixed(etf.Cache())},
		"gencall":     {text: "etf.GenCall on a node receiver@10.0.0.2 of creation 1; the senders are the nodes of the payload if it is a real producer's, else a@b", mode: genCall},
		"quoted":      {text: "etf.Strict with Policy.RefuseQuoted", mode: fixed(quoted)},
		"known-atoms": {text: "etf.Strict that knows the atoms ok and error, and the pattern [a-z]{1,3}", mode: knownAtoms},
		"atom-budget": {text: "etf.Strict with a budget of two atom names", mode: func(*Spec) (*etf.Mode, error) {
			m, err := etf.Strict().Compile()
			if err != nil {
				return nil, err
			}
			return m.WithBudgets(limits.NewAtomBudget(2)), nil
		}},
	}
	for _, f := range features {
		all["without-"+f.name] = policy{text: "etf.OTP that refuses feature " + f.name, mode: fixed(without(f.bit)), prefix: true}
	}
	for _, name := range limits.Names() {
		c := etf.OTP()
		value, _ := etf.Strict().Limits.Get(name)
		if value == limits.NoLimit || value == 0 {
			continue // Strict has no such cap
		}
		c.Limits.Set(name, value)
		all[capPolicy(name)] = policy{
			text: fmt.Sprintf("etf.OTP with %s as in etf.Strict (%d)", name, value), mode: fixed(c), prefix: true,
			whole: name == "MaxBuffered",
		}
	}
	short := etf.Strict()
	short.Limits.MaxAtomChars = 64
	all["short-atoms"] = policy{text: "etf.Strict with MaxAtomChars 64", mode: fixed(short)}
	c := etf.OTP()
	c.Limits.MaxStreamBytes = 1 << 16
	all["cap-max-stream-bytes"] = policy{text: "etf.OTP with MaxStreamBytes 65536, which etf.Strict does not cap", mode: fixed(c), prefix: true}
	return all
}

var upper = regexp.MustCompile(`[A-Z]`)

// capPolicy names the policy of a cap: "cap-max-depth" for "MaxDepth".
func capPolicy(name string) string {
	return "cap" + strings.ToLower(upper.ReplaceAllString(name, "-$0"))
}

func genCall(s *Spec) (*etf.Mode, error) {
	nodes := []string{"a@b"}
	if s.Legit != nil {
		nodes = s.Legit.Nodes
	}
	c := etf.GenCall(nodes...)
	c.Node = etf.Node{Name: "receiver@10.0.0.2", Creation: 1}
	return c.Compile()
}

func knownAtoms(*Spec) (*etf.Mode, error) {
	set, err := etf.NewAtomSet("ok", "error")
	if err != nil {
		return nil, err
	}
	c := etf.Strict()
	c.Atoms = etf.Atoms{Known: set, Patterns: []*regexp.Regexp{regexp.MustCompile(`[a-z]{1,3}`)}}
	return c.Compile()
}

// verdict is what a policy makes of b.
func (p policy) verdict(s *Spec, b []byte) (corpus.Policy, error) {
	fresh := func() (*etf.Mode, error) { return p.mode(s) } // budgets are spent
	m, err := fresh()
	if err != nil {
		return corpus.Policy{}, err
	}
	refusal := p.ask(m, b)
	if m, err = fresh(); err != nil {
		return corpus.Policy{}, err
	}
	tokens, streamed := countTokens(m, b)
	out := corpus.Policy{Verdict: corpus.Accept, Tokens: tokens}
	var e *etf.Error
	switch {
	case refusal == nil && streamed == nil:
		return out, nil
	case !errors.As(refusal, &e):
		return out, fmt.Errorf("%s: a stream is refused, the whole is not: %v, %v", s.ID, streamed, refusal)
	case streamed != nil && !sameRefusal(refusal, streamed), streamed == nil && e.Code != etf.CodeTrailing && !p.whole:
		return out, fmt.Errorf("%s: refused as %v; read from a stream as %v", s.ID, refusal, streamed)
	}
	out.Verdict, out.Code, out.Offset, out.Inflated = corpus.Refuse, string(e.Code), e.Offset, e.Inflated
	return out, nil
}

func (p policy) ask(m *etf.Mode, b []byte) error {
	switch {
	case p.whole:
		_, err := m.NewDecoder(bytes.NewReader(b)).ReadTerm()
		return err
	case p.prefix:
		_, err := m.ValidatePrefix(b)
		return err
	}
	return m.Validate(b)
}

func sameRefusal(a, b error) bool {
	var x, y *etf.Error
	return errors.As(a, &x) && errors.As(b, &y) && x.Code == y.Code && x.Offset == y.Offset && x.Inflated == y.Inflated
}

// countTokens reads the first term of a stream and returns how many tokens came
// before it ended or failed. Payloads are skipped, as they are by a reader that
// only looks at heads.
func countTokens(m *etf.Mode, b []byte) (n int64, err error) {
	d := m.NewDecoder(bytes.NewReader(b))
	defer d.Close()
	for {
		_, err := d.ReadToken()
		switch {
		case err == io.EOF && len(b) == 0:
			return n, m.Validate(b) // a stream of no terms is none that fails
		case err == io.EOF:
			return n, io.ErrUnexpectedEOF
		case err != nil:
			return n, err
		}
		if n++; d.AtTermEnd() {
			return n, nil
		}
	}
}
