package etf

import (
	"testing"
	"unsafe"
)

// TestSizes pins what callers get by value: a Token fits two registers, a Term
// three. An Error is what a refusal allocates.
func TestSizes(t *testing.T) {
	for name, size := range map[string][2]uintptr{
		"Token": {unsafe.Sizeof(Token{}), 16},
		"Term":  {unsafe.Sizeof(Term{}), 24},
		"node":  {unsafe.Sizeof(node{}), nodeSize},
		"tree":  {unsafe.Sizeof(tree{}), treeSize},
		"Error": {unsafe.Sizeof(Error{}), 128},
	} {
		if size[0] > size[1] {
			t.Errorf("%s has %d bytes, want at most %d", name, size[0], size[1])
		}
	}
}
