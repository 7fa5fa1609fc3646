package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
)

// fileLimit bounds the size of the files that a running process writes: as on a full
// disk, a write ends early and then fails.
func fileLimit(t *testing.T, pid int, n uint64) {
	t.Helper()
	limit := syscall.Rlimit{Cur: n, Max: ^uint64(0)}
	const prlimit, fsize = syscall.SYS_PRLIMIT64, 1
	if _, _, err := syscall.RawSyscall6(prlimit, uintptr(pid), fsize, uintptr(unsafe.Pointer(&limit)), 0, 0, 0); err != 0 {
		t.Skipf("skipped, for it needs prlimit: %v", err)
	}
}

// TestFaultDiskFull: the ledger cannot be written, in the middle of a line. New names
// are refused and known ones pass; when there is room again, new ones pass again,
// and SIGKILL after that has forgotten none.
func TestFaultDiskFull(t *testing.T) {
	f := newTrial(t)
	f.begin()
	for range 3 {
		info, err := os.Stat(f.ledger())
		if err != nil {
			t.Fatal(err)
		}
		fileLimit(t, f.cmd.Process.Pid, uint64(info.Size()+123))
		Eventually(t, "the ledger is locked", func() bool { return strings.Contains(f.budget().Locked, "file too large") })
		if why := f.get("/ready"); !strings.Contains(why, "ledger web") {
			t.Errorf("it is said to be %s", why)
		}
		f.fails()
		f.flows("while the disk is full")
		spent := f.budget().Spent
		fileLimit(t, f.cmd.Process.Pid, ^uint64(0))
		Eventually(t, "new names pass again", func() bool { b := f.budget(); return b.Locked == "" && b.Spent > spent+10 })
		f.kill()
		f.run()
		f.flows("after SIGKILL")
	}
	f.end()
}
