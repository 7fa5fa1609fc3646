package harness

import (
	"fmt"
	"slices"
	"strings"
)

// Outcome is what came of one case.
type Outcome string

// The outcomes. A case has the first that fits: a wrong length is not looked
// for where the verdict is wrong.
const (
	Agree       Outcome = "agree"
	FalseAccept Outcome = "false_accept"
	FalseRefuse Outcome = "false_refuse"
	Crash       Outcome = "crash"
	Hang        Outcome = "hang"
	Memory      Outcome = "memory"
	WrongUsed   Outcome = "wrong_used"
	WrongValue  Outcome = "wrong_value"
)

// Outcomes lists them in the order of the table's columns.
func Outcomes() []Outcome {
	return []Outcome{Agree, FalseAccept, FalseRefuse, Crash, Hang, Memory, WrongUsed, WrongValue}
}

// Level is how much of an answer is compared: "verdict", "used" (and the
// verdict) or "value" (and both).
type Level string

// The levels.
const (
	LevelVerdict Level = "verdict"
	LevelUsed    Level = "used"
	LevelValue   Level = "value"
)

// Set makes a Level a flag.Value.
func (l *Level) Set(s string) error {
	if !slices.Contains([]Level{LevelVerdict, LevelUsed, LevelValue}, Level(s)) {
		return fmt.Errorf("want verdict, used or value")
	}
	*l = Level(s)
	return nil
}

// String returns the level as it is written.
func (l *Level) String() string { return string(*l) }

// Tally counts the cases of one class.
type Tally struct {
	// Class is the class, or "total".
	Class string `json:"class"`
	// Cases is how many were run; it is the sum of Outcomes.
	Cases int `json:"cases"`
	// Outcomes counts them; outcomes that did not occur are 0.
	Outcomes map[Outcome]int `json:"outcomes"`
	// Skipped were picked by a filter and not run.
	Skipped int `json:"skipped"`
	// NoReference have nothing to compare with and were not run.
	NoReference int `json:"no_reference"`
	// UsedUntold and ValueUntold count accepted cases whose length or value
	// could have been compared and was not told.
	UsedUntold  int `json:"used_untold"`
	ValueUntold int `json:"value_untold"`
}

// Disagreement is a case that did not agree.
type Disagreement struct {
	// ID, Class and Rule are those of the case.
	ID    string `json:"id"`
	Class string `json:"class"`
	Rule  string `json:"rule,omitempty"`
	// Outcome is what came of it.
	Outcome Outcome `json:"outcome"`
	// Detail says what was wanted and what came, as far as that is short.
	Detail string `json:"detail,omitempty"`
}

// Report is the result of a run.
type Report struct {
	// Corpus is the version of the corpus and Against the reference that the
	// cases were taken with. Run leaves both to its caller.
	Corpus  string `json:"corpus,omitempty"`
	Against string `json:"against,omitempty"`
	// Program is what was run, Packet how, Level how much was compared.
	Program []string `json:"program"`
	Packet  bool     `json:"packet"`
	Level   Level    `json:"level"`
	// Classes are the counts by class in the order of the names, Total their
	// sums.
	Classes []*Tally `json:"classes"`
	Total   *Tally   `json:"total"`
	// Accepted counts the cases that the program accepted, rightly or not, and
	// Told those of them of which it told more than the verdict.
	Accepted int `json:"accepted"`
	Told     int `json:"told"`
	// EmptyListRefused is why it refuses the empty list, which it was given
	// before all cases; empty if it does not.
	EmptyListRefused string `json:"empty_list_refused"`
	// Unrepeated counts deaths that did not come again when the payload was
	// given to a new process. The case then has the outcome of that one.
	Unrepeated int `json:"unrepeated"`
	// Disagreements are sorted by ID.
	Disagreements []Disagreement `json:"disagreements"`
}

// OK reports whether there was no disagreement.
func (r *Report) OK() bool { return len(r.Disagreements) == 0 }

func newReport(p Program, o Options) *Report {
	level := o.Level
	if level == "" {
		level = LevelValue
	}
	return &Report{Program: p.Args, Packet: p.Packet, Level: level, Disagreements: []Disagreement{}}
}

func newTally(class string) *Tally {
	t := &Tally{Class: class, Outcomes: map[Outcome]int{}}
	for _, o := range Outcomes() {
		t.Outcomes[o] = 0
	}
	return t
}

func (r *Report) class(name string) *Tally {
	i := slices.IndexFunc(r.Classes, func(t *Tally) bool { return t.Class == name })
	if i < 0 {
		r.Classes = append(r.Classes, newTally(name))
		i = len(r.Classes) - 1
	}
	return r.Classes[i]
}

// add judges an answer and counts it.
func (r *Report) add(c *Case, a answer) {
	t := r.class(c.Class)
	j := judge(c.Want, a, r.Level)
	t.Cases++
	if a.death == nil && a.reply.Accept {
		r.Accepted++
		if a.reply.Used != Untold || len(a.reply.Value) > 0 {
			r.Told++
		}
	}
	t.Outcomes[j.outcome]++
	if j.usedUntold {
		t.UsedUntold++
	}
	if j.valueUntold {
		t.ValueUntold++
	}
	if a.alone {
		r.Unrepeated++
	}
	if j.outcome != Agree {
		r.Disagreements = append(r.Disagreements, Disagreement{c.ID, c.Class, c.Rule, j.outcome, j.detail})
	}
}

// finish sorts and sums up.
func (r *Report) finish() {
	slices.SortFunc(r.Classes, func(a, b *Tally) int { return strings.Compare(a.Class, b.Class) })
	slices.SortFunc(r.Disagreements, func(a, b Disagreement) int { return strings.Compare(a.ID, b.ID) })
	r.Total = newTally("total")
	for _, t := range r.Classes {
		r.Total.Cases += t.Cases
		r.Total.Skipped += t.Skipped
		r.Total.NoReference += t.NoReference
		r.Total.UsedUntold += t.UsedUntold
		r.Total.ValueUntold += t.ValueUntold
		for o, n := range t.Outcomes {
			r.Total.Outcomes[o] += n
		}
	}
}
