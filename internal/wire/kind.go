package wire

// Kind says what a term is, however it was encoded.
type Kind uint8

// The kinds of terms. An integer of any size is KindInteger; a BIT_BINARY_EXT
// of whole bytes is KindBinary; an empty list is KindNil.
const (
	KindInvalid Kind = iota
	KindInteger
	KindFloat
	KindAtom
	KindReference
	KindFun
	KindExport
	KindPort
	KindPid
	KindTuple
	KindMap
	KindNil
	KindList
	KindBinary
	KindBitstring
)

// Set is a set of features that a policy can refuse.
type Set uint32

// What can be refused by name. The first group carries code, authority or
// identity into a node; the others are encodings and shapes.
const (
	Fun Set = 1 << iota
	Export
	Pid
	Port
	Reference
	Compressed
	TextFloat
	Latin1Atom
	Bitstring
	ImproperList
	EmptyAtom
	Float
	Map
)

// featureTags lists the tags that a feature stands for. ImproperList and
// EmptyAtom are no tags; the machine looks at them in their places.
var featureTags = []struct {
	set  Set
	code Code
	tags []byte
}{
	{Fun, RejectedFun, []byte{TagNewFun}},
	{Export, RejectedExport, []byte{TagExport}},
	{Pid, RejectedPid, []byte{TagPid, TagNewPid}},
	{Port, RejectedPort, []byte{TagPort, TagNewPort, TagV4Port}},
	{Reference, RejectedReference, []byte{TagReference, TagNewReference, TagNewerReference}},
	{TextFloat, RejectedTextFloat, []byte{TagFloat}},
	{Latin1Atom, RejectedLatin1Atom, []byte{TagAtom, TagSmallAtom}},
	{Bitstring, RejectedBitstring, []byte{TagBitBinary}},
	{Float, RejectedFloat, []byte{TagNewFloat, TagFloat}},
	{Map, RejectedMap, []byte{TagMap}},
}
