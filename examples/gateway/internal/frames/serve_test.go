package frames

import (
	"net"
	"testing"
	"time"
)

// TestDrainingBetweenBytes: a message of which the first byte came when draining began
// has the time of a message, whatever time was set before.
func TestDrainingBetweenBytes(t *testing.T) {
	client, conn := net.Pipe()
	defer client.Close()
	defer conn.Close()
	drain := make(chan struct{})
	s := &session{ctx: t.Context(), drain: drain, conn: conn}
	if !s.deadline(time.Minute, true, false) {
		t.Fatal("nothing is to be read")
	}
	close(drain)
	s.watch()
	if !s.deadline(time.Minute, false, false) || !s.deadline(time.Minute, false, true) {
		t.Fatal("a message that has begun is not read to its end")
	}
	go client.Write([]byte{1})
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	if s.deadline(time.Minute, true, false) || s.deadline(time.Minute, true, true) {
		t.Error("another message is read")
	}
	s.stopReading()
	if s.deadline(time.Minute, false, false) || s.deadline(time.Minute, false, true) {
		t.Error("a message is read although reading was stopped")
	}
}
