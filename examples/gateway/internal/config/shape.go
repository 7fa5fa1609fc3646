package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// maxShape is how many mistakes of shape are told at once.
const maxShape = 100

// shapeless reads a file that does not have the shape of one: it notes each unknown key
// and each value of the wrong kind, leaves it out, and reads the rest, of which check may
// say more. What was left out is in doubt: nothing is said of it, nor of what refers to
// it.
func (r *report) shapeless(body ast.Node) *File {
	for {
		c := new(File)
		setDefaults(c)
		err := yaml.NodeToValue(body, c, yaml.Strict())
		if err == nil {
			return c
		}
		at, entry := place(err), (*ast.MappingValueNode)(nil)
		if at != nil {
			entry = cut(body, at)
		}
		if entry == nil || len(r.errs) == maxShape {
			r.errs = append(r.errs, yamlError(r.name, err))
			return nil
		}
		r.misshapen(err, at, entry.Key.GetPath())
	}
}

// misshapen notes one mistake, at a path that was cut out.
func (r *report) misshapen(err error, at *token.Token, path string) {
	e := &Error{File: r.name, Line: at.Position.Line, Column: at.Position.Column}
	r.errs = append(r.errs, e)
	var unknown *yaml.UnknownFieldError
	if !errors.As(err, &unknown) {
		r.doubt = append(r.doubt, path)
		e.Message = fmt.Sprintf("%s: %s", path[len("$."):], wrongKind(err))
		return
	}
	e.Message = fmt.Sprintf("unknown field %q", at.Value)
	holder := parent(path)
	if holder != "$" {
		e.Message += " in " + holder[len("$."):]
	}
	if meant := nearest(at.Value, keysAt(holder)); meant != "" {
		e.Message += ": did you mean " + meant + "?"
		r.doubt = append(r.doubt, holder+"."+meant)
	}
}

// place is where an error of decoding is, or nil.
func place(err error) *token.Token {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil && y.GetToken().Position != nil {
		return y.GetToken()
	}
	return nil
}

// wrongKind says in words of the file, not of Go, what a value has to be.
func wrongKind(err error) string {
	var kind *yaml.TypeError
	var node *yaml.UnexpectedNodeTypeError
	var over *yaml.OverflowError
	var syntax *yaml.SyntaxError
	switch {
	case errors.As(err, &kind) && kind.DstType.Kind() == reflect.Bool:
		return "has to be true or false"
	case errors.As(err, &kind) && kind.DstType.Kind() == reflect.String:
		return "has to be text"
	case errors.As(err, &kind) && kind.DstType.Kind() >= reflect.Int && kind.DstType.Kind() <= reflect.Int64:
		return "has to be a whole number, without a unit"
	case errors.As(err, &node) && node.Expected == ast.SequenceType:
		return "has to be a list"
	case errors.As(err, &node) && node.Expected == ast.MappingType:
		return "has to hold keys with values"
	case errors.As(err, &over):
		return "is too large a number"
	case errors.As(err, &syntax):
		return syntax.Message
	}
	return "has not the form of such a value"
}

// cut takes the entry that holds a token, or is named by it, out of the tree: the
// innermost there is.
func cut(n ast.Node, at *token.Token) *ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.AnchorNode:
		return cut(n.Value, at)
	case *ast.SequenceNode:
		for _, v := range n.Values {
			if e := cut(v, at); e != nil {
				return e
			}
		}
	case *ast.MappingNode:
		for i, e := range n.Values {
			if inner := cut(e.Value, at); inner != nil {
				return inner
			}
			if holds(e, at) {
				n.Values = slices.Delete(n.Values, i, i+1)
				return e
			}
		}
	}
	return nil
}

// holds reports whether a token stands somewhere in n.
func holds(n ast.Node, at *token.Token) bool {
	f := &finder{at: at.Position.Offset}
	ast.Walk(f, n)
	return f.found
}

type finder struct {
	at    int
	found bool
}

// Visit implements ast.Visitor.
func (f *finder) Visit(n ast.Node) ast.Visitor {
	if t := n.GetToken(); t != nil && t.Position != nil && t.Position.Offset == f.at {
		f.found = true
	}
	if f.found {
		return nil
	}
	return f
}

// doubted reports whether something at a path, or what it refers to, was left out.
func (r *report) doubted(path string) bool {
	last := path[strings.LastIndexByte(path, '.')+1:]
	for _, d := range r.doubt {
		rest, below := strings.CutPrefix(path, d)
		if below && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return true
		}
		if (last == "ledger" || last == "upstream") && strings.HasPrefix(d, "$."+last+"s") {
			return true
		}
	}
	return false
}

// keysAt lists the keys that may stand at a path.
func keysAt(path string) []string {
	t := reflect.TypeFor[File]()
	for _, step := range strings.Split(path, ".")[1:] {
		name, _, _ := strings.Cut(step, "[")
		f, ok := fieldOf(t, name)
		if !ok {
			return nil
		}
		for t = f.Type; t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice; t = t.Elem() {
		}
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	var keys []string
	for i := range t.NumField() {
		keys = append(keys, t.Field(i).Tag.Get("yaml"))
	}
	return keys
}

func fieldOf(t reflect.Type, key string) (reflect.StructField, bool) {
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if t.Field(i).Tag.Get("yaml") == key {
				return t.Field(i), true
			}
		}
	}
	return reflect.StructField{}, false
}

// nearest is the word of a list that is like another one, or empty: with few letters
// changed, or the beginning of it.
func nearest(word string, list []string) string {
	best, least := "", len(word)/3+1
	for _, w := range list {
		d := distance(word, w)
		if d > 2 && len(word) >= 3 && (strings.HasPrefix(w, word) || strings.HasSuffix(w, "_"+word)) {
			d = 2
		}
		if d < least || d == least && best == "" {
			best, least = w, d
		}
	}
	return best
}

// distance is how many letters have to be changed, left out, put in or exchanged with
// the next one to make b of a.
func distance(a, b string) int {
	before, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range b {
			d := row[j]
			if a[i] != b[j] {
				d++
			}
			next[j+1] = min(d, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
