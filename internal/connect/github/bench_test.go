package github_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/connect/github"
	"github.com/evenkeel/evenkeel/internal/db"
)

// BenchmarkWebhook is GitHub's recorded bodies from the request to the disk, 64
// at once: signature, JSON, ingest. One in eight tells of a deployment.
func BenchmarkWebhook(b *testing.B) {
	d, err := db.Open(b.Context(), db.Config{URL: filepath.Join(b.TempDir(), "bench.db"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	p := connecttest.NewPractice(b, d, "hello-world")
	mux := http.NewServeMux()
	github.New(connecttest.Door(&connecttest.Alerts{}), connecttest.Keys{}, p).Routes(mux)
	events := []string{"check_run/completed", "workflow_run/completed", "pull_request_review/submitted", "check_run/created", "workflow_run/requested", "check_run/completed", "pull_request_review/dismissed", "deployment_status/"}
	bodies := make([]string, len(events))
	for i, e := range events {
		bodies[i] = string(connecttest.Data(b, examples+strings.TrimSuffix(e+".", "/.")+map[bool]string{true: "/", false: ""}[strings.HasSuffix(e, "/")]+"payload.json"))
	}
	commits := []string{"f95f852bd8fca8fcc58a9a2d6c842781e32a215e", "ec26c3e57ca3a959ca5aad62de7213c562f8c821", "3484a3fb816e0859fd6e1cea078d76385ff50625"}
	var next atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := int(next.Add(1))
			i := n % len(events)
			body := bodies[i]
			for _, c := range commits {
				body = strings.ReplaceAll(body, c, connecttest.Commit(n/len(events)))
			}
			body = strings.ReplaceAll(body, "145988746", fmt.Sprint(n))
			r := httptest.NewRequest("POST", "/integrations/github/"+connecttest.Integration, strings.NewReader(body))
			event, _, _ := strings.Cut(events[i], "/")
			r.Header.Set("X-GitHub-Event", event)
			r.Header.Set("X-GitHub-Delivery", fmt.Sprint(n))
			r.Header.Set("X-Hub-Signature-256", sign(connecttest.Token, body))
			r.Header.Set("Content-Type", "application/json")
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			if w.Code != 200 {
				b.Errorf("%s: %d %s", events[i], w.Code, w.Body)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
}
