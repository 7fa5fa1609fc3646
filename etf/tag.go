package etf

import (
	"fmt"
	"strings"
	"unicode"
)

// options are what field tags ask for beyond the Go type. They are part of what
// a plan is kept under, so they are compared.
type options struct {
	text      textMode
	key       textMode // of map keys, or of the keys of a struct
	shape     shape
	name      string // the atom of a record, or the module of an Elixir struct
	time      timeMode
	undefined bool // nil is written as undefined
	nilZero   bool // nil and undefined are the zero value
	byBytes   bool // encoding.BinaryUnmarshaler before encoding.TextUnmarshaler
}

// textMode says what terms text is.
type textMode uint8

const (
	textDefault  textMode = iota // a binary; as a key an atom or binary
	textBinary                   // a binary
	textAtom                     // an atom
	textCharlist                 // a list of characters
	textAny                      // any of the three, written as a binary
	textIodata                   // a binary or a list of bytes, binaries and such lists
	textDecimal                  // an Elixir Decimal
	textKey                      // an atom or a binary: the keys of a Go map, unless tagged
)

// shape says what term a struct, slice or array is.
type shape uint8

const (
	shapeDefault  shape = iota // a struct: a map or list of pairs; a slice: a list
	shapeMap                   // a map and nothing else
	shapeTuple                 // a tuple of the fields or elements
	shapeRecord                // a tuple with an atom in front of the fields
	shapeProplist              // a list of pairs and atoms
	shapeStruct                // a map with __struct__
)

// timeMode says what term a time.Time is.
type timeMode uint8

const (
	timeDefault   timeMode = iota // an Elixir DateTime
	timeNaive                     // an Elixir NaiveDateTime, in UTC
	timeErlang                    // {{Year, Month, Day}, {Hour, Minute, Second}}, in UTC
	timeUnix                      // seconds since 1970
	timeUnixMilli                 // milliseconds
	timeUnixMicro                 // microseconds
	timeUnixNano                  // nanoseconds
)

// fieldTag is one tag, read.
type fieldTag struct {
	name      string // of the key; "" if the tag gives none
	skip      bool
	omitEmpty bool
	required  bool
	strict    bool
	opts      options
}

// parseTag reads the tag of a field.
func parseTag(tag string) (t fieldTag, err error) {
	if tag == "-" {
		return fieldTag{skip: true}, nil
	}
	name, rest, more := strings.Cut(tag, ",")
	t.name = name
	for more {
		var word string
		word, rest, more = strings.Cut(rest, ",")
		if err := t.option(word); err != nil {
			return t, err
		}
	}
	return t, nil
}

func (t *fieldTag) option(word string) error {
	name, value, given := strings.Cut(word, "=")
	ok := true
	switch name {
	case "key":
		t.opts.key, ok = textModes[value]
		ok = ok && t.opts.key <= textCharlist
	case "record", "struct":
		ok = t.setShape(shapes[name], given)
		t.opts.name = value
		ok = ok && value != ""
	default:
		ok = !given && t.flag(name)
	}
	if !ok {
		return fmt.Errorf("option %q is not known, or does not go with the others", word)
	}
	return nil
}

var textModes = map[string]textMode{
	"binary": textBinary, "atom": textAtom, "charlist": textCharlist, "text": textAny, "iodata": textIodata,
	"decimal": textDecimal,
}

var shapes = map[string]shape{
	"map": shapeMap, "tuple": shapeTuple, "record": shapeRecord,
	"proplist": shapeProplist, "keyword": shapeProplist, "struct": shapeStruct,
}

var timeModes = map[string]timeMode{
	"naive": timeNaive, "erlang": timeErlang, "unix": timeUnix,
	"unixmilli": timeUnixMilli, "unixmicro": timeUnixMicro, "unixnano": timeUnixNano,
}

// flag sets an option without a value.
func (t *fieldTag) flag(name string) bool {
	if mode, ok := textModes[name]; ok {
		free := t.opts.text == textDefault
		t.opts.text = mode
		return free
	}
	if s, ok := shapes[name]; ok {
		return t.setShape(s, false)
	}
	if mode, ok := timeModes[name]; ok {
		free := t.opts.time == timeDefault
		t.opts.time = mode
		return free
	}
	switch name {
	case "omitempty":
		t.omitEmpty = true
	case "required":
		t.required = true
	case "strict":
		t.strict = true
	case "undefined":
		t.opts.undefined = true
	case "nilzero":
		t.opts.nilZero = true
	case "bytes":
		t.opts.byBytes = true
	default:
		return false
	}
	return true
}

// setShape sets the shape if none was given before. A record and a struct need
// the name that comes with them.
func (t *fieldTag) setShape(s shape, named bool) bool {
	free := t.opts.shape == shapeDefault && named == (s == shapeRecord || s == shapeStruct)
	t.opts.shape = s
	return free
}

// inner are the options that hold for elements and values too.
func (o options) inner() options {
	return options{text: o.text, time: o.time, byBytes: o.byBytes, undefined: o.undefined}
}

// snake is the key of a field without a name in its tag: UserID is user_id.
func snake(goName string) string {
	runes := []rune(goName)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' {
			nextLower := i+1 < len(runes) && unicode.IsLower(runes[i+1])
			if !unicode.IsUpper(runes[i-1]) || nextLower {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
