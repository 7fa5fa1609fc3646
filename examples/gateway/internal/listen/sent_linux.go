package listen

import (
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// Sent waits until the other end's system has all that was written, so that a reset
// does not overtake it, but no longer than most and not when done is closed.
func Sent(c net.Conn, most time.Duration, done <-chan struct{}) {
	t := tcp(c)
	if t == nil {
		return
	}
	raw, err := t.SyscallConn()
	if err != nil {
		return
	}
	end := time.After(most)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		var left int
		var asked error
		err := raw.Control(func(fd uintptr) { left, asked = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
		if err != nil || asked != nil || left == 0 {
			return
		}
		select {
		case <-time.After(pause):
		case <-end:
			return
		case <-done:
			return
		}
	}
}
