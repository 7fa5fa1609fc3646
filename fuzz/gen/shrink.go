package gen

import (
	"iter"
	"slices"
)

// Shrinks yields payloads that are shorter than the one given, or simpler, in
// steps that keep it whole where it is: a term in the place of one it was part
// of, an empty list in the place of a term, a container with a child less, what
// is compressed without compression. Then come payloads with pieces cut out, the
// large ones first, and with bytes that are simpler. Each is new memory.
func Shrinks(payload []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if inside := New(Options{}).Unsqueeze(payload); inside != nil && !yield(inside) {
			return
		}
		_ = terms(payload, yield) && pieces(payload, yield) && simpler(payload, yield)
	}
}

// terms yields the payload with a term less.
func terms(b []byte, yield func([]byte) bool) bool {
	spans, _ := Scan(b, nil)
	for i, s := range spans {
		if s.Role == Part || s.End == s.Start {
			continue
		}
		for _, c := range spans[i+1:] { // the largest first
			if c.Parent == i && c.Role != Part && !yield(slices.Concat(b[:s.Start], b[c.Start:c.End], b[s.End:])) {
				return false
			}
		}
		if s.End-s.Start > 1 && !yield(slices.Concat(b[:s.Start], []byte{106}, b[s.End:])) {
			return false
		}
	}
	for _, s := range spans {
		if !without(b, spans, s, yield) {
			return false
		}
	}
	return true
}

// without yields b without the element or pair that begins at s, uncounted.
func without(b []byte, spans []Span, s Span, yield func([]byte) bool) bool {
	if s.Role != Element && s.Role != Key {
		return true
	}
	p := spans[s.Parent]
	end := s.End
	if s.Role == Key {
		for _, v := range spans {
			if v.Role == Value && v.Start == s.End {
				end = v.End
			}
		}
	}
	at, width := p.Start+1, heads[p.Tag].width
	if p.Tag == 112 {
		at, width = p.Start+26, 4
	}
	c := slices.Concat(b[:s.Start], b[end:])
	for i := at + width - 1; i >= at; i-- {
		if c[i]--; c[i] != 255 {
			break
		}
	}
	return yield(c)
}

// pieces yields b with pieces cut out of it.
func pieces(b []byte, yield func([]byte) bool) bool {
	for n := len(b) / 2; n > 0; n /= 2 {
		for at := len(b) - n; at >= 0; at -= n {
			if !yield(slices.Concat(b[:at], b[at+n:])) {
				return false
			}
		}
	}
	return true
}

// simpler yields b with single bytes replaced by a zero or an a.
func simpler(b []byte, yield func([]byte) bool) bool {
	for i, c := range b {
		for _, to := range []byte{0, 1, 'a'} {
			if c == to {
				break
			}
			s := slices.Clone(b)
			if s[i] = to; !yield(s) {
				return false
			}
		}
	}
	return true
}
