package limits

import (
	"fmt"
	"slices"
)

// Error says which cap was hit, what it allows and what was asked for.
type Error struct {
	// Name is the field of Limits that raises the cap, or the label of an
	// AtomBudget as in "AtomBudget(web@host)".
	Name string
	// Max is the cap's value, in the unit of its field; [None] reads as 0.
	Max int64
	// Got is the least value of the cap that would have let this position
	// pass, as far as it is known there: a claimed count, not a verified one.
	Got int64
}

// Error names the cap, both numbers and, of a field of [Limits], where it is set:
// in an etf.Config, whoever compiled it. Package safe takes one as the Profile of
// a Forward, and otherwise has nothing to set: what it refuses, a Mode of one's
// own may take.
func (e *Error) Error() string {
	text := fmt.Sprintf("limit %s is %d, needed at least %d", e.Name, e.Max, e.Got)
	if slices.Contains(Names(), e.Name) {
		text += " (etf.Config.Limits." + e.Name + " raises it)"
	}
	return text
}
