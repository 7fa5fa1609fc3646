package config

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds the file. A configuration is small; a wrong path may not be.
const maxFile = 4 << 20

// Error is what is wrong with a file, and where. Line and Column count from 1;
// both are 0 if it is about the file as a whole.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

// Error has the form that editors and compilers agree on.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Load reads the file at path. The error joins everything that is wrong with it,
// each an *Error, in the order of the lines: unknown keys, values of the wrong kind, and
// whatever else is wrong with the rest. A mistake of syntax stands alone. Files that it names
// are not looked at; CheckFiles does.
func Load(path string) (*File, error) {
	c, _, err := load(path)
	return c, err
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	if len(data) > maxFile {
		return nil, &Error{File: path, Message: "larger than 4 MiB"}
	}
	return data, nil
}

// Parse reads data; name stands for the file in errors.
func Parse(name string, data []byte) (*File, error) {
	c, _, err := parse(name, data)
	return c, err
}

// parse returns the places of the keys, too.
func parse(name string, data []byte) (*File, *report, error) {
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, nil, yamlError(name, err)
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, nil, &Error{File: name, Message: "has to be one document, and not empty"}
	}
	c := new(File)
	setDefaults(c)
	r := &report{name: name, tree: tree}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(c); err != nil {
		c = r.misread(data, err)
	}
	if c != nil {
		c.check(r)
	}
	if len(r.errs) > 0 {
		slices.SortStableFunc(r.errs, byPlace)
		return nil, nil, errors.Join(r.errs...)
	}
	return c, r, nil
}

// misread reads what there is to be read of a file that could not be decoded, from a
// tree of its own: places are looked up in the whole one.
func (r *report) misread(data []byte, err error) *File {
	tree, again := parser.ParseBytes(data, 0)
	if again == nil {
		if c := r.shapeless(tree.Docs[0].Body); len(r.errs) > 0 {
			return c
		}
	}
	r.errs = append(r.errs, yamlError(r.name, err))
	return nil
}

func byPlace(a, b error) int {
	var x, y *Error
	if !errors.As(a, &x) || !errors.As(b, &y) {
		return 0
	}
	return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
}

func yamlError(name string, err error) error {
	var y yaml.Error
	if !errors.As(err, &y) {
		return &Error{File: name, Message: err.Error()}
	}
	e := &Error{File: name, Message: y.GetMessage()}
	if t := y.GetToken(); t != nil && t.Position != nil {
		e.Line, e.Column = t.Position.Line, t.Position.Column
	}
	return e
}

// report gathers mistakes that are no mistakes of syntax.
type report struct {
	name  string
	tree  *ast.File
	errs  []error
	warns []error  // what can be put in force, and is hardly meant
	doubt []string // paths of which nothing is known
}

// add notes a mistake at a path such as $.listeners[0].packet. If the key is not
// there, the place is that of what should hold it.
func (r *report) add(path, format string, args ...any) {
	if !r.doubted(path) {
		r.errs = append(r.errs, r.at(path, format, args...))
	}
}

// warn is add for what is no mistake.
func (r *report) warn(path, format string, args ...any) {
	r.warns = append(r.warns, r.at(path, format, args...))
}

func (r *report) at(path, format string, args ...any) *Error {
	e := &Error{File: r.name, Message: fmt.Sprintf("%s: %s", path[len("$."):], fmt.Sprintf(format, args...))}
	for p := path; p != "" && e.Line == 0; p = parent(p) {
		e.Line, e.Column = r.position(p)
	}
	return e
}

func (r *report) position(path string) (line, column int) {
	p, err := yaml.PathString(path)
	if err != nil {
		return 0, 0
	}
	node, err := p.FilterFile(r.tree)
	if err != nil || node == nil || node.GetToken() == nil || node.GetToken().Position == nil {
		return 0, 0
	}
	at := node.GetToken().Position
	return at.Line, at.Column
}

// parent is the path without its last step; empty above the top.
func parent(path string) string {
	for i := len(path) - 1; i > 0; i-- {
		if path[i] == '.' || path[i] == '[' {
			return path[:i]
		}
	}
	return ""
}
