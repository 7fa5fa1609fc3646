package etf

import "github.com/beamgate/beamgate/internal/wire"

// endList ends the list of n elements that begins at start. If all of them are
// bytes it becomes the STRING_EXT that a BEAM writes.
func endList(b []byte, start, n int) []byte {
	if n == 0 {
		return AppendNil(b)
	}
	if s, ok := wire.ShortenBytes(b, start, int64(n)); ok {
		return s
	}
	return AppendNil(b)
}

// isList reports whether the encoded term is a list.
func isList(b []byte) bool {
	return len(b) > 0 && (b[0] == wire.TagNil || b[0] == wire.TagString || b[0] == wire.TagList)
}
