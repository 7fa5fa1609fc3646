// Amqp takes messages from a queue of RabbitMQ and hands on what a safe.Guard
// accepts: terms go to a clean queue, where a BEAM may decode them, and everything
// else to a dead-letter exchange, with the code of the refusal as a header. A
// message is acknowledged when the broker has confirmed what became of it, so none
// is lost, and some come twice.
//
//	go -C examples/amqp run . -help
//
// README.md says how to set it up. message.go decides what becomes of a message,
// session.go in which order, bridge.go what happens when the broker is gone.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

// settings are what the flags say.
type settings struct {
	url                       string
	queue                     string
	cleanExchange, cleanKey   string
	deadExchange, deadKey     string
	declare                   bool
	prefetch                  int
	profile, forward          string
	release, known            string
	ledger                    string
	createLedger              bool
	maxNew, maxBytes          int64
	confirm, drain            time.Duration
	backoff, maxBackoff       time.Duration
	refusalsPerSecond, report int
}

func flagsOf(s *settings) *flag.FlagSet {
	f := flag.NewFlagSet("amqp", flag.ContinueOnError)
	f.StringVar(&s.url, "url", "", "broker, as amqps://user:password@host/vhost; better in the environment, as AMQP_URL: arguments are seen by all users of the machine")
	f.StringVar(&s.queue, "queue", "", "queue to take messages from")
	f.StringVar(&s.cleanExchange, "clean-exchange", "", "exchange for terms that passed; by default the one in which -clean-key is the name of a queue")
	f.StringVar(&s.cleanKey, "clean-key", "", "routing key of terms that passed")
	f.StringVar(&s.deadExchange, "dead-exchange", "", "dead-letter exchange, for what was refused")
	f.StringVar(&s.deadKey, "dead-key", "", "routing key of what was refused; by default the name of -queue, never what the sender chose")
	f.BoolVar(&s.declare, "declare", false, "make what is missing: durable queues, and the dead-letter exchange as a fanout with a queue of its name")
	f.IntVar(&s.prefetch, "prefetch", 64, "messages that are here and not acknowledged; beyond it the broker sends nothing more")
	f.StringVar(&s.profile, "profile", "data", "what messages are made of: data, elixir, bert, hex or cache")
	f.StringVar(&s.forward, "forward", "canonical", "bytes that go on: canonical, rewritten from what was read, or original")
	f.StringVar(&s.release, "release", "", "folder of the release whose nodes read the clean queue: names that they have")
	f.StringVar(&s.known, "known", "", "file of names that they have, one a line")
	f.Int64Var(&s.maxNew, "max-new", 0, "new names that may pass in all")
	f.StringVar(&s.ledger, "ledger", "", "file that remembers new names; without it a restart forgets them")
	f.BoolVar(&s.createLedger, "create-ledger", false, "make the ledger's file, at the first start")
	f.Int64Var(&s.maxBytes, "max-bytes", 0, "bytes of one message; by default those of the profile, and never more")
	f.DurationVar(&s.confirm, "confirm-timeout", 30*time.Second, "time for the broker to confirm a message")
	f.DurationVar(&s.drain, "drain", 10*time.Second, "time to settle what is under way after SIGTERM")
	f.DurationVar(&s.backoff, "backoff", 500*time.Millisecond, "longest first pause before a new connection; it doubles, and the pause is drawn below it")
	f.DurationVar(&s.maxBackoff, "max-backoff", 30*time.Second, "longest pause")
	f.IntVar(&s.refusalsPerSecond, "log-refusals", 50, "refusals that are logged in a second; the others are only counted")
	f.IntVar(&s.report, "report", 60, "seconds between lines of counts in the log")
	return f
}

// parse reads arguments. The error is for the operator, and never shows a URL.
func parse(args []string, stderr io.Writer) (*settings, error) {
	s := &settings{}
	f := flagsOf(s)
	f.SetOutput(stderr)
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	if s.url == "" {
		s.url = os.Getenv("AMQP_URL")
	}
	if s.deadKey == "" {
		s.deadKey = s.queue
	}
	return s, s.check(f.NArg())
}

func (s *settings) check(rest int) error {
	switch {
	case rest > 0:
		return errors.New("only flags are understood")
	case s.url == "":
		return errors.New("-url or AMQP_URL is missing")
	case s.queue == "" || s.cleanKey == "" && s.cleanExchange == "" || s.deadExchange == "":
		return errors.New("-queue, -clean-key and -dead-exchange are needed")
	case s.cleanExchange == "" && s.cleanKey == s.queue:
		return errors.New("the clean queue is the queue itself")
	case s.cleanExchange == s.deadExchange:
		return errors.New("the clean exchange and the dead-letter exchange are the same")
	case s.prefetch < 1 || s.prefetch > 65535: // 0 is no bound to RabbitMQ
		return errors.New("-prefetch has to be from 1 to 65535")
	case s.forward != "canonical" && s.forward != "original":
		return errors.New("-forward has to be canonical or original")
	case s.createLedger && s.ledger == "":
		return errors.New("-create-ledger wants -ledger")
	case s.confirm <= 0 || s.drain <= 0 || s.backoff <= 0 || s.maxBackoff < s.backoff:
		return errors.New("durations have to be above 0, and -max-backoff at least -backoff")
	case s.refusalsPerSecond < 1 || s.report < 1:
		return errors.New("-log-refusals and -report have to be at least 1")
	}
	return nil
}

// run is the program, until a signal ends it. Status 2 means that it was called
// wrongly, 1 that it ended without having settled everything.
func run(args []string, stderr io.Writer) int {
	s, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "amqp:", err)
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	log := slog.New(slog.NewJSONHandler(stderr, nil))
	j, err := newJudge(s)
	if err != nil {
		fmt.Fprintln(stderr, "amqp:", err)
		return 2
	}
	defer j.close()
	b := newBridge(s, j, log)
	if b.dial, err = dialer(s, log); err != nil {
		fmt.Fprintln(stderr, "amqp:", err)
		return 2
	}
	if confirmed != nil {
		b.confirmed = confirmed
	}
	if err := b.run(ctx); err != nil {
		log.Error("stopped, what was not settled goes back to the queue", "err", err.Error())
		return 1
	}
	log.Info("stopped", b.counts.attrs()...)
	return 0
}
