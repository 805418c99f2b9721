// Package search finds records for the jump box (Ctrl-K) and the search page.
//
// It owns no index. Each practice answers for its own records through a
// Provider, with the rights of the asking actor, so nothing is found that may
// not be seen and nothing can be out of date. The box asks all providers at
// once, puts an exact key first and then what begins with the words, and shows
// a bounded number of hits.
//
// A provider that fails or is slow does not keep the others from answering;
// the result then says that it is not complete.
package search

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Hit is one record found.
type Hit struct {
	Key   string `json:"key"`   // "INC-1042", "checkout"
	Title string `json:"title"` // of the record
	Path  string `json:"path"`  // of its page
	Kind  string `json:"kind"`  // "incident", "service"
	Note  string `json:"note"`  // what helps to choose: "resolved, 3 Nov"
	Icon  string `json:"icon"`  // Tabler icon name
}

// Provider finds at most limit records of one practice by key or by words of
// the title. An empty query asks for the most useful ones, such as open
// incidents. It uses the actor in ctx.
type Provider func(ctx context.Context, query string, limit int) ([]Hit, error)

// Box asks providers.
type Box struct {
	Log       *slog.Logger
	providers []Provider
}

// The bounds of one search.
const (
	queryMost = 200 // bytes
	each      = 8   // hits of one provider
	patience  = time.Second
)

// Add registers providers in the order in which their hits are shown.
func (b *Box) Add(p ...Provider) { b.providers = append(b.providers, p...) }

// Found is the answer to one search.
type Found struct {
	Hits    []Hit `json:"hits"`
	Partial bool  `json:"partial,omitempty"` // somebody did not answer
}

// Find asks all providers. Errors: Unauthenticated, Forbidden, Invalid for a
// query longer than 200 bytes.
func (b *Box) Find(ctx context.Context, query string, limit int) (Found, error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return Found{}, err
	}
	query = strings.Join(strings.Fields(strings.ToValidUTF8(query, "")), " ")
	if len(query) > queryMost {
		return Found{}, errs.BadField("q", query, "a key such as INC-1042 or a few words, at most 200 bytes")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	answers := make([][]Hit, len(b.providers))
	failed := make([]error, len(b.providers))
	var wg sync.WaitGroup
	for i, p := range b.providers {
		wg.Go(func() { answers[i], failed[i] = p(ctx, query, each) })
	}
	wg.Wait()
	out := Found{Hits: []Hit{}}
	for i, hits := range answers {
		if failed[i] != nil {
			out.Partial = true
			if b.Log != nil {
				b.Log.Warn("a search provider failed", "provider", i, "error", failed[i])
			}
		}
		out.Hits = append(out.Hits, hits[:min(each, len(hits))]...)
	}
	slices.SortStableFunc(out.Hits, func(x, y Hit) int { return rank(x, query) - rank(y, query) })
	out.Hits = out.Hits[:min(limit, len(out.Hits))]
	return out, nil
}

// rank orders hits: the exact key, the exact title, a key or title that begins
// with the query, the rest as the provider gave it.
func rank(h Hit, query string) int {
	key, title, q := strings.ToLower(h.Key), strings.ToLower(h.Title), strings.ToLower(query)
	switch {
	case q == "":
		return 0
	case key == q || strings.HasSuffix(key, "-"+q):
		return 1
	case title == q:
		return 2
	case strings.HasPrefix(key, q) || strings.HasPrefix(title, q):
		return 3
	}
	return 4
}

// Pages is a provider for a fixed list of pages, found when every word of the
// query begins a word of the title or the note.
func Pages(pages ...Hit) Provider {
	return func(_ context.Context, query string, limit int) ([]Hit, error) {
		if query == "" {
			return nil, nil
		}
		var out []Hit
		for _, p := range pages {
			if len(out) < limit && begins(strings.Fields(strings.ToLower(p.Title+" "+p.Note)), strings.Fields(strings.ToLower(query))) {
				out = append(out, p)
			}
		}
		return out, nil
	}
}

func begins(words, query []string) bool {
	for _, q := range query {
		if !slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, q) }) {
			return false
		}
	}
	return true
}
