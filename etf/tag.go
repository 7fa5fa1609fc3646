package etf

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// options are what field tags ask for beyond the Go type. They are part of what
// a plan is kept under, so they are compared.
type options struct {
	text      textMode
	key       textMode // of map keys, or of the keys of a struct
	form      form
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

// form says what term a struct, slice or array is.
type form uint8

const (
	formDefault  form = iota // a struct: a map or list of pairs; a slice: a list
	formMap                  // a map and nothing else
	formTuple                // a tuple of the fields or elements
	formRecord               // a tuple with an atom in front of the fields
	formProplist             // a list of pairs and atoms
	formStruct               // a map with __struct__
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
	if word, _, given := strings.Cut(name, "="); given && takesValue(strings.TrimSpace(word)) {
		return t, fmt.Errorf("%q stands where the key does: begin the tag with a comma", name)
	}
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
		ok = t.setForm(forms[name], given)
		t.opts.name = value
		ok = ok && value != ""
	default:
		ok = !given && t.flag(name)
	}
	if !ok {
		return wrongOption(word)
	}
	return nil
}

// flags are the options without a value that are of no kind.
var flags = []string{"omitempty", "required", "strict", "undefined", "nilzero", "bytes"}

// takesValue reports whether a word is the name of an option with a value, or of
// what somebody may take for one.
func takesValue(name string) bool {
	return name == "key" || name == "record" || name == "struct" || name == "form"
}

// wrongOption says why an option was not taken. What is in tags was written by whoever
// wrote the Go type.
func wrongOption(word string) error {
	name, value, given := strings.Cut(word, "=")
	known := slices.Sorted(maps.Keys(forms))
	known = slices.AppendSeq(known, maps.Keys(textModes))
	known = slices.AppendSeq(known, maps.Keys(timeModes))
	known = append(append(known, flags...), "key")
	slices.Sort(known)
	switch {
	case name == "key":
		return fmt.Errorf("option %q is none of key=atom, key=binary and key=charlist", word)
	case name == "record" && value == "":
		return fmt.Errorf("option %q lacks a name, as in record=user", word)
	case name == "struct" && value == "":
		return fmt.Errorf("option %q lacks a name, as in struct=Elixir.User", word)
	case !slices.Contains(known, name):
		if like := nearest(name, known); like != "" {
			return fmt.Errorf("option %q is not known: did you mean %s?", word, like)
		}
		return fmt.Errorf("option %q is not known: there are %s", word, strings.Join(known, ", "))
	case given && name != "record" && name != "struct":
		return fmt.Errorf("option %q takes no value", name)
	}
	return fmt.Errorf("option %q does not go with one before it", word)
}

// nearest returns the one of some words that is at most two letters away, of two the
// first, if there is one.
func nearest(word string, known []string) (like string) {
	word = strings.ToLower(strings.TrimSpace(word))
	least := min(2, len(word)/3) + 1
	for _, k := range known {
		if d := distance(word, k); d < least {
			least, like = d, k
		}
	}
	return like
}

// distance is how many bytes have to be put in, taken out or changed.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0]++
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

var textModes = map[string]textMode{
	"binary": textBinary, "atom": textAtom, "charlist": textCharlist, "text": textAny, "iodata": textIodata,
	"decimal": textDecimal,
}

var forms = map[string]form{
	"map": formMap, "tuple": formTuple, "record": formRecord,
	"proplist": formProplist, "keyword": formProplist, "struct": formStruct,
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
	if s, ok := forms[name]; ok {
		return t.setForm(s, false)
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

// setForm sets the form if none was given before. A record and a struct need
// the name that comes with them.
func (t *fieldTag) setForm(s form, named bool) bool {
	free := t.opts.form == formDefault && named == (s == formRecord || s == formStruct)
	t.opts.form = s
	return free
}

// inner are the options that hold for elements and values too.
func (o options) inner() options {
	return options{text: o.text, time: o.time, byBytes: o.byBytes, undefined: o.undefined}
}

// plural reports whether what follows a capital is the s of several.
func plural(rest []rune) bool {
	return rest[0] == 's' && (len(rest) == 1 || !unicode.IsLower(rest[1]))
}

// snake is the key of a field without a name in its tag: UserID is user_id, and UserIDs
// user_ids.
func snake(goName string) string {
	runes := []rune(goName)
	var b strings.Builder
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' {
			nextLower := i+1 < len(runes) && unicode.IsLower(runes[i+1]) && !plural(runes[i+1:])
			if !unicode.IsUpper(runes[i-1]) || nextLower {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
