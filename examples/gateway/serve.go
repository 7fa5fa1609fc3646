package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/beamgate/beamgate/examples/gateway/internal/admin"
	"github.com/beamgate/beamgate/examples/gateway/internal/config"
	"github.com/beamgate/beamgate/examples/gateway/internal/gate"
	"github.com/beamgate/beamgate/examples/gateway/internal/metrics"
)

// serve runs the gateway until SIGTERM or SIGINT, and then drains. SIGHUP and a
// change of the file read the configuration again; if it is broken, that is said
// loudly, and the one before stays in force.
func serve(args []string, _, stderr io.Writer) int {
	if len(args) != 1 {
		fmt.Fprintln(stderr, "usage: gateway run FILE")
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := serveUntil(ctx, args[0], stderr); err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func serveUntil(ctx context.Context, path string, stderr io.Writer) error {
	changes := watchFile(path) // before it is read, or a change in between is missed
	defer changes.close()
	c, err := config.Load(path)
	if err != nil {
		return err
	}
	log := metrics.NewLog(stderr, c.Log)
	defer log.Global()()
	m := metrics.New(log)
	m.Process()
	g := gate.New(log.Logger, m)
	defer g.Close()
	a, socket, err := operators(c.Admin, g, log.Logger)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler: a.Handler(), ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Logger.Handler(), slog.LevelError), // nothing of clients or nodes is in it
	}
	go server.Serve(socket)
	defer server.Close()
	if err := g.Apply(c); err != nil {
		return err
	}
	log.Logger.Info("started", "file", path, "admin", socket.Addr().String(), "listeners", len(c.Listeners))
	reload := func() {
		next, err := config.Load(path)
		if err == nil {
			err = fixed(c, next)
		}
		if err == nil {
			err = g.Apply(next)
		} else {
			g.Metrics.Reload(err)
		}
		a.Reloaded(path, err)
		if err != nil {
			log.Logger.Error("reload refused, the configuration before stays in force", "file", path, "err", err.Error())
		}
	}
	if changes.err != nil {
		log.Logger.Error("the file is not watched, send SIGHUP after a change", "err", changes.err)
	}
	changes.until(ctx, reload)
	log.Logger.Info("draining")
	return nil
}

// fixed refuses changes that only a new start can make.
func fixed(before, after *config.File) error {
	if before.Admin != after.Admin {
		return errors.New("admin: cannot change while the gateway runs: restart it")
	}
	if before.Log != after.Log {
		return errors.New("log: cannot change while the gateway runs: restart it")
	}
	return nil
}

// operators opens the listener for operators and what it needs.
func operators(c config.Admin, g *gate.Gate, log *slog.Logger) (*admin.Admin, net.Listener, error) {
	a := &admin.Admin{Gate: g, Log: log}
	if c.TokenFile != "" {
		b, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return nil, nil, fmt.Errorf("admin: %w", err)
		}
		if a.Token = strings.TrimSpace(string(b)); len(a.Token) < config.LeastSecret {
			return nil, nil, fmt.Errorf("admin: the token in %s has fewer than %d bytes", c.TokenFile, config.LeastSecret)
		}
	}
	if c.AuditFile != "" {
		f, err := os.OpenFile(c.AuditFile, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, nil, fmt.Errorf("admin: %w", err)
		}
		a.Audit = f
	}
	socket, err := net.Listen("tcp", c.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("admin: %w", err)
	}
	return a, socket, nil
}

// settle is how long a file has to be left alone before it is read: editors write
// in several steps.
const settle = 200 * time.Millisecond

// changes tells when the configuration is to be read again.
type changes struct {
	path    string
	hup     chan os.Signal
	watcher *fsnotify.Watcher
	events  chan fsnotify.Event
	errors  chan error
	err     error // no file can be watched
}

// watchFile begins to watch. The folder is watched and not the file, which editors
// and deployments replace.
func watchFile(path string) *changes {
	c := &changes{path: path, hup: make(chan os.Signal, 1)}
	signal.Notify(c.hup, syscall.SIGHUP)
	if c.watcher, c.err = fsnotify.NewWatcher(); c.err == nil {
		c.err = c.watcher.Add(filepath.Dir(path))
		c.events, c.errors = c.watcher.Events, c.watcher.Errors
	}
	return c
}

func (c *changes) close() {
	signal.Stop(c.hup)
	if c.watcher != nil {
		c.watcher.Close()
	}
}

// until calls reload when it is asked to, or the file has changed, until ctx is
// done.
func (c *changes) until(ctx context.Context, reload func()) {
	quiet := time.NewTimer(time.Hour)
	quiet.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.hup:
			reload()
		case e := <-c.events:
			if c.about(e.Name) {
				quiet.Reset(settle)
			}
		case <-c.errors: // events may be lost, and this file's among them
			quiet.Reset(settle)
		case <-quiet.C:
			reload()
		}
	}
}

// about reports whether an event may be about the file: by its name, or by that
// of the link through which Kubernetes exchanges a whole folder.
func (c *changes) about(name string) bool {
	name = filepath.Base(name)
	return name == filepath.Base(c.path) || name == "..data"
}
