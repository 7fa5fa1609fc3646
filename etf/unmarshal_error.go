package etf

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
)

// Reason is the stable name of why a term does not fit a Go value, or a Go value
// no term.
type Reason string

// The reasons of an [UnmarshalError] and a [MarshalError].
const (
	ReasonKind      Reason = "kind"            // a term of another kind was wanted
	ReasonOverflow  Reason = "overflow"        // a number that the Go type cannot hold
	ReasonInexact   Reason = "inexact"         // an integer that no float of the type equals
	ReasonUTF8      Reason = "utf8"            // bytes or characters that are no UTF-8 text
	ReasonLength    Reason = "length"          // a tuple, array or bitstring of another length
	ReasonImproper  Reason = "improper_list"   // a list whose tail is no list
	ReasonUnknown   Reason = "unknown_field"   // a key without a field
	ReasonDuplicate Reason = "duplicate_field" // a field that comes twice, as :name and "name"
	ReasonMissing   Reason = "missing_field"   // a required field
	ReasonKey       Reason = "map_key"         // a key that Go cannot compare
	ReasonCollision Reason = "key_collision"   // two keys that are one in Go
	ReasonStruct    Reason = "struct_module"   // __struct__ is missing or names another module
	ReasonRecord    Reason = "record_tag"      // the first element is not the record's atom
	ReasonRange     Reason = "range"           // a part of a date, a decimal, … out of its range
	ReasonHook      Reason = "hook"            // a method of the Go type returned an error
	ReasonConsumed  Reason = "hook_consumed"   // a hook read or wrote less or more than one term
	ReasonDepth     Reason = "depth"           // nested deeper than 10,000 containers
	ReasonMemory    Reason = "memory"          // more than UnmarshalOptions.MaxGrowth
	ReasonTarget    Reason = "target"          // no pointer, or a nil one, to unmarshal into
	ReasonType      Reason = "go_type"         // a Go type that no term fits
	ReasonTag       Reason = "go_tag"          // a field tag that is wrong: Err tells how
	ReasonEncode    Reason = "encode"          // ETF cannot hold the value: Err is an *EncodeError
	ReasonCycle     Reason = "cycle"           // nested deeper than 10,000 values: most likely a cycle
)

// ErrUnmarshal is what errors.Is finds in an [*UnmarshalError].
var ErrUnmarshal = errors.New("etf: external term does not fit the Go value")

// UnmarshalError is why an accepted term does not fit the Go value it is for. It
// names Go types, Go fields, positions and counts and nothing that the sender wrote; only
// what Err says may, if it comes from a hook, and is no part of the text then, unless
// it is an [*Error] or an UnmarshalError itself.
type UnmarshalError struct {
	// Reason is the stable name of the reason.
	Reason Reason
	// Kind is the kind of the term.
	Kind Kind
	// Type is the Go type that it was meant for.
	Type reflect.Type
	// Field is the path of struct fields to it, as in "User.Emails.Host": the
	// outermost struct's type and the names of fields.
	Field string
	// Path leads from the term that was unmarshalled to the one at fault.
	Path Path
	// Err is the error of a hook or tag, if it was one.
	Err error

	want   string   // what would have fitted, of this program's making
	counts [2]int   // of ReasonLength: how many are wanted, and how many came
	steps  []Step   // of Path, from the inside out
	fields []string // of Field, from the inside out
	root   string   // the type of the outermost struct
}

// Error describes the misfit in one line, which holds Reason as it is. The rest of
// the text is no API.
func (e *UnmarshalError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "etf: %s", e.Reason)
	kind := e.Kind.String()
	if e.Kind == KindNil {
		kind = "empty list" // not the atom nil of Elixir, or Go's
	}
	switch {
	case e.Reason == ReasonTarget:
		b.WriteString(": " + targetText(e.Type))
	case e.Kind != KindInvalid && e.Type != nil:
		fmt.Fprintf(&b, ": %s for Go type %s", kind, e.Type)
	case e.Kind != KindInvalid:
		fmt.Fprintf(&b, ": %s", kind)
	case e.Type != nil:
		fmt.Fprintf(&b, ": Go type %s", e.Type)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, ", field %s", e.Field)
	}
	if len(e.Path.Steps) > 0 {
		fmt.Fprintf(&b, ", in %s", e.Path)
	}
	if e.counts[0] != e.counts[1] {
		fmt.Fprintf(&b, ": wants %d, has %d", e.counts[0], e.counts[1])
	}
	if e.want != "" {
		b.WriteString(": " + e.want)
	}
	if e.Reason == ReasonConsumed {
		b.WriteString(": a hook has to read all of its term and no more")
	}
	switch e.Err.(type) {
	case *UnmarshalError, *Error, *tagError: // these hold nothing of the term either
		b.WriteString(": " + strings.TrimPrefix(e.Err.Error(), "etf: "))
	case nil:
	default:
		b.WriteString(": Err has the text of the hook, which may tell of the term")
	}
	return b.String()
}

// targetText says what is wrong with the second argument of Unmarshal.
func targetText(typ reflect.Type) string {
	const advice = ": pass a pointer, as &v"
	switch {
	case typ == nil:
		return "nil" + advice
	case typ.Kind() == reflect.Pointer:
		return "a nil pointer of Go type " + typ.String() + advice
	}
	return "Go type " + typ.String() + " is no pointer" + advice
}

// Is reports whether target is [ErrUnmarshal].
func (e *UnmarshalError) Is(target error) bool { return target == ErrUnmarshal }

// Unwrap returns Err.
func (e *UnmarshalError) Unwrap() error { return e.Err }

// LogValue groups the fields for slog. Err is left out.
func (e *UnmarshalError) LogValue() slog.Value {
	attrs := []slog.Attr{slog.String("reason", string(e.Reason)), slog.String("kind", e.Kind.String())}
	if e.Type != nil {
		attrs = append(attrs, slog.String("type", e.Type.String()))
	}
	if e.Field != "" {
		attrs = append(attrs, slog.String("field", e.Field))
	}
	return slog.GroupValue(append(attrs, slog.String("path", e.Path.String()))...)
}

// misfit makes the error of a term that does not fit the plan.
func misfit(r Reason, p *plan, t Term) error {
	return &UnmarshalError{Reason: r, Kind: t.kind(), Type: p.typ}
}

// misfitFor is misfit that says what would have fitted. That is never a part of the
// term.
func misfitFor(want string, r Reason, p *plan, t Term) error {
	return &UnmarshalError{Reason: r, Kind: t.kind(), Type: p.typ, want: want}
}

// wantsModule is what misfitFor says of a struct of another module.
func wantsModule(name string) string {
	text := "wants module " + name
	if !strings.HasPrefix(name, "Elixir.") && name != "" && name[0] >= 'A' && name[0] <= 'Z' {
		text += ", the atom; the names of Elixir's modules begin with Elixir."
	}
	return text
}

// misfitLen is the misfit of a term of another length.
func misfitLen(p *plan, t Term, want, has int) error {
	return &UnmarshalError{Reason: ReasonLength, Kind: t.kind(), Type: p.typ, counts: [2]int{want, has}}
}

// misfitText is the misfit of a term of a kind that text is not read from, with the
// options that would take it. Where there is one already, its writer knows them.
func misfitText(p *plan, t Term) error {
	want := ""
	if p.opts.text == textDefault {
		switch t.kind() {
		case KindAtom:
			if want = "the tag option atom or text takes atoms"; t.isNil() {
				want = "the tag option nilzero takes nil, and atom or text any atom"
			}
		case KindList, KindNil:
			want = "the tag option charlist, text or iodata takes lists"
		}
	}
	return misfitFor(want, ReasonKind, p, t)
}

// misfitNil is a misfit of kind that tells what would take a nil.
func misfitNil(p *plan, t Term) error {
	if t.isNil() {
		return misfitFor("a pointer, or the tag option nilzero, takes nil", ReasonKind, p, t)
	}
	return misfit(ReasonKind, p, t)
}

// under adds the step that leads to the term at fault, as errors come back. It
// fills in what charge and enter could not know.
func under(err error, p *plan, t Term, step Step) error {
	e, ok := err.(*UnmarshalError)
	if !ok {
		return err
	}
	if e.Type == nil {
		e.Type, e.Kind = p.typ, t.kind()
	}
	e.steps = append(e.steps, step)
	return e
}

// ofField adds the struct field that the term at fault is for.
func ofField(err error, p *plan, f *field) error {
	if e, ok := err.(*UnmarshalError); ok {
		e.fields = append(e.fields, f.goName)
		e.root = p.typ.Name()
	}
	return err
}

// typed fills in the type of an error without one.
func typed(err error, p *plan, t Term) error {
	if e, ok := err.(*UnmarshalError); ok && e.Type == nil {
		e.Type, e.Kind = p.typ, t.kind()
	}
	return err
}

// finish turns what came together inside out.
func finish(err error) error {
	e, ok := err.(*UnmarshalError)
	if !ok {
		return err
	}
	slices.Reverse(e.steps)
	e.Path = shorten(e.steps)
	if len(e.fields) > 0 {
		slices.Reverse(e.fields)
		if len(e.fields) > 2*PathKeep {
			e.fields = append(append(e.fields[:PathKeep:PathKeep], "…"), e.fields[len(e.fields)-PathKeep:]...)
		}
		e.Field = strings.TrimPrefix(e.root+"."+strings.Join(e.fields, "."), ".")
	}
	e.steps, e.fields = nil, nil
	return e
}

// shorten keeps the ends of a long path.
func shorten(steps []Step) Path {
	n := len(steps)
	if n <= 2*PathKeep {
		return Path{Steps: steps}
	}
	kept := append(slices.Clone(steps[:PathKeep]), steps[n-PathKeep:]...)
	return Path{Steps: kept, Omitted: n - 2*PathKeep}
}
