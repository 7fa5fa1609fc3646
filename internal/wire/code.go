package wire

// Code says why a term was refused. Package etf gives each its stable text.
type Code uint8

// Malformed: no mode accepts it.
const (
	OK Code = iota
	BadVersion
	UnknownTag
	InternalTag
	DistributionTag
	OldFunTag
	LocalTag
	RecordTag
	NestedCompressed
	FloatNotFinite
	FloatSyntax
	FloatComma
	FloatUnterminated
	AtomTooLong
	AtomUTF8
	BigTooLarge
	BitsInvalid
	TupleTooLarge
	MapTooLarge
	DuplicateKey
	AmbiguousKey
	NodeNotAtom
	CreationInvalid
	PidRange
	PortRange
	ReferenceRange
	ReferenceWords
	ReferenceEmpty
	FunFreeCount
	FunField
	FunCreator
	ExportField
	ExportArity
	ZlibHeader
	ZlibDictionary
	ZlibData
	ZlibChecksum
	InflatedSize
	InflatedTrailing

	// Truncated and Trailing: too few and too many bytes.
	Truncated
	Trailing

	// Rejected: well-formed, but not wanted by this mode.
	RejectedFun
	RejectedExport
	RejectedPid
	RejectedPort
	RejectedReference
	RejectedCompressed
	RejectedTextFloat
	RejectedLatin1Atom
	RejectedBitstring
	RejectedImproperList
	RejectedEmptyAtom
	RejectedFloat
	RejectedMap
	RejectedNode
	RejectedStruct
	RejectedQuoted

	// Limits, in the order of limits.Limits.
	LimitBytes
	LimitDepth
	LimitTerms
	LimitArity
	LimitBlob
	LimitBigBytes
	LimitAtomChars
	LimitAtoms
	LimitDistinctAtoms
	LimitNewAtoms
	LimitInflated
	LimitRatio
	LimitBuffered
	LimitStreamBytes
	LimitKeyState
	LimitHeapWords
	// LimitAtomBudget is a cap on many terms, not a field of Limits.
	LimitAtomBudget

	// ReadError: the reader failed; nothing is known about the bytes.
	ReadError

	// debt is internal: more terms are owed than the slice has bytes. It is
	// never reported, see Input.
	debt
)

// NumCodes is one more than the highest reported code.
const NumCodes = int(debt)

// IsLimit reports whether c names a field of limits.Limits.
func (c Code) IsLimit() bool { return c >= LimitBytes && c <= LimitHeapWords }
