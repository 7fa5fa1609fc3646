package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// link is a connection to a broker, with one channel.
type link interface {
	// Consume begins; the channel that it returns is closed with the link.
	Consume() (<-chan amqp.Delivery, error)
	Publish(letter) (confirm, error)
	// Returned has what no queue took, each before its confirm.
	Returned() <-chan amqp.Return
	// Err is why the link has ended; nil if nobody knows.
	Err() error
	Close()
}

// confirm is the broker's word for one message: that it has it, or not.
type confirm interface {
	WaitContext(ctx context.Context) (bool, error)
}

// under is a message under way.
type under struct {
	from    amqp.Delivery
	to      letter
	confirm confirm
}

// session moves messages over one link until ctx is done, which is no error, or
// something goes wrong. Whatever was not acknowledged then is sent again by the
// broker, in the next session.
//
// Messages are judged and published one after the other, and confirms waited for
// behind that, so that many may be under way: at most -prefetch, since the broker
// sends no more before it has acknowledgements.
func (b *bridge) session(ctx context.Context, l link) error {
	deliveries, err := l.Consume()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(b.s.drain, l.Close) })
	defer stop()
	way := make(chan under, b.s.prefetch)
	settled := make(chan error, 1)
	go func() { settled <- b.settle(l, way) }()
	err = b.forward(ctx, l, deliveries, way)
	close(way)
	return errors.Join(<-settled, err)
}

// forward judges and publishes.
func (b *bridge) forward(ctx context.Context, l link, deliveries <-chan amqp.Delivery, way chan<- under) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		default:
		}
		select {
		case <-ctx.Done():
			return nil
		case d, ok := <-deliveries:
			if !ok {
				return fmt.Errorf("no more messages: %w", cause(l))
			}
			to, err := b.letter(&d)
			if err != nil {
				return err
			}
			c, err := l.Publish(to)
			if err != nil {
				return err
			}
			way <- under{d, to, c}
		}
	}
}

// errGone is for links of which nothing more is known.
var errGone = errors.New("the queue or the connection is gone")

func cause(l link) error {
	if err := l.Err(); err != nil {
		return err
	}
	return errGone
}

// settle acknowledges what the broker has confirmed, in the order in which it was
// published. After a failure it closes the link, and acknowledges nothing more.
func (b *bridge) settle(l link, way <-chan under) (failed error) {
	for u := range way {
		if failed != nil {
			continue
		}
		if failed = b.one(l, u); failed != nil {
			l.Close()
		}
	}
	return failed
}

func (b *bridge) one(l link, u under) error {
	ctx, cancel := context.WithTimeout(context.Background(), b.s.confirm)
	defer cancel()
	ok, err := u.confirm.WaitContext(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("the broker does not confirm: %w", err)
	case !ok && l.Err() != nil:
		return l.Err()
	case !ok:
		return fmt.Errorf("the broker does not take messages for exchange %q, key %q", u.to.exchange, u.to.key)
	}
	select { // what was returned was so before it was confirmed
	case r, ok := <-l.Returned():
		if !ok {
			return cause(l)
		}
		return fmt.Errorf("exchange %q, key %q: no queue takes this: %s", r.Exchange, r.RoutingKey, r.ReplyText)
	default:
	}
	b.confirmed()
	if err := u.from.Ack(false); err != nil {
		return err
	}
	b.settledOne(u)
	return nil
}
