package gate

import (
	"fmt"

	"github.com/beamgate/beamgate/examples/gateway/internal/bert"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/frames"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
	"github.com/beamgate/beamgate/examples/gateway/internal/upstream"
	"github.com/beamgate/beamgate/examples/gateway/internal/web"
)

// protocol makes what a listener speaks.
func protocol(c config.Listener, u *upstream.Upstream, w *frames.Worker) (listen.Protocol, error) {
	switch c.Protocol {
	case config.ProtocolFrames:
		return frames.Frames{Shadow: w}, nil
	case config.ProtocolBERT:
		d, err := bert.New(c)
		if err != nil {
			return nil, err
		}
		return frames.Frames{Dialect: d, Shadow: w}, nil
	case config.ProtocolHTTP, config.ProtocolForward, config.ProtocolCheck:
		return web.New(c, u)
	}
	return nil, fmt.Errorf("there is no protocol %q", c.Protocol)
}
