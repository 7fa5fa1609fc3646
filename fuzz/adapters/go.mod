// Adapters let decoders of other people be run by fuzz/conformance. It is a
// module of its own so that none of them reaches the requirements of beamgate.
module github.com/beamgate/beamgate/fuzz/adapters

go 1.26

replace github.com/beamgate/beamgate => ../..
