package etf

import (
	"slices"
	"strconv"

	"github.com/beamgate/beamgate/internal/wire"
)

// Path says where in a term something is, by position only: indices and
// ordinals, never keys or other content.
//
// A list that travels in several pieces has one run of indices, and a list of no
// elements in front of a term leaves no trace, so that a path is the same for
// all encodings of a term. Of a long path the outermost and the innermost steps
// are kept.
type Path struct {
	// Steps are the kept steps, from the outside in.
	Steps []Step
	// Omitted is how many steps are left out behind the first PathKeep.
	Omitted int
}

// PathKeep is how many steps a Path keeps at each of its ends.
const PathKeep = 16

// under is the path with one more step in front.
func (p Path) under(first Step) Path {
	p.Steps = slices.Insert(p.Steps, 0, first)
	if len(p.Steps) > 2*PathKeep {
		p.Steps = slices.Delete(p.Steps, PathKeep, PathKeep+1)
		p.Omitted++
	}
	return p
}

// StepKind says what container a Step leads through.
type StepKind uint8

// The kinds of steps.
const (
	StepTuple StepKind = StepKind(wire.StepTuple) // element Index of a tuple
	StepList  StepKind = StepKind(wire.StepList)  // element Index of a list
	StepTail  StepKind = StepKind(wire.StepTail)  // the tail of a list
	StepKey   StepKind = StepKind(wire.StepKey)   // the key of pair Index of a map
	StepValue StepKind = StepKind(wire.StepValue) // its value
	StepFree  StepKind = StepKind(wire.StepFree)  // free variable Index of a fun
)

// Step leads from a container to one of its children. Index counts from 0, for
// a map in the order of the wire.
type Step struct {
	Kind  StepKind
	Index int64
}

var stepNames = [...]string{
	StepTuple: "tuple", StepList: "list", StepTail: "tail",
	StepKey: "key", StepValue: "value", StepFree: "free",
}

// String returns the step as in "list[3]" or "tail".
func (s Step) String() string { return string(s.append(nil)) }

func (s Step) append(b []byte) []byte {
	name := "step" // of no kind
	if int(s.Kind) < len(stepNames) {
		name = stepNames[s.Kind]
	}
	b = append(b, name...)
	if s.Kind == StepTail {
		return b
	}
	b = append(b, '[')
	b = strconv.AppendInt(b, s.Index, 10)
	return append(b, ']')
}

// String joins the steps, as in "tuple[1]/list[0]/value[4]".
func (p Path) String() string {
	var b []byte
	for i, s := range p.Steps {
		if i > 0 {
			b = append(b, '/')
		}
		if i == PathKeep && p.Omitted > 0 {
			b = append(b, "…("...)
			b = strconv.AppendInt(b, int64(p.Omitted), 10)
			b = append(b, ")…/"...)
		}
		b = s.append(b)
	}
	return string(b)
}

// pathOf keeps the ends of the path to the term at hand.
func pathOf(in *wire.Input) Path {
	var p Path
	var ring [PathKeep]Step
	n := 0
	in.Path(func(s wire.Step) bool {
		step := Step{StepKind(s.Kind), s.Index}
		if n < PathKeep {
			p.Steps = append(p.Steps, step)
		} else {
			ring[n%PathKeep] = step
		}
		n++
		return true
	})
	last := min(max(n-PathKeep, 0), PathKeep)
	p.Omitted = max(n-2*PathKeep, 0)
	for i := n - last; i < n; i++ {
		p.Steps = append(p.Steps, ring[i%PathKeep])
	}
	return p
}
