package alert

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Ref is the silence's record.
func (s Silence) Ref() ref.Ref { return ref.N(ref.Silence, s.ID) }

// digest is salted, because the comment is a person's words.
func (s *Silence) digest(salt []byte) string {
	return evidence.Digest(salt, []any{s.Kind, Texts(s.Matchers), db.Micros(s.StartsAt), db.Micros(s.EndsAt), s.AuthorID, s.Comment})
}

func checkSilence(s *Silence, now time.Time) error {
	var f errs.Fields
	if s.Kind == "" {
		s.Kind = Mute
	}
	if s.Kind != Mute && s.Kind != Maintenance {
		f.Add("kind", string(s.Kind), "use silence or maintenance")
	}
	if len(s.Matchers) == 0 {
		f.Add("matchers", "", "name at least one condition; a silence of everything would hide everything")
	}
	narrow := false
	for i := range s.Matchers {
		m := &s.Matchers[i]
		if err := m.compile(); err != nil {
			f.Add(fmt.Sprintf("matchers[%d]", i), m.String(), err.Error())
			continue
		}
		// As Alertmanager: at least one condition must not hold for the empty text.
		narrow = narrow || !m.Match("")
	}
	if len(s.Matchers) > maxMatchers {
		f.Add("matchers", fmt.Sprint(len(s.Matchers)), fmt.Sprintf("use at most %d matchers", maxMatchers))
	} else if len(s.Matchers) > 0 && len(f) == 0 && !narrow {
		f.Add("matchers", strings.Join(Texts(s.Matchers), ", "), "at least one condition must ask for a value that is there")
	}
	if s.StartsAt.IsZero() || s.StartsAt.Before(now) {
		s.StartsAt = now
	}
	if s.StartsAt.After(now.Add(366 * 24 * time.Hour)) {
		f.Add("starts_at", s.StartsAt.Format(time.RFC3339), "begin within a year")
	}
	switch {
	case !s.EndsAt.After(s.StartsAt):
		f.Add("ends_at", s.EndsAt.Format(time.RFC3339), "choose an end after the start and after now")
	case s.EndsAt.Sub(s.StartsAt) > maxSilence:
		f.Add("ends_at", s.EndsAt.Format(time.RFC3339), "end within 90 days; what should be quiet for longer needs a rule")
	}
	checkText(&f, "comment", s.Comment, 2000)
	return f.Err()
}

// Silences lists by end, latest first; over includes those that have ended.
// before is the key to go on from ("" at first), more the next one.
func (s *Service) Silences(ctx context.Context, over bool, before string, limit int) (list []Silence, more string, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return nil, "", err
	}
	end, id := int64(math.MaxInt64), int64(math.MaxInt64)
	if before != "" {
		if _, err := fmt.Sscanf(before, "%d.%d", &end, &id); err != nil {
			return nil, "", errs.BadField("cursor", before, "use the value of next from the page before")
		}
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		after := int64(0)
		if !over {
			now, err := s.db.Now(ctx)
			if err != nil {
				return err
			}
			after = db.Micros(now)
		}
		list, err = listSilences(q, end, id, after, limit+1)
		return err
	})
	if len(list) > limit {
		list = list[:limit]
		more = fmt.Sprintf("%d.%d", db.Micros(list[limit-1].EndsAt), list[limit-1].ID)
	}
	return list, more, errs.Wrap("alert.silences", err)
}

// SilenceByID returns one silence. Errors: NotFound.
func (s *Service) SilenceByID(ctx context.Context, id int64) (sil Silence, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return sil, err
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		sil, err = silenceByID(q, id)
		return err
	})
	return sil, errs.Wrap("alert.silence", err)
}

// CreateSilence holds matching alerts back from now or a later start. Alerts
// that fire already are marked in the same transaction, at most dueBatch of
// them; due work marks the rest at once. Errors: Invalid.
func (s *Service) CreateSilence(ctx context.Context, sil Silence) (_ Silence, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return sil, err
	}
	err = s.db.Write(ctx, who, "silence created", func(tx *db.Tx) error {
		made := sil
		if err := checkSilence(&made, tx.Now); err != nil {
			return err
		}
		if made.ID, err = tx.NextID(ref.Silence); err != nil {
			return err
		}
		made.AuthorID, made.Created, made.Expired, made.Version = who.Person, tx.Now, time.Time{}, 1
		salt := evidence.NewSalt()
		if err := insertSilence(tx, &made, salt); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "silence.create", Record: made.Ref(), Version: 1, After: made.digest(salt),
			Data: map[string]any{"kind": made.Kind, "starts_at": made.StartsAt, "ends_at": made.EndsAt, "matchers": len(made.Matchers)}})
		if err := s.touchPolicy(tx); err != nil {
			return err
		}
		if made.State(tx.Now) == SilenceActive {
			if err := s.moveSilence(tx, &made); err != nil {
				return err
			}
		}
		s.wake(tx, SourceSilences)
		sil = made
		return nil
	})
	return sil, errs.Wrap("alert.create-silence", err)
}

// ExpireSilence ends a silence now; what still fires is routed. One that is
// over stays as it is. Errors: NotFound.
func (s *Service) ExpireSilence(ctx context.Context, id int64) (sil Silence, err error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err != nil {
		return sil, err
	}
	err = s.db.Write(ctx, who, "silence ended early", func(tx *db.Tx) error {
		got, err := silenceByID(tx, id)
		if err != nil {
			return err
		}
		sil = got
		if got.State(tx.Now) == SilenceOver {
			return nil
		}
		if got.StartsAt.After(tx.Now) {
			got.StartsAt = tx.Now
		}
		got.EndsAt, got.Expired, got.Version = tx.Now, tx.Now, got.Version+1
		if err := expireSilence(tx, &got); err != nil {
			return err
		}
		salt, err := saltOf(tx, got.ID)
		if err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "silence.expire", Record: got.Ref(), Version: got.Version, After: got.digest(salt), Data: map[string]any{"ends_at": got.EndsAt}})
		if err := s.touchPolicy(tx); err != nil {
			return err
		}
		if err := s.moveSilence(tx, &got); err != nil {
			return err
		}
		s.wake(tx, SourceSilences)
		sil = got
		return nil
	})
	return sil, errs.Wrap("alert.expire-silence", err)
}

func (s *Service) wake(tx *db.Tx, source string) {
	if s.Kick != nil {
		tx.After(func() { s.Kick(source) })
	}
}
