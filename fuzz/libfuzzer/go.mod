module github.com/beamgate/beamgate/fuzz/libfuzzer

go 1.26

require github.com/beamgate/beamgate v0.0.0

require github.com/google/gofuzz v1.2.0 // indirect

replace github.com/beamgate/beamgate => ../..
