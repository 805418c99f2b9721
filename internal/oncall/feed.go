package oncall

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// feedPrefix marks the secrets of calendar feeds, so that secret scanners
// recognise them.
const feedPrefix = "ekcal_"

// feedRecord is what evidence of feeds is about; a feed is no record of its own.
var feedRecord = ref.S(ref.System, "calendar-feeds")

func feedHash(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// FeedToken makes the secret of a calendar feed, of a schedule or ("") of the
// actor's own shifts, and returns it; it cannot be read again. An earlier one
// of the same feed stops working. Errors: NotFound; Forbidden without a person.
func (s *Service) FeedToken(ctx context.Context, schedule string) (secret string, err error) {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil && who.Person == 0 {
		err = errs.E(errs.Forbidden, "a feed belongs to a person; use a person's token")
	}
	if err != nil {
		return "", errs.Wrap("oncall.feed-token", err)
	}
	raw := make([]byte, 32)
	rand.Read(raw) // never fails, see crypto/rand
	secret = feedPrefix + base64.RawURLEncoding.EncodeToString(raw)
	err = s.db.Write(ctx, who, "calendar feed made", func(tx *db.Tx) error {
		if schedule != "" {
			if ok, err := s.Exists(tx, schedule); err != nil || !ok {
				if err == nil {
					err = noSchedule(schedule)
				}
				return err
			}
		}
		if err := putFeed(tx, who.Person, schedule, feedHash(secret)); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "feed.create", Record: feedRecord, Data: feedFacts(who.Person, schedule)})
		return nil
	})
	if err != nil {
		return "", errs.Wrap("oncall.feed-token", err)
	}
	return secret, nil
}

func feedFacts(person int64, schedule string) map[string]string {
	m := map[string]string{"person": ref.N(ref.Person, person).String()}
	if schedule != "" {
		m["schedule"] = schedule
	}
	return m
}

// RevokeFeed ends a feed of the actor. Errors: NotFound.
func (s *Service) RevokeFeed(ctx context.Context, schedule string) error {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return errs.Wrap("oncall.revoke-feed", err)
	}
	err = s.db.Write(ctx, who, "calendar feed revoked", func(tx *db.Tx) error {
		n, err := dropFeeds(tx, who.Person, schedule, false)
		if err == nil && n == 0 {
			err = errs.E(errs.NotFound, "you have no such calendar feed")
		}
		if err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "feed.delete", Record: feedRecord, Data: feedFacts(who.Person, schedule)})
		return nil
	})
	return errs.Wrap("oncall.revoke-feed", err)
}

// Feed is what a calendar feed shows.
type Feed struct {
	Schedule string // empty: a person's shifts
	Title    string // of the schedule, or the person's name
	Person   int64  // whose feed it is
	Shifts   []Shift
	Names    map[int64]Who // of everybody in Shifts
}

// Feeds is the door for calendar programs, which send nothing but the secret.
type Feeds struct{ s *Service }

// Feeds returns the door of calendar feeds.
func (s *Service) Feeds() Feeds { return Feeds{s} }

// Open returns the feed that a secret belongs to, for a time of at most 400
// days. Errors: NotFound for wrong secrets, and when their person is gone.
func (f Feeds) Open(ctx context.Context, secret string, from, to time.Time) (out Feed, err error) {
	if err := checkRange(from, to); err != nil {
		return Feed{}, errs.Wrap("oncall.feed", err)
	}
	unknown := errs.E(errs.NotFound, "there is no such calendar feed; make a new one on your on-call page")
	if !strings.HasPrefix(secret, feedPrefix) || len(secret) != len(feedPrefix)+43 {
		return Feed{}, errs.Wrap("oncall.feed", unknown)
	}
	err = f.s.db.Read(ctx, func(q db.Querier) error {
		person, schedule, ok, err := findFeed(q, feedHash(secret))
		if err != nil {
			return err
		}
		if !ok {
			return unknown
		}
		owner, err := namesOf(q, []int64{person})
		if err != nil {
			return err
		}
		if owner[person].Gone {
			return unknown
		}
		out = Feed{Schedule: schedule, Person: person, Title: owner[person].Display}
		if out.Shifts, err = f.s.feedShifts(q, &out, from, to); err != nil {
			return err
		}
		seen, ids := map[int64]bool{}, []int64{}
		for _, sh := range out.Shifts {
			for _, p := range sh.People {
				if !seen[p] {
					seen[p], ids = true, append(ids, p)
				}
			}
		}
		out.Names, err = namesOf(q, ids)
		return err
	})
	return out, errs.Wrap("oncall.feed", err)
}

func (s *Service) feedShifts(q db.Querier, f *Feed, from, to time.Time) ([]Shift, error) {
	if f.Schedule == "" {
		return s.shiftsOf(q, f.Person, from, to)
	}
	b, err := s.Schedules(q)
	if err != nil {
		return nil, err
	}
	e, ok := b.entries[f.Schedule]
	if !ok {
		return nil, noSchedule(f.Schedule)
	}
	f.Title = e.schedule.Title()
	r, err := b.rotaFor(q, e, from, to)
	if err != nil {
		return nil, err
	}
	var out []Shift
	list, err := r.ask(from, to)
	if err != nil {
		return nil, err
	}
	for _, d := range list {
		if !d.Gap() {
			out = append(out, e.shift(d))
		}
	}
	return out, nil
}

// FeedPath is the address of a feed on this server.
func FeedPath(secret string) string { return "/ical/" + secret + ".ics" }
