package etf

import (
	"bytes"
	"math/bits"
	"slices"
	"strings"
)

// sortTexts sorts pairs by their keys.
func sortTexts(e *writing, s []textPair) {
	if len(s) < sortMany {
		slices.SortFunc(s, func(a, b textPair) int { return strings.Compare(a.key, b.key) })
		return
	}
	e.sorter.pairs(s)
}

// textSorter sorts many keys by the eight bytes behind what all have in common, and
// by whole keys only where those are the same. Of the eight bytes it takes the bits
// in which they may differ, which of names with numbers are few, and puts the number
// of the key below them: a word for a key.
type textSorter struct {
	words, other []uint64
	low          int      // bits of a number
	starts       []uint32 // of pairs that were written to be sorted, and their end
}

// room makes room for n words.
func (t *textSorter) room(n int) []uint64 {
	t.words, t.other = slices.Grow(t.words[:0], n)[:n], slices.Grow(t.other[:0], n)[:n]
	t.low = bits.Len(uint(n))
	return t.words
}

// letGo lets go of what n keys have taken, if those were too many.
func (t *textSorter) letGo(n int) {
	if n > textsKeep {
		*t = textSorter{}
	}
}

// at is the number of the key that belongs at place i.
func (t *textSorter) at(i int) int { return int(t.words[i] & (1<<t.low - 1)) }

func (t *textSorter) pairs(s []textPair) {
	words := t.room(len(s))
	first := s[0].key
	common := len(first)
	for i := range s {
		if k := s[i].key; !strings.HasPrefix(k, first[:common]) {
			common = commonText(first[:common], k)
		}
	}
	for i := range s {
		words[i] = firstBytes(s[i].key[common:])
	}
	t.sort()
	t.arrange(s)
	t.ties(func(from, to int) {
		slices.SortFunc(s[from:to], func(a, b textPair) int { return strings.Compare(a.key, b.key) })
	})
	t.letGo(len(s))
}

// ties calls f for the places of keys that their words do not tell apart.
func (t *textSorter) ties(f func(from, to int)) {
	for from, n := 0, len(t.words); from < n; {
		to := from + 1
		for to < n && t.words[to]>>t.low == t.words[from]>>t.low {
			to++
		}
		if to > from+1 {
			f(from, to)
		}
		from = to
	}
}

// sort puts the words in order, each with its number below.
func (t *textSorter) sort() {
	differ := uint64(0)
	for _, w := range t.words {
		differ |= w ^ t.words[0]
	}
	width := t.squeeze(differ)
	digit := 8
	if len(t.words) >= 1<<10 {
		digit = 11
	}
	if width > 0 {
		passes := (width + digit - 1) / digit
		digit = (width + passes - 1) / passes
	}
	for shift := t.low; shift < t.low+width; shift += digit {
		t.pass(shift, digit)
	}
}

// squeeze keeps of each word the bits in which words may differ, as many as there is
// room for above the number, and says how many. In each byte they are those from the
// lowest to the highest that differ.
func (t *textSorter) squeeze(differ uint64) (width int) {
	var steps [8]struct {
		mask         uint64
		shift, width uint8
	}
	n := 0
	for top := 56; top >= 0; top -= 8 {
		d := byte(differ >> top)
		if d == 0 {
			continue
		}
		low := bits.TrailingZeros8(d)
		w := bits.Len8(d) - low
		if t.low+width+w > 64 {
			break
		}
		steps[n].mask, steps[n].shift, steps[n].width = 1<<w-1, uint8(top+low), uint8(w)
		width += w
		n++
	}
	for i, w := range t.words {
		k := uint64(0)
		for j := range steps[:n] {
			s := &steps[j]
			k = k<<(s.width&63) | w>>(s.shift&63)&s.mask
		}
		t.words[i] = k<<t.low | uint64(i)
	}
	return width
}

// pass sorts by some bits and keeps the order of words that have the same.
func (t *textSorter) pass(shift, digit int) {
	var at [1 << 11]uint32
	mask := uint64(1)<<digit - 1
	for _, w := range t.words {
		at[w>>(shift&63)&mask%uint64(len(at))]++
	}
	sum := uint32(0)
	for i, n := range at[:mask+1] {
		at[i] = sum
		sum += n
	}
	for _, w := range t.words {
		to := &at[w>>(shift&63)&mask%uint64(len(at))]
		t.other[*to] = w
		*to++
	}
	t.words, t.other = t.other, t.words
}

// arrange puts the pairs in the order of the words, cycle by cycle.
func (t *textSorter) arrange(s []textPair) {
	number := uint64(1)<<t.low - 1 // all ones is none: low is enough for one more
	for i := range s {
		first, to := s[i], i
		for t.words[to]&number != number {
			from := t.at(to)
			t.words[to] |= number
			if from == i {
				s[to] = first
				break
			}
			s[to] = s[from]
			to = from
		}
	}
}

// commonText is how many bytes two texts begin with alike.
func commonText[T string | []byte](a, b T) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// firstBytes are the first eight bytes of a text, which compare as the text does
// as far as they go.
func firstBytes[T string | []byte](s T) uint64 {
	if len(s) >= 8 {
		s = s[:8]
		return uint64(s[0])<<56 | uint64(s[1])<<48 | uint64(s[2])<<40 | uint64(s[3])<<32 |
			uint64(s[4])<<24 | uint64(s[5])<<16 | uint64(s[6])<<8 | uint64(s[7])
	}
	word := uint64(0)
	for i := range len(s) {
		word |= uint64(s[i]) << (56 - 8*i)
	}
	return word
}

// firstOf is firstBytes of the first n bytes of b, loaded together with what is behind
// them if there is enough.
func firstOf(b []byte, n uint) uint64 {
	if len(b) >= 8 {
		return be.Uint64(b) &^ (^uint64(0) >> (8 * uint64(n))) // no bit of more than eight
	}
	return firstBytes(b[:n])
}

const (
	// flatMost is up to how many bytes of text flatTo takes: more are not to be copied
	// once more.
	flatMost = 4 << 10
	// pairMost is up to how many bytes a pair is moved as one piece of this size, in four
	// words.
	pairMost = 32
)

// flatTo appends the pairs of a large map whose values hold no others. They are
// written as they come and then moved into order, as bytes: to walk keys and values
// in order takes longer, since they lie anywhere in memory. Where it is not ok nothing
// is appended, and others find out why.
func flatTo[K string | Atom](e *writing, b []byte, p *plan, m map[K]any) (_ []byte, ok bool) {
	t, atoms, base := &e.sorter, ofAtoms(m), len(e.held)
	words := t.room(len(m))
	t.starts = slices.Grow(t.starts[:0], len(m)+1)
	w, starts := e.held, t.starts
	for k, v := range m {
		key := string(k)
		starts = append(starts, uint32(len(w)-base))
		if cap(w)-len(w) < 2*roomMin {
			w = slices.Grow(w, max(len(w), 8*roomMin))
		}
		switch {
		case len(key) > flatMost:
			ok = false
		case atoms:
			w, ok = e.nameTo(w, key)
		default:
			w, ok = textTo(w, key)
		}
		if i := len(starts) - 1; ok && i < len(words) {
			words[i] = uint64(len(w)-base)<<32 | uint64(len(key))
			if f, is := v.(float64); is && finite(f) {
				w = appendNewFloat(w, f)
			} else {
				w, ok = e.flatValueTo(w, p, v)
			}
		}
		if !ok || len(w)-base > bufferKeep {
			e.held = w[:base]
			return b, false
		}
	}
	e.held, t.starts = w[:base], append(starts, uint32(len(w)-base))
	w = w[base:]
	t.written(w)
	b = slices.Grow(b, len(w)+pairMost)
	for i := range t.words {
		at := t.at(i)
		from, n := int(t.starts[at]), len(b)
		size := int(t.starts[at+1]) - from
		if size <= pairMost && len(w)-from >= pairMost { // in one piece, and what is behind it with it
			to, pair := b[n:n+pairMost], w[from:from+pairMost]
			b0, b1, b2, b3 := be.Uint64(pair), be.Uint64(pair[8:]), be.Uint64(pair[16:]), be.Uint64(pair[24:])
			be.PutUint64(to, b0)
			be.PutUint64(to[8:], b1)
			be.PutUint64(to[16:], b2)
			be.PutUint64(to[24:], b3)
			b = b[:n+size]
			continue
		}
		b = append(b, w[from:from+size]...)
	}
	return b, true
}

// flatValueTo appends a value that holds no others.
func (e *writing) flatValueTo(b []byte, p *plan, v any) (_ []byte, ok bool) {
	switch v := v.(type) {
	case int64:
		return AppendInt(b, v), true
	case int:
		return AppendInt(b, int64(v)), true
	case bool:
		return AppendBool(b, v), true
	case nil:
		return appendNil(b, p.opts), true
	case Atom:
		if len(v) <= flatMost {
			return e.nameTo(b, string(v))
		}
	case string:
		if len(v) <= flatMost && p.opts.text.isBinary() {
			return textTo(b, v)
		}
	}
	return b, false
}

// written sorts pairs that were written one behind the other, by their keys. The words
// say where in w a key ends and how long it is.
func (t *textSorter) written(w []byte) {
	words := t.words
	for common := 0; ; common += 8 {
		differ, short := uint64(0), false
		first := uint64(0)
		for i, word := range words {
			end, n := int(word>>32), int(uint32(word))
			short = short || n <= common+8
			k := firstOf(w[end-n+min(n, common):], uint(max(n-common, 0)))
			if i == 0 {
				first = k
			}
			differ |= k ^ first
		}
		if differ == 0 && !short {
			continue
		}
		// From the first byte on in which two differ.
		common += bits.LeadingZeros64(differ) / 8
		for i, word := range words {
			end, n := int(word>>32), int(uint32(word))
			words[i] = firstOf(w[end-n+min(n, common):], uint(max(n-common, 0)))
		}
		break
	}
	t.sort()
	number := uint64(1)<<t.low - 1
	t.ties(func(from, to int) {
		slices.SortFunc(t.words[from:to], func(x, y uint64) int {
			return bytes.Compare(keyOf(w[t.starts[x&number]:]), keyOf(w[t.starts[y&number]:]))
		})
	})
}
