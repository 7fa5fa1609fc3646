package targets

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// inputForm is the first line of the files in testdata/fuzz.
const inputForm = "go test fuzz v1"

// IsInput reports whether text is a file in which the go command keeps an input
// of a fuzz target.
func IsInput(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	return string(bytes.TrimRight(line, "\r")) == inputForm
}

// withWay are the fuzz targets whose first arguments are those of payloadOf.
var withWay = []string{
	"FuzzAgree", "FuzzBEAM", "FuzzBudgets", "FuzzChunking", "FuzzFrames", "FuzzInterleave",
	"FuzzMalleable", "FuzzMeasure", "FuzzRoundTrip", "FuzzStructs", "FuzzUnmarshal",
}

// InputPayload returns the payload that an input of a target of this package
// stands for: of most targets the engine varies what a payload is made of, and
// not the payload. The input of another target that has but one argument, bytes,
// is taken for the payload.
func InputPayload(target string, text []byte) ([]byte, error) {
	if !IsInput(text) {
		return nil, errors.New("the first line is not " + inputForm)
	}
	_, rest, _ := strings.Cut(string(text), "\n")
	args := strings.FieldsFunc(rest, func(c rune) bool { return c == '\n' || c == '\r' })
	if len(args) == 0 {
		return nil, errors.New("an input without arguments")
	}
	data, err := bytesArg(args[0])
	switch {
	case err != nil:
		return nil, err
	case len(args) == 1 && !slices.Contains(withWay, target):
		return data, nil
	case len(args) == 1 || !slices.Contains(withWay, target):
		return nil, fmt.Errorf("an input of %q with %d arguments: which is the payload?", target, len(args))
	}
	way, err := byteArg(args[1])
	if err != nil {
		return nil, err
	}
	return payloadOf(data, way), nil
}

// literal returns the literal in an argument such as byte('x').
func literal(arg string, isType func(ast.Expr) bool, kinds ...token.Token) (*ast.BasicLit, error) {
	e, err := parser.ParseExpr(arg)
	if err != nil {
		return nil, err
	}
	if call, ok := e.(*ast.CallExpr); ok && len(call.Args) == 1 && isType(call.Fun) {
		if lit, ok := call.Args[0].(*ast.BasicLit); ok && slices.Contains(kinds, lit.Kind) {
			return lit, nil
		}
	}
	return nil, fmt.Errorf("%.60s: an argument of another type", arg)
}

func isByte(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && (id.Name == "byte" || id.Name == "uint8")
}

func isBytes(e ast.Expr) bool {
	a, ok := e.(*ast.ArrayType)
	return ok && a.Len == nil && isByte(a.Elt)
}

func bytesArg(arg string) ([]byte, error) {
	lit, err := literal(arg, isBytes, token.STRING)
	if err != nil {
		return nil, err
	}
	s, err := strconv.Unquote(lit.Value)
	return []byte(s), err
}

func byteArg(arg string) (byte, error) {
	lit, err := literal(arg, isByte, token.CHAR, token.INT)
	if err != nil {
		return 0, err
	}
	if lit.Kind == token.INT {
		n, err := strconv.ParseUint(lit.Value, 0, 8)
		return byte(n), err
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return 0, err
	}
	c := []rune(s)[0]
	if c > 255 {
		return 0, fmt.Errorf("%s: no byte", arg)
	}
	return byte(c), nil
}
