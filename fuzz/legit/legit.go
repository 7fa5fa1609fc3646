// Package legit holds payloads in the Erlang external term format that real
// producers made, and that a hardened decoder must not refuse: Erlang/OTP
// 25, Elixir 1.14, and the npm encoders erlpack and erlang_js.
//
// Hardening is easy to overdo. Every cap and every rule of this project is
// held against this set: each payload names the beamgate profile that has to
// take it, and a test that loops over [All] shows that it does.
//
//	for _, p := range legit.All() {
//		if err := profile(p.Profile).Validate(p.Data()); err != nil {
//			t.Errorf("%s (%s): %v", p.ID, p.How, err)
//		}
//	}
//
// # Profiles
//
//   - "data": plain data, what the strict default takes. No compression, no
//     funs, no pids, ports or references, no structs.
//   - "elixir": the same with Elixir structs (maps that have __struct__).
//   - "bert": BERT and BERT-RPC terms and RabbitMQ's application/bert answers.
//   - "hex": answers and requests of a Hex repository.
//   - "gencall": holds pids, ports or references, all of the nodes in Nodes.
//   - "cache": compressed; inside is plain data or structs.
//
// Nothing in the set holds a fun, and nothing passes these bounds: 1 MiB, 512
// distinct atoms, depth 128, 262,144 terms.
//
// # Where the bytes come from
//
// The producers' scripts are in the folder producers, and
//
//	go run ./fuzz/legit/collect
//
// runs those that this machine has and rewrites payloads and index.json. The
// tests run the Erlang and the Elixir script again and compare, and let a
// BEAM decode every payload, whoever made it. The Erlang and Elixir scripts
// need nothing but erl and elixir; the JavaScript ones need node, npm and,
// for erlpack, a C++ compiler.
//
// Some producers write surprising bytes, and those are kept: they are what
// arrives. How says so where it matters.
package legit

import (
	"embed"
	"encoding/json"
	"slices"
	"sync"
)

//go:embed index.json payloads
var files embed.FS

// Profiles lists every value that Payload.Profile can have.
func Profiles() []string {
	return []string{"data", "elixir", "bert", "hex", "gencall", "cache"}
}

// Payload is one message, or one stored value, of one producer.
type Payload struct {
	// ID is stable: producer, what it is, variant.
	ID string `json:"id"`
	// File is the path of the raw bytes under fuzz/legit.
	File string `json:"file"`
	// Producer and Version name the program that encoded it.
	Producer string `json:"producer"`
	Version  string `json:"version"`
	// How says what the term is and which call encoded it.
	How string `json:"how"`
	// Profile is the beamgate profile that has to accept it.
	Profile string `json:"profile"`
	// Nodes are the nodes whose pids, ports and references it holds.
	Nodes []string `json:"nodes,omitempty"`
	// Unordered marks a payload whose map keys come in an order that depends
	// on the VM that encoded it; a second run gives the same pairs in
	// another order.
	Unordered bool `json:"unordered,omitempty"`
	// SHA256 and Bytes are of the raw file.
	SHA256 string `json:"sha256"`
	Bytes  int    `json:"bytes"`
}

// All returns every payload, sorted by ID. The slice is the caller's own.
func All() []Payload {
	return slices.Clone(index())
}

// Data returns the raw bytes, starting with the version byte 131. The slice
// is the caller's own, so that a test may change it.
func (p Payload) Data() []byte {
	data, err := files.ReadFile(p.File)
	if err != nil {
		// The file is compiled in and a test reads every one.
		panic("legit: " + err.Error())
	}
	return data
}

var index = sync.OnceValue(func() []Payload {
	raw, err := files.ReadFile("index.json")
	if err != nil {
		panic("legit: " + err.Error())
	}
	var all []Payload
	if err := json.Unmarshal(raw, &all); err != nil {
		panic("legit: index.json: " + err.Error())
	}
	return all
})
