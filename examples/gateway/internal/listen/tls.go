package listen

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/beamgate/beamgate/examples/gateway/internal/config"
)

// keys are certificates that are read again when their files change.
type keys struct {
	c      config.ServerTLS
	protos []string

	mu    sync.Mutex
	looks time.Time // at the files
	seen  [3]time.Time
	now   *tls.Config
}

// TLS returns the configuration of a server. Certificates, keys and roots are
// read anew at the first handshake a second or more after a file has changed; if
// that fails, those from before stay in use, and failed hears of it. protos are the
// protocols that are offered.
func TLS(c config.ServerTLS, protos []string, failed func(error)) (*tls.Config, error) {
	k := &keys{c: c, protos: protos}
	if err := k.read(); err != nil {
		return nil, err
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return k.current(failed), nil
		},
	}, nil
}

func (k *keys) current(failed func(error)) *tls.Config {
	k.mu.Lock()
	defer k.mu.Unlock()
	if time.Since(k.looks) < time.Second || k.times() == k.seen {
		return k.now
	}
	if err := k.read(); err != nil && failed != nil {
		failed(err)
	}
	return k.now
}

func (k *keys) times() (t [3]time.Time) {
	k.looks = time.Now()
	for i, path := range []string{k.c.Cert, k.c.Key, k.c.ClientCA} {
		if s, err := os.Stat(path); err == nil && path != "" {
			t[i] = s.ModTime()
		}
	}
	return t
}

func (k *keys) read() error {
	seen := k.times()
	cert, err := tls.LoadX509KeyPair(k.c.Cert, k.c.Key)
	if err != nil {
		return fmt.Errorf("tls: %w", err)
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, NextProtos: k.protos}
	if k.c.ClientCA != "" {
		pem, err := os.ReadFile(k.c.ClientCA)
		if err != nil {
			return fmt.Errorf("tls: %w", err)
		}
		t.ClientCAs, t.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
		if !t.ClientCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("tls: no certificate in %s", k.c.ClientCA)
		}
	}
	k.seen, k.now = seen, t
	return nil
}
