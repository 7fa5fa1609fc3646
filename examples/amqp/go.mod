module github.com/beamgate/beamgate/examples/amqp

go 1.26.0

require (
	github.com/beamgate/beamgate v0.0.0
	github.com/rabbitmq/amqp091-go v1.16.0
	golang.org/x/time v0.16.0
)

replace github.com/beamgate/beamgate => ../..
