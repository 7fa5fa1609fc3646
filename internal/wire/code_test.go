package wire

import (
	"testing"

	"github.com/beamgate/beamgate/limits"
)

// TestCodesOfLimits: the codes of caps are as many as limits.Limits has fields,
// stand in their order, and have nothing else among them.
func TestCodesOfLimits(t *testing.T) {
	p := Compile(Options{Limits: limits.Unlimited()})
	n := 0
	for c := range Code(NumCodes) {
		if c.IsLimit() != (c >= LimitBytes && c < LimitBytes+Code(len(limits.Names()))) {
			t.Errorf("code %d: a limit: %v", c, c.IsLimit())
		}
		if c.IsLimit() {
			if got := p.limit(c, 7); got != (limits.Error{Name: limits.Names()[n], Max: limits.NoLimit, Got: 7}) {
				t.Errorf("code %d: %+v", c, got)
			}
			n++
		}
	}
	if LimitBytes.IsLimit() != true || LimitHeapWords != LimitBytes+Code(n-1) || RejectedQuoted.IsLimit() || LimitAtomBudget.IsLimit() {
		t.Error("the limits are others")
	}
}
