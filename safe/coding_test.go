package safe

import (
	"errors"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// decodingGuard inflates up to 100,000 bytes.
func decodingGuard(t testing.TB, h HTTP) *Guard {
	h.Decode = true
	return mustGuard(t, Forward{Atoms: atoms(t, "ok"), Profile: inflating(100_000), HTTP: h})
}

func TestDecode(t *testing.T) {
	g := decodingGuard(t, HTTP{})
	ok := term(atom("ok"))
	bomb := term(blob(strings.Repeat("\x00", 90_000)))
	flip := func(s string, at int) string {
		b := []byte(s)
		b[(at+len(b))%len(b)] ^= 0x10
		return string(b)
	}
	enc := func(coding string, more ...string) []string {
		return append([]string{"Content-Encoding", coding}, more...)
	}
	for _, c := range []struct {
		name   string
		header []string
		body   string
		code   etf.Code
		status int
		etf    bool
	}{
		{"gzip", enc("gzip"), gzipped(ok), "", 0, true},
		{"x-gzip", enc("X-GZip"), gzipped(ok), "", 0, true},
		{"deflate", enc(" deflate\t"), deflated(ok), CodeContentEncoding, 415, false},
		{"deflate of text", enc("deflate", "Content-Type", "text/plain"), deflated("x"), CodeContentEncoding, 415, false},
		{"deflate in two ways", enc("deflate", "Content-Type", "application/octet-stream"), "\x78\x01\x0a\xfe\xf5\x83q\x77\x06erlangw\x04halta\x00" + strings.Repeat("\x00", 2539) + "\x01\x00\x00\xff\xff", CodeContentEncoding, 415, false},
		{"as text", enc("gzip", "Content-Type", "text/plain"), gzipped(ok), "", 0, true},
		{"identity", enc("identity"), ok, "", 0, true},
		{"bad term", enc("gzip", "Content-Type", "text/plain"), gzipped(term(atom("new"))), etf.CodeLimitNewAtoms, 422, false},
		{"declared text", enc("gzip", "Content-Type", "application/etf"), gzipped("hello"), etf.CodeVersion, 422, false},
		{"declared nothing", enc("gzip", "Content-Type", "application/etf"), gzipped(""), etf.CodeTruncated, 422, false},
		{"declared not one byte", enc("gzip", "Content-Type", "application/etf"), "", etf.CodeTruncated, 422, false},
		{"text", enc("gzip"), gzipped("hello"), "", 0, false},
		{"much text", enc("gzip"), gzipped(strings.Repeat("hello", 1<<16)), "", 0, false},
		{"text with a second member", enc("gzip"), gzipped("hello") + gzipped(ok), "", 0, false},
		{"nothing", enc("gzip"), gzipped(""), "", 0, false},
		{"not one byte", enc("gzip"), "", "", 0, false},

		{"brotli", enc("br"), "\x0b\x02", CodeContentEncoding, 415, false},
		{"zstd of text", enc("zstd", "Content-Type", "text/plain"), "x", CodeContentEncoding, 415, false},
		{"two codings", enc("gzip, gzip"), gzipped(gzipped(ok)), CodeContentEncoding, 415, false},
		{"identity and gzip", enc("identity, gzip"), gzipped(ok), CodeContentEncoding, 415, false},
		{"two fields", enc("gzip", "Content-Encoding", "gzip"), gzipped(gzipped(ok)), CodeContentEncoding, 415, false},
		{"compress", enc("compress"), "x", CodeContentEncoding, 415, false},

		{"a term inside of a term's coding", enc("gzip"), gzipped(gzipped(ok)), "", 0, false},
		{"compressed term", enc("gzip"), gzipped(term(compressed(atom("ok")))), etf.CodeRejectedCompressed, 422, false},
		{"not coded", enc("gzip"), ok, CodeEncodedData, 422, false},
		{"raw deflate", enc("gzip"), deflated(ok)[2:], CodeEncodedData, 422, false},
		{"zlib as gzip", enc("gzip"), deflated(ok), CodeEncodedData, 422, false},
		{"one byte", enc("gzip"), "\x1f", CodeEncodedData, 422, false},
		{"cut", enc("gzip"), gzipped(ok)[:14], CodeEncodedData, 422, false},
		{"cut sum", enc("gzip"), gzipped(ok)[:len(gzipped(ok))-1], CodeEncodedData, 422, false},
		{"wrong sum", enc("gzip"), flip(gzipped(ok), -6), CodeEncodedData, 422, false},
		{"wrong size", enc("gzip"), flip(gzipped(ok), -1), CodeEncodedData, 422, false},
		{"bytes behind", enc("gzip"), gzipped(ok) + "\x00", CodeEncodedData, 422, false},
		{"a line behind it", enc("gzip"), gzipped(ok) + "\n", CodeEncodedData, 422, false},
		{"second member", enc("gzip"), gzipped(ok) + gzipped(""), CodeEncodedData, 422, false},
		{"empty member first", enc("gzip", "Content-Type", "text/plain"), gzipped("") + gzipped(term(atom("new"))), CodeEncodedData, 422, false},

		{"too much", enc("gzip"), gzipped(term(blob(noise(120_000)))), etf.CodeLimitInflated, 413, false},
		{"too dense", enc("gzip"), gzipped(bomb), etf.CodeLimitRatio, 413, false},
		{"too dense on the way", enc("gzip"), gzipped(strings.Repeat("\x83", 1<<18)), etf.CodeLimitRatio, 413, false},
		{"small and too dense", enc("gzip"), gzipped(term(blob(strings.Repeat("\x00", 9_000)))), etf.CodeLimitRatio, 413, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			bodyCase{c.name, fields(c.header...), c.body, c.code, c.status, c.etf}.check(t, g)
			if !c.etf {
				return
			}
			b, err := g.Body(fields(c.header...), strings.NewReader(c.body))
			if err != nil || string(b.Bytes) != ok || b.Decoded == (c.name == "identity") {
				t.Errorf("%+v, %v", b, err)
			}
		})
	}
}

// noise is n bytes that no coding makes shorter.
func noise(n int) string {
	b, x := make([]byte, n), uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return string(b)
}

// TestInflatedAtTheCap: one byte decides.
func TestInflatedAtTheCap(t *testing.T) {
	g := decodingGuard(t, HTTP{})
	h := fields("Content-Encoding", "gzip")
	at := term(blob(noise(100_000 - 6)))
	if b, err := g.Body(h, strings.NewReader(gzipped(at))); err != nil || string(b.Bytes) != at {
		t.Errorf("at the cap: %v", err)
	}
	_, err := g.Body(h, strings.NewReader(gzipped(term(blob(noise(100_000-5))))))
	checkTooLarge(t, "past it", err, etf.CodeLimitInflated, limits.Error{Name: "MaxInflated", Max: 100_000, Got: 100_001})

	g = mustGuard(t, Forward{
		Atoms: atoms(t), Profile: inflating(100_000), Tighten: limits.Limits{MaxBytes: 50_000}, HTTP: HTTP{Decode: true}})
	_, err = g.Body(h, strings.NewReader(gzipped(at)))
	checkTooLarge(t, "coded bytes", err, etf.CodeLimitBytes, limits.Error{Name: "MaxBytes", Max: 50_000, Got: 50_001})
	text := strings.Repeat("0123456789abcdef", 4096)
	_, err = g.Body(h, strings.NewReader(gzipped(term(blob(text[:60_000])))))
	if codeOf(err) != etf.CodeLimitBytes && codeOf(err) != etf.CodeLimitRatio {
		t.Errorf("decoded bytes over MaxBytes: %v", err)
	}
}

// TestEndlessHeader: coded bytes that never become one plain byte end at a cap.
func TestEndlessHeader(t *testing.T) {
	g := decodingGuard(t, HTTP{})
	b := strings.NewReader(gzipped("")[:10] + strings.Repeat("\x00\x00\x00\xff\xff", 300_000)) // stored blocks of nothing
	_, err := g.Body(fields("Content-Encoding", "gzip"), b)
	checkTooLarge(t, "empty blocks", err, etf.CodeLimitBytes, limits.Error{Name: "MaxBytes", Max: 1 << 20, Got: 1<<20 + 1})
	if read := b.Size() - int64(b.Len()); read > 1<<20+1 {
		t.Errorf("%d bytes were read, more than the cap allows", read)
	}
}

// TestBrokenCodedBodies: a reader's error shows through the coding.
func TestBrokenCodedBodies(t *testing.T) {
	g := decodingGuard(t, HTTP{})
	for _, kind := range []string{"text/plain", "application/etf"} {
		for _, coded := range []string{gzipped(term(atom("ok")))} {
			coding := "gzip"
			for n := range len(coded) + 1 {
				b, err := g.Body(fields("Content-Encoding", coding, "Content-Type", kind), broken(coded[:n]))
				if codeOf(err) != etf.CodeRead || !errors.Is(err, errBroken) {
					t.Errorf("%s %s, %d bytes: %+v, %v", kind, coding, n, b, err)
				}
			}
		}
	}
}

func TestOnlyETFLooksIntoCodings(t *testing.T) {
	g := decodingGuard(t, HTTP{OnlyETF: true})
	h := fields("Content-Encoding", "gzip")
	if _, err := g.Body(h, strings.NewReader(gzipped("text"))); codeOf(err) != CodeNotETF {
		t.Errorf("text: %v", err)
	}
	if b, err := g.Body(h, strings.NewReader(gzipped(term(atom("ok"))))); err != nil || !b.ETF {
		t.Errorf("a term: %v", err)
	}
}
