package limits

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestErrorTellsWhatToRaise and both numbers. What is no field of Limits gets no
// advice: a budget is raised by whoever holds it, the bytes of a name by nobody.
func TestErrorTellsWhatToRaise(t *testing.T) {
	const budget = "AtomBudget(web@host)"
	for _, name := range append(Names(), budget) {
		err := fmt.Errorf("wrapped: %w", &Error{Name: name, Max: 17, Got: 4711})
		for _, part := range []string{name + " is 17", "4711"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not tell %q", err, part)
			}
		}
		if advice := strings.HasSuffix(err.Error(), "(etf.Config.Limits."+name+" raises it)"); advice == (name == budget) {
			t.Errorf("%q advises: %v", err, advice)
		}
		var e *Error
		if !errors.As(err, &e) || e.Name != name || e.Max != 17 || e.Got != 4711 {
			t.Errorf("%v unwraps to %+v", err, e)
		}
	}
}
