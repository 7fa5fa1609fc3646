module github.com/beamgate/beamgate/examples/gateway

go 1.26.0

require (
	github.com/beamgate/beamgate v0.0.0
	github.com/goccy/go-yaml v1.19.2
	github.com/pires/go-proxyproto v0.15.0
	github.com/sony/gobreaker/v2 v2.4.0
	golang.org/x/time v0.16.0
)

replace github.com/beamgate/beamgate => ../..
