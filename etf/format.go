package etf

import (
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// FormatMax is where the printed form of a term is cut by [Term.String] and the
// verbs of package fmt.
const FormatMax = 64 << 10

// Format prints the term in Erlang syntax on one line, as far as FormatMax
// bytes: the very characters of io_lib:format("~0tp", [T]) in OTP 25 with its
// default settings, if there are no pids, ports, references and closures in it,
// whose text depends on the node, and no map of more than 32 keys, which a BEAM
// prints in no order that is of use. What we print of those:
//
//	pid        #Pid<node.id.serial.creation>
//	port       #Port<node.id.creation>
//	reference  #Ref<node.creation.word.word>
//	closure    #Fun<module.index.uniq>
//	map        its pairs in the order of CompareKeys, whatever its size
//
// Controls in the names of an export, which OTP prints as they are, are escaped
// like those of an atom: no term moves the cursor of a terminal. Characters that
// are no controls stand, also those that turn the direction of text (U+202E):
// the verb %q escapes them, too.
//
// Integers beyond what the bound has room for print as <<N-byte integer>>. For
// maps it takes what [Compare] says.
func Format(t Term) string { return t.String() }

// String returns what [Format] returns.
func (t Term) String() string { return string(t.Append(nil, FormatMax)) }

// Format implements fmt.Formatter: %v and %s print Erlang syntax, %q the same
// between Go's quotes, and %+q with ASCII alone.
func (t Term) Format(f fmt.State, verb rune) {
	switch verb {
	case 'v', 's':
		f.Write(t.Append(nil, FormatMax))
	case 'q':
		quote := strconv.AppendQuote
		if f.Flag('+') {
			quote = strconv.AppendQuoteToASCII
		}
		f.Write(quote(nil, t.String()))
	default:
		fmt.Fprintf(f, "%%!%c(etf.Term)", verb)
	}
}

// Append appends the term in Erlang syntax, at most limit bytes of it; where it
// is cut it ends in "…".
func (t Term) Append(dst []byte, limit int) []byte {
	p := printer{b: dst, end: len(dst) + min(max(limit, 0), math.MaxInt-len(dst))}
	p.run(t)
	if len(p.b) > p.end {
		cut := p.end
		for cut > len(dst) && !utf8.RuneStart(p.b[cut]) {
			cut--
		}
		p.b = append(p.b[:cut], "…"...)
	}
	return p.b
}

// printer walks a tree without recursion, since depth is the sender's choice.
type printer struct {
	b     []byte
	end   int
	stack []printing
}

// printing is a container of which children are still to be printed.
type printing struct {
	t     Term
	i, n  int
	close string
}

func (p *printer) full() bool { return len(p.b) > p.end }

func (p *printer) run(t Term) {
	p.term(t)
	for len(p.stack) > 0 && !p.full() {
		s := &p.stack[len(p.stack)-1]
		if s.i == s.n {
			p.b = append(p.b, s.close...)
			p.stack = p.stack[:len(p.stack)-1]
			continue
		}
		i := s.i
		s.i++
		p.child(s.t, i)
	}
}

// child prints child i of an open container with what stands in front of it.
func (p *printer) child(t Term, i int) {
	switch {
	case t.kind() == KindMap:
		switch {
		case i&1 == 1:
			p.b = append(p.b, " => "...)
		case i > 0:
			p.b = append(p.b, ',')
		}
		p.term(t.child(i))
	case t.kind() == KindList && i == t.Len():
		p.b = append(p.b, '|')
		p.term(t.child(i))
	default:
		if i > 0 {
			p.b = append(p.b, ',')
		}
		p.term(t.Index(i))
	}
}

// term prints a scalar, or the opening of a container.
func (p *printer) term(t Term) {
	switch t.kind() {
	case KindInteger:
		if v, ok := t.Int(); ok {
			p.b = strconv.AppendInt(p.b, v, 10)
		} else {
			p.big(t)
		}
	case KindFloat:
		p.b = appendFloat(p.b, math.Float64frombits(t.node.Num))
	case KindAtom:
		name, _ := t.Atom()
		p.b = appendAtom(p.b, name)
	case KindNil:
		p.b = append(p.b, "[]"...)
	case KindBinary, KindBitstring:
		p.bits(t)
	case KindList:
		if t.isText() {
			p.string(t)
			return
		}
		n := t.Len()
		if !t.IsProper() {
			n++
		}
		p.open(t, "[", "]", n)
	case KindTuple:
		p.open(t, "{", "}", t.Len())
	case KindMap:
		if t.Len() > 1 {
			t = t.ordered()
		}
		p.open(t, "#{", "}", 2*t.Len())
	default:
		p.identity(t)
	}
}

func (p *printer) open(t Term, open, end string, n int) {
	p.b = append(p.b, open...)
	p.stack = append(p.stack, printing{t: t, n: n, close: end})
}

// big prints an integer beyond int64. Printing is quadratic in the digits, so it
// is bounded where the text is cut anyway.
func (p *printer) big(t Term) {
	if t.length()*2-8 > p.end-len(p.b) {
		p.b = fmt.Appendf(p.b, "<<%d-byte integer>>", t.length())
		return
	}
	p.b = t.Big().Append(p.b, 10)
}

// identity prints terms that Erlang has no syntax for, or that name a node.
func (p *printer) identity(t Term) {
	switch t.kind() {
	case KindPid:
		v, _ := t.Pid()
		p.b = fmt.Appendf(p.b, "#Pid<%s.%d.%d.%d>", appendAtom(nil, v.Node), v.ID, v.Serial, v.Creation)
	case KindPort:
		v, _ := t.Port()
		p.b = fmt.Appendf(p.b, "#Port<%s.%d.%d>", appendAtom(nil, v.Node), v.ID, v.Creation)
	case KindReference:
		v, _ := t.Reference()
		p.b = fmt.Appendf(p.b, "#Ref<%s.%d", appendAtom(nil, v.Node), v.Creation)
		for _, w := range v.Words {
			p.b = fmt.Appendf(p.b, ".%d", w)
		}
		p.b = append(p.b, '>')
	case KindExport:
		v, _ := t.Export()
		p.b = append(appendExportName(append(p.b, "fun "...), v.Module), ':')
		p.b = fmt.Appendf(appendExportName(p.b, v.Function), "/%d", v.Arity)
	case KindFun:
		v, _ := t.Fun()
		p.b = fmt.Appendf(p.b, "#Fun<%s.%d.%d>", appendAtom(nil, v.Module), v.Index, uint32(v.OldUniq))
	default:
		p.b = append(p.b, "#Invalid"...)
	}
}
