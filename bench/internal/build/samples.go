package build

import "fmt"

// Row is a record as services send them, about 110 bytes of 18 terms.
func Row(i int) []byte {
	return Map(
		Atom("id"), Int(100_000+i),
		Atom("name"), Bin(fmt.Sprintf("user %06d", i%1_000_000)),
		Atom("score"), Float(float64(i)/7),
		Atom("state"), Atom([]string{"active", "blocked", "new"}[i%3]),
		Atom("at"), Tuple(Int(2024), Int(i%12+1), Int(i%28+1)),
		Atom("tags"), List(Bin("a"), Bin("bc")),
	)
}

// Rows is a list of n rows. From the thousandth on they repeat.
func Rows(n int) []byte {
	block := Each(min(n, 1000), Row)
	b := make([]byte, 0, 16+len(block)*(n/1000+1))
	b = append(b, Term(ListHead(n))...)
	for left := n; left > 0; left -= 1000 {
		if left >= 1000 {
			b = append(b, block...)
			continue
		}
		b = append(b, Each(left, Row)...)
	}
	return append(b, Nil()...)
}

// Deep is n tuples around [].
func Deep(n int) []byte { return Term(Times(n, Tuple(Nil())[:2]), Nil()) }

// Atoms is a list of n different atoms.
func Atoms(n int) []byte {
	return Term(ListHead(n), Each(n, func(i int) []byte { return Atom(fmt.Sprintf("atom_%07d", i)) }), Nil())
}

// BinaryKeys is a map of n keys in no order.
func BinaryKeys(n int) []byte {
	return Term(MapHead(n), Each(n, func(i int) []byte { return Cat(Bin(fmt.Sprintf("%08x", uint32(i)*2654435761)), Int(i)) }))
}

// AtomKeys is a map of n atoms as keys in no order.
func AtomKeys(n int) []byte {
	return Term(MapHead(n), Each(n, func(i int) []byte { return Cat(Atom(fmt.Sprintf("%08x", uint32(i)*2654435761)), Int(i)) }))
}

// Ints is a list of n integers.
func Ints(n int) []byte {
	return Term(ListHead(n), Each(n, func(i int) []byte { return Int(int(int32(uint32(i) * 2654435761))) }), Nil())
}

// Call is a remote procedure call, about 110 bytes.
func Call() []byte {
	return Term(Tuple(Atom("call"), Int(42), Bin("user.get"), Atom("get_profile"),
		List(Bin("id"), Int(123456789), Float(3.14), Atom("true")),
		Map(Atom("deadline"), Int(5000), Atom("trace"), Bin("abc123def456"))))
}
