package notify

import "context"

type answerKey struct{}

// Answer notes what the other side said when it took a message, like "250
// 2.0.0 queued" or "HTTP 201, SM1f2e…": no secrets and no addresses. Transports
// call it within Send, the last call counts; what is said to a failure stands
// in Failure.Text instead.
func Answer(ctx context.Context, text string) {
	if p, ok := ctx.Value(answerKey{}).(*string); ok {
		*p = Clip(clean(text), 500)
	}
}

// listening returns a context in which Answer writes to the string.
func listening(ctx context.Context) (context.Context, *string) {
	p := new(string)
	return context.WithValue(ctx, answerKey{}, p), p
}
