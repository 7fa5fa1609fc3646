package beam

import (
	"errors"
	"sync"
)

// judge puts the questions to the two VMs, at the same time, and merges what
// they say.
func (o *Oracle) judge(cases []Case, out []Verdict) error {
	safe, index := safely(cases)
	verdicts := make([]Verdict, len(safe))
	var wg sync.WaitGroup
	var safeErr error
	wg.Go(func() { safeErr = o.safe.judge(safe, verdicts) })
	err := o.plain.judge(plainly(cases), out)
	wg.Wait()
	for i, v := range verdicts {
		merge(&out[index[i]], v)
	}
	return errors.Join(err, safeErr)
}

// plainly returns the cases without the wish for [safe].
func plainly(cases []Case) []Case {
	plain := make([]Case, len(cases))
	for i, c := range cases {
		c.Want &^= Safe
		plain[i] = c
	}
	return plain
}

// safely returns the cases that wish for [safe], reduced to that, and where
// they stand in cases.
func safely(cases []Case) (safe []Case, index []int) {
	n := 0
	for i := range cases {
		if cases[i].Want&Safe != 0 {
			n++
		}
	}
	safe, index = make([]Case, 0, n), make([]int, 0, n)
	for i, c := range cases {
		if c.Want&Safe != 0 {
			safe = append(safe, Case{Payload: c.Payload, Want: c.Want & (Safe | trap)})
			index = append(index, i)
		}
	}
	return safe, index
}

// merge adds the verdict under [safe] to the plain one.
func merge(v *Verdict, safe Verdict) {
	v.Safe = safe.Plain
	v.Suspect = v.Suspect || safe.Suspect
	if v.Death == Alive {
		v.Death = safe.Death
	}
	if v.Why == "" {
		v.Why = safe.Why
	}
}
