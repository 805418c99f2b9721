package api

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/errs"
)

type faultLog struct {
	log *slog.Logger
	id  string // of the request
}

type faultLogKey struct{}

// LogFaults gives operations a log for the causes of what they answer with 5xx:
// the answer says no more than where to look.
func LogFaults(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := w.Header().Get("X-Request-Id")
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), faultLogKey{}, faultLog{log, id})))
	})
}

// logFault is huma's last look at every answer.
func logFault(ctx huma.Context, _ string, v any) (any, error) {
	f, ok := v.(*failure)
	l, known := ctx.Context().Value(faultLogKey{}).(faultLog)
	if !ok || !known || f.Status < 500 {
		return v, nil
	}
	level := slog.LevelWarn // waiting helps
	if errs.As(f.cause).Kind == errs.Internal {
		level = slog.LevelError
		if l.id != "" {
			f.Detail += " under " + l.id
		}
	}
	l.log.Log(ctx.Context(), level, "operation failed", "operation", ctx.Operation().OperationID, "request", l.id, "error", f.cause)
	return v, nil
}
