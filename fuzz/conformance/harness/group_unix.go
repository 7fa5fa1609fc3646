//go:build unix

package harness

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts a program into a process group of its own, so that what it
// starts (a wrapper script's real work) can be ended with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// killGroup ends the group of p; none of it may be left.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL) // ESRCH: they are gone
}
