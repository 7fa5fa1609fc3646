// Adapters let decoders of other people be run by fuzz/conformance. It is a
// module of its own so that none of them reaches the requirements of beamgate.
module github.com/beamgate/beamgate/fuzz/adapters

go 1.26

require (
	github.com/beamgate/beamgate v0.0.0
	github.com/ergo-services/ergo v1.999.224
	github.com/okeuday/erlang_go/v2 v2.0.7
)

replace github.com/beamgate/beamgate => ../..
