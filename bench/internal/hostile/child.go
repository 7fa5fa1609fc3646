package hostile

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
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
	Peak   int64  // resident bytes at most
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
	done := make(chan struct{})
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		watch(cmd, caps, start, done, &over)
	}()
	err := cmd.Wait()
	close(done)
	<-gone
	f := Fate{Took: time.Since(start), Peak: peak(cmd)}
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
func watch(cmd *exec.Cmd, caps Caps, start time.Time, done chan struct{}, over *atomic.Int32) {
	file := "/proc/" + strconv.Itoa(cmd.Process.Pid) + "/statm"
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		switch {
		case resident(file) > caps.Memory:
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

// peak is the most that was resident, as the kernel saw it.
func peak(cmd *exec.Cmd) int64 {
	if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss << 10
	}
	return 0
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
