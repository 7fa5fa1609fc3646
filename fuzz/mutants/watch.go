package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	lookEvery = 20 * time.Millisecond
	// patience is for processes that wait for nothing: they use no time of a
	// processor and would never end.
	patience = 60 * time.Second
)

// watch kills the process when it takes more than it may, and says why. It
// returns the most memory that it saw. Where there is no /proc only patience
// ends a process.
func watch(p *os.Process, most cost, stop <-chan struct{}) (rss int64, why error) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	start := time.Now()
	idle := patience + 20*most.cpu
	for {
		select {
		case <-stop:
			return rss, nil
		case <-tick.C:
		}
		now := usage(p.Pid)
		rss = max(rss, now.rss)
		switch {
		case now.cpu > most.cpu:
			why = fmt.Errorf("time: over %v", most.cpu.Round(time.Second))
		case now.rss > most.rss:
			why = fmt.Errorf("memory: over %d MiB", most.rss>>20)
		case time.Since(start) > idle:
			why = fmt.Errorf("time: stands still")
		default:
			continue
		}
		p.Kill()
		return rss, why
	}
}

// ticks is the unit of time in /proc, 1/100 s on all ports of Linux.
const tick = 10 * time.Millisecond

// usage reads what a process has taken so far, and holds now.
func usage(pid int) (c cost) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return c
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	if len(f) < 22 {
		return c
	}
	user, _ := strconv.ParseInt(f[11], 10, 64)
	system, _ := strconv.ParseInt(f[12], 10, 64)
	pages, _ := strconv.ParseInt(f[21], 10, 64)
	return cost{time.Duration(user+system) * tick, pages * int64(os.Getpagesize())}
}

// tail keeps the end of what a process printed.
type tail struct{ b []byte }

const tailBytes = 64 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.b = append(t.b, p...)
	if over := len(t.b) - 2*tailBytes; over > 0 {
		t.b = append(t.b[:0], t.b[over+tailBytes:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(t.b) }
