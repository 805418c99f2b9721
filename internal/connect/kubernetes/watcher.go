package kubernetes

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/jsonstream"
)

// watcher follows one resource.
type watcher struct {
	*client
	path     string
	optional bool
	pace     Pace
	seen     map[string][sha256.Size]byte // uid → what of it matters
	version  string                       // resourceVersion to go on from; empty: list first
	signal   chan<- struct{}
}

func (w *watcher) tell() {
	select {
	case w.signal <- struct{}{}:
	default: // one is waiting already
	}
}

func (w *watcher) run(ctx context.Context) error {
	wait, first := w.pace.Retry, true
	for ctx.Err() == nil {
		began := time.Now()
		if w.version == "" {
			err := w.start(ctx)
			var a *answer
			switch {
			case errors.As(err, &a) && a.code == http.StatusNotFound && w.optional:
				return nil
			case errors.As(err, &a) && (a.code == http.StatusForbidden || a.code == http.StatusUnauthorized):
				return err
			case err != nil:
				if err := pause(ctx, wait); err != nil {
					return nil // the context ended
				}
				wait = min(2*wait, 30*time.Second)
				continue
			}
			if !first {
				w.tell()
			}
			first = false
		}
		err := w.follow(ctx)
		var a *answer
		if errors.As(err, &a) {
			switch a.code {
			case http.StatusGone:
				w.version = ""
				continue
			case http.StatusForbidden, http.StatusUnauthorized:
				return err
			}
		}
		if time.Since(began) > time.Minute {
			wait = w.pace.Retry // it had worked
		}
		if err != nil {
			if err := pause(ctx, wait); err != nil {
				return nil // the context ended
			}
			wait = min(2*wait, 30*time.Second)
		}
	}
	return nil
}

// start lists all, to know what is there and from where to watch.
func (w *watcher) start(ctx context.Context) error {
	seen, next, version := map[string][sha256.Size]byte{}, "", ""
	for {
		q := url.Values{"limit": {fmt.Sprint(pageSize)}}
		if next != "" {
			q.Set("continue", next)
		}
		h, err := w.page(ctx, w.path, q, func(e jsonstream.Element) error {
			id, sum, err := essence(e.Value)
			seen[id] = sum
			return err
		})
		if err != nil {
			return err
		}
		var m struct {
			Continue        string `json:"continue"`
			ResourceVersion string `json:"resourceVersion"`
		}
		if err := json.Unmarshal(h.Raw("metadata"), &m); err != nil || m.ResourceVersion == "" {
			return errs.E(errs.Unavailable, "GET %s: the answer is no list with a resourceVersion", w.path).Because(err)
		}
		version = m.ResourceVersion
		if next = m.Continue; next == "" {
			break
		}
	}
	w.seen, w.version = seen, version
	return nil
}

// follow reads one watch until it ends: the server closes it after its time.
func (w *watcher) follow(ctx context.Context) error {
	ctx, stop := context.WithTimeout(ctx, watchFor+time.Minute) // a connection that died without a word
	defer stop()
	body, err := w.get(ctx, w.path, url.Values{"watch": {"1"}, "allowWatchBookmarks": {"true"}, "resourceVersion": {w.version}, "timeoutSeconds": {fmt.Sprint(watchFor.Seconds())}})
	if err != nil {
		return err
	}
	defer body.Close()
	events := 0
	_, err = jsonstream.Each(body, "watch "+w.path, nil, func(e jsonstream.Element) error {
		events++
		return w.event(e.Value)
	})
	var a *answer
	if err != nil && !errors.As(err, &a) && (events > 0 || errs.Is(err, errs.Invalid)) {
		return nil // ended in the middle, or without a word: go on from the last version
	}
	return err
}

const watchFor = 5 * time.Minute // then the server ends a watch, and the next begins

func (w *watcher) event(raw jsontext.Value) error {
	var e struct {
		Type   string          `json:"type"`
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return err
	}
	if e.Type == "ERROR" {
		var s status
		_ = json.Unmarshal(e.Object, &s) // without a code it is an error like others
		return &answer{s.Code, errs.E(errs.Unavailable, "watch %s: %s", w.path, errs.Short(s.Message))}
	}
	var o struct {
		Metadata struct {
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(e.Object, &o); err != nil {
		return err
	}
	if o.Metadata.ResourceVersion != "" {
		w.version = o.Metadata.ResourceVersion
	}
	switch e.Type {
	case "ADDED", "MODIFIED":
		id, sum, err := essence(e.Object)
		if err != nil {
			return err
		}
		if old, ok := w.seen[id]; !ok || old != sum {
			w.seen[id] = sum
			w.tell()
		}
	case "DELETED":
		id, _, err := essence(e.Object)
		if err != nil {
			return err
		}
		delete(w.seen, id)
		w.tell()
	}
	return nil
}

// essence is a digest of what a person wrote of an object: no status, no
// bookkeeping of the server.
func essence(raw []byte) (uid string, sum [sha256.Size]byte, err error) {
	var o map[string]json.RawMessage
	var m map[string]json.RawMessage
	if err = json.Unmarshal(raw, &o); err != nil {
		return
	}
	if err = json.Unmarshal(o["metadata"], &m); err != nil {
		return
	}
	uid = string(m["uid"]) + string(m["namespace"]) + string(m["name"])
	var b bytes.Buffer
	for _, k := range []string{"labels", "annotations", "ownerReferences"} {
		if k == "annotations" { // controllers write theirs all the time
			var a map[string]string
			_ = json.Unmarshal(m[k], &a) // none: nothing to compare
			own := slim(a)
			for _, n := range sorted(own) {
				fmt.Fprintf(&b, "%s=%s\n", n, own[n])
			}
			continue
		}
		b.Write(m[k])
	}
	b.Write(o["spec"])
	b.Write(o["data"])
	return uid, sha256.Sum256(b.Bytes()), nil
}
