package yard

import (
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/legit"
)

// TestAgreesOnLegitimatePayloads: a yardstick that did less than it says would
// be no measure. It takes what the library takes, and nothing that is cut short,
// goes on, or has a byte of it replaced by a tag that is none.
func TestAgreesOnLegitimatePayloads(t *testing.T) {
	c := etf.Default()
	c.Policy.Allow = etf.Pids | etf.Ports | etf.References
	c.Policy.Refuse = etf.Compressed | etf.TextFloats
	m, err := c.Compile()
	if err != nil {
		t.Fatal(err)
	}
	taken := 0
	for _, p := range legit.All() {
		b := p.Data()
		if m.Validate(b) != nil {
			continue
		}
		taken++
		if !new(Yard).Validate(b) {
			t.Errorf("%s is refused", p.ID)
		}
		for n := 0; n < len(b); n += 1 + len(b)/50 {
			if new(Yard).Validate(b[:n]) {
				t.Errorf("%s: accepted without its last %d bytes", p.ID, len(b)-n)
			}
		}
		if new(Yard).Validate(append(b[:len(b):len(b)], 106)) {
			t.Errorf("%s: accepted with a byte behind it", p.ID)
		}
		if new(Yard).Validate(append([]byte{131, 200}, b[2:]...)) {
			t.Errorf("%s: accepted with an unknown tag", p.ID)
		}
	}
	if taken < 100 {
		t.Errorf("only %d payloads", taken)
	}
}

// TestChecks refuses what each check is for.
func TestChecks(t *testing.T) {
	for what, b := range map[string][]byte{
		"nothing":            {},
		"another version":    {130, 106},
		"NaN":                {131, 70, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0},
		"broken UTF-8":       {131, 119, 1, 0xff},
		"long broken UTF-8":  {131, 119, 9, 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 0xff},
		"bits of no byte":    {131, 77, 0, 0, 0, 0, 3},
		"no bits of a byte":  {131, 77, 0, 0, 0, 1, 0, 1},
		"nine bits":          {131, 77, 0, 0, 0, 1, 9, 1},
		"a lying list":       {131, 108, 0, 0, 0, 3, 106, 106},
		"lying lists":        {131, 108, 0, 0, 0, 2, 108, 0, 0, 0, 2, 106, 106, 106},
		"a lying map":        {131, 116, 0x80, 0, 0, 1, 106},
		"a lying binary":     {131, 109, 0xff, 0xff, 0xff, 0xff, 1},
		"reference, 0 words": {131, 90, 0, 0, 119, 1, 'a', 0, 0, 0, 0},
	} {
		if new(Yard).Validate(b) {
			t.Errorf("%s is accepted", what)
		}
	}
	deep := []byte{131}
	for range maxDepth + 2 {
		deep = append(deep, 104, 1)
	}
	if new(Yard).Validate(append(deep, 106)) {
		t.Error("any depth is accepted")
	}
}

// TestNoAllocations: or it would measure the allocator.
func TestNoAllocations(t *testing.T) {
	b := []byte{131, 104, 2, 108, 0, 0, 0, 1, 97, 1, 106, 119, 1, 'a'}
	y := new(Yard)
	if n := testing.AllocsPerRun(100, func() { y.Validate(b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
