package frames

import (
	"bytes"
	"fmt"
	"io"
	"testing"
	"testing/iotest"
)

// stream is some frames, and what is in them.
func stream(width int) (b []byte, bodies []string) {
	for i, n := range []int{0, 1, 3, 200, 0, 255, 7} {
		body := bytes.Repeat([]byte{byte('a' + i)}, n)
		head := make([]byte, width)
		head[width-1] = byte(n)
		b = append(append(b, head...), body...)
		bodies = append(bodies, string(body))
	}
	return b, bodies
}

// TestCollector: whatever the pieces are in which a stream comes, the same messages
// are found, and those that are too long are counted and not kept.
func TestCollector(t *testing.T) {
	for _, width := range []int{1, 2, 4} {
		b, bodies := stream(width)
		var want []string
		for _, s := range bodies {
			if len(s) > 200 {
				s = "too long"
			}
			want = append(want, fmt.Sprintf("%d %s", min(len(s), 255), s))
		}
		for size := 1; size <= len(b); size++ {
			var got []string
			c := &collector{width: width, most: 200, found: func(n int64, body []byte) {
				s := string(body)
				if body == nil {
					s, n = "too long", int64(len("too long"))
				}
				got = append(got, fmt.Sprintf("%d %s", n, s))
			}}
			for rest := b; len(rest) > 0; rest = rest[min(size, len(rest)):] {
				c.Write(rest[:min(size, len(rest))])
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("width %d, pieces of %d:\n got  %q\n want %q", width, size, got, want)
			}
		}
	}
}

// TestSplitter reads the same frames, in one piece and byte by byte.
func TestSplitter(t *testing.T) {
	for _, width := range []int{1, 2, 4} {
		b, bodies := stream(width)
		for name, r := range map[string]io.Reader{"whole": bytes.NewReader(b), "bytes": iotest.OneByteReader(bytes.NewReader(b))} {
			s := newSplitter(r, width)
			for i, want := range bodies {
				if err := s.wait(); err != nil {
					t.Fatal(err)
				}
				if name == "whole" && !s.complete() || name == "bytes" && want != "" && s.complete() {
					t.Errorf("%s, frame %d: complete is %v", name, i, s.complete())
				}
				n, err := s.length()
				if err != nil || n != int64(len(want)) {
					t.Fatalf("%s, frame %d: %d %v", name, i, n, err)
				}
				if got, err := s.body(n); err != nil || string(got) != want {
					t.Errorf("%s, frame %d: %q %v", name, i, got, err)
				} else {
					_ = append(got, "something that must not be in the next frame"...)
				}
			}
			if err := s.wait(); err != io.EOF {
				t.Errorf("%s: at the end %v", name, err)
			}
		}
	}
	for n := 1; n < 8; n++ { // cut in the length, and in the body
		s := newSplitter(bytes.NewReader([]byte{0, 0, 0, 4, 1, 2, 3, 4}[:n]), 4)
		k, err := s.length()
		if err == nil {
			_, err = s.body(k)
		}
		if err != io.ErrUnexpectedEOF {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

// TestClaimsAllocateNothing: a length is no memory.
func TestClaimsAllocateNothing(t *testing.T) {
	s := newSplitter(bytes.NewReader([]byte{0x7f, 0xff, 0xff, 0xff, 1, 2, 3}), 4)
	n, err := s.length()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.body(n); err != io.ErrUnexpectedEOF || cap(s.buf) > chunk {
		t.Errorf("%v, a buffer of %d", err, cap(s.buf))
	}
}
