package limits

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestErrorTellsWhatToRaise and both numbers.
func TestErrorTellsWhatToRaise(t *testing.T) {
	for _, name := range append(Names(), "AtomBudget(web@host)") {
		err := fmt.Errorf("wrapped: %w", &Error{Name: name, Max: 17, Got: 4711})
		for _, part := range []string{name + " is 17", "4711", "raise " + name} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q does not tell %q", err, part)
			}
		}
		var e *Error
		if !errors.As(err, &e) || e.Name != name || e.Max != 17 || e.Got != 4711 {
			t.Errorf("%v unwraps to %+v", err, e)
		}
	}
}
