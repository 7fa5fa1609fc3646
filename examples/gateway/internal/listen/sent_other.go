//go:build !linux

package listen

import (
	"net"
	"time"
)

// Sent gives what was written some time to arrive: whether it has cannot be told here.
func Sent(_ net.Conn, most time.Duration, done <-chan struct{}) {
	select {
	case <-time.After(min(most, 100*time.Millisecond)):
	case <-done:
	}
}
