//go:build !unix

package harness

import (
	"os"
	"os/exec"
)

// ownGroup does nothing: there are no process groups here.
func ownGroup(*exec.Cmd) {}

// killGroup ends the process itself.
func killGroup(p *os.Process) {
	_ = p.Kill() // it may be gone
}
