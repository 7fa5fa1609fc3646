package naive

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/big"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

type decoder struct {
	in      []byte
	pos     int
	opt     Options
	maxNest int
}

func (d *decoder) fail(c Class, reason string) error {
	return &Error{c, reason, d.pos}
}

func (d *decoder) malformed(format string, a ...any) error {
	return d.fail(Malformed, fmt.Sprintf(format, a...))
}

func (d *decoder) new(k Kind) *Term { return &Term{Kind: k, rel: int8(d.opt.Release)} }

// take returns the next n bytes.
func (d *decoder) take(n int64) ([]byte, error) {
	if n > int64(len(d.in)-d.pos) {
		return nil, d.malformed("cut")
	}
	b := d.in[d.pos : d.pos+int(n)]
	d.pos += int(n)
	return b, nil
}

// uint reads an unsigned big-endian number of n bytes.
func (d *decoder) uint(n int64) (uint64, error) {
	b, err := d.take(n)
	if err != nil {
		return 0, err
	}
	var v uint64
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v, nil
}

// peek is the next byte, or 0, which is no tag.
func (d *decoder) peek() byte {
	if d.pos == len(d.in) {
		return 0
	}
	return d.in[d.pos]
}

// term reads one term, tag and all. nest is how deep the Go stack is.
func (d *decoder) term(nest int) (*Term, error) {
	if nest > d.maxNest {
		return nil, d.fail(Guard, "nested too deep for this decoder")
	}
	tag := d.peek()
	switch tag {
	case 107, 108: // STRING_EXT, LIST_EXT: read their own tags
		return d.list(nest)
	case 100, 115, 118, 119, 73, 75:
		name, err := d.atom()
		if err != nil {
			return nil, err
		}
		t := d.new(Atom)
		t.Atom = name
		return t, nil
	}
	if _, err := d.take(1); err != nil {
		return nil, err
	}
	switch tag {
	case 97, 98, 110, 111:
		return d.integer(tag)
	case 70:
		return d.newFloat()
	case 99:
		return d.textFloat()
	case 106:
		return d.new(Nil), nil
	case 104, 105:
		return d.tuple(tag, nest)
	case 116:
		return d.mapTerm(nest)
	case 109, 77:
		return d.bits(tag)
	case 103, 88:
		return d.pid(tag)
	case 102, 89, 120:
		return d.port(tag)
	case 101, 114, 90:
		return d.ref(tag)
	case 112:
		return d.fun(nest)
	case 113:
		return d.export()
	case 121:
		return nil, d.fail(Closed, ReasonLocalExt)
	case 67:
		return nil, d.fail(Closed, ReasonRecordExt)
	}
	return nil, d.malformed("tag %d", tag)
}

// ---- numbers

func (d *decoder) integer(tag byte) (*Term, error) {
	t := d.new(Int)
	switch tag {
	case 97:
		v, err := d.uint(1)
		t.Int = new(big.Int).SetUint64(v)
		return t, err
	case 98:
		v, err := d.uint(4)
		t.Int = big.NewInt(int64(int32(v)))
		return t, err
	}

	width := int64(1)
	if tag == 111 {
		width = 4
	}
	n, err := d.uint(width)
	if err != nil {
		return nil, err
	}
	sign, err := d.uint(1)
	if err != nil {
		return nil, err
	}
	if int64(n) > bigLimit(26) {
		return nil, d.malformed("%s", ReasonBigLimit)
	}
	digits, err := d.take(int64(n))
	if err != nil {
		return nil, err
	}
	if int64(n) > bigLimit(d.opt.Release) {
		return nil, d.fail(Release, ReasonBigLimit)
	}
	digits = slices.Clone(digits)
	slices.Reverse(digits)
	t.Int = new(big.Int).SetBytes(digits)
	if sign != 0 {
		t.Int.Neg(t.Int)
	}
	t.bigTag, t.bigDigits = tag, int(n)
	return t, nil
}

// bigLimit is the largest n of LARGE_BIG_EXT, zero digits included.
func bigLimit(release int) int64 {
	if release == 25 || release == 26 {
		return 4_194_296
	}
	return 524_280
}

func (d *decoder) newFloat() (*Term, error) {
	v, err := d.uint(8)
	if err != nil {
		return nil, err
	}
	t := d.new(Float)
	t.Float = math.Float64frombits(v)
	if math.IsNaN(t.Float) || math.IsInf(t.Float, 0) {
		return nil, d.malformed("float that is not finite")
	}
	return t, nil
}

func (d *decoder) textFloat() (*Term, error) {
	b, err := d.take(31)
	if err != nil {
		return nil, err
	}
	text, _, hasNUL := strings.Cut(string(b), "\x00")
	if !hasNUL {
		return nil, d.fail(Closed, ReasonFloatNoNUL)
	}
	v, ok := parseFloat(text)
	if !ok {
		if _, ok = parseFloat(strings.Replace(text, ",", ".", 1)); ok {
			return nil, d.fail(Closed, ReasonFloatComma)
		}
		return nil, d.malformed("text float")
	}
	t := d.new(Float)
	t.Float = v
	return t, nil
}

// parseFloat takes [+-]? DIGIT+ . DIGIT+ ([eE] [+-]? DIGIT+)? that does not
// overflow. Underflow is a zero or a denormal.
func parseFloat(s string) (float64, bool) {
	rest := unsign(s)
	for _, end := range []string{".", "eE", ""} {
		n := 0
		for n < len(rest) && rest[n] >= '0' && rest[n] <= '9' {
			n++
		}
		if n == 0 {
			return 0, false
		}
		rest = rest[n:]
		if rest == "" && end != "." {
			break
		}
		if rest == "" || !strings.Contains(end, rest[:1]) {
			return 0, false
		}
		rest = rest[1:]
		if end == "eE" {
			rest = unsign(rest)
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil
}

func unsign(s string) string {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		return s[1:]
	}
	return s
}

// ---- atoms

// atom reads an atom with its tag; anything else is refused.
func (d *decoder) atom() (string, error) {
	tag, err := d.uint(1)
	if err != nil {
		return "", err
	}
	var width int64
	switch tag {
	case 100, 118:
		width = 2
	case 115, 119:
		width = 1
	case 73, 75:
		return "", d.fail(Closed, ReasonAtomIndex)
	default:
		return "", d.malformed("tag %d where an atom must stand", tag)
	}
	n, err := d.uint(width)
	if err != nil {
		return "", err
	}
	b, err := d.take(int64(n))
	if err != nil {
		return "", err
	}
	name := string(b)
	if tag == 100 || tag == 115 {
		name = latin1(b)
	}
	if !utf8.ValidString(name) || utf8.RuneCountInString(name) > 255 {
		return "", d.malformed("atom that is no UTF-8 or has more than 255 characters")
	}
	return name, nil
}

func latin1(b []byte) string {
	r := make([]rune, len(b))
	for i, c := range b {
		r[i] = rune(c)
	}
	return string(r)
}

// ---- containers

func (d *decoder) terms(n uint64, nest int) ([]*Term, error) {
	var ts []*Term
	for range n {
		t, err := d.term(nest + 1)
		if err != nil {
			return nil, err
		}
		ts = append(ts, t)
	}
	return ts, nil
}

func (d *decoder) tuple(tag byte, nest int) (*Term, error) {
	width := int64(1)
	if tag == 105 {
		width = 4
	}
	n, err := d.uint(width)
	if err != nil {
		return nil, err
	}
	if n >= 1<<24 {
		return nil, d.fail(Closed, ReasonTuple)
	}
	t := d.new(Tuple)
	t.Elems, err = d.terms(n, nest)
	return t, err
}

// list reads 107 and 108 and follows the tail while that is a list too, so
// that a list is one kind however it came. One without elements is its tail.
func (d *decoder) list(nest int) (*Term, error) {
	t := d.new(List)
	for d.peek() == 108 {
		d.pos++
		n, err := d.uint(4)
		if err != nil {
			return nil, err
		}
		elems, err := d.terms(n, nest)
		if err != nil {
			return nil, err
		}
		t.Elems = append(t.Elems, elems...)
	}
	if d.peek() == 107 {
		d.pos++
		n, err := d.uint(2)
		if err != nil {
			return nil, err
		}
		chars, err := d.take(int64(n))
		if err != nil {
			return nil, err
		}
		for _, c := range chars {
			e := d.new(Int)
			e.Int = big.NewInt(int64(c))
			t.Elems = append(t.Elems, e)
		}
		if len(t.Elems) == 0 {
			return d.new(Nil), nil
		}
		return t, nil
	}
	tail, err := d.term(nest + 1)
	if err != nil {
		return nil, err
	}
	if len(t.Elems) == 0 {
		return tail, nil
	}
	if tail.Kind != Nil {
		t.Tail = tail
	}
	return t, nil
}

func (d *decoder) mapTerm(nest int) (*Term, error) {
	n, err := d.uint(4)
	if err != nil {
		return nil, err
	}
	t := d.new(Map)
	for range n {
		kv, err := d.terms(2, nest)
		if err != nil {
			return nil, err
		}
		t.Elems = append(t.Elems, kv...)
		t.order = append(t.order, len(t.Elems)-2)
	}
	sort.SliceStable(t.order, func(i, j int) bool {
		return keyOrder.compare(t.Elems[t.order[i]], t.Elems[t.order[j]]) < 0
	})
	return t, d.duplicates(t)
}

// duplicates refuses a map with two equal keys; they are neighbours in key
// order. The BEAM does so too, unless hashes come in that it does not
// determine.
func (d *decoder) duplicates(t *Term) error {
	var found, certain bool
	for i := range t.size() - 1 {
		a, b := t.Elems[t.order[i]], t.Elems[t.order[i+1]]
		if keyOrder.compare(a, b) == 0 {
			found = true
			hashed := t.size() > 32
			certain = certain || !a.hashesShortRef(hashed) && !b.hashesShortRef(hashed)
		}
	}
	switch {
	case certain:
		return d.malformed("duplicate map key")
	case found:
		return d.fail(Closed, ReasonRefKey)
	}
	return nil
}

// ---- binaries

func (d *decoder) bits(tag byte) (*Term, error) {
	n, err := d.uint(4)
	if err != nil {
		return nil, err
	}
	last := uint64(8) // bits of the last byte
	if tag == 77 {
		if last, err = d.uint(1); err != nil {
			return nil, err
		}
		if (n == 0) != (last == 0) || last > 8 {
			return nil, d.malformed("%d bits in the last of %d bytes", last, n)
		}
	}
	b, err := d.take(int64(n))
	if err != nil {
		return nil, err
	}
	t := d.new(Bits)
	t.Bytes = slices.Clone(b)
	if n > 0 {
		t.BitSize = 8*int(n-1) + int(last)
		t.Bytes[n-1] &= 0xff << (8 - last)
	}
	return t, nil
}

// ---- pids, ports, references

// creation reads the creation: one byte, at most 3, in the old encodings.
func (d *decoder) creation(old bool) (uint32, error) {
	if !old {
		c, err := d.uint(4)
		return uint32(c), err
	}
	c, err := d.uint(1)
	if err == nil && c > 3 {
		err = d.malformed("creation %d", c)
	}
	return uint32(c), err
}

// own decides whose id this is and applies the own-node rules: possible says
// whether this node could have made such an id.
func (d *decoder) own(id *ID, possible bool) error {
	id.Own = d.opt.HasNode && id.Node == d.opt.NodeName && id.Creation == d.opt.NodeCreation
	switch {
	case possible:
		return nil
	case !d.opt.HasNode:
		return d.fail(NoNode, "id that no own node has")
	case id.Own:
		return d.malformed("id that this node does not have")
	}
	return nil
}

func (d *decoder) pid(tag byte) (t *Term, err error) {
	id := &ID{}
	if id.Node, err = d.atom(); err != nil {
		return nil, err
	}
	if id.Num, err = d.uint(4); err != nil {
		return nil, err
	}
	serial, err := d.uint(4)
	if err != nil {
		return nil, err
	}
	id.Serial = uint32(serial)
	if id.Creation, err = d.creation(tag == 103); err != nil {
		return nil, err
	}
	possible := id.Num < 1<<15 && id.Serial < 1<<13
	if d.opt.Release >= 26 {
		possible = id.Num < 1<<28
	}
	if err := d.own(id, possible); err != nil {
		return nil, err
	}
	t = d.new(Pid)
	t.ID = id
	return t, nil
}

func (d *decoder) port(tag byte) (t *Term, err error) {
	id := &ID{}
	if id.Node, err = d.atom(); err != nil {
		return nil, err
	}
	width := int64(4)
	if tag == 120 {
		width = 8
	}
	if id.Num, err = d.uint(width); err != nil {
		return nil, err
	}
	if id.Creation, err = d.creation(tag == 102); err != nil {
		return nil, err
	}
	if err := d.own(id, id.Num < 1<<28); err != nil {
		return nil, err
	}
	t = d.new(Port)
	t.ID = id
	return t, nil
}

func (d *decoder) ref(tag byte) (t *Term, err error) {
	words := uint64(1)
	if tag != 101 {
		if words, err = d.uint(2); err != nil {
			return nil, err
		}
		if words == 0 {
			return nil, d.fail(Closed, ReasonRefNoWords)
		}
		if words > 5 {
			return nil, d.malformed("reference of %d words", words)
		}
	}
	id := &ID{wireWords: int(words)}
	if id.Node, err = d.atom(); err != nil {
		return nil, err
	}
	if tag != 101 { // 101 has it at the end
		if id.Creation, err = d.creation(tag == 114); err != nil {
			return nil, err
		}
	}
	b, err := d.take(4 * int64(words))
	if err != nil {
		return nil, err
	}
	for i := range int(words) {
		id.Words = append(id.Words, binary.BigEndian.Uint32(b[4*i:]))
	}
	if tag == 101 {
		if id.Creation, err = d.creation(true); err != nil {
			return nil, err
		}
	}
	firstFits := id.Words[0] < 1<<18
	if tag != 90 && !firstFits {
		return nil, d.malformed("first reference word of more than 18 bits")
	}
	if err := d.own(id, firstFits && words <= 3); err != nil {
		return nil, err
	}
	for id.Own && len(id.Words) < 3 {
		id.Words = append(id.Words, 0)
	}
	t = d.new(Ref)
	t.ID = id
	return t, nil
}

// ---- funs

// smallInt reads the integers inside funs and exports, where the BEAM takes
// any term that decodes to a small integer, on its C stack.
// direct lists the tags that every release is asked to take.
func (d *decoder) smallInt(f *FunInfo, direct ...byte) (int64, error) {
	switch tag := d.peek(); tag {
	case 97, 98, 110, 111:
		if d.opt.Release == 0 && !slices.Contains(direct, tag) {
			return 0, d.fail(Release, ReasonAnyIntForm)
		}
		d.pos++
		t, err := d.integer(tag)
		if err != nil {
			return 0, err
		}
		if !t.isSmall() {
			return 0, d.malformed("bignum inside a fun")
		}
		f.sized += wordsUpTo26(t, true)
		return t.Int.Int64(), nil
	case 108:
		return 0, d.fail(Closed, ReasonIndirectInt)
	default:
		return 0, d.malformed("tag %d where an integer must stand", tag)
	}
}

func (d *decoder) fun(nest int) (t *Term, err error) {
	head, err := d.take(4 + 1 + 16 + 4 + 4)
	if err != nil {
		return nil, err
	}
	f := &FunInfo{
		Arity: int(head[4]), // head[0:4] is a size nobody reads
		Uniq:  [16]byte(head[5:21]),
		Index: binary.BigEndian.Uint32(head[21:]),
	}
	free := binary.BigEndian.Uint32(head[25:])
	if free > 255 {
		return nil, d.malformed("%d free variables", free)
	}
	if f.Module, err = d.atom(); err != nil {
		return nil, err
	}
	oldIndex, err := d.smallInt(f, 97, 98)
	if err != nil {
		return nil, err
	}
	oldUniq, err := d.smallInt(f, 97, 98)
	if err != nil {
		return nil, err
	}
	f.OldIndex, f.OldUniq = int32(oldIndex), int32(oldUniq) // modulo 2^32
	if f.Creator, err = d.creator(); err != nil {
		return nil, err
	}
	t = d.new(Fun)
	t.Fun = f
	t.Elems, err = d.terms(uint64(free), nest)
	return t, err
}

// creator reads a pid. The BEAM of OTP 25 decodes any term there, one behind
// lists of no elements too.
func (d *decoder) creator() (*Term, error) {
	switch tag := d.peek(); tag {
	case 88, 103:
		d.pos++
		return d.pid(tag)
	case 70, 77, 89, 90, 97, 98, 99, 100, 101, 102, 104, 105, 106, 107, 108, 109, 110, 111, 112, 113, 114, 115,
		116, 118, 119, 120:
		return nil, d.fail(Closed, ReasonCreator)
	}
	_, err := d.term(0) // an atom by index, or no term at all
	return nil, err
}

func (d *decoder) export() (t *Term, err error) {
	f := &FunInfo{}
	if f.Module, err = d.atom(); err != nil {
		return nil, err
	}
	if f.Function, err = d.atom(); err != nil {
		return nil, err
	}
	arity, err := d.smallInt(f, 97)
	if err != nil {
		return nil, err
	}
	if arity < 0 {
		return nil, d.malformed("negative arity")
	}
	if arity > 255 {
		return nil, d.fail(Closed, ReasonArity)
	}
	f.Arity = int(arity)
	t = d.new(Export)
	t.Fun = f
	return t, nil
}
