package web_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"os/exec"
	"strings"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// signed is a token as Plug.Crypto.MessageVerifier makes it: Plug's signed cookies
// and Phoenix.Token are such.
func signed(payload string) string {
	text := base64.RawURLEncoding.EncodeToString([]byte("HS256")) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	mac := hmac.New(sha256.New, []byte("a secret of the application"))
	mac.Write([]byte(text))
	return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

const tokens = `http:
  extract:
    - {in: cookie, name: _app_key, forms: ['SFMyNTY.<etf>.<any>']}
    - {in: header, name: X-Token, forms: ['SFMyNTY.<etf>.<any>']}
    - {in: query, name: since, forms: ['<digits>-<etf>', '<digits>', now], profile: cache, paths: [/db/]}
    - {in: json, name: bookmark}
    - {in: form, name: state}`

// TestTokens: a term in base64 is checked where it stands, and goes on as it came.
func TestTokens(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "max_new: 2", "", tokens))
	b64 := base64.StdEncoding.EncodeToString
	// What goes on is not what a node would have written: nothing is rewritten.
	token := signed(list)
	const json, form = "application/json", "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		path, body string
		header     []string
		code       string
	}{
		"signed cookie":       {path: "/", header: []string{"Cookie", "x=1; _app_key=" + token}},
		"Phoenix.Token":       {path: "/", header: []string{"X-Token", token}},
		"new names":           {path: "/", header: []string{"X-Token", signed(atoms(0, 2))}},
		"since":               {path: "/db/_changes?since=12-" + b64([]byte(good))},
		"since now":           {path: "/db/_changes?since=now"},
		"since elsewhere":     {path: "/other?since=then"},
		"bookmark":            {path: "/", body: `{"bookmark": "` + b64([]byte(list)) + `"}`, header: []string{"Content-Type", json}},
		"state":               {path: "/", body: "state=" + b64([]byte(good))[:10] + "&x=1", header: []string{"Content-Type", form}, code: "token_form"},
		"export in a cookie":  {path: "/", header: []string{"Cookie", "_app_key=" + token, "Cookie", "_app_key=" + signed(export)}, code: "rejected_export"},
		"export in a header":  {path: "/", header: []string{"X-Token", signed(export)}, code: "rejected_export"},
		"export in the query": {path: "/db/x?since=1&since=1-" + b64([]byte(export)), code: "rejected_export"},
		"export, compressed":  {path: "/db/x?since=1-" + b64([]byte{131, 80, 0, 0, 0, 1}), code: "truncated"},
		"export in JSON":      {path: "/", body: `{"a":[{"bookmark": "` + b64([]byte(export)) + `"}]}`, header: []string{"Content-Type", "application/vnd.api+json"}, code: "rejected_export"},
		"in a list of JSON":   {path: "/", body: `{"bookmark": ["", ["` + b64([]byte(export)) + `"]]}`, header: []string{"Content-Type", json}, code: "token_form"},
		"export in a list":    {path: "/", body: `{"bookmark": [["` + b64([]byte(export)) + `"]]}`, header: []string{"Content-Type", json}, code: "rejected_export"},
		"a list":              {path: "/", body: `{"bookmark": ["` + b64([]byte(list)) + `", "` + b64([]byte(good)) + `"]}`, header: []string{"Content-Type", json}},
		"query[]":             {path: "/db/x?since[]=1-" + b64([]byte(export)), code: "rejected_export"},
		"query[key]":          {path: "/db/x?since%5Bkey%5D=1-" + b64([]byte(export)), code: "rejected_export"},
		"a good query[]":      {path: "/db/x?since[]=1-" + b64([]byte(good))},
		"form[]":              {path: "/", body: "state[]=" + b64([]byte(export)), header: []string{"Content-Type", form}, code: "rejected_export"},
		"another form":        {path: "/db/x?since=1-2-3", code: "token_form"},
		"no query":            {path: "/db/x?since=1;since=2", code: "token_read"},
		"no JSON":             {path: "/", body: `{"bookmark":`, header: []string{"Content-Type", json}, code: "token_read"},
		"JSON in a coding":    {path: "/", body: gzipped("{}"), header: []string{"Content-Type", json, "Content-Encoding", "gzip"}, code: "content_encoding"},
		"long":                {path: "/", header: []string{"X-Token", signed(strings.Repeat("x", 13<<10))}, code: "token_size"},
	} {
		before, _, _ := o.last()
		method := "GET"
		if c.body != "" {
			method = "POST"
		}
		a := do(t, g, method, c.path, c.body, c.header...)
		n, got, r := o.last()
		if a.code != c.code || (a.status == 200) != (c.code == "") || (n > before) != (c.code == "") {
			t.Errorf("%s: %d %s", name, a.status, a.code)
			continue
		}
		if c.code != "" {
			continue
		}
		if got != c.body || r.URL.RequestURI() != c.path {
			t.Errorf("%s: the node got %q at %s", name, got, r.URL)
		}
		for i := 0; i < len(c.header); i += 2 {
			if v := strings.Join(r.Header.Values(c.header[i]), ""); v != c.header[i+1] {
				t.Errorf("%s: the node got %q", name, v)
			}
		}
	}
	do(t, g, "GET", "/", "", "X-Token", signed(atoms(2, 1))).want(t, 422, "limit_atom_budget")
	do(t, g, "GET", "/", "", "X-Token", signed(atoms(0, 2))).want(t, 200, "")
}

// TestSpentOnce: what is refused for one of its terms has spent no names for
// another.
func TestSpentOnce(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", tokens))
	do(t, g, "POST", "/", export, "X-Token", signed(atoms(0, 2))).want(t, 422, "rejected_export")
	do(t, g, "POST", "/", atoms(0, 2), "X-Token", signed(export)).want(t, 422, "rejected_export")
	if s := g.Ledger("web").Stats(); s.Committed != 0 || s.Reserved != 0 {
		t.Errorf("%+v", s)
	}
}

// makeTokens is what Plug and Phoenix do to sign a term, and to read it again.
const makeTokens = `
[secret | rest] = System.argv()
b64 = fn x -> Base.url_encode64(x, padding: false) end
case rest do
  [] ->
    text = b64.("HS256") <> "." <> b64.(:erlang.term_to_binary({%{user_id: 42, roles: [:admin]}, 1_700_000_000, 86400}))
    IO.write(text <> "." <> b64.(:crypto.mac(:hmac, :sha256, secret, text)))
  [token] ->
    [protected, payload, mac] = String.split(token, ".")
    text = protected <> "." <> payload
    true = b64.(:crypto.mac(:hmac, :sha256, secret, text)) == mac
    IO.inspect(:erlang.binary_to_term(Base.url_decode64!(payload, padding: false)))
end`

// TestElixirTokens: a token that Elixir has signed is still good behind the
// gateway.
func TestElixirTokens(t *testing.T) {
	elixir := Program(t, "elixir")
	run := func(args ...string) string {
		out, err := exec.Command(elixir, append([]string{"-e", makeTokens, "--"}, args...)...).Output()
		if err != nil {
			var e *exec.ExitError
			if errors.As(err, &e) {
				t.Fatalf("%v: %s", err, e.Stderr)
			}
			t.Fatal(err)
		}
		return string(out)
	}
	const secret = "0123456789abcdef"
	token := run(secret)
	o := newOrigin(t, nil)
	g := Start(t, strings.Replace(conf(o.addr(), "max_new: 0", "", tokens), "names: [", "names: [user_id, roles, admin, ", 1))
	do(t, g, "GET", "/", "", "Cookie", "_app_key="+token).want(t, 200, "")
	_, _, r := o.last()
	c, err := r.Cookie("_app_key")
	if err != nil {
		t.Fatal(err)
	}
	if got := run(secret, c.Value); got != "{%{roles: [:admin], user_id: 42}, 1700000000, 86400}\n" {
		t.Errorf("Elixir reads %s", got)
	}
	do(t, g, "GET", "/", "", "Cookie", "_app_key="+signed(string(term.Message(term.Atom("other"))))).want(t, 422, "limit_atom_budget")
}

// TestTokenPlaces: what a node would find behind another spelling of a path or of a
// cookie is looked at, too.
func TestTokenPlaces(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", tokens))
	since := "?since=1-" + base64.StdEncoding.EncodeToString([]byte(export))
	for _, path := range []string{
		"/x/../db/y", "/x/%2e%2e/db/y", "/./db/y", "/%2E/db/y", "//db/y", "/a%2Fb/../db/y", "/x/../db/", "/%64b/y",
	} {
		do(t, g, "GET", path+since, "").want(t, 422, "rejected_export")
	}
	do(t, g, "GET", "/x/y"+since, "").want(t, 200, "")
	do(t, g, "GET", "/x/y../"+since, "").want(t, 200, "")
	for _, cookie := range []string{",_app_key=", "a=1;,_app_key=", "a=1; , _app_key=", "a=1, _app_key=", "a=1;\t,,_app_key ="} {
		do(t, g, "GET", "/", "", "Cookie", cookie+signed(export)).want(t, 422, "rejected_export")
	}
	do(t, g, "GET", "/", "", "Cookie", "_app_key="+signed(list)+", x").want(t, 422, "token_form")
	do(t, g, "GET", "/", "", "Cookie", "a=1,2; _app_key="+signed(list)).want(t, 200, "")
}

// TestTokensBesideShadow: where the rules of the protocol are only noted, what cannot be
// read in one way does not hide a term from the rule about terms.
func TestTokensBesideShadow(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", "rules: {verb: shadow}\nhttp: {extract: [{in: query, name: since}, {in: json, name: since}]}"))
	bad := base64.RawURLEncoding.EncodeToString([]byte(export))
	for _, c := range []struct{ query, json string }{
		{query: "since=" + bad}, {query: "since=" + bad + "&since=."}, {query: "since=.&since=" + bad}, {query: "a;b&since=" + bad},
		{query: "a=1;since=" + bad}, {query: "x=%zz&since=" + bad}, {query: "since=" + strings.Repeat("A", 20000) + "&since=" + bad},
		{json: `{"since":"` + bad + `"}`}, {json: `{"since":"` + bad + `"} x`}, {json: `{"since":".","since":"` + bad + `"}`},
		{json: `{"since":"."} {"since":"` + bad + `"}`}, {json: "{\"\xff\":1,\"since\":\"" + bad + `"}`},
	} {
		before, _, _ := o.last()
		method, header := "GET", []string{}
		if c.json != "" {
			method, header = "POST", []string{"Content-Type", "application/json"}
		}
		a := do(t, g, method, "/?"+c.query, c.json, header...)
		if after, _, _ := o.last(); a.status != 422 || after != before {
			t.Errorf("%.40s%.60s: %d %s", c.query, c.json, a.status, a.code)
		}
	}
}
