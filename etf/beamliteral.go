package etf

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// literalTable adds the atoms inside the literals: size:32, then a zlib stream
// of that size or, with size 0 (OTP 28), the table as it is. The table is
// count:32 and for each literal size:32 and its external form.
func (c *beamCollector) literalTable(b []byte) error {
	if len(b) < 4 {
		return errors.New("no size")
	}
	size := int64(binary.BigEndian.Uint32(b))
	if b = b[4:]; size > 0 {
		if err := c.inflate(b, size); err != nil {
			return err
		}
		b = c.literals.Bytes()
	}
	if len(b) < 4 {
		return errors.New("no count")
	}
	count := int64(binary.BigEndian.Uint32(b))
	if b = b[4:]; count > int64(len(b))/4 {
		return fmt.Errorf("claims %d literals in %d bytes", count, len(b))
	}
	mode, err := literalMode()
	if err != nil {
		return err
	}
	var refused error
	add := func(name []byte) bool {
		refused = c.add(name)
		return refused == nil
	}
	for i := range count {
		if len(b) < 4 || int64(binary.BigEndian.Uint32(b)) > int64(len(b)-4) {
			return fmt.Errorf("literal %d of %d is cut", i+1, count)
		}
		n := int(binary.BigEndian.Uint32(b))
		err := literalAtoms(mode, b[4:4+n], add)
		if refused != nil {
			err = refused
		}
		if err != nil {
			return fmt.Errorf("literal %d of %d: %w", i+1, count, err)
		}
		b = b[4+n:]
	}
	return nil
}

// literalConfig takes what a compiler puts into a module, which is any kind of
// term but none that is compressed by itself, and no more of it than the table may
// hold. The file may be anyone's.
func literalConfig() Config {
	c := OTP()
	c.Policy.Refuse = Compressed
	c.Limits = limits.Unlimited()
	c.Limits.MaxBytes = beamMaxLiterals
	c.Limits.MaxDepth = 4 << 10
	c.Limits.MaxInflated = limits.None
	c.Limits.MaxKeyState = 32 << 20
	return c
}

// literalMode is compiled when the first module is read.
var literalMode = sync.OnceValues(func() (*Mode, error) { return literalConfig().Compile() })

// inflate unpacks a literal table of exactly the size it claims.
func (c *beamCollector) inflate(b []byte, size int64) error {
	if size > c.maxLiterals {
		return fmt.Errorf("claims %d bytes, this reads %d", size, c.maxLiterals)
	}
	z, err := zlib.NewReader(bytes.NewReader(b))
	if err == nil {
		err = c.fill(&c.literals, z, size)
	}
	if err != nil {
		return fmt.Errorf("zlib: %w", err)
	}
	if n := int64(c.literals.Len()); n != size {
		return fmt.Errorf("claims %d bytes, %d are there", size, n)
	}
	return nil
}

// literalAtoms calls add for every atom in a literal of a compiled module:
// term is one external term with its version byte, as term_to_binary/1 wrote
// it. Names are handed over in UTF-8 and are only valid during the call; bytes
// after the term are ignored, as the BEAM's loader ignores them. It ends where add
// returns false.
//
// Atoms hide in every kind of term: the module and function of an external
// fun, the node of a pid. The grammar reports each name once, wherever it is.
func literalAtoms(mode *Mode, term []byte, add func(name []byte) bool) error {
	s := mode.get()
	defer mode.put(s)
	s.in.ResetSlice(mode.c.prog, collector(add), term)
	if s.in.Run(-1) == wire.EvFail {
		return s.error()
	}
	return nil
}

// collector takes part in a decoding to see its names.
type collector func(name []byte) bool

// FirstSight passes the name on. With false there are too many; why is known to
// whoever said so.
func (c collector) FirstSight(name []byte) (wire.Code, limits.Error) {
	if !c(name) {
		return wire.LimitNewAtoms, limits.Error{}
	}
	return wire.OK, limits.Error{}
}

// Commit has nothing to spend.
func (collector) Commit() (wire.Code, limits.Error) { return wire.OK, limits.Error{} }

// Restart has nothing to forget: a name seen twice is added once.
func (collector) Restart() {}
