// Package safe reads the Erlang External Term Format from senders that nobody
// vouches for. Its rules can be made stricter and never looser. There are two
// postures; which one is right depends on who reads the bytes in the end.
//
// # Consume: Go is the end
//
// [Validate], [ValidateReader], [Decode], [Unmarshal] and [NewReader] are for terms
// that stay in this program; frames of {packet,N} come from the NewFrameReader of [Mode],
// long lists from the Elements of its Decoder. They bound each term and have no options.
// They do not bound
// the atoms of many terms together: a million harmless terms may hold a million
// different names. Go frees them; a BEAM node never does, and stops when its
// table is full. So do not forward what only passed these.
//
// # Forward: a BEAM is the end
//
// A [Guard] is the one form for bytes that go on to a node. It knows the atoms
// that the node has, or an allowance of new ones for the life of the node, or
// both; without either [NewGuard] fails. It refuses Elixir structs that run when
// they are touched, accepts ids and code only where they are named twice, and
// knows no cap that is switched off. [Guard.Handler] puts it in front of an HTTP
// server, [Guard.CheckRequest] and [Guard.CheckResponse] into a proxy,
// [Guard.NewFrameReader] on a socket with {packet,N}.
//
// # What it does not do
//
// Nothing here protects Erlang's distribution, terms inside other formats (a
// cookie, a token in a query, base64 in JSON: take the term out and give it to
// [Guard.Check]), or a node that makes atoms from strings itself. A Guard bounds
// what one message costs, not how many come nor how slowly: set the timeouts of
// the http.Server and limit how many requests run at once.
package safe
