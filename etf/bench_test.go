package etf_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// records are 500 maps as a database answers, with keys in this order, atoms in
// this dialect.
func records(tb testing.TB, keys []string, d etf.Dialect) []byte {
	tb.Helper()
	var list []byte
	for i := range 500 {
		list, _ = etf.AppendMapHeader(list, len(keys))
		for j, k := range keys {
			list, _ = etf.AppendAtom(list, k)
			switch j % 4 {
			case 0:
				list, _ = etf.AppendAtom(list, "Elixir.MyApp.User")
			case 1:
				list = etf.AppendInt(list, int64(i*j))
			case 2:
				list, _ = etf.AppendString(list, fmt.Sprintf("user %d", i))
			case 3:
				list, _ = etf.AppendFloat(list, float64(i))
			}
		}
	}
	b, _ := etf.AppendListHeader(etf.AppendVersion(nil), 500)
	b = etf.AppendNil(append(b, list...))
	if d == etf.MinorVersion2 {
		return b
	}
	// The encoder puts keys in order, so what comes from an older one is in order.
	term, err := compileTB(tb, etf.Default()).Decode(b)
	if err != nil {
		tb.Fatal(err)
	}
	b, err = etf.EncodeOptions{Dialect: d}.AppendETF(nil, term)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func compileTB(tb testing.TB, c etf.Config) *etf.Mode {
	tb.Helper()
	m, err := c.Compile()
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

var (
	sortedKeys = []string{"__meta__", "__struct__", "active", "email", "id", "inserted_at", "name", "score"}
	wireKeys   = []string{"__struct__", "id", "name", "email", "inserted_at", "active", "score", "__meta__"}
)

// BenchmarkCanonicalize is to be held against Validate of the same bytes.
func BenchmarkCanonicalize(b *testing.B) {
	m := compileTB(b, etf.Default())
	for name, data := range map[string][]byte{
		"in order":     records(b, sortedKeys, etf.MinorVersion2),
		"out of order": records(b, wireKeys, etf.MinorVersion2),
		"old atoms":    records(b, sortedKeys, etf.MinorVersion1),
	} {
		b.Run(name+"/Validate", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := m.Validate(data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"/Canonicalize", func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			var buf []byte
			for b.Loop() {
				var err error
				if buf, err = m.Canonicalize(buf[:0], data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkTerm is what can be done with a decoded Term.
func BenchmarkTerm(b *testing.B) {
	m := compileTB(b, etf.Default())
	data := records(b, wireKeys, etf.MinorVersion2)
	term, err := m.Decode(data)
	if err != nil {
		b.Fatal(err)
	}
	other := term.Clone()
	text, err := etf.AppendJSON(nil, term)
	if err != nil {
		b.Fatal(err)
	}
	var buf []byte
	for name, f := range map[string]func() error{
		"AppendTerm": func() (err error) { buf, err = etf.AppendTerm(buf[:0], term); return err },
		"AppendJSON": func() (err error) { buf, err = etf.AppendJSON(buf[:0], term); return err },
		"FromJSON":   func() error { _, err := m.FromJSON(text); return err },
		"Format":     func() error { buf = term.Append(buf[:0], 1<<30); return nil },
		"Compare":    func() error { return map[bool]error{false: io.ErrUnexpectedEOF}[etf.Compare(term, other) == 0] },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEncoder writes the records with the methods of an Encoder.
func BenchmarkEncoder(b *testing.B) {
	b.ReportAllocs()
	e := etf.NewEncoder(io.Discard)
	for b.Loop() {
		e.BeginList(500)
		for i := range 500 {
			e.BeginMap(len(sortedKeys))
			for _, k := range sortedKeys {
				e.Atom(k)
				e.Int(int64(i))
			}
			e.End()
		}
		if err := e.End(); err != nil {
			b.Fatal(err)
		}
	}
}
