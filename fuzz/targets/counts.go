package targets

import (
	"fmt"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/fuzz/beam"
)

// Counts is what a campaign has come to.
type Counts struct {
	Next     uint64 // payload to go on with
	Payloads uint64
	Bytes    uint64
	Asked    uint64            // of the BEAM
	Accepted uint64            // by the BEAM
	Strict   uint64            // by etf.Strict
	Silent   map[string]uint64 // not asked, by reason
	Closed   map[string]uint64 // accepted by the BEAM and on the closed list
	Tags     [256]uint64       // payloads in which a tag begins a term
	Found    uint64
}

// add counts a batch and returns what was found in it.
func (n *Counts) add(j *Judge, b *batch, verdicts []beam.Verdict) (found []Finding) {
	for i := range b.questions {
		q := &b.questions[i]
		n.Payloads++
		n.Bytes += uint64(len(q.Payload))
		if q.strict {
			n.Strict++
		}
		if q.Silent != "" {
			n.Silent[q.Silent]++
		}
		if q.Found != nil {
			found = append(found, Finding{q.Index, q.Payload, q.Found, beam.Verdict{}})
		}
	}
	for i, k := range b.asked {
		q, v := &b.questions[k], &verdicts[i]
		n.Asked++
		if v.Plain == beam.Accepted {
			n.Accepted++
			if q.err != nil && q.refusal != nil {
				n.Closed[q.refusal.Reason]++
			}
		}
		if dis := j.Compare(q, v); dis != nil && q.Found == nil {
			found = append(found, Finding{q.Index, q.Payload, dis, *v})
		}
	}
	for tag, hits := range b.hits {
		n.Tags[tag] += hits
	}
	n.Next = b.next
	n.Found += uint64(len(found))
	return found
}

// Missing lists the tags of the format that no payload had.
func (n *Counts) Missing() (tags []byte) {
	for _, tag := range []byte(tagsOfFormat) {
		if n.Tags[tag] == 0 {
			tags = append(tags, tag)
		}
	}
	return tags
}

// Fair says what makes the payloads too poor a mix to judge by, nil if nothing
// does: every tag is among them, the BEAM accepts 30 to 70 percent, and in the
// mean they have 200 bytes.
func (n *Counts) Fair() error {
	if tags := n.Missing(); len(tags) > 0 {
		return fmt.Errorf("tags never hit: %d", tags)
	}
	if n.Accepted*100 < n.Payloads*30 || n.Accepted*100 > n.Payloads*70 {
		return fmt.Errorf("the BEAM accepts %d of %d payloads, not 30 to 70 %%", n.Accepted, n.Payloads)
	}
	if n.Bytes < n.Payloads*200 {
		return fmt.Errorf("%d payloads have %d bytes, less than 200 in the mean", n.Payloads, n.Bytes)
	}
	return nil
}

// String is a report of some lines.
func (n *Counts) String() string {
	var s strings.Builder
	share := func(k uint64) float64 { return 100 * float64(k) / float64(max(n.Payloads, 1)) }
	fmt.Fprintf(&s, "%d payloads, mean size %d B, %d disagreements\n", n.Payloads, n.Bytes/max(n.Payloads, 1), n.Found)
	fmt.Fprintf(&s, "asked %d, accepted by the BEAM %d (%.1f %%), by etf.Strict %d (%.1f %%)\n",
		n.Asked, n.Accepted, share(n.Accepted), n.Strict, share(n.Strict))
	list := func(title string, m map[string]uint64) {
		for _, k := range sortedKeys(m) {
			fmt.Fprintf(&s, "%s: %s: %d\n", title, k, m[k])
		}
	}
	list("not asked", n.Silent)
	list("accepted by the BEAM alone", n.Closed)
	s.WriteString("tags:")
	for tag, hits := range n.Tags {
		if hits > 0 && knownTag(byte(tag)) {
			fmt.Fprintf(&s, " %d:%d", tag, hits)
		}
	}
	s.WriteString("\ntags never hit:")
	missing := n.Missing()
	for _, tag := range missing {
		fmt.Fprintf(&s, " %d", tag)
	}
	if len(missing) == 0 {
		s.WriteString(" none")
	}
	s.WriteString("\n")
	return s.String()
}

func sortedKeys(m map[string]uint64) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// tagsOfFormat are all tags that the format knows, refused ones included.
const tagsOfFormat = "CDEFHIJKLMNPRXYZabcdefghijklmnopqrstuvwxy"

func knownTag(tag byte) bool { return strings.IndexByte(tagsOfFormat, tag) >= 0 }
