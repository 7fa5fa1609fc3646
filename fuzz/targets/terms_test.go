package targets

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// termMode is what terms are decoded with: as OTP does, on a node that sent
// none of them.
func termMode(tb testing.TB) *etf.Mode {
	c := etf.OTP()
	c.Node = etf.Node{Name: "nobody@nowhere", Creation: 99}
	c.Limits.MaxInflated = 1 << 20
	return compile(tb, c)
}

// roundTrip holds against each other what can be made of an accepted term.
func roundTrip(m *etf.Mode, b []byte) *Disagreement {
	t, err := m.Decode(b)
	if err != nil {
		if got, err := m.Canonicalize(nil, b); err == nil {
			return disagree("canonical verdict", "%x", got)
		}
		return nil
	}
	whole, err := t.AppendETF(nil)
	if err != nil {
		return disagree("encoded", "%v", err)
	}
	for _, src := range [][]byte{b, whole} { // the second is a fixed point
		if got, err := m.Canonicalize(nil, src); err != nil || !bytes.Equal(got, whole) {
			return disagree("canonical", "%x, %v; encoded\n%x", got, err, whole)
		}
	}
	again, err := m.Decode(whole)
	if err != nil {
		return disagree("encoded", "%v", err)
	}
	if dis := same("decoded again", t, again); dis != nil {
		return dis
	}
	for _, o := range []etf.EncodeOptions{{Dialect: etf.MinorVersion0}, {Dialect: etf.MinorVersion1, Compressed: 1}, {Dialect: etf.BERT1}} {
		old, err := o.AppendETF(nil, t)
		if o.Dialect == etf.BERT1 && errors.Is(err, etf.ErrEncode) {
			continue
		}
		if err != nil {
			return disagree("dialect", "%v", err)
		}
		if again, err = m.Decode(old); err != nil {
			return disagree("dialect", "%v", err)
		}
		if dis := same("dialect", t, again); dis != nil {
			return dis
		}
	}
	text, err := etf.AppendJSON(nil, t)
	if err != nil || !json.Valid(text) {
		return disagree("JSON", "%s, %v", text, err)
	}
	if again, err = m.FromJSON(text); err != nil {
		return disagree("JSON", "%s: %v", text, err)
	}
	return same("JSON", t, again)
}

// same expects two terms to be the same in every respect.
func same(kind string, a, b etf.Term) *Disagreement {
	x, err := etf.AppendTerm(nil, a)
	y, err2 := etf.AppendTerm(nil, b)
	switch {
	case err != nil || err2 != nil || !bytes.Equal(x, y):
		return disagree(kind, "%x, %v; %x, %v", x, err, y, err2)
	case !etf.Equal(a, b) || !etf.Equivalent(b, a) || etf.Compare(a, b) != 0 || etf.CompareKeys(b, a) != 0:
		return disagree(kind+" compared", "%d %d", etf.Compare(a, b), etf.CompareKeys(b, a))
	case etf.Format(a) != etf.Format(b):
		return disagree(kind+" printed", "%v; %v", a, b)
	}
	return nil
}

// TestRoundTrip: terms of all kinds, with and without faults.
func TestRoundTrip(t *testing.T) {
	seed := fromEnv(t, "BEAMGATE_SEED", defaultSeed)
	n := fromEnv(t, "BEAMGATE_N", 8_000)
	m, mix := termMode(t), NewMix(0)
	for i := range n {
		b := mix.Payload(seed, i)
		if n, err := m.ValidatePrefix(b); err == nil {
			b = b[:n]
		}
		if dis := roundTrip(m, b); dis != nil {
			t.Fatalf("payload %d: %v\n%x", i, dis, b)
		}
	}
}

// FuzzRoundTrip: encoding, canonical form, dialects and JSON of what is accepted.
func FuzzRoundTrip(f *testing.F) {
	for _, b := range seeds() {
		f.Add(b, uint8(asIs))
		f.Add(b, uint8(asTape))
		f.Add(b, uint8(asMutant))
	}
	m := termMode(f)
	f.Fuzz(func(t *testing.T, data []byte, way uint8) {
		b := payloadOf(data, way)
		if n, err := m.ValidatePrefix(b); err == nil {
			b = b[:n]
		}
		if dis := roundTrip(m, b); dis != nil {
			t.Fatalf("%v\n%x", dis, b)
		}
	})
}

// FuzzJSON: no text makes a reader of JSON fail in another way than with an
// error, what is read is JSON for others too, and it is read alike again.
func FuzzJSON(f *testing.F) {
	m := termMode(f)
	for _, b := range seeds() {
		if t, err := m.Decode(b); err == nil {
			if text, err := etf.AppendJSON(nil, t); err == nil {
				f.Add(text)
			}
		}
	}
	f.Add([]byte(`{"a":[1,-2.5e3,true,null,"\ud83d\ude00"],"list":[],"":{}}`))
	f.Add([]byte(`{"list":[{"bits":"oA==","size":3}],"tail":{"int":"-18446744073709551616"}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if term, err := m.FromJSON(text); err == nil {
			again, err := etf.AppendJSON(nil, term)
			if err != nil || !json.Valid(text) || !json.Valid(again) {
				t.Fatalf("%q: %v, %v", text, term, err)
			}
			back, err := m.FromJSON(again)
			if err != nil {
				t.Fatalf("%q, then %q: %v", text, again, err)
			}
			if dis := same("JSON", term, back); dis != nil {
				t.Fatalf("%q: %v", text, dis)
			}
		}
		if term, err := m.FromPlainJSON(text); err == nil {
			again, err := etf.AppendPlainJSON(nil, term)
			if err != nil || !json.Valid(text) || !json.Valid(again) {
				t.Fatalf("plain %q: %v, %v", text, term, err)
			}
			if back, err := m.FromPlainJSON(again); err != nil || !etf.Equal(back, term) {
				t.Fatalf("plain %q: %v, then %v, %v", text, term, back, err)
			}
		} else if json.Valid(text) && utf8Strict(text) && !refusedByRule(err) {
			t.Fatalf("plain %q: %v", text, err)
		}
	})
}

// utf8Strict reports whether JSON has nothing in it that encoding/json mends.
func utf8Strict(text []byte) bool {
	var v any
	return json.Unmarshal(text, &v) == nil && !bytes.Contains(text, []byte(`\u`)) && bytes.Equal(bytes.ToValidUTF8(text, nil), text)
}

// refusedByRule reports whether valid JSON may be refused for this reason.
func refusedByRule(err error) bool {
	var e *etf.Error
	var j *etf.JSONError
	return errors.As(err, &e) && e.Code == etf.CodeDuplicateKey || errors.As(err, &j) && (j.Code == etf.CodeJSONRange || j.Code == etf.CodeJSONDepth)
}
