package limits

import "fmt"

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

// Error names the cap, both numbers and the field to raise.
func (e *Error) Error() string {
	return fmt.Sprintf("limit %s is %d, needed at least %d (raise %s to allow it)", e.Name, e.Max, e.Got, e.Name)
}
