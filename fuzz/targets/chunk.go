package targets

import "io"

// Chunks reads a slice in pieces of given sizes, over and over; 0 is a read that
// returns nothing. It is deterministic.
type Chunks struct {
	b     []byte
	sizes []int
	next  int
	idle  bool
	// late tells that io.EOF comes alone, after the last piece.
	late bool
}

// NewChunks returns a reader of b. Without sizes it reads all at once.
func NewChunks(b []byte, sizes []int, late bool) *Chunks {
	return &Chunks{b: b, sizes: sizes, late: late}
}

func (c *Chunks) Read(p []byte) (int, error) {
	if len(c.b) == 0 {
		return 0, io.EOF
	}
	n := len(c.b)
	if len(c.sizes) > 0 {
		n = c.sizes[c.next%len(c.sizes)]
		c.next++
	}
	if n <= 0 && (c.idle || len(p) == 0) { // one idle read in a row is enough
		n = 1
	}
	c.idle = n <= 0
	n = copy(p, c.b[:min(max(n, 0), len(c.b))])
	c.b = c.b[n:]
	if len(c.b) == 0 && !c.late {
		return n, io.EOF
	}
	return n, nil
}

// sizes draws a way to cut a stream from a number.
func sizes(seed uint64) (s []int, late bool) {
	late = seed&1 == 1
	switch seed >> 1 & 7 {
	case 0:
		return nil, late
	case 1, 2:
		return []int{1}, late
	case 3:
		return []int{4096}, late
	}
	for x := seed >> 4; len(s) < 6; x = x*6364136223846793005 + 1442695040888963407 {
		s = append(s, int(x>>33)%(1<<(x>>60&7)))
	}
	return append(s, 1), late
}
