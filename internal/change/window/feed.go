package window

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// feedPrefix marks the secrets of feeds of the change calendar, so that secret
// scanners recognise them.
const feedPrefix = "ekchg_"

// maxFeeds is how many feeds a person may have.
const maxFeeds = 100

// feedRecord is what evidence of feeds is about; a feed is no record of its own.
var feedRecord = ref.S(ref.System, "calendar-feeds")

func feedHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func feedFacts(person int64, of FeedOf) map[string]string {
	m := map[string]string{"calendar": "changes", "person": ref.N(ref.Person, person).String()}
	if of.Team != "" {
		m["team"] = of.Team
	}
	if of.Service != "" {
		m["service"] = of.Service
	}
	return m
}

// FeedToken makes the secret of a calendar feed of changes and windows and
// returns it; it cannot be read again. An earlier one of the same choice stops
// working. Errors: Invalid for a team or service that does not exist; Forbidden
// without a person.
func (s *Service) FeedToken(ctx context.Context, of FeedOf) (secret string, err error) {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil && who.Person == 0 {
		err = errs.E(errs.Forbidden, "a feed belongs to a person; use a person's token")
	}
	if err != nil {
		return "", errs.Wrap("window.feed-token", err)
	}
	raw := make([]byte, 32)
	rand.Read(raw) // never fails, see crypto/rand
	secret = feedPrefix + base64.RawURLEncoding.EncodeToString(raw)
	err = s.db.Write(ctx, who, "calendar feed made", func(tx *db.Tx) error {
		if err := s.checkFeed(tx, who.Person, of); err != nil {
			return err
		}
		if err := putFeed(tx, who.Person, of, feedHash(secret)); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "feed.create", Record: feedRecord, Data: feedFacts(who.Person, of)})
		return nil
	})
	if err != nil {
		return "", errs.Wrap("window.feed-token", err)
	}
	return secret, nil
}

func (s *Service) checkFeed(q db.Querier, person int64, of FeedOf) error {
	var bad errs.Fields
	sc := Scope{}
	if of.Team != "" {
		sc.Teams = []string{of.Team}
	}
	if of.Service != "" {
		sc.Services = []string{of.Service}
	}
	if err := s.checkScope(q, sc, &bad); err != nil {
		return err
	}
	for i := range bad {
		bad[i].Name = strings.TrimSuffix(strings.TrimPrefix(bad[i].Name, "scope."), "s[0]")
	}
	have, err := feedsOf(q, person)
	if err == nil && len(have) >= maxFeeds {
		bad.Add("feed", fmt.Sprint(len(have)), "you have as many feeds as there can be; end one first")
	}
	return cmp.Or(err, bad.Err())
}

// FeedsOf returns the actor's feeds of the change calendar.
func (s *Service) FeedsOf(ctx context.Context) (out []OwnFeed, err error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return nil, errs.Wrap("window.feeds", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) (err error) { out, err = feedsOf(q, who.Person); return err })
	return out, errs.Wrap("window.feeds", err)
}

// RevokeFeed ends a feed of the actor. Errors: NotFound.
func (s *Service) RevokeFeed(ctx context.Context, of FeedOf) error {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return errs.Wrap("window.revoke-feed", err)
	}
	return errs.Wrap("window.revoke-feed", s.db.Write(ctx, who, "calendar feed revoked", func(tx *db.Tx) error {
		n, err := dropFeed(tx, who.Person, of)
		if err == nil && n == 0 {
			err = errs.E(errs.NotFound, "you have no such calendar feed")
		}
		if err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "feed.delete", Record: feedRecord, Data: feedFacts(who.Person, of)})
		return nil
	}))
}

// PersonErased ends all feeds of a person; wired to the erasure of people.
func PersonErased(tx *db.Tx, person int64) error {
	_, err := dropFeeds(tx, person)
	return err
}

// Event is one entry of a calendar feed.
type Event struct {
	UID         string // stays the same as long as it is the same change, or the same occurrence
	Span               // a zero To has no end
	Summary     string
	Description string
	Path        string // of its page on this server
}

// Feed is what a calendar feed shows.
type Feed struct {
	FeedOf
	Person int64 // whose feed it is
	Title  string
	Events []Event
}

// Feeds is the door for calendar programs, which send nothing but the secret.
type Feeds struct{ s *Service }

// Feeds returns the door of calendar feeds.
func (s *Service) Feeds() Feeds { return Feeds{s} }

// Open returns the feed that a secret belongs to, for a time of at most 400
// days. Errors: NotFound for wrong secrets, and when their person is gone.
func (f Feeds) Open(ctx context.Context, secret string, from, to time.Time) (out Feed, err error) {
	unknown := errs.E(errs.NotFound, "there is no such calendar feed; make a new one on the change calendar")
	if !strings.HasPrefix(secret, feedPrefix) || len(secret) != len(feedPrefix)+43 {
		return Feed{}, errs.Wrap("window.feed", unknown)
	}
	if !to.After(from) || to.Sub(from) > MaxLength {
		return Feed{}, errs.Wrap("window.feed", errs.BadField("to", to.Format(time.RFC3339), "show at most 400 days"))
	}
	at, err := f.s.db.Now(ctx)
	if err != nil {
		return Feed{}, errs.Wrap("window.feed", err)
	}
	err = f.s.db.Read(ctx, func(q db.Querier) error {
		person, of, ok, err := findFeed(q, feedHash(secret))
		if err == nil && ok && f.s.Enabled != nil {
			ok, err = f.s.Enabled(q, person)
		}
		if err != nil {
			return err
		}
		if !ok {
			return unknown
		}
		out = Feed{FeedOf: of, Person: person, Title: cmp.Or(of.Service, of.Team, "all services")}
		v, err := f.s.view(q, Span{from, to}, Filter{Team: of.Team, Service: of.Service, Quiet: true}, at)
		out.Events = v.events()
		return err
	})
	return out, errs.Wrap("window.feed", err)
}

// events writes a time line as entries of a calendar: windows, then changes.
func (v View) events() (out []Event) {
	verb := map[Kind]string{Freeze: "Freeze: ", Change: "Change window: ", Maintenance: "Maintenance: ", Train: "Release train: "}
	for _, o := range v.Windows {
		w := o.Window
		e := Event{UID: "window-" + w.Name + "-" + o.From.UTC().Format("20060102T150405Z"), Span: o.Span, Summary: verb[w.Spec.Kind] + w.Title(), Description: w.Spec.Reason, Path: w.Ref().Path()}
		if len(w.Spec.Allows) > 0 {
			e.Description = strings.TrimSpace(e.Description + "\nPasses: " + strings.Join(w.Spec.Allows, ", "))
		}
		out = append(out, e)
	}
	seen := map[int64]bool{}
	for _, l := range v.Lanes {
		for _, b := range l.Bars {
			if seen[b.ID] {
				continue
			}
			seen[b.ID] = true
			out = append(out, Event{UID: "change-" + b.Key(), Span: b.Span, Summary: b.Key() + " " + b.Title,
				Description: strings.Join(b.Services, ", ") + " in " + b.Environment + " · " + b.State, Path: b.Ref().Path()})
		}
	}
	return out
}

// FeedPath is the address of a feed on this server.
func FeedPath(secret string) string { return "/changes/feeds/" + secret + ".ics" }
