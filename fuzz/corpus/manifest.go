package corpus

import "encoding/json"

// Manifest is the content of manifest.json.
type Manifest struct {
	Version string `json:"version"`
	License string `json:"license"`
	// Notes explain the flags of cases.
	Notes map[string]Note `json:"notes"`
	// Policies describe the keys of Case.Policy.
	Policies map[string]string `json:"policies"`
	// Cases are sorted by ID.
	Cases []Case `json:"cases"`
}

// Note explains a flag.
type Note struct {
	// Effect says what the shape does to a receiver that does not expect it.
	Effect string `json:"effect"`
	// CVE is an incident of this kind, Link where to read more.
	CVE  string `json:"cve,omitempty"`
	Link string `json:"link,omitempty"`
}

// Class is what a case is for.
type Class string

// The classes. Every case of class Valid, and no other, is accepted both by the
// BEAM and by package safe, but for payloads of real producers that hold what
// only a named policy takes (pids, references, compression): they are valid and
// their Policy says which.
const (
	Valid     Class = "valid"     // every decoder of the format should accept it
	Malformed Class = "malformed" // no release accepts it
	Release   Class = "release"   // the verdict or the term depends on the OTP release
	Hostile   Class = "hostile"   // the BEAM accepts it, a gate must not by default
)

// Verdicts of Truth and Policy. Each says no in its own word, so that it is never in
// doubt who said it: a BEAM that rejects has tried and raised badarg, a gate that
// refuses passes nothing on, be it good or bad for a BEAM.
const (
	Accept = "accept"
	Reject = "reject" // of a BEAM
	Refuse = "refuse" // of a policy
)

// Sources of a Truth.
const (
	Measured   = "measured"   // by running that release
	Documented = "documented" // after its documents and sources
)

// FromLegit is the Source of cases whose bytes are in package legit.
const FromLegit = "legit"

// Case is one payload and what is known of it.
type Case struct {
	// ID is stable, of a-z, 0-9, _ and -.
	ID string `json:"id"`
	// File is where the bytes are, seen from the folder of the manifest. A case
	// has either a File or a Recipe.
	File   string  `json:"file,omitempty"`
	Recipe *Recipe `json:"recipe,omitempty"`
	// Source is FromLegit if the file belongs to package legit.
	Source string `json:"source,omitempty"`
	// Bytes and SHA256 are of the payload, a recipe expanded.
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	Class  Class  `json:"class"`
	// Producer is the program that made a valid payload.
	Producer string `json:"producer,omitempty"`
	// Rule is what the case is about, in a few words.
	Rule string `json:"rule"`
	// Truth is by OTP release: "25" always, others where they were measured or
	// differ.
	Truth map[string]Truth `json:"truth"`
	// Policy is by the name of a policy: "safe" and "otp" always, others where
	// the case is about them. Manifest.Policies describes them.
	Policy map[string]Policy `json:"policy"`
	// Cost is what the term costs, if policy "otp" accepts it.
	Cost *Cost `json:"cost,omitempty"`
	// Features are kinds of terms and encodings without which a decoder cannot
	// accept the case.
	Features []string `json:"features,omitempty"`
	// Flags point to Manifest.Notes.
	Flags []string `json:"flags,omitempty"`
	// Provenance is where the case comes from.
	Provenance string `json:"provenance"`
}

// Truth is what binary_to_term of one OTP release makes of a case, on a node that
// is not distributed (nonode@nohost, creation 0).
type Truth struct {
	Verdict string `json:"verdict"`
	// Used is what the option used reports: bytes to the end of the term, of a
	// compressed one to the end of its zlib stream.
	Used int64 `json:"used,omitempty"`
	// Canonical is term_to_binary(Term, [deterministic, {minor_version, 2}]) in
	// hexadecimal digits; if it is over 4 KiB only its digest is given. Neither
	// is given where it depends on the VM.
	Canonical       string `json:"canonical,omitempty"`
	CanonicalSHA256 string `json:"canonical_sha256,omitempty"`
	// Value is the term as tagged JSON, if that is no more than 4 KiB.
	Value json.RawMessage `json:"value,omitempty"`
	// HeapWords is erts_debug:flat_size/1; absent if it depends on the VM.
	HeapWords *int64 `json:"heap_words,omitempty"`
	// Safe is the verdict of binary_to_term(_, [safe]) in a VM that has decoded
	// nothing before.
	Safe string `json:"safe,omitempty"`
	// How is Measured or Documented, OTP the version that was measured.
	How string `json:"how"`
	OTP string `json:"otp,omitempty"`
}

// Policy is what a configuration of this library makes of a case.
type Policy struct {
	Verdict string `json:"verdict"`
	// Code is an etf.Code; Offset is where the offending term starts, in the
	// inflated data if Inflated. Both are for refusals only.
	Code     string `json:"code,omitempty"`
	Offset   int64  `json:"offset"`
	Inflated bool   `json:"inflated,omitempty"`
	// Tokens counts the tokens that a reader of the stream hands out before the
	// refusal, or in all.
	Tokens int64 `json:"tokens"`
}

// Cost is what a term is made of and what it costs a BEAM, as etf.Stats.
type Cost struct {
	Depth         int64 `json:"depth"` // as limits.MaxDepth counts
	Terms         int64 `json:"terms"` // as limits.MaxTerms counts
	Atoms         int64 `json:"atoms"` // positions that hold an atom
	DistinctAtoms int64 `json:"distinct_atoms"`
	Inflated      int64 `json:"inflated"` // bytes that a compressed term became; 0 if it was not
	// HeapWords is erts_debug:flat_size/1 in words of 8 bytes, or an upper bound.
	HeapWords int64 `json:"heap_words"`
	// OffHeap is the bytes of binaries of more than 64 bytes, which live outside
	// the heap.
	OffHeap int64 `json:"off_heap"`
	// Exact tells that HeapWords is no upper bound.
	Exact bool `json:"exact"`
}
