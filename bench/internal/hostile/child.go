package hostile

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Caps of a child.
type Caps struct {
	Memory int64 // resident bytes
	Time   time.Duration
}

// Fate is what became of a child.
type Fate struct {
	Word   string // accepts, refuses, panics, crashes, over memory, over time
	Why    string // its own words, if it refused
	Peak   int64  // resident bytes at most, as far as was seen
	Took   time.Duration
	Broken error // it could not be started
}

// A child prints one of these in front of its answer.
const (
	saysAccepts = "accepts"
	saysRefuses = "refuses"
)

// Watch runs a command, which says on stdout whether it accepts its input, until
// it ends or is over its caps.
func Watch(cmd *exec.Cmd, caps Caps) Fate {
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &limited{&out}, &limited{&errs}
	cmd.WaitDelay = time.Second
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return Fate{Broken: err}
	}
	var over atomic.Int32
	var peak atomic.Int64
	done := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		watch(cmd, caps, start, done, &over, &peak)
	}()
	err := cmd.Wait()
	close(done)
	<-gone
	f := Fate{Took: time.Since(start), Peak: peak.Load()}
	switch {
	case over.Load() == overMemory:
		f.Word = "over " + Size(int(caps.Memory))
	case over.Load() == overTime:
		f.Word = fmt.Sprintf("over %v", caps.Time)
	case err != nil:
		f.Word = lastWords(errs.String())
	default:
		f.Word, f.Why, _ = strings.Cut(strings.TrimSpace(out.String()), " ")
		if f.Word != saysAccepts && f.Word != saysRefuses {
			f.Broken = fmt.Errorf("%s said %q", cmd.Path, out.String())
		}
	}
	return f
}

const (
	overMemory = 1 + iota
	overTime
)

// watch kills the child when it passes a cap.
func watch(cmd *exec.Cmd, caps Caps, start time.Time, done chan struct{}, over *atomic.Int32, peak *atomic.Int64) {
	file := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/status"
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		now, most := resident(file)
		peak.Store(max(peak.Load(), most))
		switch {
		case now > caps.Memory:
			over.Store(overMemory)
		case time.Since(start) > caps.Time:
			over.Store(overTime)
		default:
			select {
			case <-done:
				return
			case <-tick.C:
				continue
			}
		}
		cmd.Process.Kill()
		return
	}
}

// resident reads from a status file what is resident, and the most that was, in
// bytes; 0 if it cannot. What the kernel says at the end of a child will not do:
// that begins with what this process has.
func resident(file string) (now, most int64) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		kib, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		switch name {
		case "VmRSS":
			now = kib << 10
		case "VmHWM":
			most = kib << 10
		}
	}
	return now, most
}

// lastWords tells how a process died from what it printed.
func lastWords(text string) string {
	switch {
	case strings.Contains(text, "stack overflow"), strings.Contains(text, "Maximum call stack"):
		return "stack overflow"
	case strings.Contains(text, "panic:"):
		return "panics"
	case strings.Contains(text, "out of memory"), strings.Contains(text, "Cannot allocate"):
		return "out of memory"
	}
	return "crashes"
}

// limited keeps the first bytes of what is written to it.
type limited struct{ b *bytes.Buffer }

func (l *limited) Write(p []byte) (int, error) {
	const room = 64 << 10
	if k := room - l.b.Len(); k > 0 {
		l.b.Write(p[:min(k, len(p))])
	}
	return len(p), nil
}
