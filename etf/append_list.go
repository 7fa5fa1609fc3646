package etf

import "github.com/beamgate/beamgate/internal/wire"

// endList ends the list of n elements that begins at start. If all of them are
// bytes it becomes the STRING_EXT that a BEAM writes.
func endList(b []byte, start, n int) []byte {
	if n == 0 {
		return AppendNil(b)
	}
	const head = 5
	body := b[start+head:]
	if n > stringMax || len(body) != 2*n {
		return AppendNil(b)
	}
	// As many bytes as small integers would take: if one stands where each
	// begins, there is nothing else.
	for i := 0; i < len(body); i += 2 {
		if body[i] != wire.TagSmallInteger {
			return AppendNil(b)
		}
	}
	b[start] = wire.TagString
	be.PutUint16(b[start+1:], uint16(n))
	for i := range n {
		b[start+3+i] = body[2*i+1]
	}
	return b[:start+3+n]
}

// isList reports whether the encoded term is a list.
func isList(b []byte) bool {
	return len(b) > 0 && (b[0] == wire.TagNil || b[0] == wire.TagString || b[0] == wire.TagList)
}
