package targets

import (
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/netip"
	"reflect"
	"strings"
	"time"

	"github.com/beamgate/beamgate/etf"
)

// leaves are the Go types that random types are made of.
var leaves = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[int16](), reflect.TypeFor[int32](),
	reflect.TypeFor[int64](), reflect.TypeFor[uint](), reflect.TypeFor[uint8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint64](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[[4]byte](),
	reflect.TypeFor[any](), reflect.TypeFor[etf.Atom](), reflect.TypeFor[etf.RawTerm](), reflect.TypeFor[etf.Term](), reflect.TypeFor[big.Int](),
	reflect.TypeFor[etf.Tuple](), reflect.TypeFor[etf.Pairs](), reflect.TypeFor[etf.ImproperList](), reflect.TypeFor[etf.Bitstring](),
	reflect.TypeFor[etf.Pid](), reflect.TypeFor[etf.Port](), reflect.TypeFor[etf.Reference](), reflect.TypeFor[etf.Export](), reflect.TypeFor[etf.Fun](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[netip.Addr](), reflect.TypeFor[etf.DateTime](), reflect.TypeFor[etf.NaiveDateTime](),
	reflect.TypeFor[etf.Date](), reflect.TypeFor[etf.TimeOfDay](), reflect.TypeFor[etf.Decimal](), reflect.TypeFor[etf.Range](),
	reflect.TypeFor[etf.URI](), reflect.TypeFor[etf.Version](), reflect.TypeFor[etf.Exception](), reflect.TypeFor[etf.MapSet[any]](),
	reflect.TypeFor[etf.Result[any, string]](), reflect.TypeFor[error](), reflect.TypeFor[chan int](), reflect.TypeFor[complex128](),
	reflect.TypeFor[Tree](), reflect.TypeFor[Hook](), reflect.TypeFor[encoding.TextMarshaler](),
	reflect.TypeFor[Octet](), reflect.TypeFor[[]Octet](), reflect.TypeFor[[4]Octet](), reflect.TypeFor[Letter](), reflect.TypeFor[[]Letter](), reflect.TypeFor[[2]Letter](),
	reflect.TypeFor[[]ReadOctet](), reflect.TypeFor[[3]ReadOctet](), reflect.TypeFor[[]WriteLetter](), reflect.TypeFor[[1]WriteLetter](),
}

// Tree is a type that contains itself.
type Tree struct {
	Left, Right *Tree
	Value       any `etf:"value,omitempty"`
	Names       map[string]Tree
}

// Hook counts the tokens that it reads.
type Hook struct{ Tokens int }

// UnmarshalETFFrom counts the tokens of its term.
func (h *Hook) UnmarshalETFFrom(d *etf.Decoder) error {
	for !d.AtTermEnd() {
		if _, err := d.ReadToken(); err != nil {
			return err
		}
		h.Tokens++
	}
	return nil
}

// The types below are bytes with hooks. In slices and arrays they are lists of what
// the hooks say, and no binaries, also where only one way has a hook.

// Octet is in terms what its bits are not.
type Octet byte

// MarshalETF writes the complement.
func (o Octet) MarshalETF() ([]byte, error) { return etf.Marshal(^byte(o)) }

// UnmarshalETF reads it.
func (o *Octet) UnmarshalETF(b []byte) error {
	var n byte
	err := etf.Unmarshal(b, &n)
	*o = Octet(^n)
	return err
}

// Letter is two digits in terms.
type Letter byte

// MarshalText writes them.
func (l Letter) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, []byte{byte(l)}), nil }

// UnmarshalText reads them, in lower case only, so that no text is read as the
// value of another.
func (l *Letter) UnmarshalText(text []byte) error {
	var b [1]byte
	if len(text) != 2 {
		return errNoLetter
	}
	if _, err := hex.Decode(b[:], text); err != nil {
		return err
	}
	*l = Letter(b[0])
	if back, _ := l.MarshalText(); string(back) != string(text) {
		return errNoLetter
	}
	return nil
}

var errNoLetter = errors.New("not two digits of hexadecimal in lower case")

// ReadOctet has a hook for reading alone, which reads what is written without one.
type ReadOctet byte

// UnmarshalETF reads a byte.
func (o *ReadOctet) UnmarshalETF(b []byte) error { return etf.Unmarshal(b, (*byte)(o)) }

// WriteLetter has a hook for writing alone.
type WriteLetter byte

// MarshalText writes two digits.
func (l WriteLetter) MarshalText() ([]byte, error) { return Letter(l).MarshalText() }

// fieldTags are tags of fields, some of which fit and some do not.
var fieldTags = []string{
	"", "a", "b,omitempty", "c,atom", "d,charlist", "e,text", "f,iodata", "g,tuple", "h,proplist", "i,record=r", "j,struct=Elixir.S",
	"k,nilzero", "l,required", "m,undefined", "n,key=atom", "o,key=charlist", "p,unix", "q,erlang", "r,naive", "s,decimal", "t,bytes", "-", "u,map",
}

// typesOf makes Go types of bytes. What it makes of the same bytes is the same.
type typesOf struct{ left []byte }

func (c *typesOf) next(n int) int {
	if len(c.left) == 0 {
		return 0
	}
	b := c.left[0]
	c.left = c.left[1:]
	return int(b) % n
}

// typ makes a type that nests no deeper than depth.
func (c *typesOf) typ(depth int) reflect.Type {
	if depth == 0 {
		return leaves[c.next(len(leaves))]
	}
	switch c.next(8) {
	case 0:
		return reflect.PointerTo(c.typ(depth - 1))
	case 1, 2:
		return reflect.SliceOf(c.typ(depth - 1))
	case 3:
		return reflect.ArrayOf(c.next(4), c.typ(depth-1))
	case 4:
		if k := c.typ(depth - 1); k.Comparable() {
			return reflect.MapOf(k, c.typ(depth-1))
		}
		return reflect.MapOf(reflect.TypeFor[any](), c.typ(depth-1))
	case 5, 6:
		return c.structure(depth)
	}
	return leaves[c.next(len(leaves))]
}

func (c *typesOf) structure(depth int) reflect.Type {
	var fields []reflect.StructField
	for i := range c.next(6) {
		tag := fieldTags[c.next(len(fieldTags))]
		if name, rest, ok := strings.Cut(tag, ","); ok && c.next(2) == 0 {
			tag = fmt.Sprintf("%s%d,%s", name, i, rest)
		}
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", i), Type: c.typ(depth - 1), Tag: reflect.StructTag(`etf:"` + tag + `"`),
		})
	}
	return reflect.StructOf(fields)
}
