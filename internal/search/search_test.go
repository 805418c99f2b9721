package search

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestFind(t *testing.T) {
	ctx := actor.With(t.Context(), actor.Actor{Kind: actor.User, ID: 1, Role: actor.Requester})
	var b Box
	b.Add(func(context.Context, string, int) ([]Hit, error) {
		return []Hit{{Key: "INC-7", Title: "Card payments fail"}, {Key: "INC-42", Title: "Checkout slow"}}, nil
	}, func(context.Context, string, int) ([]Hit, error) { return nil, errors.New("away") },
		Pages(Hit{Key: "Page", Title: "Card readers"}, Hit{Key: "Page", Title: "Checkout map"}))
	keys := func(q string) (out []string) {
		f, err := b.Find(ctx, q, 10)
		if err != nil || !f.Partial {
			t.Fatalf("%q: %v, partial %v", q, err, f.Partial)
		}
		for _, h := range f.Hits {
			out = append(out, h.Title)
		}
		return out
	}
	for q, want := range map[string][]string{
		"42":        {"Checkout slow", "Card payments fail"},
		"inc-42":    {"Checkout slow", "Card payments fail"},
		"check":     {"Checkout slow", "Checkout map", "Card payments fail"},
		" card  r ": {"Card readers", "Card payments fail", "Checkout slow"},
	} {
		if d := cmp.Diff(want, keys(q)); d != "" {
			t.Errorf("%q (-want +got):\n%s", q, d)
		}
	}
	if _, err := b.Find(ctx, strings.Repeat("x", 300), 10); !errs.Is(err, errs.Invalid) {
		t.Errorf("long query: %v", err)
	}
	if _, err := b.Find(t.Context(), "x", 10); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("nobody: %v", err)
	}
}
