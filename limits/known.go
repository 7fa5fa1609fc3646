package limits

import (
	"hash/maphash"
	"iter"
	"sync/atomic"
)

// knownNames is the set of names that a node has. Every name of every term is looked up
// in it, and nearly all are there, so it is read without a lock: readers of one lock on
// many processors are in each other's way. Who changes it holds AtomBudget.mu. Names are
// added one by one and go all at once.
//
// The zero value is empty.
type knownNames struct {
	table atomic.Pointer[nameTable]
	n     int
}

// nameTable is open addressing, at most half full. What is in a slot never changes; a
// slot is filled once, or gets a name again that is paid for by now.
type nameTable struct {
	seed  maphash.Seed // nobody can choose names that meet
	slots []atomic.Pointer[knownName]
}

type knownName struct {
	hash uint64
	name string
	paid bool // else it was preloaded
}

// has reports whether name is in the set.
func (k *knownNames) has(name []byte) bool {
	_, found := k.find(name)
	return found != nil
}

// paid reports whether name is in the set and was paid for.
func (k *knownNames) paid(name string) bool {
	_, found := k.find([]byte(name))
	return found != nil && found.paid
}

func (k *knownNames) find(name []byte) (at *atomic.Pointer[knownName], found *knownName) {
	t := k.table.Load()
	if t == nil {
		return nil, nil
	}
	return t.find(maphash.Bytes(t.seed, name), name)
}

// find returns where a name is, or would be.
func (t *nameTable) find(hash uint64, name []byte) (at *atomic.Pointer[knownName], found *knownName) {
	for i := hash; ; i++ {
		at := &t.slots[i&uint64(len(t.slots)-1)]
		found := at.Load()
		if found == nil || found.hash == hash && found.name == string(name) {
			return at, found
		}
	}
}

// add puts a name in, or sets paid of one that is there. The string is kept.
func (k *knownNames) add(name string, paid bool) {
	t := k.table.Load()
	if t == nil || 2*(k.n+1) > len(t.slots) {
		t = k.grow(t)
	}
	hash := maphash.String(t.seed, name)
	at, found := t.find(hash, []byte(name))
	if found == nil {
		k.n++
	}
	at.Store(&knownName{hash, name, paid})
}

// grow replaces the table, or nil, by one that is twice as large.
func (k *knownNames) grow(old *nameTable) *nameTable {
	const least = 16 // a power of two, as all sizes are
	t := &nameTable{seed: maphash.MakeSeed(), slots: make([]atomic.Pointer[knownName], least)}
	if old != nil {
		t.seed, t.slots = old.seed, make([]atomic.Pointer[knownName], 2*len(old.slots))
		for i := range old.slots {
			if e := old.slots[i].Load(); e != nil {
				at, _ := t.find(e.hash, []byte(e.name))
				at.Store(e)
			}
		}
	}
	k.table.Store(t)
	return t
}

// become makes the set another one, of names that are paid for.
func (k *knownNames) become(names map[string]bool) {
	k.table.Store(nil)
	k.n = 0
	for s := range names {
		k.add(s, true)
	}
}

// all yields the names, and whether they are paid for.
func (k *knownNames) all() iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		t := k.table.Load()
		if t == nil {
			return
		}
		for i := range t.slots {
			if e := t.slots[i].Load(); e != nil && !yield(e.name, e.paid) {
				return
			}
		}
	}
}
