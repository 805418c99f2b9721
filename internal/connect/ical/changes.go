package ical

import (
	"context"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/window"
)

// ChangeSource opens feeds of the change calendar by their secret;
// window.Feeds is one.
type ChangeSource interface {
	Open(ctx context.Context, secret string, from, to time.Time) (window.Feed, error)
}

// ChangeDoor serves the feeds of the change calendar, as Door serves those of
// who is on call.
//
//	GET /changes/feeds/{secret}.ics
type ChangeDoor struct {
	Feeds ChangeSource
	Base  string           // where people reach the product, "https://keel.example.com"
	Now   func() time.Time // nil: time.Now
}

// Routes adds the address.
func (d *ChangeDoor) Routes(mux *http.ServeMux) { mux.HandleFunc("GET /changes/feeds/{file}", d.serve) }

func (d *ChangeDoor) serve(w http.ResponseWriter, r *http.Request) {
	answer(w, r, d.Now, "changes.ics", func(secret string, today time.Time) (Calendar, error) {
		feed, err := d.Feeds.Open(r.Context(), secret, today.Add(-back), today.Add(ahead))
		if err != nil {
			return Calendar{}, err
		}
		return d.Calendar(feed, today), nil
	})
}

// Calendar turns a feed into a calendar. today is the day it is asked for.
func (d *ChangeDoor) Calendar(f window.Feed, today time.Time) Calendar {
	c := Calendar{Product: "Changes", Name: "Changes: " + f.Title, Stamp: today, Refresh: time.Hour}
	host := hostOf(d.Base)
	for _, e := range f.Events {
		to := e.To
		if to.IsZero() {
			to = today.Add(ahead)
		}
		c.Events = append(c.Events, Event{UID: e.UID + "@" + host, From: e.From.Truncate(time.Second), To: to.Truncate(time.Second), Summary: e.Summary, Description: e.Description, URL: d.Base + e.Path})
	}
	return c
}
