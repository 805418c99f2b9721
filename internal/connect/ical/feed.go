package ical

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// What a feed shows: a month back, for looking up, and half a year ahead.
const (
	back  = 31 * 24 * time.Hour
	ahead = 184 * 24 * time.Hour
)

// Source opens feeds by their secret; oncall.Feeds is one.
type Source interface {
	Open(ctx context.Context, secret string, from, to time.Time) (oncall.Feed, error)
}

// Door serves the feeds. The secret in the address is the credential: calendar
// programs send nothing else.
type Door struct {
	Feeds Source
	Base  string           // where people reach the product, "https://keel.example.com"
	Now   func() time.Time // nil: time.Now
}

// Routes adds the address.
func (d *Door) Routes(mux *http.ServeMux) { mux.HandleFunc("GET /oncall/feeds/{file}", d.serve) }

func (d *Door) serve(w http.ResponseWriter, r *http.Request) {
	answer(w, r, d.Now, "on-call.ics", func(secret string, today time.Time) (Calendar, error) {
		feed, err := d.Feeds.Open(r.Context(), secret, today.Add(-back), today.Add(ahead))
		if err != nil {
			return Calendar{}, err
		}
		return d.Calendar(feed, today), nil
	})
}

// answer serves the calendar that the secret in the address opens. It has the
// same bytes all day, as long as nothing changes.
func answer(w http.ResponseWriter, r *http.Request, clock func() time.Time, file string, open func(secret string, today time.Time) (Calendar, error)) {
	now := time.Now().UTC()
	if clock != nil {
		now = clock().UTC()
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("X-Robots-Tag", "noindex")
	calendar, err := open(strings.TrimSuffix(r.PathValue("file"), ".ics"), now.Truncate(24*time.Hour))
	if err != nil {
		e := errs.As(err)
		http.Error(w, upper(e.Text)+".", errs.Table[e.Kind].HTTP)
		return
	}
	body := Write(calendar)
	sum := sha256.Sum256(body)
	etag := `"` + hex.EncodeToString(sum[:12]) + `"`
	w.Header().Set("ETag", etag)
	if match := r.Header.Get("If-None-Match"); match == "*" || strings.Contains(match, etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "text/calendar; charset=utf-8")
	w.Header().Set("Content-Disposition", `inline; filename="`+file+`"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a program that went away is no error of ours
	}
}

func upper(s string) string {
	if s == "" {
		return "That did not work; try again later"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Calendar turns a feed into a calendar. today is the day it is asked for.
func (d *Door) Calendar(f oncall.Feed, today time.Time) Calendar {
	c := Calendar{Name: "On call: " + f.Title, Stamp: today, Refresh: time.Hour}
	host := hostOf(d.Base)
	for _, s := range f.Shifts {
		e := Event{From: s.From, To: s.Until, URL: d.Base + ref.S(ref.Schedule, s.Schedule).Path()}
		key := s.From.UTC().Format(utcForm)
		if s.From.IsZero() {
			key, e.From = "always", today.Add(-back)
		}
		if s.Until.IsZero() {
			e.To = today.Add(ahead)
		}
		var names, others []string
		for _, p := range s.People {
			who := f.Names[p]
			names = append(names, who.Display)
			if p != f.Person {
				others = append(others, who.Display)
			}
		}
		if f.Schedule == "" {
			e.UID = fmt.Sprintf("%s-%s-p%d@%s", key, s.Schedule, f.Person, host)
			e.Summary = "On call: " + s.Title
			if len(others) > 0 {
				e.Description = "Together with " + strings.Join(others, ", ")
			}
		} else {
			e.UID = fmt.Sprintf("%s-%s@%s", key, s.Schedule, host)
			e.Summary = strings.Join(names, ", ")
			e.Description = "On call for " + s.Title
		}
		if s.Cover != 0 {
			if e.Description != "" {
				e.Description += "\n"
			}
			e.Description += "By " + ref.N(ref.Cover, s.Cover).String()
		}
		c.Events = append(c.Events, e)
	}
	return c
}

// hostOf is what stands behind the @ of our UIDs.
func hostOf(base string) string {
	if u, err := url.Parse(base); err == nil && u.Host != "" {
		return u.Host
	}
	return "evenkeel"
}
