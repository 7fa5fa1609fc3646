package wire

// The tags of the External Term Format, under the names of the OTP
// documentation (ERTS User's Guide, "External Term Format").
const (
	Version = 131 // the first byte of every external term

	TagRecord           = 67 // native records, OTP 29
	TagDistHeader       = 68
	TagDistFragHeader   = 69
	TagNewFloat         = 70
	TagHopefulData      = 72
	TagAtomInternalRef2 = 73
	TagBinaryInternal   = 74
	TagAtomInternalRef3 = 75
	TagBitsInternal     = 76
	TagBitBinary        = 77
	TagMagicRef         = 78
	TagCompressed       = 80
	TagAtomCacheRef     = 82
	TagNewPid           = 88
	TagNewPort          = 89
	TagNewerReference   = 90
	TagSmallInteger     = 97
	TagInteger          = 98
	TagFloat            = 99
	TagAtom             = 100
	TagReference        = 101
	TagPort             = 102
	TagPid              = 103
	TagSmallTuple       = 104
	TagLargeTuple       = 105
	TagNil              = 106
	TagString           = 107
	TagList             = 108
	TagBinary           = 109
	TagSmallBig         = 110
	TagLargeBig         = 111
	TagNewFun           = 112
	TagExport           = 113
	TagNewReference     = 114
	TagSmallAtom        = 115
	TagMap              = 116
	TagFun              = 117 // removed in OTP 23
	TagAtomUTF8         = 118
	TagSmallAtomUTF8    = 119
	TagV4Port           = 120
	TagLocal            = 121 // OTP 26
)

// tagNames are the names of the OTP documentation.
var tagNames = [256]string{
	TagRecord:           "RECORD_EXT",
	TagDistHeader:       "DIST_HEADER",
	TagDistFragHeader:   "DIST_FRAG_HEADER",
	TagNewFloat:         "NEW_FLOAT_EXT",
	TagHopefulData:      "HOPEFUL_DATA",
	TagAtomInternalRef2: "ATOM_INTERNAL_REF2",
	TagBinaryInternal:   "BINARY_INTERNAL_REF",
	TagAtomInternalRef3: "ATOM_INTERNAL_REF3",
	TagBitsInternal:     "BIT_BINARY_INTERNAL_REF",
	TagBitBinary:        "BIT_BINARY_EXT",
	TagMagicRef:         "MAGIC_REF_INTERNAL_REF",
	TagCompressed:       "COMPRESSED",
	TagAtomCacheRef:     "ATOM_CACHE_REF",
	TagNewPid:           "NEW_PID_EXT",
	TagNewPort:          "NEW_PORT_EXT",
	TagNewerReference:   "NEWER_REFERENCE_EXT",
	TagSmallInteger:     "SMALL_INTEGER_EXT",
	TagInteger:          "INTEGER_EXT",
	TagFloat:            "FLOAT_EXT",
	TagAtom:             "ATOM_EXT",
	TagReference:        "REFERENCE_EXT",
	TagPort:             "PORT_EXT",
	TagPid:              "PID_EXT",
	TagSmallTuple:       "SMALL_TUPLE_EXT",
	TagLargeTuple:       "LARGE_TUPLE_EXT",
	TagNil:              "NIL_EXT",
	TagString:           "STRING_EXT",
	TagList:             "LIST_EXT",
	TagBinary:           "BINARY_EXT",
	TagSmallBig:         "SMALL_BIG_EXT",
	TagLargeBig:         "LARGE_BIG_EXT",
	TagNewFun:           "NEW_FUN_EXT",
	TagExport:           "EXPORT_EXT",
	TagNewReference:     "NEW_REFERENCE_EXT",
	TagSmallAtom:        "SMALL_ATOM_EXT",
	TagMap:              "MAP_EXT",
	TagFun:              "FUN_EXT",
	TagAtomUTF8:         "ATOM_UTF8_EXT",
	TagSmallAtomUTF8:    "SMALL_ATOM_UTF8_EXT",
	TagV4Port:           "V4_PORT_EXT",
	TagLocal:            "LOCAL_EXT",
	Version:             "VERSION",
}

// TagName returns the documented name of a tag byte, "" for an unknown one.
func TagName(tag byte) string { return tagNames[tag] }

// fixed is the least number of bytes, tag included, that a head of each known
// tag takes. 0 marks tags that are no part of a term from outside.
var fixed = [256]uint8{
	TagNewFloat:       9,
	TagBitBinary:      6,
	TagNewPid:         1,
	TagNewPort:        1,
	TagNewerReference: 3,
	TagSmallInteger:   2,
	TagInteger:        5,
	TagFloat:          32,
	TagAtom:           3,
	TagReference:      1,
	TagPort:           1,
	TagPid:            1,
	TagSmallTuple:     2,
	TagLargeTuple:     5,
	TagNil:            1,
	TagString:         3,
	TagList:           5,
	TagBinary:         5,
	TagSmallBig:       3,
	TagLargeBig:       6,
	TagNewFun:         30,
	TagExport:         1,
	TagNewReference:   3,
	TagSmallAtom:      2,
	TagMap:            5,
	TagAtomUTF8:       3,
	TagSmallAtomUTF8:  2,
	TagV4Port:         1,
}

// refusal is the code of a tag that no mode accepts.
func refusal(tag byte) Code {
	switch tag {
	case TagRecord:
		return RecordTag
	case TagDistHeader, TagDistFragHeader, TagAtomCacheRef:
		return DistributionTag
	case TagHopefulData, TagAtomInternalRef2, TagBinaryInternal, TagAtomInternalRef3, TagBitsInternal, TagMagicRef:
		return InternalTag
	case TagCompressed:
		return NestedCompressed
	case TagFun:
		return OldFunTag
	case TagLocal:
		return LocalTag
	}
	return UnknownTag
}
