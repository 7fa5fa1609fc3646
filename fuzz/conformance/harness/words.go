package harness

import (
	"bytes"
	"sync"
)

// lastWords keeps the beginning and the end of what a program says on standard
// error, since some explain themselves first and some last. A program that says
// it without end costs nothing.
type lastWords struct {
	mu          sync.Mutex
	first, last []byte
	cut         bool // there was more between the two
}

const (
	firstBytes = 160
	lastBytes  = 240
)

// Write never fails.
func (w *lastWords) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(p)
	if room := firstBytes - len(w.first); room > 0 {
		room = min(room, len(p))
		w.first, p = append(w.first, p[:room]...), p[room:]
	}
	w.cut = w.cut || len(p) > lastBytes
	w.last = append(w.last, p[max(0, len(p)-lastBytes):]...)
	if over := len(w.last) - lastBytes; over > 0 {
		w.last, w.cut = append(w.last[:0], w.last[over:]...), true
	}
	return n, nil
}

// String is what was kept, without surrounding space.
func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	gap := ""
	if w.cut {
		gap = " … "
	}
	return string(bytes.TrimSpace([]byte(string(w.first) + gap + string(w.last))))
}
