package etf

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"sync"

	"github.com/beamgate/beamgate/limits"
)

// FromJSON makes a Term of what [AppendJSON] writes: of what [OTP] accepts, under
// the limits of [limits.Default]. [Mode.FromJSON] has limits and policy of the
// caller's.
func FromJSON(b []byte) (Term, error) { return jsonMode().FromJSON(b) }

var jsonMode = sync.OnceValue(func() *Mode {
	c := OTP()
	c.Limits = limits.Default()
	m, err := c.Compile()
	if err != nil {
		panic(err) // the Config is a constant
	}
	return m
})

// FromJSON makes a Term of what [AppendJSON] writes. The mapping is taken by the
// letter, but spaces may stand where JSON has them, and the members of an object
// in any order, of which "tail" and "free" are the last. A number may have a
// fraction or an exponent nowhere.
//
// The Term is what [Mode.Decode] makes of its encoding, with every cap, rule and
// budget applied; a refusal there is an [*Error] whose offset is one of the
// encoding. What is wrong with the JSON is a [*JSONError].
//
// Memory is what [Mode.Decode] takes for the encoding, and before that at most 7
// bytes for each byte of b and 54 for each array and object that is open at the same
// time. Those are at most twice MaxDepth and two; with limits.NoLimit there only b
// bounds them, at one a byte.
func (m *Mode) FromJSON(b []byte) (Term, error) { return m.fromJSON(b, false) }

// FromPlainJSON makes a Term of any JSON, as Elixir's parsers do:
//
//	number     an integer; with a fraction or an exponent a float
//	string     a binary
//	true, false, null   the atoms true, false and nil
//	array      a list
//	object     a map whose keys are binaries
//
// There are no other atoms, so no JSON makes new ones. Members of the same name
// are refused, by [CodeDuplicateKey], as are numbers too large for a float. Limits
// and errors are as for [Mode.FromJSON].
func (m *Mode) FromPlainJSON(b []byte) (Term, error) { return m.fromJSON(b, true) }

func (m *Mode) fromJSON(b []byte, plain bool) (Term, error) {
	l := m.c.config.Limits
	r := jsonReader{
		s: jsonScanner{in: b}, plain: plain, maxDepth: max(l.MaxDepth, 0),
		maxDigits: bigDigits(max(l.MaxBigBytes, 0)), b: AppendVersion(nil),
	}
	if !r.run() {
		return Term{}, r.s.err
	}
	return m.Decode(r.b)
}

// bigDigits is how many decimal digits an integer of n bytes has at most.
func bigDigits(n int64) int { return int(min(n, bigMax)*5/2) + 2 }

// jsonReader writes the terms it reads in forms that need no look ahead; Decode
// makes of them what they are.
type jsonReader struct {
	s         jsonScanner
	plain     bool
	maxDepth  int64
	maxDigits int
	b         []byte
	stack     []jsonRead
}

// jsonRead is an array or object that is open.
type jsonRead struct {
	kind  jsonKind
	start int // of the head in b
	n     int // children so far
}

// jsonKind is what an open array or object becomes.
type jsonKind uint8

const (
	jsonList     jsonKind = iota
	jsonImproper          // the array of {"list":…}
	jsonTail              // behind it
	jsonTuple
	jsonMap
	jsonPair
	jsonFree   // of a fun
	jsonObject // of the plain mapping
)

// run reads the one value of the input.
func (r *jsonReader) run() bool {
	if !r.value() {
		return false
	}
	for len(r.stack) > 0 {
		if !r.step(&r.stack[len(r.stack)-1]) {
			return false
		}
	}
	if r.s.next() != 0 || r.s.i < len(r.s.in) {
		return r.s.fail(CodeJSONSyntax, r.s.i)
	}
	return true
}

// push opens what is written from start on.
func (r *jsonReader) push(kind jsonKind, start int) bool {
	if int64(len(r.stack))/2 > r.maxDepth { // a map takes two
		return r.s.fail(CodeJSONDepth, r.s.i)
	}
	r.stack = append(r.stack, jsonRead{kind: kind, start: start})
	return true
}

// step reads the next child of the innermost open array or object, or its end.
func (r *jsonReader) step(f *jsonRead) bool {
	end := byte(']')
	switch f.kind {
	case jsonObject:
		end = '}'
	case jsonTail:
		if f.n == 0 {
			f.n++
			return r.value()
		}
		r.pop()
		return r.s.want('}')
	}
	if r.s.next() == end {
		r.s.i++
		return r.close(f)
	}
	if f.n > 0 && !r.s.want(',') {
		return false
	}
	f.n++
	switch f.kind {
	case jsonObject:
		if !r.s.string() {
			return false
		}
		var err error
		if r.b, err = AppendBinary(r.b, r.s.buf); err != nil || !r.s.want(':') {
			return r.s.fail(CodeJSONRange, r.s.i)
		}
		return r.value()
	case jsonMap:
		return r.s.want('[') && r.push(jsonPair, 0)
	case jsonPair:
		if f.n > 2 {
			return r.s.fail(CodeJSONShape, r.s.i)
		}
	}
	return r.value()
}

func (r *jsonReader) pop() { r.stack = r.stack[:len(r.stack)-1] }

// close ends an array or an object of the plain mapping whose last byte was
// read.
func (r *jsonReader) close(f *jsonRead) bool {
	kind, start, n := f.kind, f.start, f.n
	r.pop()
	if uint64(n) > math.MaxUint32 {
		return r.s.fail(CodeJSONRange, r.s.i)
	}
	switch kind {
	case jsonList:
		closeCount(r.b, start, n)
		r.b = AppendNil(r.b)
	case jsonObject:
		closeCount(r.b, start, n)
	case jsonPair:
		return n == 2 || r.s.fail(CodeJSONShape, r.s.i)
	case jsonTuple, jsonMap:
		closeCount(r.b, start, n)
		return r.s.want('}')
	case jsonFree:
		return r.closeFun(start, n)
	case jsonImproper:
		closeCount(r.b, start, n)
		if n == 0 || !r.s.want(',') || !r.memberName() || string(r.s.buf) != "tail" {
			return r.s.fail(CodeJSONShape, r.s.i)
		}
		return r.push(jsonTail, 0)
	}
	return true
}

// value reads a scalar, or the beginning of a container.
func (r *jsonReader) value() bool {
	switch c := r.s.next(); c {
	case '"':
		if !r.s.string() {
			return false
		}
		return r.took(AppendBinary(r.b, r.s.buf))
	case '[':
		r.s.i++
		start := len(r.b)
		r.b = openList(r.b)
		return r.push(jsonList, start)
	case '{':
		if !r.plain {
			return r.tagged()
		}
		r.s.i++
		start := len(r.b)
		r.b = openMap(r.b)
		return r.push(jsonObject, start)
	case 't':
		return r.s.literal("true") && r.took(AppendBool(r.b, true), nil)
	case 'f':
		return r.s.literal("false") && r.took(AppendBool(r.b, false), nil)
	case 'n':
		if !r.plain {
			return r.s.fail(CodeJSONShape, r.s.i)
		}
		return r.s.literal("null") && r.took(AppendAtom(r.b, "nil"))
	}
	at := r.s.i
	text, whole, ok := r.s.number()
	switch {
	case !ok:
		return false
	case whole:
		return r.integer(text, at)
	case !r.plain:
		return r.s.fail(CodeJSONShape, at)
	}
	f, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return r.s.fail(CodeJSONRange, at)
	}
	return r.took(AppendFloat(r.b, f))
}

// took takes b with one more scalar.
func (r *jsonReader) took(b []byte, err error) bool {
	if err != nil {
		return r.s.fail(CodeJSONRange, r.s.i)
	}
	r.b = b
	return true
}

// integer reads decimal digits, which are not converted if they are too many:
// that takes time that grows with a power of their number.
func (r *jsonReader) integer(text []byte, at int) bool {
	if v, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		return r.took(AppendInt(r.b, v), nil)
	}
	if len(text) > r.maxDigits {
		return r.s.fail(CodeJSONRange, at)
	}
	v := parseDigits(strings.TrimPrefix(string(text), "-"), powersOf10(len(text)))
	if text[0] == '-' {
		v.Neg(v)
	}
	return r.took(AppendBig(r.b, v))
}

// pieceDigits is how many digits package math/big converts at once: it takes
// time that grows with their square, and multiplies faster than that.
const pieceDigits = 2048

// powersOf10 are those with pieceDigits zeros, and with twice as many, and so on
// below n.
func powersOf10(n int) (powers []*big.Int) {
	for zeros := pieceDigits; zeros < n; zeros *= 2 {
		if zeros == pieceDigits {
			powers = append(powers, new(big.Int).Exp(big.NewInt(10), big.NewInt(pieceDigits), nil))
		} else {
			last := powers[len(powers)-1]
			powers = append(powers, new(big.Int).Mul(last, last))
		}
	}
	return powers
}

// parseDigits reads decimal digits: halves of them, which it puts together with the
// last of powers.
func parseDigits(digits string, powers []*big.Int) *big.Int {
	last := len(powers) - 1
	if last < 0 {
		v, _ := new(big.Int).SetString(digits, 10) // which are nothing but digits
		return v
	}
	cut := len(digits) - pieceDigits<<last
	if cut <= 0 {
		return parseDigits(digits, powers[:last])
	}
	high, low := parseDigits(digits[:cut], powers[:last]), parseDigits(digits[cut:], powers[:last])
	return high.Add(high.Mul(high, powers[last]), low)
}

// UnmarshalJSON implements json.Unmarshaler: it is [FromJSON].
func (t *Term) UnmarshalJSON(b []byte) (err error) {
	made, err := FromJSON(b)
	if err == nil {
		*t = made
	}
	return err
}
