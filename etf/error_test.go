package etf_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
)

// TestErrorsEchoNothing prints each error in every way and looks for what the
// sender wrote.
func TestErrorsEchoNothing(t *testing.T) {
	t.Parallel()
	seen := 0
	for code, cases := range refusals() {
		for _, r := range cases {
			if r.budget != nil && r.only != nil && code != etf.CodeLimitAtomBudget {
				continue
			}
			for _, in := range [][]byte{r.in, bytes.ReplaceAll(r.in, []byte("abc"), []byte("s3c"))} {
				err := r.mode(t)().Validate(in)
				if err == nil {
					_, err = r.mode(t)().NewDecoder(newChunks(in, 2)).ReadTerm()
				}
				if err == nil {
					continue
				}
				if bytes.Contains(in, []byte(secret)) {
					seen++
				}
				var log bytes.Buffer
				slog.New(slog.NewTextHandler(&log, nil)).Error("refused", "err", err)
				all := fmt.Sprintf("%v %+v %s %q", err, err, err, err.Error()) + log.String()
				if e := err.(*etf.Error); !strings.HasPrefix(err.Error(), fmt.Sprintf("etf: %s at offset %d", e.Code, e.Offset)) {
					t.Errorf("%v does not begin with the code %s", err, e.Code)
				}
				for _, part := range []string{secret, "s3c", "caf", "Elixir", "nonode", "n@h"} {
					if strings.Contains(all, part) {
						t.Errorf("%s, %s: %q in %s", code, r.name, part, all)
					}
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d inputs held the secret", seen)
	}
}

// TestErrorText pins nothing but that each part is told.
func TestErrorText(t *testing.T) {
	c := config()
	c.Limits.MaxArity = 3
	m := compile(t, c)
	for _, tc := range []struct {
		err  error
		want []string
	}{
		{m.Validate(ext(tuple(null, unknown))), []string{"etf: unknown_tag at offset 4", "tag 1", "tuple[1]"}},
		{m.Validate(ext(list(head(9)))), []string{"etf: limit_arity at offset 6", "LIST_EXT", "list[0]", "MaxArity is 3", "needed at least 9", "etf.Config.Limits.MaxArity raises"}},
		{m.Validate(squeeze(tuple(unknown))), []string{"inflated data", "offset 2"}},
		{m.Validate(ext(null, null)), []string{"trailing at offset 2"}},
		{m.NewDecoder(failingReader{errors.New("boom")}).SkipValue(), []string{"read at offset 0"}},
	} {
		for _, part := range tc.want {
			if !strings.Contains(tc.err.Error(), part) {
				t.Errorf("%v: no %q", tc.err, part)
			}
		}
	}
	for tag, want := range map[etf.Tag]string{108: "LIST_EXT", 131: "VERSION", 0: "tag 0", 255: "tag 255", 70: "NEW_FLOAT_EXT"} {
		if tag.String() != want {
			t.Errorf("%s, want %s", tag, want)
		}
	}
}

// TestErrorLogs the parts that an error has, and no others.
func TestErrorLogs(t *testing.T) {
	c := config()
	c.Limits.MaxArity = 3
	m := compile(t, c)
	for _, tc := range []struct {
		err  error
		want string
	}{
		{m.Validate(ext(tuple(null, unknown))), "code=unknown_tag offset=4 path=tuple[1] tag=\"tag 1\""},
		{m.Validate(ext(null, null)), "code=trailing offset=2 path="},
		{m.Validate(squeeze(tuple(unknown))), "code=unknown_tag offset=2 path=tuple[0] inflated=true tag=\"tag 1\""},
		{m.Validate(ext(list(head(9)))), "code=limit_arity offset=6 path=list[0] tag=LIST_EXT limit=MaxArity max=3 got=9"},
	} {
		var attrs []string
		for _, a := range tc.err.(*etf.Error).LogValue().Group() {
			text := a.Value.String()
			if strings.Contains(text, " ") {
				text = strconv.Quote(text)
			}
			attrs = append(attrs, a.Key+"="+text)
		}
		if got := strings.Join(attrs, " "); got != tc.want {
			t.Errorf("%s, want %s", got, tc.want)
		}
	}
}

// TestLimitsAreNotRemembered: an error tells a limit only if it is about one,
// whatever was refused before.
func TestLimitsAreNotRemembered(t *testing.T) {
	c := config()
	c.Limits.MaxArity = 3
	d := compile(t, c).NewDecoderBytes(ext(list(head(9))))
	var e *etf.Error
	if err := d.SkipValue(); !errors.As(err, &e) || e.Limit == nil {
		t.Fatal(err)
	}
	for _, in := range [][]byte{ext(unknown), ext(list(unknown)), squeeze(unknown), ext(head(3)), ext(bits(9, 1))} {
		d.ResetBytes(in)
		if err := d.SkipValue(); !errors.As(err, &e) || e.Limit != nil {
			t.Errorf("%x: %+v", in, e)
		}
	}
}

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

// TestTextsHoldTheStableName of whatever kind of error it is, letter by letter.
func TestTextsHoldTheStableName(t *testing.T) {
	var encode *etf.EncodeError
	if _, err := etf.AppendTerm(nil, etf.Term{}); !errors.As(err, &encode) || !strings.HasPrefix(err.Error(), "etf: cannot encode: "+string(encode.Code)+", ") {
		t.Error(err)
	}
	var marshal *etf.MarshalError
	if _, err := etf.Marshal(func() {}); !errors.As(err, &marshal) || !strings.HasPrefix(err.Error(), "etf: cannot marshal: "+string(marshal.Reason)+":") {
		t.Error(err)
	}
	var misfit *etf.UnmarshalError
	if err := etf.Unmarshal(ext(null), new(int)); !errors.As(err, &misfit) || !strings.HasPrefix(err.Error(), "etf: "+string(misfit.Reason)+":") {
		t.Error(err)
	}
}

// TestErrorIs matches one group and what is wrapped.
func TestErrorIs(t *testing.T) {
	m := compile(t, config())
	err := m.Validate(ext(unknown))
	if errors.Is(err, nil) || errors.Is(err, io.EOF) || !errors.Is(fmt.Errorf("wrapped: %w", err), etf.ErrMalformed) {
		t.Error(err)
	}
	if (&etf.Error{}).Is(nil) {
		t.Error("an Error of no group is nil")
	}
	boom := errors.New("boom")
	_, err = m.ValidateReader(io.MultiReader(bytes.NewReader(ext(head(3))), failingReader{boom}))
	if !errors.Is(err, boom) || errors.Is(err, etf.ErrTruncated) {
		t.Error(err)
	}
	_, err = m.ValidateReader(io.MultiReader(bytes.NewReader(ext(null)), failingReader{boom}))
	if e := err.(*etf.Error); !errors.Is(err, boom) || e.Code != etf.CodeRead || e.Offset != 2 {
		t.Errorf("behind the term: %v", err)
	}
	_, err = m.MeasureReader(io.MultiReader(bytes.NewReader(squeeze(null)), failingReader{boom}))
	if e := err.(*etf.Error); !errors.Is(err, boom) || e.Code != etf.CodeRead || e.Inflated {
		t.Errorf("behind the term: %v", err)
	}
}

// TestCodesAreStable lists what metrics and corpora rely on: a code is added at
// the end of its group, never renamed.
func TestCodesAreStable(t *testing.T) {
	codes := etf.Codes()
	var listed []string
	for _, c := range codes {
		listed = append(listed, string(c))
	}
	if got := strings.Join(listed, " "); got != everyCode {
		t.Errorf("a code was renamed, added or moved; others count by these words:\n%s", got)
	}
	seen := map[etf.Code]bool{}
	for _, c := range codes {
		if c == "" || seen[c] || strings.ToLower(string(c)) != string(c) || strings.ContainsAny(string(c), " -") {
			t.Errorf("code %q", c)
		}
		seen[c] = true
	}
	first := slices.Index(codes, etf.CodeLimitBytes)
	for i, name := range limits.Names() {
		var want strings.Builder
		for j, r := range "limit" + strings.TrimPrefix(name, "Max") {
			if j > 0 && r >= 'A' && r <= 'Z' {
				want.WriteByte('_')
			}
			want.WriteRune(r)
		}
		if got := string(codes[first+i]); got != strings.ToLower(want.String()) {
			t.Errorf("%s has the code %s", name, got)
		}
	}
	codes[0] = "changed"
	if etf.Codes()[0] == "changed" {
		t.Error("Codes hands out its own list")
	}
}

// TestTagNames are those of the OTP documentation.
func TestTagNames(t *testing.T) {
	want := map[etf.Tag]string{
		67: "RECORD_EXT", 68: "DIST_HEADER", 69: "DIST_FRAG_HEADER", 70: "NEW_FLOAT_EXT", 72: "HOPEFUL_DATA", 73: "ATOM_INTERNAL_REF2",
		74: "BINARY_INTERNAL_REF", 75: "ATOM_INTERNAL_REF3", 76: "BIT_BINARY_INTERNAL_REF", 77: "BIT_BINARY_EXT", 78: "MAGIC_REF_INTERNAL_REF",
		80: "COMPRESSED", 82: "ATOM_CACHE_REF", 88: "NEW_PID_EXT", 89: "NEW_PORT_EXT", 90: "NEWER_REFERENCE_EXT", 97: "SMALL_INTEGER_EXT",
		98: "INTEGER_EXT", 99: "FLOAT_EXT", 100: "ATOM_EXT", 101: "REFERENCE_EXT", 102: "PORT_EXT", 103: "PID_EXT", 104: "SMALL_TUPLE_EXT",
		105: "LARGE_TUPLE_EXT", 106: "NIL_EXT", 107: "STRING_EXT", 108: "LIST_EXT", 109: "BINARY_EXT", 110: "SMALL_BIG_EXT", 111: "LARGE_BIG_EXT",
		112: "NEW_FUN_EXT", 113: "EXPORT_EXT", 114: "NEW_REFERENCE_EXT", 115: "SMALL_ATOM_EXT", 116: "MAP_EXT", 117: "FUN_EXT",
		118: "ATOM_UTF8_EXT", 119: "SMALL_ATOM_UTF8_EXT", 120: "V4_PORT_EXT", 121: "LOCAL_EXT", 131: "VERSION",
	}
	for tag := range 256 {
		name := etf.Tag(tag).String()
		if w, ok := want[etf.Tag(tag)]; ok && name != w {
			t.Errorf("tag %d is called %q, want %q", tag, name, w)
		} else if !ok && strings.Contains(name, "_") {
			t.Errorf("tag %d is called %q", tag, name)
		}
	}
}

// everyCode is written out, since the names are in other people's dashboards: one
// may be added, and none changed.
const everyCode = "version unknown_tag internal_tag distribution_tag old_fun local_tag record_tag nested_compressed " +
	"float_not_finite float_syntax float_comma float_open atom_too_long atom_utf8 big_too_large bits tuple_too_large " +
	"map_too_large duplicate_key ambiguous_key node_not_atom creation pid_range port_range reference_range " +
	"reference_words reference_empty fun_free fun_field fun_creator export_field export_arity zlib_header " +
	"zlib_dictionary zlib_data zlib_checksum inflated_size inflated_trailing truncated trailing rejected_fun " +
	"rejected_export rejected_pid rejected_port rejected_reference rejected_compressed rejected_text_float " +
	"rejected_latin1_atom rejected_bitstring rejected_improper_list rejected_empty_atom rejected_float rejected_map " +
	"rejected_node rejected_struct rejected_quoted limit_bytes limit_depth limit_terms limit_arity limit_blob " +
	"limit_big_bytes limit_atom_chars limit_atoms limit_distinct_atoms limit_new_atoms limit_inflated limit_ratio " +
	"limit_buffered limit_stream_bytes limit_key_state limit_heap_words limit_atom_budget read"

// TestErrorOfOthers: an Error that another package made has the sentinel of its code.
func TestErrorOfOthers(t *testing.T) {
	for _, code := range etf.Codes() {
		e := &etf.Error{Code: code}
		if strings.HasPrefix(string(code), "limit_") {
			e.Limit = &limits.Error{Name: "MaxTerms", Max: 1, Got: 2}
		}
		checkGroup(t, e)
	}
	for _, code := range []etf.Code{"", "none of etf"} {
		for _, s := range []error{etf.ErrMalformed, etf.ErrTruncated, etf.ErrTrailing, etf.ErrRejected, etf.ErrLimit, nil} {
			if errors.Is(&etf.Error{Code: code}, s) {
				t.Errorf("%q is %v", code, s)
			}
		}
	}
}
