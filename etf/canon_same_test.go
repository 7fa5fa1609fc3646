package etf

import (
	"bytes"
	"testing"
)

// TestSameKey: sameKey is bytes.Equal, for each length and each place of a difference.
func TestSameKey(t *testing.T) {
	for n := range 40 {
		a := bytes.Repeat([]byte{7}, n)
		if !sameKey(a, bytes.Clone(a)) || sameKey(a, append(bytes.Clone(a), 7)) {
			t.Errorf("%d bytes that are the same", n)
		}
		for i := range n {
			b := bytes.Clone(a)
			if b[i]++; sameKey(a, b) {
				t.Errorf("%d bytes that differ at %d", n, i)
			}
		}
	}
}

// TestFirstOf: firstOf is firstBytes, whatever is behind.
func TestFirstOf(t *testing.T) {
	b := []byte("abcdefghijklmnop")
	for n := range uint(len(b)) {
		for _, behind := range []int{int(n), len(b)} {
			if got, want := firstOf(b[:behind], n), firstBytes(b[:n]); got != want {
				t.Errorf("%d of %d: %x, want %x", n, behind, got, want)
			}
		}
	}
}

// TestValidBytes: text of ASCII, and text and bytes beyond it at each place.
func TestValidBytes(t *testing.T) {
	for n := range 40 {
		b := bytes.Repeat([]byte{'x'}, n)
		if !validBytes(b) {
			t.Errorf("%d bytes of ASCII", n)
		}
		for i := range n {
			bad := bytes.Clone(b)
			if bad[i] = 0x80; validBytes(bad) {
				t.Errorf("%d bytes, no text at %d", n, i)
			}
			if i+1 < n {
				if copy(bad[i:], "é"); !validBytes(bad) {
					t.Errorf("%d bytes, é at %d", n, i)
				}
			}
		}
	}
}
