package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

// judge says of a body whether it may go on, and in which bytes.
type judge struct {
	guard     *safe.Guard
	budget    *limits.AtomBudget // nil: no new name may pass
	canonical bool
	nameless  *etf.Mode // if canonical: the rules without those about names
	most      int64
}

var profiles = map[string]func() etf.Config{
	"data":   etf.Data,
	"elixir": func() etf.Config { return etf.Elixir() },
	"bert":   etf.BERT,
	"hex":    etf.Hex,
	"cache":  etf.Cache,
}

func newJudge(s *settings) (*judge, error) {
	profile, ok := profiles[s.profile]
	if !ok {
		return nil, fmt.Errorf("there is no profile %q", s.profile)
	}
	known, err := knownNames(s)
	if err != nil {
		return nil, err
	}
	j := &judge{canonical: s.forward == "canonical"}
	f := safe.Forward{Profile: profile(), Atoms: etf.Atoms{Known: known}, Tighten: limits.Limits{MaxBytes: s.maxBytes}}
	if s.maxNew > 0 || known == nil || s.ledger != "" {
		if j.budget, err = openBudget(s); err != nil {
			return nil, err
		}
		f.Budgets = []limits.Budget{j.budget}
	}
	if j.guard, err = safe.NewGuard(f); err != nil {
		j.close()
		return nil, err
	}
	c := j.guard.Mode().Config()
	j.most = c.Limits.MaxBytes
	if j.canonical {
		c.Atoms = etf.Atoms{}
		if j.nameless, err = c.Compile(); err != nil {
			j.close()
			return nil, err
		}
	}
	return j, nil
}

func knownNames(s *settings) (known *etf.AtomSet, err error) {
	if s.release != "" {
		if known, err = etf.AtomSetFromRelease(os.DirFS(s.release)); err != nil {
			return nil, err
		}
	}
	if s.known != "" {
		f, err := os.Open(s.known)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		set, err := etf.ReadAtomSet(f)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.known, err)
		}
		known = known.Union(set)
	}
	return known, nil
}

// openBudget opens the ledger. A lost file is not taken for a first start.
func openBudget(s *settings) (*limits.AtomBudget, error) {
	if s.ledger == "" {
		return limits.NewAtomBudget(s.maxNew), nil
	}
	if s.createLedger {
		return limits.CreateAtomBudget(s.ledger, s.maxNew)
	}
	b, err := limits.OpenAtomBudget(s.ledger, s.maxNew)
	if err == nil {
		if err = b.Locked(); err != nil {
			b.Close()
			err = fmt.Errorf("%s: %w", s.ledger, err)
			if errors.Is(err, fs.ErrNotExist) {
				err = fmt.Errorf("%w (-create-ledger makes it, at the first start)", err)
			}
		}
	}
	return b, err
}

func (j *judge) close() {
	if j.budget != nil {
		j.budget.Close()
	}
}

// errLedger says that a message can be neither accepted nor refused now: the
// ledger cannot write down what the message would teach the node.
var errLedger = errors.New("the ledger of atoms is locked")

// term judges a body. It returns the bytes to send, or the refusal; err means that
// there is no verdict.
func (j *judge) term(body []byte) (out []byte, why *etf.Error, err error) {
	if j.canonical {
		out, err = j.rewrite(body)
	} else {
		out, err = body, j.guard.Check(body)
	}
	switch {
	case err == nil:
		return out, nil, nil
	case !errors.As(err, &why):
		return nil, nil, err
	case why.Code == etf.CodeLimitAtomBudget && j.budget != nil && j.budget.Locked() != nil:
		return nil, nil, fmt.Errorf("%w: %w", errLedger, j.budget.Locked())
	}
	return nil, why, nil
}

// rewrite returns the canonical bytes, which may be more than came and still have to
// fit. They are counted before a name is spent.
func (j *judge) rewrite(body []byte) ([]byte, error) {
	out, err := j.nameless.Canonicalize(nil, body)
	if err == nil && int64(len(out)) > j.most {
		return nil, &etf.Error{Code: etf.CodeLimitBytes, Limit: &limits.Error{Name: "MaxBytes", Max: j.most, Got: int64(len(out))}}
	}
	return j.guard.Mode().Canonicalize(out[:0], body)
}
