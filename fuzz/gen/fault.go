package gen

import "strings"

// badTags are no tags of a term from outside.
var badTags = []byte{0, 1, 66, 67, 68, 69, 71, 72, 73, 74, 75, 76, 78, 79, 80, 82, 87, 91, 96, 117, 121, 122, 131, 255}

// fault appends a term that breaks one rule of the format, or comes so close to
// it that a decoder might think so.
func (g *Gen) fault(budget int) {
	switch g.t.n(15) {
	case 0:
		g.b = append(g.b, pick(&g.t, badTags...))
		g.b = g.t.fill(g.b, g.t.n(8))
	case 1:
		g.badFloat()
	case 2:
		g.badText()
	case 3:
		g.badAtom()
	case 4:
		g.badBits()
	case 5:
		g.hugeCount()
	case 6:
		g.badPid()
	case 7:
		g.badPort()
	case 8:
		g.badReference()
	case 9:
		g.badExport()
	case 10:
		g.badFun()
	case 11, 12, 13:
		g.twins(budget)
	default:
		g.missing(budget)
	}
}

func (g *Gen) badFloat() {
	u := uint64(exponent) | g.t.u64()&(1<<63|1<<51|1)
	g.b = be.AppendUint64(append(g.b, 70), u)
}

// badTexts are not in the grammar of FLOAT_EXT.
var badTexts = []string{
	"", "1", "1.", ".5", "1e5", "1.e5", "1.5e", "1.5e+", "+-1.5", " 1.5", "1.5 ", "1,5", "-1,5e3", "1,5,", "1.5,",
	"1.2.3", "0x1.8p3", "inf", "nan", "Infinity", "1_0.5", "1.5f", "1.5e5.0", "--1.0", "1.7976931348623159e308",
	"1.0e99999", "-1.0e309", "1.5e1e1", "1٫5", "1.5\x01",
}

func (g *Gen) badText() {
	if g.t.chance(40) { // without its NUL
		g.b = append(append(g.b, 99), "1."+strings.Repeat("5", 29)...)
		return
	}
	g.b = g.appendText(g.b, pick(&g.t, badTexts...))
}

// badNames are no UTF-8.
var badNames = []string{
	"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
	"\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "a\xe2\x82", "\xe2\x82a", "ok\xc3(", "\xf0\x9f\x98",
}

func (g *Gen) badAtom() {
	switch g.t.n(5) {
	case 0, 1:
		name := pick(&g.t, badNames...)
		g.b = append(append(g.b, 119, byte(len(name))), name...)
	case 2:
		name := pick(&g.t, badNames...)
		g.b = append(be.AppendUint16(append(g.b, 118), uint16(len(name))), name...)
	case 3: // more than 255 characters
		n := 256 + g.t.n(900)
		g.b = append(be.AppendUint16(append(g.b, 118), uint16(n)), strings.Repeat("z", n)...)
	case 4:
		g.b = append(be.AppendUint16(append(g.b, 100), 256), strings.Repeat("\xe9", 256)...)
	}
}

func (g *Gen) badBits() {
	n := g.t.n(3)
	g.b = be.AppendUint32(append(g.b, 77), uint32(n))
	g.b = append(g.b, pick[byte](&g.t, 0, 9, 1, 8, 255))
	g.b = g.t.fill(g.b, n)
}

// hugeCount appends a head that claims more than there is.
func (g *Gen) hugeCount() {
	g.b = append(g.b, pick[byte](&g.t, 108, 105, 116, 109, 111, 77, 107))
	g.b = be.AppendUint32(g.b, pick(&g.t, 1<<32-1, 1<<31, 1<<31-1, 1<<24, 1<<24-1, 1<<16, 4194297, 524281, 255, g.t.u32()))
	g.b = g.t.fill(g.b, g.t.n(4))
}

// badNode appends what is not allowed to name a node, module or function.
func (g *Gen) badNode() {
	switch g.t.n(5) {
	case 0:
		g.b = append(g.b, 106)
	case 1:
		g.b = append(g.b, 108, 0, 0, 0, 0, 119, 1, 'a')
	case 2:
		g.b = append(g.b, pick[byte](&g.t, 73, 75, 82), 0, 0, 0)
	case 3:
		g.b = append(g.b, 97, 1)
	default:
		g.badAtom()
	}
}

func (g *Gen) badPid() {
	switch g.t.n(4) {
	case 0:
		g.b = append(g.b, pick[byte](&g.t, 88, 103))
		g.badNode()
		g.b = g.t.fill(g.b, 12)
	case 1:
		g.b = g.appendAtom(append(g.b, 103), "b@c")
		g.b = append(g.b, 0, 0, 0, 1, 0, 0, 0, 1, 4)
	case 2:
		g.b = g.appendPid(g.b, identity{node: ownNode, num: 1 << 15})
	default:
		g.b = g.appendPid(g.b, identity{node: ownNode, num: 1, serial: 1 << pick(&g.t, 13, 31)})
	}
}

func (g *Gen) badPort() {
	switch g.t.n(3) {
	case 0:
		g.b = append(g.b, pick[byte](&g.t, 89, 102, 120))
		g.badNode()
		g.b = g.t.fill(g.b, 12)
	case 1:
		g.b = g.appendAtom(append(g.b, 102), "b@c")
		g.b = append(g.b, 0, 0, 0, 1, 4)
	default:
		g.b = g.appendPort(g.b, identity{node: ownNode, num: 1 << pick(&g.t, 28, 31, 40)})
	}
}

func (g *Gen) badReference() {
	node := pick(&g.t, "b@c", ownNode)
	words := pick(&g.t, 0, 6, 7, 256, 4, 5, 1)
	g.b = be.AppendUint16(append(g.b, pick[byte](&g.t, 90, 114)), uint16(words))
	old := g.b[len(g.b)-3] == 114
	if g.t.chance(32) {
		g.badNode()
	} else {
		g.atom(node)
	}
	g.b = appendCreation(g.b, uint32(pick(&g.t, 0, 3, 4)), old)
	for range words {
		g.b = be.AppendUint32(g.b, pick[uint32](&g.t, 1, 1<<18-1, 1<<18))
	}
}

// badIntegers stand where an export has its arity and a fun its old fields.
var badIntegers = []string{
	"\x6c\x00\x00\x00\x00\x61\x02", "\x62\xff\xff\xff\xff", "\x62\x00\x00\x01\x00", "\x6e\x05\x00\x02\x00\x00\x00\x01",
	"\x6e\x08\x00\x00\x00\x00\x00\x00\x00\x00\x08", "\x6e\x08\x01\x01\x00\x00\x00\x00\x00\x00\x08", "\x6f\x00\x00\x00\x01\x00\x02",
	"\x6e\x00\x01", "\x77\x01a", "\x6a", "\x68\x00", "\x46\x40\x00\x00\x00\x00\x00\x00\x00", "\x49\x00\x00", "\x6b\x00\x00",
	"\x71\x77\x01a\x77\x01b\x61\x00",
}

func (g *Gen) badExport() {
	g.b = append(g.b, 113)
	if g.t.chance(64) {
		g.badNode()
	} else {
		g.atom("m")
	}
	g.atom("f")
	g.b = append(g.b, pick(&g.t, badIntegers...)...)
}

func (g *Gen) badFun() {
	k := g.t.n(5)
	h := funHead{arity: 1, free: uint32(pick(&g.t, 0, 1))}
	if k == 0 {
		h.free = pick[uint32](&g.t, 256, 255, 1<<31, 1<<32-1)
	}
	g.b = g.appendFunHead(g.b, h)
	if k == 1 {
		g.badNode()
	} else {
		g.atom("m")
	}
	for i := range 2 {
		if k == 2+i {
			g.b = append(g.b, pick(&g.t, badIntegers...)...)
		} else {
			g.b = append(g.b, 97, 1)
		}
	}
	if k == 4 {
		g.b = append(g.b, pick(&g.t, badCreators...)...)
	} else {
		g.b = g.appendPid(g.b, identity{node: "b@c", num: 1})
	}
	for range min(h.free, 300) {
		g.b = append(g.b, 106)
	}
}

var badCreators = []string{
	"\x6c\x00\x00\x00\x00\x58\x77\x01a\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01", "\x77\x01a", "\x61\x01", "\x6a",
	"\x59\x77\x01a\x00\x00\x00\x01\x00\x00\x00\x01", "\x67\x77\x01a\x00\x00\x00\x01\x00\x00\x00\x01\x04",
}

// twins appends a map, large or small, with two keys that are the same value in
// other bytes, or nearly so.
func (g *Gen) twins(budget int) {
	head := len(g.b)
	n := 0
	g.b = append(g.b, 116, 0, 0, 0, 0)
	if g.t.chance(100) {
		for ; n < 31+g.t.n(4); n++ {
			g.b = append(be.AppendUint32(append(g.b, 98), uint32(1<<29+n)), 106)
		}
	}
	x, y := g.alike(budget / 4)
	g.b = append(append(g.b, x...), 106)
	for range g.t.n(4) {
		n++
		g.b = append(be.AppendUint32(append(g.b, 98), uint32(1<<28+n)), 106)
	}
	g.b = append(append(g.b, y...), 106)
	be.PutUint32(g.b[head+1:], uint32(n+2))
}

// missing appends a container that counts one element too many or too few, or
// lacks its tail.
func (g *Gen) missing(budget int) {
	head := len(g.b)
	switch g.t.n(4) {
	case 0:
		g.tuple(max(budget, 8))
		last := head + 1
		if g.b[head] == 105 {
			last = head + 4
		}
		g.b[last] += pick[byte](&g.t, 1, 255)
	case 1:
		g.mapOf(max(budget, 8), 0)
		g.b[head+4] += pick[byte](&g.t, 1, 255)
	case 2:
		g.cells(max(budget, 8))
	default:
		g.cells(max(budget, 8))
		g.b[head+4] += pick[byte](&g.t, 1, 255)
		g.nil()
	}
}
