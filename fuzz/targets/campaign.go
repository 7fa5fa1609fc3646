package targets

import (
	"context"
	"iter"

	"github.com/beamgate/beamgate/fuzz/beam"
	"github.com/beamgate/beamgate/fuzz/gen"
)

// Source makes payload i of a campaign, always the same. It is for one
// goroutine.
type Source func(i uint64) []byte

// Campaign puts payloads before the BEAM: workers make the next batches while it
// judges one.
type Campaign struct {
	// Source makes the source of one worker.
	Source func() Source
	// From and To are the numbers of the payloads, the last excluded.
	From, To uint64
	// Workers is how many goroutines make payloads, 1 if 0.
	Workers int
	// Batch is how many payloads a batch has, 4096 if 0.
	Batch uint64
	// Drivers and Canon are those of Judge.
	Drivers, Canon uint64
}

// Finding is a payload with a disagreement.
type Finding struct {
	Index   uint64
	Payload []byte
	Found   *Disagreement
	Verdict beam.Verdict // the zero value if the BEAM was not asked
}

// batch is what a worker makes.
type batch struct {
	questions []Question
	asked     []int // indices of those for the VM
	next      uint64
	tags      [256]bool
	hits      [256]uint64
	err       error
}

// Run puts all payloads before o. After each batch it calls each with the
// counts so far and the findings of the batch; each returns false to stop.
func (c Campaign) Run(ctx context.Context, o *beam.Oracle, each func(*Counts, []Finding) bool) (*Counts, error) {
	if c.Batch == 0 {
		c.Batch = 4096
	}
	c.Workers = max(c.Workers, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	made := c.start(ctx)
	pending := make(chan *batch, 64)
	counts := &Counts{Silent: map[string]uint64{}, Closed: map[string]uint64{}, Next: c.From}
	judge, err := NewJudge()
	if err != nil {
		return counts, err
	}
	for judged, err := range o.Stream(c.cases(ctx, made, pending)) {
		if err != nil {
			return counts, err
		}
		b := <-pending
		if b.err != nil {
			return counts, b.err
		}
		if !each(counts, counts.add(judge, b, judged.Verdicts)) || ctx.Err() != nil {
			break
		}
	}
	return counts, nil
}

// start runs the workers. Batch k comes out of channel k modulo their number.
func (c Campaign) start(ctx context.Context) []chan *batch {
	made := make([]chan *batch, c.Workers)
	for w := range made {
		made[w] = make(chan *batch, 2)
		go func() {
			defer close(made[w])
			judge, err := NewJudge()
			if err == nil {
				judge.Drivers, judge.Canon = c.Drivers, c.Canon
			}
			source := c.Source()
			for at := c.From + uint64(w)*c.Batch; at < c.To; at += uint64(c.Workers) * c.Batch {
				b := &batch{err: err}
				if err == nil {
					b.fill(judge, source, at, min(at+c.Batch, c.To))
				}
				select {
				case made[w] <- b:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	return made
}

// fill makes the payloads from at up to end.
func (b *batch) fill(j *Judge, source Source, at, end uint64) {
	b.next = end
	var spans []gen.Span
	for i := at; i < end; i++ {
		q := j.Prepare(i, source(i))
		if q.Silent == "" {
			b.asked = append(b.asked, len(b.questions))
		}
		b.questions = append(b.questions, q)
		spans = b.countTags(j, q.Payload, spans)
	}
}

// countTags counts the payloads in which each tag occurs.
func (b *batch) countTags(j *Judge, payload []byte, spans []gen.Span) []gen.Span {
	if inside := j.gen.Unsqueeze(payload); inside != nil {
		b.hits[80]++
		payload = inside
	}
	spans, _ = gen.Scan(payload, spans)
	clear(b.tags[:])
	for _, s := range spans {
		if !b.tags[s.Tag] {
			b.tags[s.Tag] = true
			b.hits[s.Tag]++
		}
	}
	return spans
}

// cases yields the batches for the VM, in order, and keeps what they are about
// in pending.
func (c Campaign) cases(ctx context.Context, made []chan *batch, pending chan<- *batch) iter.Seq[[]beam.Case] {
	return func(yield func([]beam.Case) bool) {
		for k := 0; ; k++ {
			b := <-made[k%len(made)]
			if b == nil || ctx.Err() != nil {
				return
			}
			cases := make([]beam.Case, len(b.asked))
			for i, q := range b.asked {
				cases[i] = b.questions[q].Case()
			}
			pending <- b
			if !yield(cases) {
				return
			}
		}
	}
}
