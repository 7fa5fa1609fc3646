package targets

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/fuzz/naive"
)

// Receiver is who terms are for: a release, 25 to 28 or 0 for any, and a node,
// which is unknown if its name is empty.
type Receiver struct {
	Release  int
	Node     string
	Creation uint32
}

// Receivers are those that tests go through: any and each release, with an
// unknown node, with the node that most judges are and with one that is alive.
func Receivers() []Receiver {
	var all []Receiver
	for _, node := range []Receiver{{Node: "nonode@nohost"}, {}, {Node: "app@10.0.0.1", Creation: 7}, {Node: "app@10.0.0.1"}} {
		for _, release := range []int{25, 0, 26, 27, 28} {
			node.Release = release
			all = append(all, node)
		}
	}
	return all
}

// Config is etf.OTP for the receiver: no caps, all kinds of terms.
func (r Receiver) Config() etf.Config {
	c := etf.OTP()
	c.Release, c.Node = r.Release, etf.Node{Name: r.Node, Creation: r.Creation}
	return c
}

// Options is the same for package naive.
func (r Receiver) Options() naive.Options {
	return naive.Options{Release: r.Release, NodeName: r.Node, NodeCreation: r.Creation, HasNode: r.Node != ""}
}

func (r Receiver) String() string {
	return fmt.Sprintf("release %d node %q creation %d", r.Release, r.Node, r.Creation)
}

// Naive holds the outcome of the drivers, in a mode without caps and policy,
// against package naive for the same receiver.
func Naive(b []byte, out *Outcome, o naive.Options) *Disagreement {
	res, refusal := decodeNaive(b, o)
	return sameAsNaive(out, res, refusal)
}

func decodeNaive(b []byte, o naive.Options) (res *naive.Result, refusal *naive.Error) {
	res, err := naive.Decode(b, o)
	errors.As(err, &refusal)
	return res, refusal
}

func sameAsNaive(out *Outcome, res *naive.Result, refusal *naive.Error) *Disagreement {
	switch {
	case refusal != nil && refusal.Class == naive.Guard:
		return nil
	case (refusal == nil) != (out.Err == nil):
		return disagree("naive verdict", "%v; %v", out.Err, refusal)
	case refusal != nil:
		return sameReason(out.Err, refusal)
	case out.Used != res.Used:
		return disagree("naive used", "%d, naive %d", out.Used, res.Used)
	}
	if dis := naiveStats(out.Stats, res); dis != nil {
		return dis
	}
	if dis := naiveTree(out.Term, res.Term); dis != nil {
		return dis
	}
	return naiveTokens(out.Tokens, res.Term)
}

// reasonCodes are the codes that package etf has for naive's reasons.
var reasonCodes = map[string][]etf.Code{
	naive.ReasonAtomIndex:      {etf.CodeInternalTag},
	naive.ReasonRefNoWords:     {etf.CodeReferenceEmpty},
	naive.ReasonFloatComma:     {etf.CodeFloatComma},
	naive.ReasonFloatNoNUL:     {etf.CodeFloatOpen},
	naive.ReasonIndirectInt:    {etf.CodeFunField, etf.CodeExportField},
	naive.ReasonCreator:        {etf.CodeFunCreator},
	naive.ReasonArity:          {etf.CodeExportArity},
	naive.ReasonTuple:          {etf.CodeTupleTooLarge},
	naive.ReasonInflatedRest:   {etf.CodeInflatedTrailing},
	naive.ReasonLocalExt:       {etf.CodeLocalTag},
	naive.ReasonRecordExt:      {etf.CodeRecordTag},
	naive.ReasonRefKey:         {etf.CodeDuplicateKey},
	naive.ReasonRefLong:        {etf.CodeAmbiguousKey},
	naive.ReasonAnyIntForm:     {etf.CodeFunField, etf.CodeExportField},
	naive.ReasonAnyRefKey:      {etf.CodeAmbiguousKey},
	naive.ReasonBigLimit:       {etf.CodeBigTooLarge},
	"cut":                      {etf.CodeTruncated, etf.CodeInflatedSize, etf.CodeAtomTooLong, etf.CodeMapTooLarge, etf.CodeBigTooLarge, etf.CodeFunField, etf.CodeExportField, etf.CodeExportArity},
	"duplicate map key":        {etf.CodeDuplicateKey},
	"text float":               {etf.CodeFloatSyntax, etf.CodeFloatNotFinite},
	"float that is not finite": {etf.CodeFloatNotFinite},
}

// closedCodes stand for the closed list and nothing else: naive must have its
// reason from there too.
var closedCodes = []etf.Code{
	etf.CodeReferenceEmpty, etf.CodeFloatComma, etf.CodeFloatOpen, etf.CodeTupleTooLarge,
	etf.CodeFunCreator,
}

// sameReason: a refusal has to be for the same reason, as far as that shows.
func sameReason(e *etf.Error, n *naive.Error) *Disagreement {
	codes, known := reasonCodes[n.Reason]
	switch {
	case e.Code == etf.CodeDuplicateKey || e.Code == etf.CodeAmbiguousKey || e.Code == etf.CodeMapTooLarge || e.Code == etf.CodeInflatedSize:
		return nil // found at a head or key, and by naive, if at all, at the end of the map or data
	case strings.HasPrefix(n.Reason, "compressed: "):
		return nil // found while the term is read, and by naive before
	case known && !slices.Contains(codes, e.Code):
	case n.Class == naive.NoNode && e.Code != etf.CodePidRange && e.Code != etf.CodePortRange && e.Code != etf.CodeReferenceRange:
	case n.Class == naive.Malformed && slices.Contains(closedCodes, e.Code):
	default:
		return nil
	}
	return disagree("naive reason", "%v; %v", e, n)
}

func naiveStats(s etf.Stats, n *naive.Result) *Disagreement {
	for _, c := range []struct {
		name string
		a, b int64
	}{
		{"terms", s.Terms, n.Terms}, {"depth", s.Depth, n.Depth}, {"atoms", s.Atoms, n.Atoms},
		{"distinct atoms", s.DistinctAtoms, n.DistinctAtoms}, {"inflated", s.Inflated, n.Inflated},
		{"heap words", s.HeapWords, n.FlatWords}, {"off heap", s.OffHeap, n.OffHeap},
		{"heap cost", s.HeapCost, n.CostWords + offHeapWords(n.Term)},
	} {
		if c.a != c.b {
			return disagree("naive "+c.name, "%d, naive %d", c.a, c.b)
		}
	}
	if s.HeapExact != n.Exact {
		return disagree("naive exact", "%v, naive %v", s.HeapExact, n.Exact)
	}
	return nil
}

// offHeapWords is what Stats.HeapCost adds for payloads outside the heap.
func offHeapWords(t *naive.Term) (n int64) {
	if len(t.Bytes) > 64 {
		n = (int64(len(t.Bytes)) + 24 + 7) / 8
	}
	for _, e := range t.Elems {
		n += offHeapWords(e)
	}
	if t.Tail != nil {
		n += offHeapWords(t.Tail)
	}
	return n
}

// naiveTokens: the tokens are the terms of the tree in pre-order.
func naiveTokens(ts *Tokens, t *naive.Term) *Disagreement {
	i := 0
	if dis := tokensOf(ts, t, &i, false); dis != nil {
		return dis
	}
	if i != len(ts.List) {
		return disagree("naive tokens", "%d, naive %d", len(ts.List), i)
	}
	return nil
}

func tokensOf(ts *Tokens, t *naive.Term, i *int, tail bool) *Disagreement {
	const kind = "naive tokens"
	if *i >= len(ts.List) {
		return disagree(kind, "%d are too few", len(ts.List))
	}
	tok := ts.List[*i]
	if !naiveKind(tok.Kind, t) || tok.Tail != tail || !sameToken(tok, ts.Payload(*i), t) {
		return disagree(kind, "token %d: %+v, naive %v (tail %v)", *i, tok, t.Kind, tail)
	}
	*i++
	for _, e := range t.Elems {
		if dis := tokensOf(ts, e, i, false); dis != nil {
			return dis
		}
	}
	if t.Kind != naive.List {
		return nil
	}
	end := t.Tail
	if end == nil {
		end = &naive.Term{Kind: naive.Nil}
	}
	return tokensOf(ts, end, i, true)
}

// sameToken compares a token with the head of a term. Payloads are compared by
// the tree; here it is enough that they are those of the right term.
func sameToken(tok Token, payload []byte, t *naive.Term) bool {
	switch t.Kind {
	case naive.Int:
		return tok.Small == t.Int.IsInt64() && (!tok.Small || tok.Int == t.Int.Int64()) &&
			(tok.Small || tok.Len == (t.Int.BitLen()+7)/8 && tok.Len == len(payload))
	case naive.Float:
		return tok.Float == floatBits(t.Float)
	case naive.Atom:
		return string(payload) == t.Atom
	case naive.Tuple, naive.Fun:
		return tok.Len == len(t.Elems)
	case naive.Map:
		return 2*tok.Len == len(t.Elems)
	case naive.List:
		return tok.Len > 0 && tok.Len <= len(t.Elems)
	case naive.Bits:
		if tok.Len != len(t.Bytes) || len(payload) != len(t.Bytes) || int(tok.Bits) != t.BitSize%8 {
			return false
		}
		n := len(t.Bytes)
		return n == 0 || string(payload[:n-1]) == string(t.Bytes[:n-1])
	}
	return true
}
