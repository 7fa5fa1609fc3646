module github.com/beamgate/beamgate/bench

go 1.26

require (
	github.com/beamgate/beamgate v0.0.0
	github.com/ergo-services/ergo v1.999.224
	github.com/fxamacker/cbor/v2 v2.10.0
	github.com/okeuday/erlang_go/v2 v2.0.7
)

require github.com/x448/float16 v0.8.4 // indirect

replace github.com/beamgate/beamgate => ..
