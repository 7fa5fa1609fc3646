package etf

import (
	"slices"

	"github.com/beamgate/beamgate/internal/wire"
)

// Code says why a term was refused. Its text is stable: it serves metrics, logs
// and the corpus, and never changes its meaning.
type Code string

// Malformed input. No mode accepts it; errors.Is matches [ErrMalformed].
const (
	CodeVersion          Code = "version"           // the first byte is not 131
	CodeUnknownTag       Code = "unknown_tag"       // no tag of the format
	CodeInternalTag      Code = "internal_tag"      // 72–76, 78: only for inside a VM
	CodeDistributionTag  Code = "distribution_tag"  // 68, 69, 82: only on a distribution link
	CodeOldFun           Code = "old_fun"           // FUN_EXT (117), removed in OTP 23
	CodeLocalTag         Code = "local_tag"         // LOCAL_EXT (121), private to one VM
	CodeRecordTag        Code = "record_tag"        // RECORD_EXT (67), OTP 29
	CodeNestedCompressed Code = "nested_compressed" // COMPRESSED anywhere but right after 131
	CodeFloatNotFinite   Code = "float_not_finite"  // NaN, an infinity, or text that overflows
	CodeFloatSyntax      Code = "float_syntax"      // text that is no Erlang float
	CodeFloatComma       Code = "float_comma"       // a comma as radix point
	CodeFloatOpen        Code = "float_open"        // text without its NUL
	CodeAtomTooLong      Code = "atom_too_long"     // more than 255 characters
	CodeAtomUTF8         Code = "atom_utf8"         // not UTF-8
	CodeBigTooLarge      Code = "big_too_large"     // more digits than the release takes
	CodeBits             Code = "bits"              // BIT_BINARY_EXT with an impossible bit count
	CodeTupleTooLarge    Code = "tuple_too_large"   // 2²⁴ elements or more
	CodeMapTooLarge      Code = "map_too_large"     // 2³¹ pairs or more
	CodeDuplicateKey     Code = "duplicate_key"     // two keys of a map are =:=
	CodeAmbiguousKey     Code = "ambiguous_key"     // a reference in a key that releases or their maps take for different keys
	CodeNodeNotAtom      Code = "node_not_atom"     // a node, module or function that is no atom
	CodeCreation         Code = "creation"          // a creation above 3 in an old encoding
	CodePidRange         Code = "pid_range"         // no pid of the receiving node
	CodePortRange        Code = "port_range"        // no port of the receiving node
	CodeReferenceRange   Code = "reference_range"   // no reference of that node
	CodeReferenceWords   Code = "reference_words"   // more than 5 words
	CodeReferenceEmpty   Code = "reference_empty"   // no words
	CodeFunFree          Code = "fun_free"          // more than 255 free variables
	CodeFunField         Code = "fun_field"         // old index or uniq is no plain small integer
	CodeFunCreator       Code = "fun_creator"       // the creator is no pid
	CodeExportField      Code = "export_field"      // the arity is no plain integer
	CodeExportArity      Code = "export_arity"      // the arity is not 0…255
	CodeZlibHeader       Code = "zlib_header"       // no zlib stream
	CodeZlibDictionary   Code = "zlib_dictionary"   // a preset dictionary
	CodeZlibData         Code = "zlib_data"         // the deflate stream is damaged
	CodeZlibChecksum     Code = "zlib_checksum"     // Adler-32 differs
	CodeInflatedSize     Code = "inflated_size"     // the data do not have the declared size
	CodeInflatedTrailing Code = "inflated_trailing" // bytes behind the term in the inflated data
)

// Too few and too many bytes: [ErrTruncated] and [ErrTrailing].
const (
	CodeTruncated Code = "truncated"
	CodeTrailing  Code = "trailing"
)

// Well-formed input that this mode does not want: [ErrRejected].
const (
	CodeRejectedFun          Code = "rejected_fun"
	CodeRejectedExport       Code = "rejected_export"
	CodeRejectedPid          Code = "rejected_pid"
	CodeRejectedPort         Code = "rejected_port"
	CodeRejectedReference    Code = "rejected_reference"
	CodeRejectedCompressed   Code = "rejected_compressed"
	CodeRejectedTextFloat    Code = "rejected_text_float"
	CodeRejectedLatin1Atom   Code = "rejected_latin1_atom"
	CodeRejectedBitstring    Code = "rejected_bitstring"
	CodeRejectedImproperList Code = "rejected_improper_list"
	CodeRejectedEmptyAtom    Code = "rejected_empty_atom"
	CodeRejectedFloat        Code = "rejected_float"
	CodeRejectedMap          Code = "rejected_map"
	CodeRejectedNode         Code = "rejected_node"   // an id of a node that is not listed
	CodeRejectedStruct       Code = "rejected_struct" // an Elixir struct that is not wanted
	CodeRejectedQuoted       Code = "rejected_quoted" // the shape of a quoted expression
)

// Caps: [ErrLimit]. Error.Limit names the field of limits.Limits.
const (
	CodeLimitBytes         Code = "limit_bytes"
	CodeLimitDepth         Code = "limit_depth"
	CodeLimitTerms         Code = "limit_terms"
	CodeLimitArity         Code = "limit_arity"
	CodeLimitBlob          Code = "limit_blob"
	CodeLimitBigBytes      Code = "limit_big_bytes"
	CodeLimitAtomChars     Code = "limit_atom_chars"
	CodeLimitAtoms         Code = "limit_atoms"
	CodeLimitDistinctAtoms Code = "limit_distinct_atoms"
	CodeLimitNewAtoms      Code = "limit_new_atoms"
	CodeLimitInflated      Code = "limit_inflated"
	CodeLimitRatio         Code = "limit_ratio"
	CodeLimitBuffered      Code = "limit_buffered"
	CodeLimitStreamBytes   Code = "limit_stream_bytes"
	CodeLimitKeyState      Code = "limit_key_state"
	CodeLimitHeapWords     Code = "limit_heap_words"
	CodeLimitAtomBudget    Code = "limit_atom_budget" // a limits.Budget has no place for a name
)

// CodeRead is a failure of the reader, wrapped; it says nothing about the input.
const CodeRead Code = "read"

// codeTexts gives each code of the grammar its text.
var codeTexts = [wire.NumCodes]Code{
	wire.BadVersion:           CodeVersion,
	wire.UnknownTag:           CodeUnknownTag,
	wire.InternalTag:          CodeInternalTag,
	wire.DistributionTag:      CodeDistributionTag,
	wire.OldFunTag:            CodeOldFun,
	wire.LocalTag:             CodeLocalTag,
	wire.RecordTag:            CodeRecordTag,
	wire.NestedCompressed:     CodeNestedCompressed,
	wire.FloatNotFinite:       CodeFloatNotFinite,
	wire.FloatSyntax:          CodeFloatSyntax,
	wire.FloatComma:           CodeFloatComma,
	wire.FloatUnterminated:    CodeFloatOpen,
	wire.AtomTooLong:          CodeAtomTooLong,
	wire.AtomUTF8:             CodeAtomUTF8,
	wire.BigTooLarge:          CodeBigTooLarge,
	wire.BitsInvalid:          CodeBits,
	wire.TupleTooLarge:        CodeTupleTooLarge,
	wire.MapTooLarge:          CodeMapTooLarge,
	wire.DuplicateKey:         CodeDuplicateKey,
	wire.AmbiguousKey:         CodeAmbiguousKey,
	wire.NodeNotAtom:          CodeNodeNotAtom,
	wire.CreationInvalid:      CodeCreation,
	wire.PidRange:             CodePidRange,
	wire.PortRange:            CodePortRange,
	wire.ReferenceRange:       CodeReferenceRange,
	wire.ReferenceWords:       CodeReferenceWords,
	wire.ReferenceEmpty:       CodeReferenceEmpty,
	wire.FunFreeCount:         CodeFunFree,
	wire.FunField:             CodeFunField,
	wire.FunCreator:           CodeFunCreator,
	wire.ExportField:          CodeExportField,
	wire.ExportArity:          CodeExportArity,
	wire.ZlibHeader:           CodeZlibHeader,
	wire.ZlibDictionary:       CodeZlibDictionary,
	wire.ZlibData:             CodeZlibData,
	wire.ZlibChecksum:         CodeZlibChecksum,
	wire.InflatedSize:         CodeInflatedSize,
	wire.InflatedTrailing:     CodeInflatedTrailing,
	wire.Truncated:            CodeTruncated,
	wire.Trailing:             CodeTrailing,
	wire.RejectedFun:          CodeRejectedFun,
	wire.RejectedExport:       CodeRejectedExport,
	wire.RejectedPid:          CodeRejectedPid,
	wire.RejectedPort:         CodeRejectedPort,
	wire.RejectedReference:    CodeRejectedReference,
	wire.RejectedCompressed:   CodeRejectedCompressed,
	wire.RejectedTextFloat:    CodeRejectedTextFloat,
	wire.RejectedLatin1Atom:   CodeRejectedLatin1Atom,
	wire.RejectedBitstring:    CodeRejectedBitstring,
	wire.RejectedImproperList: CodeRejectedImproperList,
	wire.RejectedEmptyAtom:    CodeRejectedEmptyAtom,
	wire.RejectedFloat:        CodeRejectedFloat,
	wire.RejectedMap:          CodeRejectedMap,
	wire.RejectedNode:         CodeRejectedNode,
	wire.RejectedStruct:       CodeRejectedStruct,
	wire.RejectedQuoted:       CodeRejectedQuoted,
	wire.LimitBytes:           CodeLimitBytes,
	wire.LimitDepth:           CodeLimitDepth,
	wire.LimitTerms:           CodeLimitTerms,
	wire.LimitArity:           CodeLimitArity,
	wire.LimitBlob:            CodeLimitBlob,
	wire.LimitBigBytes:        CodeLimitBigBytes,
	wire.LimitAtomChars:       CodeLimitAtomChars,
	wire.LimitAtoms:           CodeLimitAtoms,
	wire.LimitDistinctAtoms:   CodeLimitDistinctAtoms,
	wire.LimitNewAtoms:        CodeLimitNewAtoms,
	wire.LimitInflated:        CodeLimitInflated,
	wire.LimitRatio:           CodeLimitRatio,
	wire.LimitBuffered:        CodeLimitBuffered,
	wire.LimitStreamBytes:     CodeLimitStreamBytes,
	wire.LimitKeyState:        CodeLimitKeyState,
	wire.LimitHeapWords:       CodeLimitHeapWords,
	wire.LimitAtomBudget:      CodeLimitAtomBudget,
	wire.ReadError:            CodeRead,
}

// Codes lists all codes, in the order of their groups.
func Codes() []Code { return append([]Code(nil), codeTexts[1:]...) }

// sentinel is what errors.Is finds behind a code.
func sentinel(text Code) error {
	c := wire.Code(max(slices.Index(codeTexts[:], text), 0))
	switch {
	case c == wire.OK: // no code of this package
		return nil
	case c == wire.Truncated:
		return ErrTruncated
	case c == wire.Trailing:
		return ErrTrailing
	case c < wire.Truncated:
		return ErrMalformed
	case c < wire.LimitBytes:
		return ErrRejected
	case c < wire.ReadError:
		return ErrLimit
	}
	return nil
}
