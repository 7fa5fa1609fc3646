package web_test

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	. "github.com/beamgate/beamgate/examples/gateway/internal/gatetest"
	"github.com/beamgate/beamgate/examples/gateway/internal/term"
)

// TestCodings: decoded under the caps, or refused.
func TestCodings(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", ""))
	do(t, g, "POST", "/", gzipped(good), "Content-Type", etf, "Content-Encoding", "gzip").want(t, 415, "content_encoding")

	g = Start(t, conf(o.addr(), "", "", "http: {decode: true, max_inflated: 64KiB}"))
	a := do(t, g, "POST", "/", gzipped(list), "Content-Type", etf, "Content-Encoding", "gzip")
	a.want(t, 200, "")
	if _, got, r := o.last(); got != canonical || r.Header.Get("Content-Encoding") != "" || r.Header.Get("Accept-Encoding") != "gzip" {
		t.Errorf("the node got %q, %v", got, r.Header)
	}
	bomb := gzipped(string(term.Message(term.Bin(strings.Repeat("\x00", 1<<18)))))
	do(t, g, "POST", "/", bomb, "Content-Type", etf, "Content-Encoding", "gzip").want(t, 413, "limit_inflated")
	do(t, g, "POST", "/", gzipped(good)+"x", "Content-Type", etf, "Content-Encoding", "gzip").want(t, 422, "encoded_data")
	do(t, g, "POST", "/", gzipped(good), "Content-Type", etf, "Content-Encoding", "br").want(t, 415, "content_encoding")
	do(t, g, "POST", "/", string([]byte{131, 80, 0, 0, 0, 2, 0x78, 0x9c, 0x4b, 0x64, 0x04, 0, 0, 0xc6, 0, 0x63}), "Content-Type", etf).want(t, 422, "rejected_compressed")
	if n, _, _ := o.last(); n != 1 {
		t.Errorf("the node got %d requests", n)
	}
}

// TestSigned: what a header speaks of goes on byte for byte, in its coding.
func TestSigned(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", "http: {decode: true, signed_by: [X-Signature]}"))
	for _, name := range []string{"Digest", "Content-Digest", "Signature", "X-Signature", "ETag"} {
		value := "x"
		if name == "ETag" {
			value = `"x"`
		}
		do(t, g, "POST", "/", list, "Content-Type", etf, name, value).want(t, 200, "")
		if _, got, r := o.last(); got != list || r.Header.Get(name) != value {
			t.Errorf("%s: the node got %q, %v", name, got, r.Header)
		}
		do(t, g, "POST", "/", gzipped(list), "Content-Encoding", "gzip", name, value).want(t, 200, "")
		if _, got, r := o.last(); got != gzipped(list) || r.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s: the node got %q, %v", name, got, r.Header)
		}
		do(t, g, "POST", "/", export, "Content-Type", etf, name, value).want(t, 422, "rejected_export")
	}
	do(t, g, "POST", "/", list, "ETag", `W/"x"`).want(t, 200, "")
	if _, got, _ := o.last(); got != canonical {
		t.Errorf("a weak tag is no signature, but the node got %q", got)
	}
	g = Start(t, conf(o.addr(), "", "", "forward: original"))
	do(t, g, "POST", "/", list).want(t, 200, "")
	if _, got, _ := o.last(); got != list {
		t.Errorf("forward: original, but the node got %q", got)
	}
}

// TestAnswers: byte for byte, or not at all.
func TestAnswers(t *testing.T) {
	var header http.Header
	var body string
	status := 200
	o := newOrigin(t, func(w http.ResponseWriter, r *http.Request) {
		for k, v := range header {
			w.Header()[k] = v
		}
		w.WriteHeader(status)
		if r.Method != "HEAD" {
			io.WriteString(w, body)
		}
	})
	g := Start(t, conf(o.addr(), "", "", "answers: {max_atoms: 5}\nhttp: {unchecked: [video/mp4]}"))
	for name, c := range map[string]struct {
		method, body string
		header       http.Header
		status, want int
		code         string
	}{
		"term":              {"GET", list, http.Header{"Content-Type": {etf}, "Etag": {`"x"`}}, 200, 200, ""},
		"error with a term": {"GET", good, http.Header{"Content-Type": {etf}}, 404, 404, ""},
		"text":              {"GET", "hello", http.Header{"Content-Type": {"text/plain"}}, 200, 200, ""},
		"head":              {"HEAD", "", http.Header{"Content-Type": {etf}}, 200, 200, ""},
		"none":              {"GET", "", nil, 204, 204, ""},
		"export":            {"GET", export, http.Header{"Content-Type": {"application/vnd.hex+erlang"}}, 200, 502, "rejected_export"},
		"lies about type":   {"GET", export, http.Header{"Content-Type": {"text/plain"}}, 200, 502, "rejected_export"},
		"names":             {"GET", atoms(0, 6), http.Header{"Content-Type": {etf}}, 200, 502, "limit_atom_budget"},
		"coding":            {"GET", gzipped(good), http.Header{"Content-Encoding": {"gzip"}}, 200, 502, "content_encoding"},
		"part":              {"GET", good, http.Header{"Content-Type": {etf}, "Content-Range": {"bytes 0-4/10"}}, 206, 502, "range"},
		"part of a film":    {"GET", good, http.Header{"Content-Type": {"video/mp4"}, "Content-Range": {"bytes 0-4/10"}}, 206, 206, ""},
		"multipart":         {"GET", "--x--", http.Header{"Content-Type": {"multipart/mixed; boundary=x"}}, 200, 502, "multipart"},
	} {
		header, body, status = c.header, c.body, c.status
		a := do(t, g, c.method, "/"+strings.ReplaceAll(name, " ", "_"), "")
		if a.status != c.want || a.code != c.code || a.code == "" && (a.body != c.body || a.header.Get("Etag") != c.header.Get("Etag")) {
			t.Errorf("%s: %d %s %.40q", name, a.status, a.code, a.body)
		}
	}
	if n := g.Count("rule=answer", "direction=to_client"); n != 6 {
		t.Errorf("%v answers refused", n)
	}
}

// TestRanges are refused, but for types that are not checked.
func TestRanges(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", ""))
	do(t, g, "GET", "/", "", "Range", "bytes=0-4").want(t, 416, "range")
	do(t, g, "PUT", "/", good, "Content-Range", "bytes 0-4/10").want(t, 400, "range")
	g = Start(t, conf(o.addr(), "", "", "http: {unchecked: [multipart/form-data, video/mp4]}"))
	do(t, g, "GET", "/", "", "Range", "bytes=0-4").want(t, 200, "")
	if _, _, r := o.last(); r.Header.Get("Range") != "bytes=0-4" {
		t.Errorf("%v", r.Header)
	}
	do(t, g, "POST", "/", "--x--", "Content-Type", "multipart/form-data; boundary=x").want(t, 200, "")
	do(t, g, "POST", "/", export, "Content-Type", "multipart/form-data; boundary=x", "Content-Type", etf).want(t, 400, "framing")
	do(t, g, "POST", "/", "--x--", "Content-Type", "multipart/mixed; boundary=x").want(t, 415, "multipart")
}

// TestConnectionNamesWhatIsJudged: a field that Connection names does not go on, and so
// has no say in the verdict, in either direction.
func TestConnectionNamesWhatIsJudged(t *testing.T) {
	const json = "application/json"
	node := func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/answer" {
			w.Header().Set("Content-Type", json)
			w.Header().Set("Connection", "x, content-type")
			io.WriteString(w, export)
		}
	}
	o := newOrigin(t, node)
	g := Start(t, conf(o.addr(), "", "", "http: {unchecked: [application/json]}"))
	for _, connection := range []string{"Content-Type", "x,\tcontent-type ,y"} {
		do(t, g, "POST", "/", export, "Content-Type", json, "Connection", connection).want(t, 422, "rejected_export")
	}
	if n, _, _ := o.last(); n != 0 {
		t.Errorf("the node got %d requests", n)
	}
	do(t, g, "POST", "/", export, "Content-Type", json, "Connection", "x").want(t, 200, "") // nobody looks at it
	do(t, g, "GET", "/answer", "").want(t, 502, "rejected_export")
	do(t, g, "POST", "/", list, "Content-Type", etf, "Digest", "x", "Connection", "Digest").want(t, 200, "")
	if _, got, r := o.last(); got != canonical || r.Header["Digest"] != nil {
		t.Errorf("no digest went on, but the node got %q, %v", got, r.Header)
	}

	s := newSite(t, node)
	signer := NewCA(t)
	g = Start(t, forwardConf(signer.Path(), signer.KeyPath(), s.ca.Path(), "https://"+s.addr, "127.0.0.0/8, '::1/128'", "http: {unchecked: [application/json]}"))
	c := through(t, g, signer, false)
	for path, status := range map[string]int{"/": 422, "/answer": 502} {
		r, _ := http.NewRequest("POST", "https://"+s.addr+path, strings.NewReader(export))
		r.Header.Set("Content-Type", json)
		if path == "/" {
			r.Header.Set("Connection", "Content-Type")
		}
		send(t, c, r).want(t, status, "rejected_export")
	}
}

// TestTrailers: those of a request do not go on, and are not announced.
func TestTrailers(t *testing.T) {
	o := newOrigin(t, nil)
	for _, mode := range []string{"enforce", "shadow"} {
		g := Start(t, conf(o.addr(), "", "", "mode: "+mode))
		for _, body := range []string{"hello", list} {
			got := raw(t, g, fmt.Sprintf("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Real-IP, X-T\r\n\r\n%x\r\n%s\r\n0\r\nX-Real-IP: 10.0.0.1\r\nX-T: 1\r\n\r\n", len(body), body))
			if _, came, r := o.last(); !strings.HasPrefix(got, "HTTP/1.1 200") || came == "" || len(r.Trailer) != 0 || r.Header["Trailer"] != nil || r.Header["X-T"] != nil {
				t.Errorf("%s, %q: %q, and the node got %q, %v, %v", mode, body, got, came, r.Header, r.Trailer)
			}
		}
	}
}

// TestCanonicalOutgrows: what is longer in canonical bytes is held against the cap on
// bytes, by its name, and not against a frame.
func TestCanonicalOutgrows(t *testing.T) {
	o := newOrigin(t, nil)
	g := Start(t, conf(o.addr(), "", "", "profile: cache\ncaps: {MaxBytes: 100}\ndetail: full"))
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	plain := term.Bin(strings.Repeat("a", 300))
	w.Write(plain)
	w.Close()
	body := string(append(binary.BigEndian.AppendUint32([]byte{131, 80}, uint32(len(plain))), z.Bytes()...))
	if len(body) > 100 {
		t.Fatal(len(body))
	}
	a := do(t, g, "POST", "/", body, "Content-Type", etf)
	a.want(t, 413, "limit_bytes")
	if n := g.Count("rule=term", "code=limit_bytes", "limit=MaxBytes"); n != 1 {
		t.Errorf("%v refused by the cap: %s", n, a.body)
	}
}
