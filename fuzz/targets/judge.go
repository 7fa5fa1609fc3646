package targets

import (
	"bytes"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/gen"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// Judge prepares payloads for a BEAM of OTP 25 that is not distributed, and
// holds its verdicts against etf.OTP, etf.Strict and package naive. It is for
// one goroutine.
type Judge struct {
	otp    *etf.Mode
	strict *etf.Mode
	all    *Drivers
	others []agreement
	gen    *gen.Gen
	// Drivers, Canon: each so many-th payload goes through all drivers, and the
	// VM writes its term anew; 0 for none. Both cost time.
	Drivers, Canon uint64
}

// agreement is one receiver with its drivers.
type agreement struct {
	Receiver
	*Drivers
}

// NewJudge returns a Judge that looks at everything.
func NewJudge() (*Judge, error) {
	j := &Judge{gen: gen.New(gen.Options{}), Drivers: 1, Canon: 1}
	var err error
	if j.strict, err = etf.Strict().Compile(); err != nil {
		return nil, err
	}
	for _, r := range Receivers() {
		m, err := r.Config().Compile()
		if err != nil {
			return nil, err
		}
		j.others = append(j.others, agreement{r, NewDrivers(m)})
	}
	if j.otp, err = etf.OTP().Compile(); err != nil {
		return nil, err
	}
	j.all = NewDrivers(j.otp)
	return j, nil
}

// Question is a payload with what is known of it before the BEAM is asked.
type Question struct {
	Index   uint64
	Payload []byte
	// Found is what the decoders here disagree on among themselves.
	Found *Disagreement
	// Silent says why the BEAM is not to be asked, if it is not.
	Silent string

	used    int
	err     error // of etf.OTP
	strict  bool  // accepted by etf.Strict
	stats   etf.Stats
	naive   *naive.Result
	refusal *naive.Error
	canon   bool
}

// Accepted reports whether etf.OTP accepts the payload.
func (q *Question) Accepted() bool { return q.err == nil }

// Case is the question that the VM gets.
func (q *Question) Case() beam.Case {
	c := beam.Case{Payload: q.Payload, Want: beam.Words}
	if q.canon && q.naive != nil {
		c.Want |= beam.Canon
	}
	return c
}

// Prepare reads payload number i with all that is here.
func (j *Judge) Prepare(i uint64, b []byte) Question {
	q := Question{Index: i, Payload: b, canon: every(i, j.Canon)}
	q.Found = j.here(i, &q)
	q.Silent = j.silence(&q)
	return q
}

func every(i, n uint64) bool { return n > 0 && i%n == 0 }

// here compares the decoders of this repository.
func (j *Judge) here(i uint64, q *Question) (dis *Disagreement) {
	b := q.Payload
	q.naive, q.refusal = decodeNaive(b, naive.OTP25)
	q.strict = j.strict.Validate(b) == nil
	if every(i, j.Drivers) {
		var out Outcome
		out, dis = j.all.Check(b, i)
		q.used, q.stats = out.Used, out.Stats
		if out.Err != nil {
			q.err = out.Err
		}
		if dis == nil {
			dis = sameAsNaive(&out, q.naive, q.refusal)
		}
		if dis == nil {
			dis = j.other(i, b)
		}
	} else if q.used, q.err = j.otp.ValidatePrefix(b); q.err == nil {
		q.stats, _ = j.otp.Measure(b[:q.used])
	}
	guard := q.refusal != nil && q.refusal.Class == naive.Guard
	switch {
	case dis != nil || guard:
		return dis
	case (q.refusal == nil) != (q.err == nil):
		return disagree("naive verdict", "%v; %v", q.err, q.refusal)
	case q.strict && (q.err != nil || q.naive.Used != len(b)):
		return disagree("strict accepts", "etf.OTP: %v; naive: %v", q.err, q.refusal)
	}
	return nil
}

// other takes another receiver for each payload.
func (j *Judge) other(i uint64, b []byte) *Disagreement {
	a := j.others[i/max(j.Drivers, 1)%uint64(len(j.others))]
	out, dis := a.Check(b, i*7)
	if dis == nil {
		dis = Naive(b, &out, a.Options())
	}
	if dis != nil {
		dis.Detail = a.String() + ": " + dis.Detail
	}
	return dis
}

// unasked are the reasons of the closed list for which the BEAM reads or writes
// where it should not, takes its C stack, or keeps what it chokes on later.
var unasked = map[string]bool{
	naive.ReasonRefNoWords:  true,
	naive.ReasonIndirectInt: true,
	naive.ReasonCreator:     true,
	naive.ReasonFloatComma:  true,
	naive.ReasonFloatNoNUL:  true,
	naive.ReasonRefLong:     true,
}

// silence says why a payload is not for the VM.
func (j *Judge) silence(q *Question) string {
	e := q.refusal
	switch {
	case e == nil:
		return ""
	case e.Class == naive.Guard:
		return e.Reason
	case unasked[e.Reason]:
		return e.Reason
	case e.Reason == "duplicate map key" && j.hasNoWords(q.Payload):
		// The VM looks for these when all else is built, and trips before.
		return naive.ReasonRefNoWords
	}
	return ""
}

// hasNoWords reports that a reference without words may be somewhere.
func (j *Judge) hasNoWords(b []byte) bool {
	if inside := j.gen.Unsqueeze(b); inside != nil {
		b = inside
	}
	return bytes.Contains(b, []byte{90, 0, 0}) || bytes.Contains(b, []byte{114, 0, 0})
}

// Compare holds the BEAM's verdict against what is known.
func (j *Judge) Compare(q *Question, v *beam.Verdict) *Disagreement {
	closed := q.refusal != nil && q.refusal.Class == naive.Closed
	switch {
	case v.Plain == beam.Died:
		return disagree("beam died", "%v: %s; etf.OTP: %v", v.Death, v.Why, q.err)
	case v.Plain == beam.Unasked:
		return disagree("beam silent", "no verdict")
	case v.Plain == beam.Rejected && q.err == nil:
		return disagree("false accept", "by etf.OTP; naive: %v", q.refusal)
	case v.Plain == beam.Rejected && q.strict:
		return disagree("false accept strict", "etf.OTP: %v", q.err)
	case v.Plain == beam.Rejected:
		return nil
	case q.err != nil && !closed:
		return disagree("false refusal", "%v; naive: %v", q.err, q.refusal)
	case q.err != nil:
		return nil
	}
	return j.compareTerm(q, v)
}

func (j *Judge) compareTerm(q *Question, v *beam.Verdict) *Disagreement {
	switch {
	case v.Used != int64(q.used):
		return disagree("beam used", "%d, beam %d", q.used, v.Used)
	case q.strict && v.Used != int64(len(q.Payload)):
		return disagree("beam used strict", "%d, beam %d", len(q.Payload), v.Used)
	case q.stats.HeapExact && v.Words != q.stats.HeapWords:
		return disagree("beam words", "%d, beam %d", q.stats.HeapWords, v.Words)
	case v.Words > q.stats.HeapWords:
		return disagree("beam words bound", "%d, beam %d", q.stats.HeapWords, v.Words)
	case v.Late:
		return disagree("beam died late", "%v: %s", v.Death, v.Why)
	}
	if !q.canon || q.naive == nil || bytes.Equal(v.Canon, q.naive.Term.Canon()) {
		return nil
	}
	// Large maps have no order that could be known here.
	res, err := naive.Decode(v.Canon, naive.OTP25)
	if err != nil || !naive.Same(res.Term, q.naive.Term) {
		return disagree("beam canon", "%x, beam %x", q.naive.Term.Canon(), v.Canon)
	}
	return nil
}
