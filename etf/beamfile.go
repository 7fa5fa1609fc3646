package etf

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// NOTE: a compiled module is an IFF form, all integers big-endian:
//
//	"FOR1" size:32 "BEAM" { id:4 bytes, size:32, data, zeros to a multiple of 4 }
//
// and the whole may be gzipped (erlc +compressed, beam_lib:strip_release).
// Loading a module makes exactly the atoms of two chunks:
//
//	AtU8  every name the code uses: module, functions, imports, atoms in code
//	      and patterns. The other chunks refer to it by index.
//	LitT  constant terms, with atoms that are in no other chunk
//
// Compilers up to OTP 19 wrote Atom, in Latin-1, in place of AtU8; no
// supported release loads such a module, but its names are still its names.
// Attr, CInf, Dbgi, Docs, ExCk and the rest are terms that nobody decodes
// while loading: an atom that is only in -my_attribute([name]) does not exist
// until somebody calls module_info(attributes). They are left out, because a
// set that is too small refuses a term and one that is too large admits an
// atom. The tests compare all this with a live node.

// How much of a damaged or hostile file is looked at. The largest module of
// OTP and Elixir takes 1 MiB, generated tables a few more.
const (
	beamMaxFile     = 64 << 20 // bytes of one file, as stored and after gunzip
	beamMaxLiterals = 64 << 20 // bytes of one literal chunk after inflating
	beamMaxTotal    = 2 << 30  // bytes of all files and literals of a release
)

// ReadBeamAtoms reads a compiled module and returns the atoms that exist once
// it is loaded: those of its atom table and those inside its literals, not
// those of attributes, compile information, debug information and docs.
//
// Gzipped and stripped modules, and the atom tables of OTP 20 to 28, are read;
// the older Latin-1 table too. Every length is compared with the bytes that
// are there before anything is made of it; a file may take 64 MiB, unpacked as
// well, and its literals another 64 MiB. Errors are *AtomSetError.
func ReadBeamAtoms(r io.Reader) (*AtomSet, error) {
	c := newBeamCollector()
	if err := c.module(r); err != nil {
		return nil, &AtomSetError{Err: err}
	}
	return c.set(), nil
}

// beamCollector gathers the atoms of modules. Buffers live as long as it does,
// so a release of a thousand modules is read in the memory of its largest one.
type beamCollector struct {
	atomSetBuilder
	file, plain, literals bytes.Buffer

	modules     int
	maxFile     int64
	maxLiterals int64
	left        int64 // of beamMaxTotal
}

// newBeamCollector returns a collector with the documented caps.
func newBeamCollector() *beamCollector {
	return &beamCollector{
		atomSetBuilder: newAtomSetBuilder(),
		maxFile:        beamMaxFile,
		maxLiterals:    beamMaxLiterals,
		left:           beamMaxTotal,
	}
}

// module adds the atoms of one compiled module.
func (c *beamCollector) module(r io.Reader) error {
	if err := c.fill(&c.file, r, c.maxFile); err != nil {
		return err
	}
	data := c.file.Bytes()
	if bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		z, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		z.Multistream(false) // what follows the first member, the BEAM does not read either
		if err := c.fill(&c.plain, z, c.maxFile); err != nil {
			return fmt.Errorf("gzip: %w", err)
		}
		data = c.plain.Bytes()
	}
	chunks, err := beamSplit(data)
	if err != nil {
		return err
	}
	c.modules++
	return c.chunks(chunks)
}

// fill reads all of r, growing with what arrives and never past max or past
// what the whole release may take.
func (c *beamCollector) fill(dst *bytes.Buffer, r io.Reader, max int64) error {
	dst.Reset()
	n, err := dst.ReadFrom(io.LimitReader(r, min(max, c.left)+1))
	if err != nil {
		return err
	}
	if n > max {
		return fmt.Errorf("more than %d bytes", max)
	}
	if c.left -= n; c.left < 0 {
		return errors.New("the release is larger than this reads")
	}
	return nil
}

// beamChunks are the chunks that hold names, nil where absent.
type beamChunks struct{ atU8, atom, litT []byte }

// beamSplit finds the chunks. Like the BEAM's loader it insists on whole,
// padded chunks, lets a later chunk replace an earlier one of the same name,
// and does not look behind the form.
func beamSplit(data []byte) (beamChunks, error) {
	var found beamChunks
	if len(data) < 12 || string(data[:4]) != "FOR1" || string(data[8:12]) != "BEAM" {
		return found, errors.New("not a compiled module: no FOR1 … BEAM header")
	}
	size := int64(binary.BigEndian.Uint32(data[4:]))
	if size < 4 || size > int64(len(data))-8 {
		return found, fmt.Errorf("the form claims %d bytes, %d are there", size, len(data)-8)
	}
	end := 8 + size
	for at := int64(12); at < end; {
		if end-at < 8 {
			return found, fmt.Errorf("half a chunk header at byte %d", at)
		}
		id, size := string(data[at:at+4]), int64(binary.BigEndian.Uint32(data[at+4:]))
		padded := (size + 3) &^ 3
		at += 8
		if padded > end-at {
			return found, fmt.Errorf("the chunk at byte %d claims %d bytes, %d are there", at-8, padded, end-at)
		}
		switch body := data[at : at+size]; id {
		case "AtU8":
			found.atU8 = body
		case "Atom":
			found.atom = body
		case "LitT":
			found.litT = body
		}
		at += padded
	}
	return found, nil
}

// chunks adds the atoms of a module's chunks.
func (c *beamCollector) chunks(found beamChunks) error {
	switch {
	case len(found.atU8) > 0:
		if err := c.atomTable(found.atU8, false); err != nil {
			return fmt.Errorf("chunk AtU8: %w", err)
		}
	case len(found.atom) > 0:
		if err := c.atomTable(found.atom, true); err != nil {
			return fmt.Errorf("chunk Atom: %w", err)
		}
	default:
		return errors.New("no atom table")
	}
	if len(found.litT) > 0 {
		if err := c.literalTable(found.litT); err != nil {
			return fmt.Errorf("chunk LitT: %w", err)
		}
	}
	return nil
}

// atomTable adds count:32 names. Up to OTP 27 each is len:8 and its bytes. OTP
// 28 writes the count negative and the lengths as compact terms, because 255
// characters may take 1,020 bytes.
func (c *beamCollector) atomTable(b []byte, latin1 bool) error {
	if len(b) < 4 {
		return errors.New("no count")
	}
	count := int64(int32(binary.BigEndian.Uint32(b)))
	length := beamByteLength
	if count < 0 && !latin1 {
		count, length = -count, beamCompactLength
	}
	b = b[4:]
	if count < 1 || count > int64(len(b)) { // a name takes a byte at least
		return fmt.Errorf("claims %d names in %d bytes", count, len(b))
	}
	var utf8Name []byte
	for i := range count {
		n, skip := length(b)
		if skip == 0 || n > len(b)-skip {
			return fmt.Errorf("name %d of %d is cut or has no length", i+1, count)
		}
		name := b[skip : skip+n]
		b = b[skip+n:]
		if latin1 {
			utf8Name = utf8Name[:0]
			for _, r := range name {
				utf8Name = utf8.AppendRune(utf8Name, rune(r))
			}
			name = utf8Name
		}
		if err := c.add(name); err != nil {
			return fmt.Errorf("name %d of %d: %w", i+1, count, err)
		}
	}
	return nil
}

// beamByteLength reads a length of one byte; skip is 0 if there is none.
func beamByteLength(b []byte) (n, skip int) {
	if len(b) < 1 {
		return 0, 0
	}
	return int(b[0]), 1
}

// beamCompactLength reads a length in the compact form: the tag u in the low
// three bits, then four bits of value, or eleven with the next byte. The
// forms beyond that start at 2,048, where no name is.
func beamCompactLength(b []byte) (n, skip int) {
	switch {
	case len(b) >= 1 && b[0]&0x0f == 0x00:
		return int(b[0] >> 4), 1
	case len(b) >= 2 && b[0]&0x1f == 0x08:
		return int(b[0]>>5)<<8 | int(b[1]), 2
	}
	return 0, 0
}
