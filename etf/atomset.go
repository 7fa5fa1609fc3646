package etf

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// NOTE: an atom set has three sources, each in its own file, all of them
// ending in the one builder at the foot of this file:
//
//	atomset_text.go  a list of names: written by hand, or dumped by a node
//	beamfile.go      one compiled module
//	beamrelease.go   every module of a release
//
// The builder is the only place that judges a name and the only place that
// counts, so no source can bring in a name or an amount another would refuse. What
// Union puts together is as large as the two.

// What a set may hold. The BEAM's own atom table takes 1,048,576 names unless
// it is started with +t; four times that leaves room for large nodes and ends
// a runaway source while it is still some hundred megabytes.
const (
	atomSetMaxChars = 255      // code points in a name: the BEAM's own limit
	atomSetMaxNames = 4 << 20  // names in a set
	atomSetMaxBytes = 64 << 20 // bytes of all names together
)

// AtomSet is a closed set of atom names.
//
// It answers one question, whether the receiving node already owns an atom,
// and answers it without talking to the node. The BEAM never frees an atom and
// stops when its table is full, so a sender who may invent names can end the
// node; a sender held to a set cannot.
//
// Names are UTF-8. Atoms have one identity in whatever encoding they came, so
// a Latin-1 atom has to be converted before it is looked up; nothing is
// normalised, composed and decomposed letters are different atoms.
//
// A set never changes once built, so any number of goroutines may use it. A
// nil *AtomSet is the empty set.
type AtomSet struct {
	// The map and the list share their strings. The list costs 16 bytes a name
	// and is what makes All and AppendText come out the same every time.
	names  map[string]struct{}
	sorted []string
}

// AtomSetError says which source of names could not be used, and where in it.
//
// It is about the operator's own files, never about a term that was sent. The
// cause is wrapped: errors.Is finds fs.ErrNotExist and whatever a reader
// returned. No name out of the source is repeated in the text.
type AtomSetError struct {
	File string // path inside the release, "archive.ez!member" in an archive; empty for a reader
	Line int    // line of a text file, from 1; 0 where lines mean nothing
	Err  error  // what is wrong
}

// Error gives the place and the cause on one line.
func (e *AtomSetError) Error() string {
	var where string
	if e.File != "" {
		where = fmt.Sprintf(" %q:", e.File)
	}
	if e.Line > 0 {
		where += fmt.Sprintf(" line %d:", e.Line)
	}
	if e.Err == nil {
		return "etf: atom set:" + where + " wrong"
	}
	return "etf: atom set:" + where + " " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *AtomSetError) Unwrap() error { return e.Err }

// NewAtomSet makes a set of the names given; repeats are fine.
//
// A name the BEAM could not own, because it is not UTF-8 or longer than 255
// code points, is an error and not skipped: it is a mistake in a list somebody
// relies on.
func NewAtomSet(names ...string) (*AtomSet, error) {
	b := newAtomSetBuilder()
	for i, name := range names {
		if err := b.add([]byte(name)); err != nil {
			return nil, &AtomSetError{Err: fmt.Errorf("name %d: %w", i, err)}
		}
	}
	return b.set(), nil
}

// Has reports whether the set holds the name. It allocates nothing and does
// not keep the slice.
func (s *AtomSet) Has(name []byte) bool {
	if s == nil {
		return false
	}
	_, ok := s.names[string(name)] // the compiler looks up without copying
	return ok
}

// HasString is Has for a string.
func (s *AtomSet) HasString(name string) bool {
	if s == nil {
		return false
	}
	_, ok := s.names[name]
	return ok
}

// Len returns the number of names.
func (s *AtomSet) Len() int {
	if s == nil {
		return 0
	}
	return len(s.sorted)
}

// All ranges over the names in byte order, so that two sets can be compared or
// printed side by side.
func (s *AtomSet) All() iter.Seq[string] {
	if s == nil {
		return slices.Values[[]string](nil)
	}
	return slices.Values(s.sorted)
}

// Union returns the set of all names in s and others, none of which change.
//
// It joins what one source cannot know: a release's modules, a dump for the
// atoms the emulator and the configuration add, and names written by hand.
func (s *AtomSet) Union(others ...*AtomSet) *AtomSet {
	all := make(map[string]struct{}, s.Len())
	for _, set := range append([]*AtomSet{s}, others...) {
		if set != nil {
			maps.Copy(all, set.names)
		}
	}
	return atomSetOf(all)
}

// atomSetOf freezes a map into a set; the caller gives the map away.
func atomSetOf(names map[string]struct{}) *AtomSet {
	sorted := make([]string, 0, len(names))
	for name := range names {
		sorted = append(sorted, name)
	}
	slices.SortFunc(sorted, strings.Compare)
	return &AtomSet{names: names, sorted: sorted}
}

// atomSetBuilder collects names until they are a set. Its caps are fields so
// that a test can reach them without four million names.
type atomSetBuilder struct {
	names    map[string]struct{}
	bytes    int
	maxNames int
	maxBytes int
}

// newAtomSetBuilder returns a builder with the documented caps.
func newAtomSetBuilder() atomSetBuilder {
	return atomSetBuilder{
		names:    make(map[string]struct{}),
		maxNames: atomSetMaxNames,
		maxBytes: atomSetMaxBytes,
	}
}

// add takes one name, copied only when it is new: a release mentions most of
// its atoms in many modules, and the copy must not pin a module's bytes.
func (b *atomSetBuilder) add(name []byte) error {
	if _, ok := b.names[string(name)]; ok {
		return nil
	}
	if err := atomSetCheckName(name); err != nil {
		return err
	}
	if len(b.names) >= b.maxNames {
		return fmt.Errorf("more than %d names", b.maxNames)
	}
	if len(name) > b.maxBytes-b.bytes {
		return fmt.Errorf("more than %d bytes of names", b.maxBytes)
	}
	b.bytes += len(name)
	b.names[string(name)] = struct{}{}
	return nil
}

// set ends the building; the builder must not be used again.
func (b *atomSetBuilder) set() *AtomSet { return atomSetOf(b.names) }

// atomSetCheckName holds a name to what the BEAM can own. The empty atom is
// one of them.
func atomSetCheckName(name []byte) error {
	if !utf8.Valid(name) {
		return errors.New("an atom name is not UTF-8")
	}
	if n := utf8.RuneCount(name); n > atomSetMaxChars {
		return fmt.Errorf("an atom name has %d characters, the BEAM allows %d", n, atomSetMaxChars)
	}
	return nil
}
