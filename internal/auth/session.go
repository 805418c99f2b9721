package auth

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Session is one browser that is signed in.
type Session struct {
	ID      string
	Person  int64
	Address string // from where it was opened
	Agent   string // the browser's own words
	Created time.Time
	Seen    time.Time // last used, to the minute
	Expires time.Time // however much it is used
	Current bool      // it is the one that asks
}

// alive reports whether the session still counts.
func (s Session) alive(now time.Time, idle time.Duration) bool {
	return now.Before(s.Expires) && now.Sub(s.Seen) < idle
}

// Client is who is at the door, as far as the connection tells.
type Client struct {
	Address string // remote address, without port
	Agent   string // User-Agent
}

// SignedIn is a new session. Secret is the cookie's value and is known only here.
type SignedIn struct {
	Secret  string
	Expires time.Time
	Person  Person
	Session string // its ID
}

// sessionsMost is how many sessions one person may have; the oldest end first.
const sessionsMost = 100

// openSession adds a session with its evidence.
func (s *Service) openSession(tx *db.Tx, p Person, from Client) (SignedIn, error) {
	old, err := sessionsOf(tx, p.ID)
	if err != nil {
		return SignedIn{}, err
	}
	newestFirst(old)
	for i := sessionsMost - 1; i < len(old); i++ {
		if _, err := deleteSession(tx, p.ID, old[i].ID); err != nil {
			return SignedIn{}, err
		}
	}
	secret, hash := newSecret("")
	row := Session{ID: newID(), Person: p.ID, Address: cut(from.Address, 64), Agent: cut(from.Agent, 200),
		Created: tx.Now, Seen: tx.Now, Expires: tx.Now.Add(s.cfg.SessionLife)}
	if err := insertSession(tx, row, hash); err != nil {
		return SignedIn{}, err
	}
	recordSession(tx, "auth.sign-in", p, row.ID)
	return SignedIn{Secret: secret, Expires: row.Expires, Person: p, Session: row.ID}, nil
}

func recordSession(tx *db.Tx, action string, p Person, id string) {
	digest := p.digest()
	tx.Record(evidence.Entry{Action: action, Record: p.Ref(), Version: p.Version, Before: digest, After: digest, Data: sessionFact{id}})
}

type sessionFact struct {
	Session string `json:"session"`
}

// cut keeps outside text short and printable.
func cut(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unprintable(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}

func newestFirst(list []Session) {
	slices.SortFunc(list, func(a, b Session) int { return b.Seen.Compare(a.Seen) })
}

// person is the actor of somebody who has just shown who they are.
func person(p Person) actor.Actor {
	return actor.Actor{Kind: actor.User, ID: p.ID, Person: p.ID, Role: p.Role, Name: p.Display}
}

// Sessions lists one's own sessions, the latest used first.
func (s *Service) Sessions(ctx context.Context) ([]Session, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil {
		err = hasSelf(who)
	}
	if err != nil {
		return nil, errs.Wrap("auth.sessions", err)
	}
	now, err := s.db.Now(ctx)
	if err != nil {
		return nil, errs.Wrap("auth.sessions", err)
	}
	var list []Session
	err = s.db.Read(ctx, func(q db.Querier) (err error) {
		list, err = sessionsOf(q, who.Person)
		return err
	})
	list = slices.DeleteFunc(list, func(x Session) bool { return !x.alive(now, s.cfg.SessionIdle) })
	for i := range list {
		list[i].Current = list[i].ID == CurrentSession(ctx)
	}
	newestFirst(list)
	return list, errs.Wrap("auth.sessions", err)
}

// EndSession ends one of one's own sessions; NotFound if there is none of this
// ID.
func (s *Service) EndSession(ctx context.Context, id string) error {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil {
		err = firstError(hasSelf(who), checkWords("id", id))
	}
	if err != nil {
		return errs.Wrap("auth.end-session", err)
	}
	err = s.write(ctx, who, "session ended", func(tx *db.Tx) error {
		p, err := lockPerson(tx, who.Person)
		if err != nil {
			return err
		}
		found, err := deleteSession(tx, who.Person, id)
		if err == nil && !found {
			return errs.E(errs.NotFound, "you have no such session; it may have ended already")
		}
		recordSession(tx, "auth.end-session", p, id)
		return err
	})
	return errs.Wrap("auth.end-session", err)
}

// EndOtherSessions ends all of one's own sessions but the asking one.
func (s *Service) EndOtherSessions(ctx context.Context) error {
	who, err := actor.Require(ctx, actor.Self)
	if err == nil {
		err = hasSelf(who)
	}
	if err != nil {
		return errs.Wrap("auth.end-other-sessions", err)
	}
	err = s.write(ctx, who, "other sessions ended", func(tx *db.Tx) error {
		p, err := lockPerson(tx, who.Person)
		if err != nil {
			return err
		}
		if _, err = deleteSessions(tx, who.Person, CurrentSession(ctx)); err != nil {
			return err
		}
		recordSession(tx, "auth.end-other-sessions", p, CurrentSession(ctx))
		return nil
	})
	return errs.Wrap("auth.end-other-sessions", err)
}
