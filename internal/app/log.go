package app

import (
	"io"
	"log/slog"
)

// Version is the program's version; the release build sets it with -ldflags.
var Version = "0.1.0-dev"

// NewLog returns a JSON logger at a level named as in config.Config.LogLevel.
func NewLog(w io.Writer, level string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l}))
}
