package etf

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/beamgate/beamgate/internal/wire"
	"github.com/beamgate/beamgate/limits"
)

// What errors.Is finds in an [*Error], by the group of its Code.
var (
	ErrMalformed = errors.New("etf: malformed external term")
	ErrTruncated = errors.New("etf: truncated external term")
	ErrTrailing  = errors.New("etf: bytes after the external term")
	ErrRejected  = errors.New("etf: external term rejected by policy")
	ErrLimit     = errors.New("etf: external term over a limit")
)

// Error is why a term was refused. It is the same for a slice and for a reader
// in whatever chunks. Its text and fields never hold anything that the sender
// wrote, nor the text of Err, so it may be logged and sent back.
type Error struct {
	// Code is the stable name of the reason.
	Code Code

	// Offset is where in the input the offending term starts: for truncated
	// input where the input ends, for trailing bytes where they start. In a
	// Decoder it counts from the start of the stream.
	Offset int64

	// Inflated tells that Offset counts in the data of a compressed term, whose
	// first byte is 0.
	Inflated bool

	// Tag is the tag byte at Offset; 0 if there is none.
	Tag Tag

	// Path leads from the top-level term to the offending one.
	Path Path

	// Limit is the cap that was hit, if it was one.
	Limit *limits.Error

	// Err is the error of the reader or of a limits.Budget, if there is one. Its
	// text may tell what is nobody's business; errors.Is and As find it.
	Err error
}

// Error describes the refusal in one line, which begins with Code as it is, behind
// "etf: ". The rest of the text is no API.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "etf: %s at offset %d", e.Code, e.Offset)
	if e.Inflated {
		b.WriteString(" of the inflated data")
	}
	if e.Tag != 0 {
		fmt.Fprintf(&b, ", %s", e.Tag)
	}
	if len(e.Path.Steps) > 0 {
		fmt.Fprintf(&b, ", in %s", e.Path)
	}
	if e.Limit != nil {
		fmt.Fprintf(&b, ": %s", e.Limit)
	} else if advice := e.advice(); advice != "" {
		b.WriteString(": " + advice)
	}
	return b.String()
}

// advice says what is behind a code that is not plain by its name: for a kind of terms
// that the policy does not want, which field of the Config decides, as for a cap.
func (e *Error) advice() string {
	if e.Code == CodeVersion {
		return "the first byte is not 131"
	}
	for i, n := range featureNames {
		if e.Code != codeTexts[int(wire.RejectedFun)+i] {
			continue
		}
		if n.is&Identities != 0 {
			return "not in etf.Config.Policy.Allow: etf." + n.name
		}
		return "in etf.Config.Policy.Refuse: etf." + n.name
	}
	switch e.Code {
	case CodePidRange, CodePortRange, CodeReferenceRange:
		return "more than an id of the receiving node has: etf.Config.Node and Release say which that is"
	case CodeRejectedNode:
		return "not in etf.Config.Policy.Nodes"
	case CodeRejectedStruct:
		return "etf.Config.Policy.Structs decides"
	case CodeRejectedQuoted:
		return "etf.Config.Policy.RefuseQuoted is set"
	}
	return ""
}

// Is reports whether target is the sentinel of the group that Code is in, for an Error
// that somebody else made as well.
func (e *Error) Is(target error) bool { return target != nil && target == sentinel(e.Code) }

// Unwrap returns the limit and the error of a reader or budget.
func (e *Error) Unwrap() []error {
	var errs []error
	if e.Limit != nil {
		errs = append(errs, e.Limit)
	}
	if e.Err != nil {
		errs = append(errs, e.Err)
	}
	return errs
}

// LogValue groups the fields for slog.
func (e *Error) LogValue() slog.Value {
	attrs := []slog.Attr{
		slog.String("code", string(e.Code)),
		slog.Int64("offset", e.Offset),
		slog.String("path", e.Path.String()),
	}
	if e.Inflated {
		attrs = append(attrs, slog.Bool("inflated", true))
	}
	if e.Tag != 0 {
		attrs = append(attrs, slog.String("tag", e.Tag.String()))
	}
	if e.Limit != nil {
		attrs = append(attrs, slog.String("limit", e.Limit.Name),
			slog.Int64("max", e.Limit.Max), slog.Int64("got", e.Limit.Got))
	}
	return slog.GroupValue(attrs...)
}

// newError makes the Error of a failed input.
func newError(in *wire.Input) *Error {
	f, cause := in.Failure()
	e := &Error{
		Code: codeTexts[f.Code], Offset: f.Offset, Inflated: f.Inflated,
		Tag: Tag(f.Tag), Err: cause,
	}
	if !f.Inflated {
		e.Offset += in.TermOffset()
	}
	if (f.Code.IsLimit() || f.Code == wire.LimitAtomBudget) && f.Limit.Name != "" {
		limit := f.Limit
		e.Limit = &limit
	}
	if f.Code != wire.Trailing && !f.NoPath {
		e.Path = pathOf(in)
	}
	return e
}

// Tag is a tag byte of the format.
type Tag byte

// String returns the name in the OTP documentation, or the number.
func (t Tag) String() string {
	if name := wire.TagName(byte(t)); name != "" {
		return name
	}
	return fmt.Sprintf("tag %d", byte(t))
}
