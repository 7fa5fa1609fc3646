module github.com/beamgate/beamgate

go 1.26

require (
	github.com/google/gofuzz v1.2.0
	golang.org/x/exp v0.0.0-20260112195511-716be5621a96
)
