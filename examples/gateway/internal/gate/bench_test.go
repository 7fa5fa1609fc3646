package gate_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
	"github.com/beamgate/beamgate/examples/gateway/internal/traffic"
)

const unlimited = "answers: {expect: one}\nlimits: {messages_per_second: 100000000, messages_burst: 100000000, bytes_per_second: 100GiB, bytes_burst: 100GiB}\n"

// copier is the least that a proxy can do.
func copier(b *testing.B, to string) string {
	l := Listen(b)
	Serve(b, l, func(c net.Conn) {
		up, err := net.Dial("tcp", to)
		if err != nil {
			return
		}
		go func() { io.Copy(up, c); up.Close() }()
		io.Copy(c, up)
	})
	return l.Addr().String()
}

// BenchmarkDoor is what the rules cost for one message and its answer: the steps that a
// connection takes, without a connection. Beside it stands what of that is checking the
// two terms.
func BenchmarkDoor(b *testing.B) {
	c, err := config.Parse("test", []byte(conf(&Node{Addr: "127.0.0.1:1"}, "max_new: 10", "", unlimited+"forward: original")))
	if err != nil {
		b.Fatal(err)
	}
	p, done, err := gate.Alone(c, "door", metrics.New(nil))
	if err != nil {
		b.Fatal(err)
	}
	defer done()
	ctx, msg := context.Background(), traffic.Kinds()[0].Make(rand.New(rand.NewPCG(1, 1)), 1)
	b.Run("message", func(b *testing.B) {
		b.ReportAllocs()
		for range b.N {
			if err := exchange(ctx, p, msg); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("checks alone", func(b *testing.B) {
		for range b.N {
			if p.Guard(door.ToNode).Check(msg) != nil || p.Guard(door.ToClient).Check(msg) != nil {
				b.Fatal("refused")
			}
		}
	})
}

// exchange is what a message and its answer do at the door.
func exchange(ctx context.Context, p *door.Pass, msg []byte) error {
	n := int64(len(msg))
	if r := p.Pace(ctx, n); r != nil {
		return r
	}
	held, err := p.Hold(ctx, n)
	if err != nil {
		return err
	}
	t, r := p.Request(ctx, msg, nil)
	held.Release()
	if r != nil {
		return r
	}
	back, err := p.Hold(ctx, n)
	if err != nil {
		return err
	}
	if r := p.Answer(msg); r != nil {
		return r
	}
	back.Release()
	t.Done()
	return nil
}

// BenchmarkProxy sends one message after the other, or 64 at a time, to an echo:
// directly, through a proxy that only copies, and through the gateway.
func BenchmarkProxy(b *testing.B) {
	node := NewNode(b, nil)
	msg := traffic.Kinds()[0].Make(rand.New(rand.NewPCG(1, 1)), 1)
	known := "max_new: 10"
	for _, way := range []struct {
		name string
		addr func(b *testing.B) string
	}{
		{"direct", func(*testing.B) string { return node.Addr }},
		{"copy", func(b *testing.B) string { return copier(b, node.Addr) }},
		{"shadow", func(b *testing.B) string {
			return Start(b, conf(node, known, "", unlimited+"mode: shadow")).Addr("door")
		}},
		{"original", func(b *testing.B) string {
			return Start(b, conf(node, known, "", unlimited+"forward: original")).Addr("door")
		}},
		{"canonical", func(b *testing.B) string { return Start(b, conf(node, known, "", unlimited)).Addr("door") }},
	} {
		for _, ahead := range []int{1, 64} {
			b.Run(way.name+map[int]string{1: "/pingpong", 64: "/pipelined"}[ahead], func(b *testing.B) {
				conn, err := net.Dial("tcp", way.addr(b))
				if err != nil {
					b.Fatal(err)
				}
				c := NewClient(b, conn)
				b.SetBytes(int64(len(msg)))
				b.ReportAllocs()
				under := 0
				for range b.N {
					c.Send(msg)
					if under++; under == ahead {
						receive(b, c)
						under--
					}
				}
				for range under {
					receive(b, c)
				}
			})
		}
	}
}

func receive(b *testing.B, c *Client) {
	if _, err := c.Receive(); err != nil {
		b.Fatal(err)
	}
}
