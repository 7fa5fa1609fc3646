package door

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/beamgate/beamgate/etf"
)

// piece is how much is checked before it goes on.
const piece = 32 << 10

// Cut passes a message of n bytes from r to w while it is read: its length first,
// then each part after it was checked and its names were spent. w has to be a
// connection to the upstream of the rules in force, in the given life of the node. After
// a refusal a part of the message may have been written. The rule about poison is not
// asked: it goes by the hash of a message that is whole.
func (p *Pass) Cut(ctx context.Context, r io.Reader, n, epoch int64, w io.Writer) *Refusal {
	t := new(Ticket)
	if refusal := p.begin(ctx, t, n); refusal != nil {
		return refusal
	}
	err := p.cut(r, n, epoch, w)
	if err == nil {
		t.Done()
		p.Door().counters[ToNode].Count(n, 0, 0)
		return nil
	}
	t.Cancel()
	refusal := termRefusal(err)
	if refusal.Code == "internal" {
		refusal.Rule, refusal.Code = Down, "lost"
	}
	p.refused(Enforce, refusal, n)
	return refusal
}

var errEpoch = errors.New("door: the node is another one")

func (p *Pass) cut(r io.Reader, n, epoch int64, w io.Writer) error {
	width := p.packet
	var head [8]byte
	binary.BigEndian.PutUint64(head[:], uint64(n))
	c := &cutter{w: w, kept: head[8-width:], ahead: int64(width)}
	p.now.Load().view.Begin()
	d := p.now.Load().to.Mode().NewDecoder(io.TeeReader(r, c))
	defer d.Close()
	for first := true; first || !d.AtTermEnd(); first = false {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		if err := p.pass(d, c, epoch); err != nil {
			return err
		}
	}
	if d.InputOffset() != n {
		return &etf.Error{Code: etf.CodeTrailing, Offset: d.InputOffset()}
	}
	return p.flush(d, c, n, epoch)
}

// pass writes what was accepted, if it is enough to be worth it.
func (p *Pass) pass(d *etf.Decoder, c *cutter, epoch int64) error {
	if d.TokenOffset()-c.sent < piece {
		return nil
	}
	return p.flush(d, c, d.TokenOffset(), epoch)
}

// flush spends the names so far, and writes the term up to offset. The life of the node cannot change
// in between.
func (p *Pass) flush(d *etf.Decoder, c *cutter, offset, epoch int64) error {
	ledger := p.Door().Upstream.Ledger
	now := ledger.Enter()
	err := d.Commit()
	ledger.Leave()
	if err == nil && now != epoch {
		err = errEpoch
	}
	if err != nil {
		return err
	}
	return c.flush(offset)
}

// cutter keeps what was read and not yet sent.
type cutter struct {
	w     io.Writer
	kept  []byte
	ahead int64 // bytes of kept that are no part of the term
	sent  int64 // of the term
}

// Write takes what the decoder has read.
func (c *cutter) Write(b []byte) (int, error) {
	c.kept = append(c.kept, b...)
	return len(b), nil
}

// flush sends the term up to offset.
func (c *cutter) flush(offset int64) error {
	n := offset - c.sent + c.ahead
	if _, err := c.w.Write(c.kept[:n]); err != nil {
		return err
	}
	c.kept = append(c.kept[:0], c.kept[n:]...)
	c.sent, c.ahead = offset, 0
	return nil
}
