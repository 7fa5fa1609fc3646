package main

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// broker is a link to RabbitMQ.
type broker struct {
	s        *settings
	conn     *amqp.Connection
	ch       *amqp.Channel
	returned chan amqp.Return
	closed   chan *amqp.Error

	mu  sync.Mutex
	err error
}

// dialer returns what makes links.
func dialer(s *settings, log *slog.Logger) (func() (link, error), error) {
	if _, err := amqp.ParseURI(s.url); err != nil {
		return nil, errors.New("the URL of the broker cannot be read; it is amqp://user:password@host:port/vhost, or amqps://")
	}
	return func() (link, error) { return dial(s, log) }, nil
}

func dial(s *settings, log *slog.Logger) (link, error) {
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName("beamgate: " + s.queue)
	conn, err := amqp.DialConfig(s.url, amqp.Config{
		Heartbeat: 10 * time.Second, Locale: "en_US", Properties: properties, Dial: amqp.DefaultDial(10 * time.Second),
	})
	if err != nil {
		return nil, err
	}
	b := &broker{s: s, conn: conn, returned: make(chan amqp.Return, s.prefetch), closed: make(chan *amqp.Error, 1)}
	go blocked(conn, log)
	if err := b.open(); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// blocked tells when the broker is short of memory or disk and reads nothing more.
func blocked(conn *amqp.Connection, log *slog.Logger) {
	for state := range conn.NotifyBlocked(make(chan amqp.Blocking, 1)) {
		log.Warn("the broker's alarm", "blocked", state.Active, "reason", state.Reason)
	}
}

func (b *broker) open() (err error) {
	if b.ch, err = b.conn.Channel(); err != nil {
		return err
	}
	b.ch.NotifyClose(b.closed)
	b.ch.NotifyReturn(b.returned)
	if b.s.declare {
		err = b.declare()
	} else {
		err = b.look()
	}
	if err == nil {
		err = b.ch.Confirm(false)
	}
	if err == nil {
		err = b.ch.Qos(b.s.prefetch, 0, false)
	}
	return err
}

// look fails unless queue and exchange are there.
func (b *broker) look() error {
	if _, err := b.ch.QueueDeclarePassive(b.s.queue, true, false, false, false, nil); err != nil {
		return err
	}
	return b.ch.ExchangeDeclarePassive(b.s.deadExchange, "fanout", true, false, false, false, nil)
}

// declare makes them.
func (b *broker) declare() error {
	queues := []string{b.s.queue, b.s.deadExchange}
	if b.s.cleanExchange == "" {
		queues = append(queues, b.s.cleanKey)
	}
	for _, name := range queues {
		if _, err := b.ch.QueueDeclare(name, true, false, false, false, nil); err != nil {
			return err
		}
	}
	if err := b.ch.ExchangeDeclare(b.s.deadExchange, "fanout", true, false, false, false, nil); err != nil {
		return err
	}
	return b.ch.QueueBind(b.s.deadExchange, "", b.s.deadExchange, false, nil)
}

// Consume implements link.
func (b *broker) Consume() (<-chan amqp.Delivery, error) {
	return b.ch.Consume(b.s.queue, "", false, false, false, false, nil)
}

// Publish implements link. Messages are mandatory: what no queue takes comes back,
// and is not confirmed into nothing.
func (b *broker) Publish(l letter) (confirm, error) {
	return b.ch.PublishWithDeferredConfirm(l.exchange, l.key, true, false, l.msg)
}

// Returned implements link.
func (b *broker) Returned() <-chan amqp.Return { return b.returned }

// Err implements link.
func (b *broker) Err() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case err := <-b.closed:
		if err != nil {
			b.err = err
		}
	default:
	}
	return b.err
}

// Close implements link. It does not wait for a broker that reads nothing.
func (b *broker) Close() { b.conn.CloseDeadline(time.Now().Add(2 * time.Second)) }
