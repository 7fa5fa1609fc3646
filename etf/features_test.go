package etf_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/beamgate/beamgate/etf"
)

// featureTerms are terms by the feature that admits them.
func featureTerms() map[etf.Features][][]byte {
	return map[etf.Features][][]byte{
		etf.Funs: {fun(), fun(small(1))}, etf.Exports: {export(atom("m"), atom("f"), small(1))},
		etf.Pids: {newPid(self, 1, 1, 1), oldPid(self, 1, 1, 1)}, etf.Ports: {newPort(self, 1, 1), oldPort(self, 1, 1), v4Port(self, 1, 1)},
		etf.References: {newerRef(self, 1, 1, 2), newRef(self, 1, 1), oldRef(self, 1, 1)}, etf.Compressed: {squeeze(null)[1:]},
		etf.TextFloats: {textFloat("1.0")}, etf.Latin1Atoms: {latin1("a"), longLatin1("a")}, etf.Bitstrings: {bits(3, 1), bits(8, 1)},
		etf.ImproperLists: {pieces(small(1), small(1)), pieces(tuple(), small(1))}, etf.EmptyAtoms: {atom(""), longAtom("")},
		etf.Floats: {float(1), textFloat("1.0")}, etf.Maps: {maps(0), mapOf(null, null)},
	}
}

var featureCodes = map[etf.Features]etf.Code{
	etf.Funs: etf.CodeRejectedFun, etf.Exports: etf.CodeRejectedExport, etf.Pids: etf.CodeRejectedPid, etf.Ports: etf.CodeRejectedPort,
	etf.References: etf.CodeRejectedReference, etf.Compressed: etf.CodeRejectedCompressed, etf.TextFloats: etf.CodeRejectedTextFloat,
	etf.Latin1Atoms: etf.CodeRejectedLatin1Atom, etf.Bitstrings: etf.CodeRejectedBitstring, etf.ImproperLists: etf.CodeRejectedImproperList,
	etf.EmptyAtoms: etf.CodeRejectedEmptyAtom, etf.Floats: etf.CodeRejectedFloat, etf.Maps: etf.CodeRejectedMap,
}

// TestFeaturesByName refuses each feature alone: its terms are refused with its
// code and those of all others are accepted.
func TestFeaturesByName(t *testing.T) {
	for refused, code := range featureCodes {
		c := config()
		c.Policy.Allow &^= refused
		c.Policy.Refuse = refused &^ etf.Identities
		m := compile(t, c)
		for feature, terms := range featureTerms() {
			for _, term := range terms {
				err := agree(t, with(m), ext(term), nil)
				text := refused == etf.Floats && feature == etf.TextFloats || refused == etf.TextFloats && feature == etf.Floats && term[0] == textFloat("")[0]
				switch {
				case feature == refused || text:
					if err == nil || err.Code != code {
						t.Errorf("%v without %s: %v", term[:1], code, err)
					}
				case err != nil:
					t.Errorf("%v without %s: %v", term[:1], code, err)
				}
			}
		}
	}
}

// TestIdentitiesAreRefusedUnlessAllowed holds for the zero Config, and each is
// allowed by its own name.
func TestIdentitiesAreRefusedUnlessAllowed(t *testing.T) {
	identities := []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References}
	for _, allowed := range append(identities, 0) {
		m := compile(t, etf.Config{Policy: etf.Policy{Allow: allowed}})
		for _, f := range identities {
			for _, term := range featureTerms()[f] {
				err := agree(t, with(m), ext(term), nil)
				if f == allowed && err != nil || f != allowed && (err == nil || err.Code != featureCodes[f]) {
					t.Errorf("allowed %s: %v of %s", featureCodes[allowed], err, featureCodes[f])
				}
			}
		}
	}
}

// TestPresetsAndProfiles says what each Config takes of the features.
func TestPresetsAndProfiles(t *testing.T) {
	for name, tc := range map[string]struct {
		conf    etf.Config
		refuses []etf.Features
	}{
		"zero":    {etf.Config{}, []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References}},
		"Default": {etf.Default(), []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References}},
		"Strict":  {etf.Strict(), []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References, etf.Compressed}},
		"OTP":     {etf.OTP(), nil},
		"Data":    {etf.Data(), []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References, etf.Compressed}},
		"BERT":    {etf.BERT(), []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References, etf.Compressed}},
		"Elixir":  {etf.Elixir(), []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References, etf.Compressed}},
		"Hex":     {etf.Hex(), []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References, etf.Compressed}},
		"Cache":   {etf.Cache(), []etf.Features{etf.Funs, etf.Exports, etf.Pids, etf.Ports, etf.References}},
		"GenCall": {etf.GenCall("n@h"), []etf.Features{etf.Funs, etf.Exports, etf.Compressed}},
	} {
		m := compile(t, tc.conf)
		for f, terms := range featureTerms() {
			for _, term := range terms {
				err := m.Validate(ext(term))
				var e *etf.Error
				if slices.Contains(tc.refuses, f) != (err != nil) || errors.As(err, &e) && e.Code != featureCodes[f] {
					t.Errorf("%s, %s: %v", name, featureCodes[f], err)
				}
			}
		}
	}
	if err := compile(t, etf.GenCall()).Validate(ext(newPid(self, 1, 1, 1))); err == nil {
		t.Error("GenCall without nodes takes a pid")
	}
}

// TestNodesList takes ids of the listed nodes alone, in every encoding.
func TestNodesList(t *testing.T) {
	ids := func(node []byte) [][]byte {
		return [][]byte{newPid(node, 1, 1, 1), oldPid(node, 1, 1, 1), newPort(node, 1, 1), oldPort(node, 1, 1), v4Port(node, 1, 1), newerRef(node, 1, 1), newRef(node, 1, 1), oldRef(node, 1, 1)}
	}
	c := config()
	c.Policy.Nodes = []string{"a@h", "caf\u00e9@h", ""}
	m := compile(t, c)
	c.Policy.Nodes[0] = "changed" // the Mode has a copy
	for _, good := range [][]byte{atom("a@h"), latin1("a@h"), longAtom("a@h"), atom("caf\u00e9@h"), longLatin1("caf\u00e9@h"), atom("")} {
		for _, id := range ids(good) {
			if err := agree(t, with(m), ext(list(id, mapOf(tuple(id), id, null, null))), nil); err != nil {
				t.Error(err)
			}
		}
	}
	for _, bad := range [][]byte{atom("b@h"), atom("A@h"), atom("a@h "), latin1("a@"), atom("changed"), atom("cafe\u0301@h")} {
		for _, id := range ids(bad) {
			if err := agree(t, with(m), ext(list(null, id)), nil); err == nil || err.Code != etf.CodeRejectedNode || err.Offset != 7 {
				t.Error(err)
			}
		}
	}
	none := config()
	none.Policy.Nodes = []string{}
	if err := compile(t, none).Validate(ext(newPid(self, 1, 1, 1))); err == nil {
		t.Error("an empty list of nodes takes a pid")
	}
	if err := agree(t, with(m), ext(closure{creator: newPid(atom("b@h"), 1, 1, 1)}.encode()), nil); err == nil || err.Code != etf.CodeRejectedNode {
		t.Errorf("creator: %v", err)
	}
}
