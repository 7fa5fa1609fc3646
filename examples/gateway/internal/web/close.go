package web

import (
	"context"
	"io"

	"github.com/coder/websocket"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/examples/gateway/internal/door"
)

// closeCode is the code of WebSocket for a refusal.
func closeCode(r *door.Refusal) websocket.StatusCode {
	switch {
	case r.Code == string(etf.CodeLimitBytes), r.Code == string(etf.CodeLimitBuffered), r.Rule == door.FrameSize:
		return websocket.StatusMessageTooBig
	case r.Code == "text":
		return websocket.StatusUnsupportedData
	case r.Code == "other_life":
		return websocket.StatusServiceRestart
	case r.Rule == door.Answer, r.Rule == door.Down:
		return websocket.StatusInternalError
	case r.Rule == door.Rate, r.Rule == door.Breaker, r.Rule == door.InFlight:
		return websocket.StatusTryAgainLater
	}
	return websocket.StatusPolicyViolation
}

// reason is what a client is told beside the code.
func reason(r *door.Refusal, p *door.Pass) string {
	if p.Door().Config.Detail == "none" {
		return ""
	}
	return r.Code
}

// validCode reports whether an end may send this code.
func validCode(c websocket.StatusCode) bool {
	return c >= 1000 && c <= 4999 && c != 1004 && c != websocket.StatusNoStatusRcvd && c != websocket.StatusAbnormalClosure && c != websocket.StatusTLSHandshake
}

// tap passes a message on as it comes, and judges a copy, if there is somebody free
// to do so.
func (s *socket) tap(ctx context.Context, way door.Direction, kind websocket.MessageType, r io.Reader, to *websocket.Conn) error {
	c := clipped{most: s.x.pass.Door().MaxBytes(way), pass: s.x.pass}
	defer c.drop()
	if err := pass(ctx, io.TeeReader(r, &c), kind, to); err != nil {
		return err
	}
	b, ok := c.take()
	if !ok {
		s.x.pass.Skipped()
		return nil
	}
	select {
	case s.x.web.judges <- struct{}{}:
	default:
		s.x.pass.Skipped()
		return nil
	}
	defer func() { <-s.x.web.judges }()
	if s.x.pass.Oversize(way, int64(len(b))); int64(len(b)) > c.most {
		return nil
	}
	if _, t, _ := s.judge(ctx, way, kind, b, false); t != nil {
		t.Cancel()
	}
	return nil
}
