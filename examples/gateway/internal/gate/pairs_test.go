package gate_test

import (
	"net"
	"testing"
	"time"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// TestAnswerTimeIsOfAMessage: the time for an answer does not run while none is due,
// begins with the first message, and messages behind it do not prolong it.
func TestAnswerTimeIsOfAMessage(t *testing.T) {
	t.Parallel()
	const time400 = 400 * time.Millisecond
	node := NewNode(t, func(m []byte) []byte {
		if string(m) == string(third) {
			return []byte{}
		}
		return m
	})
	g := Start(t, conf(node, "", "answer_timeout: 400ms", "answers: {expect: one}"))
	c := g.Dial("door")
	for range 2 {
		c.Send(good)
		c.Want(good)
		time.Sleep(time400 * 3 / 2)
	}
	if n := g.Count("code=answer_timeout"); n != 0 {
		t.Fatalf("%v answers were too late, and none was due", n)
	}
	start, ended := time.Now(), make(chan error, 1)
	go func() {
		_, err := c.Receive()
		ended <- err
	}()
	for frame := append([]byte{0, 0, 0, byte(len(third))}, third...); ; {
		select {
		case err := <-ended:
			if took := time.Since(start); err == nil || took < time400*3/4 || took > time400*3 {
				t.Errorf("%v after %v", err, took)
			}
			return
		case <-time.After(time400 / 8):
			c.Write(frame)
		}
	}
}

// TestHalfAnswerHasNoTimeOfItsOwn: an answer that has begun has to end in the time that
// began with its message.
func TestHalfAnswerHasNoTimeOfItsOwn(t *testing.T) {
	t.Parallel()
	l := Listen(t)
	Serve(t, l, func(c net.Conn) {
		echo(c)
		ReadFrame(c)
		time.Sleep(1500 * time.Millisecond)
		c.Write([]byte{0, 0, 1, 0, 131, 109})
		ReadFrame(c)
	})
	g := Start(t, conf(&Node{Addr: l.Addr().String()}, "", "answer_timeout: 2s", "answers: {expect: one}"))
	c := g.Dial("door")
	c.Send(good)
	c.Want(good)
	time.Sleep(300 * time.Millisecond) // more than an eighth: the time is set anew
	start := time.Now()
	c.Send(good)
	c.Reset()
	if took := time.Since(start); took < 1600*time.Millisecond || took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestNodeSpeaksUnasked: what nobody has asked for is no answer to the next message.
func TestNodeSpeaksUnasked(t *testing.T) {
	between(t, func(c net.Conn) {
		c.Write(append([]byte{0, 0, 0, byte(len(third))}, third...))
	})
}

// TestAnswersOfBothKeepTheOrder: answers of the gateway and of the node come in the
// order of the messages, whether they are sent at once or one waits for the other, and
// however few may be under way.
func TestAnswersOfBothKeepTheOrder(t *testing.T) {
	node := NewNode(t, calc)
	for _, more := range []string{"", "\nlimits: {max_pipelined: 1}"} {
		g := Start(t, conf(node, "", "", rules+more))
		c := g.Dial("door")
		for round := range 40 {
			ask := func(n int) {
				if (round>>(n%4))&1 == 0 {
					c.Send(call("call", "calc", "add", term.Int(1), term.Int(int64(n))))
				} else {
					c.Send(call("call", "os", "cmd", term.Int(int64(n))))
				}
			}
			want := func(n int) {
				if (round>>(n%4))&1 == 0 {
					c.Want(term.Message(term.Tuple(term.Atom("reply"), term.Int(int64(n)))))
				} else if _, _, detail := refusal(t, c); detail != "verb: bert_function" {
					t.Fatal(detail)
				}
			}
			for n := range 8 {
				ask(n)
				want(n)
			}
			for n := range 8 {
				ask(n)
			}
			for n := range 8 {
				want(n)
			}
		}
		c.Close()
		Eventually(t, "the connection ends", func() bool { return g.Sum("beamgate_connections") == 0 })
	}
}
