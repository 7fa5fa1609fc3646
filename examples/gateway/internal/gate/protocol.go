package gate

import (
	"fmt"

	"github.com/beamgate/beamgate/examples/gateway/internal/bert"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
	"github.com/beamgate/beamgate/examples/gateway/internal/frames"
	"github.com/beamgate/beamgate/examples/gateway/internal/listen"
	"github.com/beamgate/beamgate/examples/gateway/internal/web"
)

// protocol makes what a listener speaks, and gives its rules to the door.
func protocol(c config.Listener, d *door.Door, w *frames.Worker) (listen.Protocol, error) {
	switch c.Protocol {
	case config.ProtocolFrames:
		return frames.Frames{Shadow: w}, nil
	case config.ProtocolBERT:
		rules, err := bert.New(c)
		if err != nil {
			return nil, err
		}
		d.Protocol = rules
		return frames.Frames{Dialect: bert.Dialect{}, Shadow: w}, nil
	case config.ProtocolHTTP, config.ProtocolForward, config.ProtocolCheck:
		rules, err := web.New(c, d.Upstream)
		if err != nil {
			return nil, err
		}
		d.Protocol = rules
		return web.Web{}, nil
	}
	return nil, fmt.Errorf("there is no protocol %q", c.Protocol)
}
