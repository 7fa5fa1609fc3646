package harness

import "fmt"

// judged is an answer held against what was wanted.
type judged struct {
	outcome                 Outcome
	usedUntold, valueUntold bool
	detail                  string
}

func judge(w *Want, a answer, level Level) judged {
	switch {
	case a.death != nil:
		return judged{outcome: a.death.outcome, detail: a.death.why}
	case a.reply.Accept && !w.Accept:
		return judged{outcome: FalseAccept}
	case !a.reply.Accept && w.Accept:
		return judged{outcome: FalseRefuse, detail: a.reply.Why}
	case !w.Accept || level == LevelVerdict:
		return judged{outcome: Agree}
	}
	return judgeTerm(w, &a.reply, level)
}

// judgeTerm compares the length and the value of what was rightly accepted.
func judgeTerm(w *Want, r *Reply, level Level) judged {
	j := judged{outcome: Agree}
	switch {
	case w.Used < 0:
	case r.Used == Untold:
		j.usedUntold = true
	case r.Used != w.Used:
		j.outcome, j.detail = WrongUsed, fmt.Sprintf("used %d, want %d", r.Used, w.Used)
		return j
	}
	if level != LevelValue {
		return j
	}
	same, told, err := sameTerm(w, r.Value)
	switch {
	case !told:
		j.valueUntold = w.Canonical != nil || w.CanonicalSum != "" || w.Value != nil
	case string(r.Value) == "null":
		j.outcome, j.detail = WrongValue, "null is no term: say nothing where the value is not told"
	case err != nil:
		j.outcome, j.detail = WrongValue, err.Error()
	case !same:
		j.outcome, j.detail = WrongValue, "value "+short(r.Value)+", want "+short(w.text())
	}
	return j
}

// text is what is wanted, for a message.
func (w *Want) text() []byte {
	if w.Value != nil {
		return w.Value
	}
	return w.Canonical
}

// short prints a value so that it fits a line.
func short(b []byte) string {
	const most = 60
	if len(b) == 0 {
		return "(too long to print)"
	}
	text := string(b)
	if b[0] == version {
		text = fmt.Sprintf("%x", b)
	}
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}
