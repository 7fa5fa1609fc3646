package gen

import (
	"bytes"
	"compress/flate"
	"hash/adler32"
	"io"
)

// maxSqueezed bounds what mutators inflate.
const maxSqueezed = 1 << 20

// squeezer keeps compressors, which are large.
type squeezer struct {
	writers [5]*flate.Writer
	reader  io.ReadCloser
	buf     bytes.Buffer
	in      bytes.Reader
}

var levels = [5]int{flate.BestSpeed, flate.DefaultCompression, flate.BestCompression, flate.NoCompression, flate.HuffmanOnly}

// Squeeze returns the payload compressed, at any level, with flush points and
// empty blocks, under a header that claims any window.
func (g *Gen) Squeeze(payload []byte) []byte {
	body := payload[1:]
	return g.wrap(len(body), g.deflate(body), adler32.Checksum(body))
}

func (g *Gen) deflate(body []byte) []byte {
	z := &g.z
	z.buf.Reset()
	k := g.t.n(len(levels))
	if z.writers[k] == nil {
		z.writers[k], _ = flate.NewWriter(&z.buf, levels[k])
	}
	w := z.writers[k]
	w.Reset(&z.buf)
	for g.t.chance(48) && len(body) > 0 {
		n := g.t.n(len(body))
		w.Write(body[:n])
		w.Flush()
		body = body[n:]
	}
	w.Write(body)
	w.Close()
	return z.buf.Bytes()
}

// wrap puts a deflate stream into its envelopes.
func (g *Gen) wrap(size int, stream []byte, sum uint32) []byte {
	b := be.AppendUint32([]byte{131, 80}, uint32(size))
	b = append(b, g.zlibHeader()...)
	b = append(b, stream...)
	return be.AppendUint32(b, sum)
}

func (g *Gen) zlibHeader() []byte {
	window, level := byte(7), byte(g.t.n(4))
	if g.t.chance(64) {
		window = byte(g.t.n(8))
	}
	cmf, flg := window<<4|8, level<<6
	flg |= byte(31-(uint(cmf)<<8|uint(flg))%31) % 31
	return []byte{cmf, flg}
}

// inflate takes apart a deflate stream and returns its data and its length.
func (g *Gen) inflate(stream []byte) (data []byte, n int, ok bool) {
	z := &g.z
	z.in.Reset(stream)
	if z.reader == nil {
		z.reader = flate.NewReader(&z.in)
	} else if z.reader.(flate.Resetter).Reset(&z.in, nil) != nil {
		return nil, 0, false
	}
	data, err := io.ReadAll(io.LimitReader(z.reader, maxSqueezed+1))
	if err != nil || len(data) > maxSqueezed {
		return nil, 0, false
	}
	return data, len(stream) - z.in.Len(), true
}

const zlibStart = 8 // of the deflate stream in a compressed payload

func isSqueezed(b []byte) bool { return len(b) > zlibStart+4 && b[0] == 131 && b[1] == 80 }

// Unsqueeze returns what a compressed payload is without compression, and nil if
// it is none.
func (g *Gen) Unsqueeze(b []byte) []byte {
	if !isSqueezed(b) {
		return nil
	}
	data, _, ok := g.inflate(b[zlibStart:])
	if !ok {
		return nil
	}
	return append([]byte{131}, data...)
}

// zlibFault breaks one rule of COMPRESSED, or none in a way that looks like it.
func (g *Gen) zlibFault(b []byte) []byte {
	if !isSqueezed(b) {
		return b
	}
	size := be.Uint32(b[2:])
	switch g.t.n(16) {
	case 0:
		be.PutUint32(b[2:], size+1)
	case 1:
		be.PutUint32(b[2:], size-1)
	case 2:
		be.PutUint32(b[2:], pick(&g.t, 0, 1, size*2, 1<<16, 1<<24))
	case 3:
		b[len(b)-1-g.t.n(4)] ^= 1 << g.t.n(8)
	case 4:
		b[6] ^= 1 << g.t.n(8)
	case 5:
		b[7] ^= 1 << g.t.n(8)
	case 6: // a preset dictionary, announced properly
		b[7] = b[7]&0xc0 | 0x20
		b[7] += byte(31-(uint(b[6])<<8|uint(b[7]))%31) % 31
	case 7:
		return b[:2+g.t.n(len(b)-2)]
	case 8:
		return b[:len(b)-1-g.t.n(4)]
	case 9: // no zlib envelope
		return append(b[:6:6], b[zlibStart:len(b)-4]...)
	case 10:
		return append(b, g.t.fill(nil, 1+g.t.n(8))...)
	case 11, 12, 13:
		if inside := g.Unsqueeze(b); len(inside) > 1 {
			return g.insideFault(inside, b)
		}
	default:
		return g.zlibBits(b)
	}
	return b
}

// insideFault compresses what is no term alone: with bytes behind it, a version
// byte or a compressed term in front, or cut short.
func (g *Gen) insideFault(inside, squeezed []byte) []byte {
	switch g.t.n(4) {
	case 0:
		inside = append(inside, g.t.fill(nil, 1+g.t.n(4))...)
	case 1:
		inside = append([]byte{131}, inside...)
	case 2:
		inside = squeezed
	default:
		inside = inside[:1+g.t.n(len(inside)-1)]
	}
	return g.Squeeze(inside)
}

// zlibBits flips bits of the deflate stream. If it is still one, size and
// checksum are put right.
func (g *Gen) zlibBits(b []byte) []byte {
	b = append([]byte(nil), b...)
	stream := b[zlibStart : len(b)-4]
	if len(stream) == 0 {
		return b
	}
	for range 1 + g.t.n(3) {
		stream[g.t.n(len(stream))] ^= 1 << g.t.n(8)
	}
	data, n, ok := g.inflate(stream)
	if !ok {
		return b
	}
	return g.wrap(len(data), append([]byte(nil), stream[:n]...), adler32.Checksum(data))
}
