package etf

// The profiles are Strict configurations for kinds of traffic. Each takes the
// traffic named and refuses what does not belong to it.
//
//	           structs             ids            compressed   else
//	Data       any                 refused        refused      as package safe
//	Elixir     but lazy ones       refused        refused
//	BERT       any                 refused        refused
//	Hex        any                 refused        refused
//	GenCall    any                 of the nodes   refused
//	Cache      any                 refused        bounded

// deniedStructs are structs that a protocol runs when they are enumerated,
// inspected or called: lazy or endless ones, handles, and compiled patterns, which a
// node executes as they are.
var deniedStructs = []string{
	"Elixir.Date.Range", "Elixir.File.Stream", "Elixir.Function", "Elixir.GenEvent.Stream", "Elixir.IO.Stream",
	"Elixir.Range", "Elixir.Regex", "Elixir.Stream",
}

// Data returns the profile for data of anyone: what package safe accepts.
func Data() Config { return Strict() }

// Elixir returns the profile for Elixir data: structs are accepted but those
// that do something when they are enumerated, as a range of 10¹⁶ numbers.
// allow lifts the denial of some, as in "Elixir.Range".
func Elixir(allow ...string) Config {
	c := Strict()
	for _, name := range deniedStructs {
		denied := true
		for _, a := range allow {
			denied = denied && a != name
		}
		if denied {
			c.Policy.Structs.Deny = append(c.Policy.Structs.Deny, name)
		}
	}
	return c
}

// BERT returns the profile for BERT and BERT-RPC messages.
func BERT() Config { return Strict() }

// Hex returns the profile for answers of a Hex registry or API: package metadata
// of some megabytes, plain.
func Hex() Config {
	c := Strict()
	c.Limits.MaxBytes, c.Limits.MaxBlob, c.Limits.MaxBuffered = 8<<20, 8<<20, 8<<20
	c.Limits.MaxTerms, c.Limits.MaxAtoms = 2<<20, 2<<20
	c.Limits.MaxHeapWords = 16 << 20
	return c
}

// GenCall returns the profile for messages of gen_server and its kin: pids,
// ports and references of these nodes are accepted. Without a node none are.
//
// Set Config.Node to the receiving node. Without it any id might be one of its own, and has
// to fit what a node of Config.Release makes: a node of OTP 26 or later numbers its
// processes beyond that of OTP 25, which is what is assumed without a release, so its pids
// are refused ([CodePidRange]) once it has started 32,768 of them.
func GenCall(nodes ...string) Config {
	c := Strict()
	c.Policy.Allow = Pids | Ports | References
	c.Policy.Nodes = append([]string{}, nodes...)
	return c
}

// Cache returns the profile for what a cache holds: terms that may be
// compressed, as well as zlib can, up to 8 MiB.
func Cache() Config {
	c := Strict()
	c.Policy.Refuse &^= Compressed
	c.Limits.MaxInflated, c.Limits.MaxBlob, c.Limits.MaxBuffered = 8<<20, 8<<20, 8<<20
	c.Limits.MaxRatio = 1032 // as far as deflate goes
	return c
}
