package targets

import (
	"fmt"
	"strings"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// Smaller makes the payload of a finding small while it shows the same kind of
// disagreement, and says what there is to know of it.
func (f Finding) Smaller(o *beam.Oracle, budget int) (Finding, error) {
	j, err := NewJudge()
	if err != nil {
		return f, err
	}
	small := f
	still := func(cands [][]byte) int {
		if err != nil {
			return -1
		}
		var all []Finding
		if all, err = j.ask(o, f.Index, cands); err != nil {
			return -1
		}
		for i, c := range all {
			if c.Found != nil && c.Found.Kind == f.Found.Kind {
				small = c
				return i
			}
		}
		return -1
	}
	Minimise(f.Payload, budget, still)
	return small, err
}

// ask looks at payloads as the payload number i, and asks the BEAM where there
// is nothing to be found without it.
func (j *Judge) ask(o *beam.Oracle, i uint64, payloads [][]byte) ([]Finding, error) {
	out := make([]Finding, len(payloads))
	questions := make([]Question, len(payloads))
	var cases []beam.Case
	var asked []int
	for k, b := range payloads {
		q := j.Prepare(i, b)
		questions[k] = q
		out[k] = Finding{Index: i, Payload: b, Found: q.Found}
		if q.Found == nil && q.Silent == "" {
			cases, asked = append(cases, q.Case()), append(asked, k)
		}
	}
	if len(cases) == 0 {
		return out, nil
	}
	verdicts, err := o.Judge(cases)
	if err != nil {
		return nil, err
	}
	for n, k := range asked {
		out[k].Verdict = verdicts[n]
		out[k].Found = j.Compare(&questions[k], &verdicts[n])
	}
	return out, nil
}

// Verdicts is what the decoders of this repository make of a payload, a line
// each.
func Verdicts(b []byte) string {
	j, err := NewJudge()
	if err != nil {
		return err.Error()
	}
	var s strings.Builder
	used, err := j.otp.ValidatePrefix(b)
	fmt.Fprintf(&s, "etf.OTP: used %d, %v\n", used, err)
	if stats, err := j.otp.Measure(b[:used]); err == nil {
		fmt.Fprintf(&s, "         %+v\n", stats)
	}
	fmt.Fprintf(&s, "etf.Strict: %v\n", j.strict.Validate(b))
	if res, refusal := decodeNaive(b, naive.OTP25); refusal != nil {
		fmt.Fprintf(&s, "naive: %v\n", refusal)
	} else {
		fmt.Fprintf(&s, "naive: used %d, words %d exact %v, cost %d\n", res.Used, res.FlatWords, res.Exact, res.CostWords)
	}
	return s.String()
}
