package kubernetes

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"time"
)

// Pace says how a watch behaves; the zero value is right for a real cluster.
type Pace struct {
	Quiet  time.Duration // changed is called when nothing happened for so long; 0: 10 s
	Latest time.Duration // but no later than this after the first change; 0: 1 min
	Retry  time.Duration // first wait after a lost connection, doubled up to 30 s; 0: 1 s
}

// Watch tells when the cluster's map has changed and should be listed again.
// It follows the resources by WATCH with bookmarks
// (https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes),
// goes on where a connection broke, and starts again where the server no
// longer knows that place (410 Gone), which counts as a change. Updates of
// status alone are none. It returns at the context's end with nil, or at once
// when the configuration or the right to read is wrong.
func Watch(ctx context.Context, k Kubeconfig, pace Pace, changed func()) error {
	if pace.Quiet == 0 {
		pace.Quiet = 10 * time.Second
	}
	if pace.Latest == 0 {
		pace.Latest = time.Minute
	}
	if pace.Retry == 0 {
		pace.Retry = time.Second
	}
	cl, err := k.connect()
	if err != nil {
		return err
	}
	defer cl.http.CloseIdleConnections()
	have, err := cl.groups(ctx)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var all sync.WaitGroup
	signal := make(chan struct{}, 1)
	for _, r := range resources {
		version, ok := r.served(have)
		if !r.watched || !ok || k.without(r) {
			continue
		}
		w := &watcher{client: cl, path: r.path(version, k.Namespace), optional: r.group != "", pace: pace, seen: map[string][sha256.Size]byte{}, signal: signal}
		all.Go(func() {
			if err := w.run(ctx); err != nil && ctx.Err() == nil {
				stop(err)
			}
		})
	}
	debounce(ctx, pace, signal, changed)
	all.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// debounce joins signals that come close together.
func debounce(ctx context.Context, pace Pace, signal <-chan struct{}, changed func()) {
	var quiet, latest <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-signal:
			if latest == nil {
				latest = time.After(pace.Latest)
			}
			quiet = time.After(pace.Quiet)
			continue
		case <-quiet:
		case <-latest:
		}
		quiet, latest = nil, nil
		changed()
	}
}
