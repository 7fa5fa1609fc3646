package build

import "github.com/beamgate/beamgate/fuzz/corpus"

// squeezed is COMPRESSED around what follows its size.
func squeezed(inside []byte) []byte { return packed(len(inside), stream(inside)) }

// packed is COMPRESSED with the size and the stream given.
func packed(size int, stream []byte) []byte { return cat(u8(131), u8(80), u32(size), stream) }

// stream is a zlib stream in the corpus's own encoding, which no release of a
// compressor changes.
func stream(data []byte) []byte { return corpus.AppendZlib(nil, data) }
