package beam

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// lookEvery is how often resident memory is read. A VM can take a few
// gigabytes a second, so it may overshoot the cap by some tens of megabytes.
const lookEvery = 10 * time.Millisecond

// watch kills the VM when its resident memory passes the cap. The VM's own
// limits do not do: max_heap_size is looked at when garbage is collected, after
// a decode has taken its memory, and does not count binaries.
//
// Where there is no /proc the cap is not enforced by this.
func (v *vm) watch(limit int64) {
	file := filepath.Join("/proc", strconv.Itoa(v.cmd.Process.Pid), "statm")
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		select {
		case <-v.gone:
			return
		case <-tick.C:
		}
		rss := resident(file)
		v.rss.Store(rss)
		if rss > limit {
			v.condemn(&end{TooBig, fmt.Sprintf("%d MiB resident, cap %d MiB", rss>>20, limit>>20)})
			return
		}
	}
}

// resident reads the second field of a statm file, in bytes; 0 if it cannot.
func resident(file string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(fields[1], 10, 64)
	return pages * int64(os.Getpagesize())
}

// tail keeps the end of what a VM printed: its last words explain a death, and
// a VM that prints without end costs nothing.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailBytes = 1 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - tailBytes; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

// String returns what is kept, without surrounding space.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(bytes.TrimSpace(t.b))
}

// quoted is String behind a colon, or nothing.
func (t *tail) quoted() string {
	if s := t.String(); s != "" {
		return fmt.Sprintf(": %q", s)
	}
	return ""
}
