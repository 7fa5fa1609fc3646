// Snippets runs the Go code of the documents. TestSnippets puts each block in the
// place of its marker, a comment with the document and the number of the block in
// it, and runs the whole; without that this is no program. Around each block stands
// what the reader of the document has to have already, and behind it what has to
// have come of it.
package main

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/limits"
	"github.com/beamgate/beamgate/safe"
)

func main() {
	check(decode(marshal(map[string]any{"user": "zoe"})))
	if err := decode([]byte{131}); !errors.Is(err, etf.ErrTruncated) {
		check(fmt.Errorf("decode of half a term: %v", err))
	}
	check(unmarshal())
	check(request())
	check(forward())
	check(record())
	check(proplist())
	check(reply())
	check(message())
	check(strict())
	check(elements(marshal([]any{map[string]any{"n": 1}, map[string]any{"n": 2}})))
	if elements(marshal(1)) == nil || elements(append(marshal([]any{}), 131, 97, 1)) == nil {
		check(errors.New("elements of no list, or of two terms"))
	}
	check(celsius())
	check(elixirStruct())
	check(enum())
	check(ecto())
	check(config())
	check(compressed())
	check(atomKeys())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func marshal(v any) []byte {
	b, err := etf.Marshal(v)
	check(err)
	return b
}

// equal fails unless a block has made what it says.
func equal(got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("got %+v, want %+v", got, want)
	}
	return nil
}

func decode(body []byte) error {
	// snippet: README.md 1
	return nil
}

func unmarshal() error {
	since := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	body := marshal(map[string]any{"id": 7, "name": "Zoe", "roles": []etf.Atom{"admin"}, "since": since})
	// snippet: README.md 2
	return errors.Join(err, equal([]any{user.ID, user.Name, user.Roles, user.Since.Equal(since)}, []any{7, "Zoe", []string{"admin"}, true}))
}

func request() error {
	// read is what a handler does with a body; the error is that of the last line.
	read := func(w http.ResponseWriter, r *http.Request) error {
		var user map[string]int
		// snippet: README.md 3
		return err
	}
	good := string(marshal(map[string]int{"id": 7}))
	for body, want := range map[string]bool{good: true, good + "\x83j": false, "": false, good + strings.Repeat("x", 1<<20): false} {
		err := read(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(body)))
		if err := equal(err == nil, want); err != nil {
			return fmt.Errorf("%.20q: %w", body, err)
		}
	}
	return nil
}

func forward() error {
	proxy := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.Copy(w, r.Body) })
	// snippet: README.md 5
	server := httptest.NewServer(http.DefaultServeMux)
	defer server.Close()
	for body, want := range map[string]int{"\x83w\x04norm": 200, "\x83j": 200, "\x83\xff": 422} {
		answer, err := http.Post(server.URL, "application/x-erlang-binary", strings.NewReader(body))
		if err != nil {
			return err
		}
		answer.Body.Close()
		if err := equal(answer.StatusCode, want); err != nil {
			return fmt.Errorf("%q: %w", body, err)
		}
	}
	return guard.Check([]byte("\x83j"))
}

func record() error {
	bin := marshal(etf.Tuple{etf.Atom("user"), 7, "Joe", etf.Atom("undefined"), []etf.Atom{"admin"}})
	// snippet: etf/ERLANG.md 1
	return errors.Join(err, equal(u, User{ID: 7, Name: "Joe", Roles: []string{"admin"}}))
}

func proplist() error {
	// snippet: etf/ERLANG.md 2
	var list, dict Options
	err := errors.Join(
		etf.Unmarshal(marshal([]any{etf.Tuple{etf.Atom("timeout"), 5000}, etf.Atom("active"), etf.Tuple{etf.Atom("mode"), etf.Atom("passive")}}), &list),
		etf.Unmarshal(marshal(map[etf.Atom]any{"timeout": 5000, "active": true}), &dict),
	)
	return errors.Join(err, equal(list, Options{5000, true, "passive"}), equal(dict, Options{5000, true, ""}))
}

func reply() error {
	type User struct{ Name string }
	reply := marshal(etf.Tuple{etf.Atom("ok"), User{"Joe"}})
	// snippet: etf/ERLANG.md 3
	return err
}

func message() error {
	// snippet: etf/ERLANG.md 4
	return errors.Join(etf.Unmarshal([]byte{131, 97, 1}, &msg), equal(msg, etf.RawTerm{97, 1}))
}

func strict() error {
	// snippet: etf/VALUES.md 2
	var u User
	err := etf.Unmarshal(marshal(map[etf.Atom]any{"__struct__": etf.Atom("Elixir.User"), "id": 1, "name": "Joe"}), &u)
	return errors.Join(err, equal(u, User{ID: 1, Name: "Joe"}))
}

func elements(b []byte) error {
	type Row struct{ N int }
	mode, r := safe.Mode(), bytes.NewReader(b)
	// snippet: etf/VALUES.md 3
	return nil
}

// snippet: etf/VALUES.md 4

func celsius() error {
	var c Celsius
	return errors.Join(etf.Unmarshal(marshal(Celsius(36.5)), &c), equal(c, Celsius(36.5)))
}

func elixirStruct() error {
	// snippet: etf/ELIXIR.md 1
	want := User{ID: 7, Name: "José", Since: time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)}
	var u User
	err := etf.Unmarshal(marshal(want), &u)
	u.Since = u.Since.UTC()
	return errors.Join(err, equal(u, want))
}

func enum() error {
	// snippet: etf/ELIXIR.md 2
	want := Member{Banned, []Status{Active}}
	b := marshal(want)
	var m Member
	return errors.Join(etf.Unmarshal(b, &m), equal(m, want), equal(bytes.Count(b, []byte("\x06active")), 1))
}

func ecto() error {
	type User struct{ Name string }
	type Comment struct {
		Body string `etf:"body"`
	}
	// snippet: etf/ELIXIR.md 3
	var p Post
	err := etf.Unmarshal(marshal(map[etf.Atom]any{
		"__meta__": etf.Atom("any"), "id": 7, "title": nil, "price": etf.Atom("nil"),
		"comments": []map[etf.Atom]any{{"body": "first"}},
	}), &p)
	var misfit *etf.UnmarshalError
	if !errors.As(err, &misfit) || misfit.Field != "Post.Price" { // no decimal
		return fmt.Errorf("price: %v", err)
	}
	err = etf.Unmarshal(marshal(map[etf.Atom]any{"id": 7, "title": nil, "comments": []map[etf.Atom]any{{"body": "first"}}}), &p)
	return errors.Join(err, equal(p, Post{ID: 7, Comments: []Comment{{"first"}}}))
}

func config() error {
	frame := []byte{131, 106}
	// snippet: etf/doc.go 1
	return err
}

func compressed() error {
	body := bytes.NewBuffer([]byte{131, 80, 0, 0, 0, 1}) // the empty list, of one byte
	w := zlib.NewWriter(body)
	w.Write([]byte{106})
	w.Close()
	// snippet: README.md 4
	if err != nil {
		return err
	}
	if safe.Validate(body.Bytes()) == nil || mode.Validate([]byte{131, 80, 0, 128, 0, 1}) == nil {
		return errors.New("it is not as strict as it says")
	}
	return mode.Validate(body.Bytes())
}

func atomKeys() error {
	body := marshal(map[etf.Atom]int{"id": 7})
	var v any
	// snippet: etf/VALUES.md 1
	if err != nil {
		return err
	}
	return errors.Join(mode.Unmarshal(body, &v), equal(v, map[etf.Atom]any{"id": int64(7)}))
}

// release is a folder with one application in an archive, whose code holds the
// atom norm.
func release() string {
	dir, err := os.MkdirTemp("", "release")
	check(err)
	atoms := append([]byte{0, 0, 0, 2, 1, 'm', 4}, "norm"...)
	chunk := func(name string, b []byte) []byte {
		out := append([]byte(name), 0, 0, 0, byte(len(b)))
		return append(append(out, b...), make([]byte, -len(b)&3)...)
	}
	beam := append([]byte("BEAM"), chunk("AtU8", atoms)...)
	beam = chunk("FOR1", beam)
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("app/ebin/m.beam")
	check(err)
	_, err = w.Write(beam)
	check(errors.Join(err, z.Close(), os.WriteFile(dir+"/app.ez", b.Bytes(), 0o600)))
	return dir
}
