package token

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Values returns the values of a rule in a request. body is its body if NeedsBody
// says so. A parameter that is there twice has two values: whoever reads the
// request may take either. So have a list, in JSON or as t[]=, and t[key]=, which some
// servers put together as one t. Beside an error, which says that the request has no one
// reading, it returns those that were found all the same.
func (r *Rule) Values(req *http.Request, body []byte) ([]string, error) {
	switch r.In {
	case "query":
		return parameters(req.URL.RawQuery, r.Name)
	case "form":
		return parameters(string(body), r.Name)
	case "header":
		return req.Header.Values(r.Name), nil
	case "cookie":
		return cookies(req.Header.Values("Cookie"), r.Name), nil
	}
	return members(body, r.Name)
}

// NeedsBody reports whether the body of a request with this media type has to be
// read.
func (r *Rule) NeedsBody(kind string) bool {
	switch r.In {
	case "form":
		return kind == "application/x-www-form-urlencoded"
	case "json":
		return kind == "application/json" || strings.HasSuffix(kind, "+json")
	}
	return false
}

func parameters(query, name string) (values []string, err error) {
	if query == "" {
		return nil, nil
	}
	all, err := url.ParseQuery(query)
	var plain []string
	for _, n := range slices.Sorted(maps.Keys(all)) {
		if named(n, name) {
			plain = append(plain, all[n]...)
		}
	}
	if err == nil {
		return plain, nil
	}
	// A semicolon parts parameters for some, and there may be a % with nothing behind it.
	for _, part := range strings.FieldsFunc(query, func(c rune) bool { return c == '&' || c == ';' }) {
		if n, v, _ := strings.Cut(part, "="); named(lenient(n), name) {
			values = append(values, lenient(v))
		}
	}
	return append(values, plain...), ErrRead
}

// named reports whether a parameter is the one of this name, or a part of it.
func named(n, name string) bool {
	rest, ok := strings.CutPrefix(n, name)
	return ok && (rest == "" || rest[0] == '[')
}

// lenient decodes what can be decoded.
func lenient(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}

// cookies reads the header by its separators alone. net/http leaves cookies out
// that others take. A comma is one for some servers, at times in front of a name only,
// and part of a value for others: with one in it, a part is read in each way.
func cookies(lines []string, name string) (values []string) {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ";") {
			part = strings.TrimLeft(part, ", \t")
			values = appendCookie(values, part, name)
			if !strings.Contains(part, ",") {
				continue
			}
			for piece := range strings.SplitSeq(part, ",") {
				values = appendCookie(values, piece, name)
			}
		}
	}
	return values
}

func appendCookie(values []string, text, name string) []string {
	n, v, ok := strings.Cut(text, "=")
	if ok && strings.TrimSpace(n) == name {
		values = append(values, strings.Trim(strings.TrimSpace(v), `"`))
	}
	return values
}

// members returns the strings that are members of this name, or in a list that is one, at
// any depth and as often as they are there.
func members(body []byte, name string) (values []string, err error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	w, again := walker{name: name}, false
	for {
		t, err := d.Token()
		if err == io.EOF && len(w.open) == 0 && !again && utf8.Valid(body) {
			return w.values, nil
		}
		if err != nil {
			return w.values, ErrRead
		}
		again, w.ended = again || w.ended, false // behind the end there is more
		w.take(t)
	}
}

// walker keeps track of where a token stands.
type walker struct {
	name   string
	open   []byte // the { and [ around, and + for a list whose strings are meant
	key    bool   // in an object: a name comes next
	meant  bool   // what comes next is the value of such a member, or in a list that is one
	ended  bool
	values []string
}

func (w *walker) take(t json.Token) {
	if d, ok := t.(json.Delim); ok {
		if d == '{' || d == '[' {
			if w.meant = w.meant && d == '['; w.meant {
				d = '+'
			}
			w.open, w.key = append(w.open, byte(d)), d == '{'
			return
		}
		w.open = w.open[:len(w.open)-1]
		w.after()
		return
	}
	if w.in('{') && w.key {
		name, _ := t.(string)
		w.key, w.meant = false, name == w.name
		return
	}
	if s, ok := t.(string); ok && w.meant {
		w.values = append(w.values, s)
	}
	w.after()
}

// after a value comes a name, or the end.
func (w *walker) after() {
	w.key, w.meant = w.in('{'), w.in('+')
	w.ended = len(w.open) == 0
}

func (w *walker) in(c byte) bool { return len(w.open) > 0 && w.open[len(w.open)-1] == c }
