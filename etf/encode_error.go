package etf

import "errors"

// ErrEncode is what errors.Is finds in an [*EncodeError].
var ErrEncode = errors.New("etf: no such external term")

// What an [EncodeError] can say beyond the codes of malformed input, which it
// uses for values that would be refused as such: [CodeFloatNotFinite],
// [CodeAtomTooLong], [CodeAtomUTF8], [CodeBigTooLarge], [CodeBits],
// [CodeTupleTooLarge], [CodeMapTooLarge], [CodeDuplicateKey], [CodeCreation],
// [CodeReferenceEmpty], [CodeReferenceWords], [CodeFunFree], [CodeExportArity].
// A Mode never gives these.
const (
	CodeNoForm     Code = "no_form"     // the dialect has no encoding for it
	CodeTooLong    Code = "too_long"    // a length or a count that the format cannot say
	CodeTextUTF8   Code = "text_utf8"   // characters were wanted, and this is no UTF-8
	CodeNoTerm     Code = "no_term"     // the zero Term, a nil number or broken raw bytes
	CodeUnfinished Code = "unfinished"  // a container was left with elements missing
	CodeOverfull   Code = "overfull"    // one term too many
	CodeWrongClose Code = "wrong_close" // there is no such container to end
)

// EncodeError is why a value has no encoding. It never holds the value, so it
// may be logged.
type EncodeError struct {
	// Code is the stable name of the reason.
	Code Code
}

// Error describes the refusal in one line, which holds Code as it is. The rest of
// the text is no API.
func (e *EncodeError) Error() string {
	return "etf: cannot encode: " + string(e.Code) + ", " + encodeTexts[e.Code]
}

// Is reports whether target is [ErrEncode].
func (e *EncodeError) Is(target error) bool { return target == ErrEncode }

var encodeTexts = map[Code]string{
	CodeFloatNotFinite: "a float is NaN or an infinity",
	CodeAtomTooLong:    "an atom has more than 255 characters",
	CodeAtomUTF8:       "the name of an atom is not UTF-8",
	CodeBigTooLarge:    "an integer has more digits than a BEAM takes",
	CodeBits:           "the bytes of a bitstring are not as many as its bits need",
	CodeTupleTooLarge:  "a tuple has 2^24 elements or more",
	CodeMapTooLarge:    "a map has 2^31 pairs or more",
	CodeDuplicateKey:   "two keys of a map are equal",
	CodeCreation:       "a creation is above 3, which the dialect cannot say",
	CodeReferenceEmpty: "a reference has no words",
	CodeReferenceWords: "a reference has more than 5 words",
	CodeFunFree:        "a fun has more than 255 free variables",
	CodeExportArity:    "an arity is not 0 to 255",
	CodeNoForm:         "the dialect has no form for a term of this kind",
	CodeTooLong:        "a length is beyond what the format can say",
	CodeTextUTF8:       "text is not UTF-8",
	CodeNoTerm:         "there is no term",
	CodeUnfinished:     "a container has elements missing",
	CodeOverfull:       "one term too many",
	CodeWrongClose:     "no container of this kind is open",
}

// cannot returns the error of a code.
func cannot(c Code) error { return &EncodeError{c} }
