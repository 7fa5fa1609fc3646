package token

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

func rule(t *testing.T, c config.Extract) *Rule {
	t.Helper()
	if c.Max == 0 {
		c.Max = 1 << 10
	}
	if c.In == "" {
		c.In = "query"
	}
	r, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestForms(t *testing.T) {
	for _, c := range []struct {
		forms  string
		others string
		value  string
		want   string // terms, or the error
	}{
		{"", "", "g2EB", "\x83a\x01"},
		{"", "", "g2EB==", "\x83a\x01"},
		{"", "", "g3QAAAAA", "\x83t\x00\x00\x00\x00"},
		{"", "", "__79", "\xff\xfe\xfd"},
		{"", "", "//79", "\xff\xfe\xfd"},
		{"", "", "g2F", "token_form"},    // bits that no byte has
		{"", "", "g2 EB", "token_form"},  // what some decoders leave out
		{"", "", "g2EB\n", "token_form"}, //
		{"", "pass", "now", "\x9e\x8c"},  // it is base64, whatever was meant
		{"", "", strings.Repeat("A", 2000), "token_size"},
		{"<digits>-<etf>|<digits>|now", "", "12-g2EB", "\x83a\x01"},
		{"<digits>-<etf>|<digits>|now", "", "12", ""},
		{"<digits>-<etf>|<digits>|now", "", "now", ""},
		{"<digits>-<etf>|<digits>|now", "", "then", "token_form"},
		{"<digits>-<etf>|<digits>|now", "pass", "then", ""},
		{"SFMyNTY.<etf>.<any>", "", "SFMyNTY.g2EB.c2ln", "\x83a\x01"},
		{"SFMyNTY.<etf>.<any>", "", "SFMyNTYxg2EBxc2ln", "token_form"}, // a dot is a dot
		{"SFMyNTY.<etf>.<any>", "", "xSFMyNTY.g2EB.c2ln", "token_form"},
		{"<etf>|a<etf>", "", "ag2E", "\x6a\x0d\x84|\x83a"}, // both readings
	} {
		var forms []string
		if c.forms != "" {
			forms = strings.Split(c.forms, "|")
		}
		terms, err := rule(t, config.Extract{Forms: forms, Others: c.others}).Terms(c.value)
		var got []string
		for _, b := range terms {
			got = append(got, string(b))
		}
		if err != nil {
			got = []string{err.Error()}
		}
		if want := strings.Split(c.want, "|"); strings.Join(got, "|") != strings.Join(want, "|") {
			t.Errorf("%s, %s: %q, want %q", c.forms, c.value, got, want)
		}
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		in, name, query, header, body string
		want                          []string
		err                           error
	}{
		{in: "query", name: "since", query: "since=a&x=b&since=c", want: []string{"a", "c"}},
		{in: "query", name: "page[after]", query: "page%5Bafter%5D=a", want: []string{"a"}},
		{in: "query", name: "since", query: "a;since=x", want: []string{"x"}, err: ErrRead},
		{in: "query", name: "since", query: "since=%zz&since=y", want: []string{"%zz", "y", "y"}, err: ErrRead},
		{in: "header", name: "x-token", header: "one", want: []string{"one"}},
		{in: "cookie", name: "k", header: `a=1; k="x"; kk=2; k=y=`, want: []string{"x", "y="}},
		{in: "form", name: "k", body: "k=x&k=y", want: []string{"x", "y"}},
		{in: "json", name: "k", body: `{"k":"x","a":[{"k":"y"},"k","z"],"k":1,"\u006b":"w","b":{"k":{"k":"v"}}}`, want: []string{"x", "y", "w", "v"}},
		{in: "query", name: "k", query: "k[]=a&k[a]=b&k=c&kk=d&kk[]=e&k%5B%5D%5B%5D=f&k]=g&x[k]=h&k[=i", want: []string{"c", "i", "a", "f", "b"}},
		{in: "query", name: "page[after]", query: "page=a&page[after][]=b&page[]=c", want: []string{"b"}},
		{in: "query", name: "k", query: "x;k[]=a&k[b]=%zz", want: []string{"a", "%zz"}, err: ErrRead},
		{in: "form", name: "k", body: "k[]=x&k[0]=y&l[]=z", want: []string{"y", "x"}},
		{in: "json", name: "k", body: `{"k":["x",1,["y",{"a":"b","k":["z"],"l":["c"]},"w",[]],"v"],"l":["k","d"],"e":"f"}`, want: []string{"x", "y", "z", "w", "v"}},
		{in: "json", name: "k", body: `[{"k":[["x"]]},"y",["z"]]`, want: []string{"x"}},
		{in: "json", name: "k", body: `{"k":{"a":["x"]},"l":["y"]}`},
		{in: "json", name: "k", body: `["k","x"]`},
		{in: "json", name: "k", body: ` `},
		{in: "json", name: "k", body: `"k"`},
		{in: "json", name: "k", body: `{"k":"x"} {"k":"y"}`, want: []string{"x", "y"}, err: ErrRead},
		{in: "json", name: "k", body: `{"k":"x"`, want: []string{"x"}, err: ErrRead},
		{in: "json", name: "k", body: `{"k":"x",}`, want: []string{"x"}, err: ErrRead},
		{in: "json", name: "k", body: "{\"k\xff\":\"x\"}", err: ErrRead},
		{in: "json", name: "k", body: "{\"\xff\":1,\"k\":\"x\"}", want: []string{"x"}, err: ErrRead},
	} {
		req := httptest.NewRequest("GET", "/?"+c.query, nil)
		req.Header.Set("Cookie", c.header)
		req.Header.Set("X-Token", c.header)
		got, err := rule(t, config.Extract{In: c.in, Name: c.name}).Values(req, []byte(c.body))
		if !slices.Equal(got, c.want) || err != c.err {
			t.Errorf("%+v: %q, %v", c, got, err)
		}
	}
}
