package naive

import (
	"math/big"
	"slices"
)

// Kind is the type of a term. The constants stand in Erlang's term order,
// except that Int and Float share a place.
type Kind uint8

const (
	Int Kind = iota
	Float
	Atom
	Ref
	Fun
	Export
	Port
	Pid
	Tuple
	Map
	Nil
	List
	Bits
)

func (k Kind) String() string {
	return [...]string{"int", "float", "atom", "ref", "fun", "export", "port", "pid",
		"tuple", "map", "nil", "list", "bits"}[k]
}

// Term is one term. Only the fields its Kind names mean anything.
type Term struct {
	Kind Kind
	rel  int8 // the release it was decoded for: decides =:=

	Int   *big.Int // Int
	Float float64  // Float
	Atom  string   // Atom: code points as UTF-8

	// Elems are the elements of a Tuple or List (never empty), the free
	// variables of a Fun, or key, value, key, value … of a Map in wire order.
	Elems []*Term
	// Tail is the tail of an improper List: neither Nil nor a List. A proper
	// list has none.
	Tail *Term

	Bytes   []byte // Bits: the payload, unused low bits of the last byte zero
	BitSize int    // Bits: how many bits of it count

	ID  *ID      // Pid, Port, Ref
	Fun *FunInfo // Fun, Export

	order []int // Map: indices of its keys in Elems, in key order

	// What the wire claimed and normalisation drops; it counts as cost.
	bigTag    byte // Int: 110 or 111
	bigDigits int  // Int: n of that tag
}

// ID is what a pid, a port or a reference holds.
type ID struct {
	Node     string
	Creation uint32
	Own      bool     // of the receiving node
	Num      uint64   // Pid: number; Port: id
	Serial   uint32   // Pid
	Words    []uint32 // Ref: three of them if Own

	wireWords int // Ref: how many came
}

// FunInfo is what a local or external fun holds beside its environment.
type FunInfo struct {
	Module   string
	Function string // Export
	Arity    int

	Uniq     [16]byte // Fun, as all below
	Index    uint32
	OldIndex int32
	OldUniq  int32
	Creator  *Term

	sized int64 // words that integers in fields are sized with
}

// size is the arity: elements, or pairs of a map.
func (t *Term) size() int {
	if t.Kind == Map {
		return len(t.Elems) / 2
	}
	return len(t.Elems)
}

// Pairs returns the keys of a Map with their values, in key order.
func (t *Term) Pairs() [][2]*Term {
	var pairs [][2]*Term
	for _, i := range t.order {
		pairs = append(pairs, [2]*Term{t.Elems[i], t.Elems[i+1]})
	}
	return pairs
}

var (
	minSmall = big.NewInt(-1 << 59)
	maxSmall = big.NewInt(1<<59 - 1)
)

// isSmall says whether the BEAM holds this integer in one word.
func (t *Term) isSmall() bool {
	return t.Kind == Int && t.Int.Cmp(minSmall) >= 0 && t.Int.Cmp(maxSmall) <= 0
}

// oneWordRefKey looks for a reference that came with one word, anywhere
// inside a key of a map of two pairs or more; inKey says that t is in one. The
// key of a single pair is compared with none.
func (t *Term) oneWordRefKey(inKey bool) bool {
	if t.Kind == Ref {
		return inKey && t.ID.wireWords == 1
	}
	for i, e := range t.Elems {
		if e.oneWordRefKey(inKey || t.Kind == Map && t.size() > 1 && i%2 == 0) {
			return true
		}
	}
	return t.Tail != nil && t.Tail.oneWordRefKey(inKey)
}

// longRefInLargeKey looks for a reference of more than three words, zeros at its
// end apart, anywhere inside a key of a map of more than 32 pairs; inKey says that
// t is in one.
func (t *Term) longRefInLargeKey(inKey bool) bool {
	if t.Kind == Ref {
		return inKey && slices.ContainsFunc(t.ID.Words[min(len(t.ID.Words), 3):], func(w uint32) bool { return w != 0 })
	}
	for i, e := range t.Elems {
		if e.longRefInLargeKey(inKey || t.Kind == Map && t.size() > 32 && i%2 == 0) {
			return true
		}
	}
	return t.Tail != nil && t.Tail.longRefInLargeKey(inKey)
}

// hashesShortRef says whether the BEAM, comparing t, takes the hash of a
// foreign reference of one word: in a key of a map of more than 32 keys, or
// anywhere once hashed says that t is in one. That hash takes in memory
// beyond the reference, so that even equal bytes may pass as different.
func (t *Term) hashesShortRef(hashed bool) bool {
	if t.Kind == Ref {
		return hashed && len(t.ID.Words) == 1
	}
	for i, e := range t.Elems {
		inKey := t.Kind == Map && i%2 == 0 && t.size() > 32
		if e.hashesShortRef(hashed || inKey) {
			return true
		}
	}
	return t.Tail != nil && t.Tail.hashesShortRef(hashed)
}
