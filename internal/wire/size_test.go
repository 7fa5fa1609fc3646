package wire

import (
	"testing"
	"unsafe"
)

// TestSizes pins what is held once for each term, level, key or atom: a field
// more costs memory with each of them, and sizes that are no power of two cost
// time.
func TestSizes(t *testing.T) {
	for name, size := range map[string][2]uintptr{
		"Node":  {unsafe.Sizeof(Node{}), 16},
		"frame": {unsafe.Sizeof(frame{}), 16},
		"entry": {unsafe.Sizeof(entry{}), 16},
		"Token": {unsafe.Sizeof(Token{}), 32},
	} {
		if size[0] > size[1] {
			t.Errorf("%s has %d bytes, want at most %d", name, size[0], size[1])
		}
	}
}
