package main

import (
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/beamgate/beamgate/etf"
	"github.com/beamgate/beamgate/safe"
)

// Headers of dead letters. No message brings headers with this prefix of its own.
const (
	headerPrefix   = "x-beamgate-"
	headerCode     = headerPrefix + "code"         // of the refusal, as limit_depth
	headerOffset   = headerPrefix + "offset"       // in the body
	headerPath     = headerPrefix + "path"         // of the term, by position
	headerQueue    = headerPrefix + "queue"        // where it was taken from
	headerExchange = headerPrefix + "exchange"     // where it had been published
	headerKey      = headerPrefix + "routing-key"  // and how
	headerType     = headerPrefix + "content-type" // that it claimed
)

// codeHeaders is the one refusal that is neither of the body nor of its coding.
const codeHeaders etf.Code = "headers"

// maxHeaders bounds what headers take on the wire. Those of dead letters become
// more, and a header has to fit into one frame, of 128 KiB as brokers have it.
const maxHeaders = 32 << 10

// letter is what becomes of a delivery.
type letter struct {
	exchange, key string
	msg           amqp.Publishing
	why           *etf.Error // nil: it passed
}

// letter decides what becomes of a delivery. On error nothing does: it stays in
// the queue.
func (b *bridge) letter(d *amqp.Delivery) (letter, error) {
	code := headCode(d)
	if code == "" {
		body, why, err := b.judge.term(d.Body)
		if err != nil {
			return letter{}, err
		}
		if why != nil {
			return b.dead(d, why), nil
		}
		return letter{exchange: b.s.cleanExchange, key: b.s.cleanKey, msg: clean(d, body)}, nil
	}
	return b.dead(d, &etf.Error{Code: code}), nil
}

// headCode refuses what is no matter of the body: a coding that a receiver would
// undo before it decodes, and headers that leave no room for ours.
func headCode(d *amqp.Delivery) etf.Code {
	switch {
	case d.ContentEncoding != "" && !strings.EqualFold(d.ContentEncoding, "identity"):
		return safe.CodeContentEncoding
	case tableSize(d.Headers) > maxHeaders:
		return codeHeaders
	}
	return ""
}

// clean keeps the properties of a message, but for those that do something in the
// broker: the user, which has to be the one that publishes, and routes of the
// sender's own, which would lead around the gate.
func clean(d *amqp.Delivery, body []byte) amqp.Publishing {
	return amqp.Publishing{
		Headers: headers(d.Headers), ContentType: d.ContentType, ContentEncoding: d.ContentEncoding,
		DeliveryMode: d.DeliveryMode, Priority: d.Priority, CorrelationId: d.CorrelationId,
		ReplyTo: d.ReplyTo, Expiration: d.Expiration, MessageId: d.MessageId,
		Timestamp: d.Timestamp, Type: d.Type, AppId: d.AppId, Body: body,
	}
}

// dead is a letter for people. It has the body as it came, does not call it a
// term, and does not expire.
func (b *bridge) dead(d *amqp.Delivery, why *etf.Error) letter {
	h := amqp.Table{}
	if why.Code != codeHeaders {
		h = headers(d.Headers)
	}
	h[headerCode] = string(why.Code)
	h[headerOffset] = why.Offset
	h[headerPath] = why.Path.String()
	h[headerQueue] = b.s.queue
	h[headerExchange] = d.Exchange
	h[headerKey] = d.RoutingKey
	h[headerType] = d.ContentType
	return letter{exchange: b.s.deadExchange, key: b.s.deadKey, why: why, msg: amqp.Publishing{
		Headers: h, ContentType: "application/octet-stream", ContentEncoding: d.ContentEncoding,
		DeliveryMode: amqp.Persistent, CorrelationId: d.CorrelationId, MessageId: d.MessageId,
		Timestamp: d.Timestamp, Type: d.Type, AppId: d.AppId, Body: d.Body,
	}}
}

// headers copies those that may go on. RabbitMQ sends copies of a message wherever
// its headers CC and BCC say.
func headers(from amqp.Table) amqp.Table {
	to := make(amqp.Table, len(from))
	for name, v := range from {
		if name != "CC" && name != "BCC" && !strings.HasPrefix(strings.ToLower(name), headerPrefix) {
			to[name] = v
		}
	}
	return to
}

// tableSize is what a table takes on the wire, or a little more. Of deeply nested
// ones it is enough to know that they are too large.
func tableSize(t amqp.Table) int { return sizeOf(t, 0) }

func sizeOf(v any, depth int) int {
	const each = 17 // a tag, and the largest value of a fixed size
	if depth > 16 {
		return maxHeaders + 1
	}
	n := each
	switch v := v.(type) {
	case string:
		n += len(v)
	case []byte:
		n += len(v)
	case amqp.Table:
		for name, v := range v {
			n += 1 + len(name) + sizeOf(v, depth+1)
		}
	case []any:
		for _, v := range v {
			n += sizeOf(v, depth+1)
		}
	}
	return n
}
