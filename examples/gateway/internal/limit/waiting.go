package limit

import "context"

type waitingKey struct{}

// WithWaiting returns a context with which Slots, Bytes and Client call f before
// they make the caller wait: whoever gathers messages to send them at once has to
// let them go then.
func WithWaiting(ctx context.Context, f func()) context.Context {
	return context.WithValue(ctx, waitingKey{}, f)
}

func waiting(ctx context.Context) {
	if f, ok := ctx.Value(waitingKey{}).(func()); ok {
		f()
	}
}
