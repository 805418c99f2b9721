package notify

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Try sends a message now, past the queue, and says what came of it. It is for
// codes and tests: nothing is stored. A message without an id gets one.
func Try(ctx context.Context, s *Service, kind ChannelKind, to Target, m Message) TestResult {
	if m.ID == "" {
		id := make([]byte, 8)
		rand.Read(id) // never fails, see crypto/rand
		m.ID = "TEST-" + hex.EncodeToString(id)
	}
	start := time.Now()
	if m.At.IsZero() {
		m.At = start.UTC()
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	ctx, said := listening(ctx)
	fail := s.hand(ctx, kind, to, m)
	res := TestResult{Sent: fail == nil, Latency: time.Since(start), Answer: *said}
	if fail != nil {
		res.Error = fail.Text
	}
	return res
}

// Can reports whether a server is set up to send by a kind.
func Can(s *Service, kind ChannelKind) bool { return s.o.Transports[kind] != nil }

// PageURL is the public address of a page of this server.
func PageURL(s *Service, path string) string { return s.o.BaseURL + path }

// Outcomes are the messages of a notice, for who gave it.
func Outcomes(q db.Querier, key string) ([]Delivery, error) {
	rows, err := db.Collect(q, collectRow, legsSQL, key)
	out := make([]Delivery, len(rows))
	for i, r := range rows {
		out[i] = r.Delivery
	}
	return out, err
}
