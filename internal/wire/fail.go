package wire

import "github.com/beamgate/beamgate/limits"

// refuse fails at the head where m.pos stands. It returns false for its callers
// to return.
func (m *Machine) refuse(c Code) bool { return m.refuseAt(c, m.base+int64(m.pos)) }

func (m *Machine) refuseAt(c Code, off int64) bool {
	var tag byte
	if i := off - m.base; i >= 0 && i < int64(len(m.buf)) {
		tag = m.buf[i]
	}
	return m.refuseTag(c, off, tag)
}

// refuseTag fails at an offset whose byte may have left the window: what is told
// must not depend on how the input came.
func (m *Machine) refuseTag(c Code, off int64, tag byte) bool {
	m.errCode, m.errOff, m.errTag = c, off, tag
	return false
}

// exceed fails with a cap of limits.Limits that would have to be got.
func (m *Machine) exceed(c Code, got int64) bool {
	m.lim = m.p.limit(c, got)
	return m.refuse(c)
}

// beyond fails because the term has to reach the offset end: over the cap, or
// out of the inflated data that a COMPRESSED has declared.
func (m *Machine) beyond(end int64) bool {
	if m.inflated {
		return m.refuse(InflatedSize)
	}
	if end <= m.p.maxBytes {
		return m.exceed(LimitStreamBytes, m.before+end)
	}
	return m.exceed(LimitBytes, end)
}

// short is called where n bytes from m.pos on are needed and the window has
// fewer: they are over the limit, missing, or yet to come.
func (m *Machine) short(n int) {
	switch end := m.base + int64(m.pos) + int64(n); {
	case end > m.maxAbs:
		m.beyond(end)
	case m.eof:
		m.truncated()
	default:
		m.need = n
	}
}

// truncated fails with the offset where the input ended.
func (m *Machine) truncated() bool {
	m.errCode, m.errOff = Truncated, m.base+int64(len(m.buf))
	return false
}

// wait is short as an Event.
func (m *Machine) wait(n int) Event {
	m.short(n)
	if m.errCode != OK {
		return EvFail
	}
	return EvMore
}

// waitHead is wait for the fixed part of a head whose tag is known, or the
// refusal of that tag.
func (m *Machine) waitHead(tag byte) Event {
	if m.p.need[tag] == never {
		m.refuse(m.p.code[tag])
		return EvFail
	}
	return m.wait(m.p.need[tag])
}

// firstHead is the offset of the top-level term's head.
func (m *Machine) firstHead() int64 {
	if m.inflated {
		return 0
	}
	return 1
}

// Failure is a refusal, as package etf shows it.
type Failure struct {
	Code     Code
	Offset   int64
	Tag      byte
	Inflated bool
	Limit    limits.Error // if the code is one of a limit
	NoPath   bool         // the machine has gone on since
}

// Failure returns what the Machine failed with.
func (m *Machine) Failure() Failure {
	return Failure{Code: m.errCode, Offset: m.errOff, Tag: m.errTag, Inflated: m.inflated, Limit: m.lim}
}

// StepKind says what container a Step of a path leads through, and to what in it.
type StepKind uint8

// The steps of a path.
const (
	StepTuple StepKind = iota
	StepList
	StepTail
	StepKey
	StepValue
	StepFree // free variable of a fun
)

// Step leads from a container to one of its children: by index, or for a map by
// the ordinal of the pair on the wire.
type Step struct {
	Kind  StepKind
	Index int64
}

// Depth returns the number of open containers.
func (m *Machine) Depth() int { return len(m.stack) }

// Path calls yield with each step from the root to the term at hand.
func (m *Machine) Path(yield func(Step) bool) {
	for i := 1; i <= len(m.stack); i++ {
		f := m.top
		if i < len(m.stack) {
			f = m.stack[i]
		}
		if f.tailed && !yield(Step{Kind: StepTail}) || !yield(f.step()) {
			return
		}
	}
}

func (f frame) step() Step {
	i := f.total - int64(f.left)
	switch f.cls.base() {
	case clsTuple:
		return Step{StepTuple, i}
	case clsFun:
		return Step{StepFree, i}
	case clsMap, clsMap1:
		if i&1 == 0 {
			return Step{StepKey, i / 2}
		}
		return Step{StepValue, i / 2}
	case clsTail, clsImproper, clsStrEnd:
		return Step{Kind: StepTail}
	}
	return Step{StepList, i}
}
