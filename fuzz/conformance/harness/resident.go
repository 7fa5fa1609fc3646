package harness

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// lookEvery is how often memory is looked at. A program that takes some
// gigabytes a second overshoots the cap by tens of megabytes.
const lookEvery = 5 * time.Millisecond

// resident is the memory of a process and all its descendants, in bytes; 0
// where there is no /proc. What they share is counted for each of them.
func resident(pid int) int64 {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	total := statm(dir)
	// Children are listed by the thread that started them.
	tasks, _ := os.ReadDir(filepath.Join(dir, "task"))
	for _, t := range tasks {
		text, _ := os.ReadFile(filepath.Join(dir, "task", t.Name(), "children"))
		for _, field := range strings.Fields(string(text)) {
			if child, err := strconv.Atoi(field); err == nil {
				total += resident(child)
			}
		}
	}
	return total
}

// statm reads the second field of a statm file, pages, as bytes.
func statm(dir string) int64 {
	text, err := os.ReadFile(filepath.Join(dir, "statm"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
