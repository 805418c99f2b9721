package notify

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// hold is how long one redemption may take before the link can be used again:
// a process that died in the middle must not use a link up without acting.
const hold = 30 * time.Second

// linkRows makes the links of one message to one person: random 256-bit
// tokens, kept as SHA-256 for redeeming and sealed until the message is out,
// so that each attempt carries the same links.
func (s *Service) linkRows(now, start time.Time, r row, actions []Action) [][]any {
	var out [][]any
	for _, a := range actions {
		token, hash := newToken()
		sealed := s.o.Box.Seal([]byte(token), boundTo(hash))
		out = append(out, []any{hash, r.ID, r.Person, r.Record.String(), a.Verb, a.Label, r.Restricted, sealed, db.Micros(start.Add(s.o.LinkLife)), int64(0), int64(0)})
	}
	return out
}

// Link makes a link by which one person may do one verb to one record once, and
// returns its address. The transaction must record why.
func (s *Service) Link(tx *db.Tx, person int64, record ref.Ref, verb Action) (string, error) {
	token, hash := newToken()
	err := insertLinks(tx, [][]any{{hash, int64(0), person, record.String(), verb.Verb, verb.Label, false, nil, db.Micros(tx.Now.Add(s.o.LinkLife)), int64(0), int64(0)}})
	return s.linkURL(token), err
}

func (s *Service) linkURL(token string) string { return s.o.BaseURL + "/do/" + token }

func newToken() (token string, hash []byte) {
	raw := make([]byte, 32)
	rand.Read(raw) // never fails, see crypto/rand
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func boundTo(hash []byte) string { return "link:" + hex.EncodeToString(hash) }

// Subject is a record as the page behind a link shows it.
type Subject struct {
	Title      string
	State      string   // "triggered"
	Restricted bool     // only the key may be shown
	Verbs      []string // what can be done to it now; a verb not here has been done or no longer applies
}

// Links redeems links. The token is the only credential, so there is nobody in
// the context to ask permission of: the link acts as its person, in that
// person's present role, with no other right than to respond.
type Links struct {
	s        *Service
	describe func(ctx context.Context, record ref.Ref) (Subject, error)
	verbs    map[string]func(ctx context.Context, record ref.Ref) error
}

// NewLinks returns the redeemer. describe tells about a record, verbs do what
// links offer; both run as the person of the link and check permissions
// themselves. Verbs must be idempotent.
func NewLinks(s *Service, describe func(context.Context, ref.Ref) (Subject, error), verbs map[string]func(context.Context, ref.Ref) error) *Links {
	return &Links{s: s, describe: describe, verbs: verbs}
}

// LinkState is what a link can do now.
type LinkState string

// The states of a link.
const (
	LinkReady   LinkState = "ready"
	LinkUsed    LinkState = "used"
	LinkExpired LinkState = "expired"
	LinkMoot    LinkState = "moot" // the record is past that: somebody was faster
	LinkDone    LinkState = "done" // just now, by this call
)

// LinkView is what the page behind a link shows.
type LinkView struct {
	State   LinkState
	Record  ref.Ref
	Verb    string
	Label   string // "Acknowledge"
	Subject Subject
	Expires time.Time
	Used    time.Time
}

// Look says what a link would do, without doing it; mail scanners may call it
// as often as they like. Unknown tokens are errs.NotFound.
func (l *Links) Look(ctx context.Context, token, from string) (LinkView, error) {
	var k link
	var who actor.Actor
	err := l.s.db.Read(ctx, func(q db.Querier) (err error) {
		if k, err = find(q, token, ""); err != nil {
			return err
		}
		who, err = l.actor(q, k, from)
		return err
	})
	if err != nil {
		return LinkView{}, errs.Wrap("notify.link", err)
	}
	return l.view(actor.With(ctx, who), k)
}

// Do acts once. It returns what the page shows then; a link that is used,
// expired or moot is no error but a state. When the verb fails, its error is
// returned and the link stays usable.
func (l *Links) Do(ctx context.Context, token, from string) (LinkView, error) {
	const op = "notify.link"
	var k link
	var who actor.Actor
	var state LinkState
	err := l.s.db.Write(ctx, actor.Job("link"), "link opened", func(tx *db.Tx) (err error) {
		tx.Unrecorded("a link is held while its verb runs; using it is recorded")
		if k, err = find(tx, token, tx.ForUpdate()); err != nil {
			return err
		}
		if who, err = l.actor(tx, k, from); err != nil {
			return err
		}
		if state = k.state(tx.Now); state != LinkReady {
			return nil
		}
		if k.held.After(tx.Now) {
			return errs.E(errs.Conflict, "this link is being used at this moment; look at the record").On(k.record.String()).After(hold)
		}
		k.held = tx.Now.Add(hold)
		return storeLink(tx, k)
	})
	if err != nil {
		return LinkView{}, errs.Wrap(op, err)
	}
	ctx = actor.With(ctx, who)
	if state != LinkReady {
		return l.view(ctx, k)
	}
	if v, err := l.view(ctx, k); err != nil || v.State != LinkReady {
		return v, errors.Join(err, l.release(ctx, who, k, false))
	}
	verb, ok := l.verbs[k.verb]
	if !ok {
		err = errs.E(errs.Invalid, "this link asks for %q, which this server cannot do; open the record instead", k.verb).On(k.record.String())
	} else {
		err = verb(ctx, k.record)
	}
	if rerr := l.release(ctx, who, k, err == nil); rerr != nil {
		l.s.o.Log.ErrorContext(ctx, "link not released", "record", k.record.String(), "err", rerr)
	}
	if err != nil {
		return LinkView{}, errs.Wrap(op, err)
	}
	v, err := l.view(ctx, k)
	v.State = LinkDone
	return v, err
}

// release ends the hold on a link, used or not.
func (l *Links) release(ctx context.Context, who actor.Actor, k link, used bool) error {
	return l.s.db.Write(ctx, who, "link used", func(tx *db.Tx) error {
		k.held = time.Time{}
		if used {
			k.used = tx.Now
			tx.Record(evidence.Entry{Action: "link.used", Record: ref.N(ref.Person, k.person), Data: map[string]string{"about": k.record.String(), "verb": k.verb}})
		} else {
			tx.Unrecorded("the link did nothing")
		}
		return storeLink(tx, k)
	})
}

func find(q db.Querier, token, lock string) (link, error) {
	k, err := linkByHash(q, hashToken(token), lock)
	if errors.Is(err, db.ErrNoRows) {
		return k, errs.E(errs.NotFound, "this link is not known here; it may be cut off, or too old. Sign in and open the record instead")
	}
	return k, err
}

// actor is who the link acts as, now: somebody who left or was disabled since
// cannot act through old mail.
func (l *Links) actor(q db.Querier, k link, from string) (actor.Actor, error) {
	people, err := l.s.o.Directory.People(q, []int64{k.person})
	if err != nil {
		return actor.Actor{}, err
	}
	if len(people) == 0 || people[0].Disabled {
		return actor.Actor{}, errs.E(errs.Forbidden, "the account this link was sent to is no longer active")
	}
	p := people[0]
	return actor.Actor{Kind: actor.Link, ID: p.Person, Person: p.Person, Role: p.Role, Name: p.Name, From: from,
		Scopes: []actor.Permission{actor.Read, actor.Respond}}, nil
}

func (k link) state(now time.Time) LinkState {
	switch {
	case !k.used.IsZero():
		return LinkUsed
	case !now.Before(k.expires):
		return LinkExpired
	}
	return LinkReady
}

func (l *Links) view(ctx context.Context, k link) (LinkView, error) {
	now, err := l.s.db.Now(ctx)
	if err != nil {
		return LinkView{}, errs.Wrap("notify.link", err)
	}
	v := LinkView{State: k.state(now), Record: k.record, Verb: k.verb, Label: k.label, Expires: k.expires, Used: k.used}
	if v.Label == "" {
		v.Label = strings.ToUpper(k.verb[:1]) + k.verb[1:]
	}
	subject, err := l.describe(ctx, k.record)
	if err != nil {
		return LinkView{}, errs.Wrap("notify.link", err)
	}
	v.Subject = subject
	if k.restricted || subject.Restricted {
		// Whoever holds the link need not be the person it was sent to.
		v.Subject.Restricted, v.Subject.Title = true, ""
	}
	if v.State == LinkReady && !slices.Contains(subject.Verbs, k.verb) {
		v.State = LinkMoot
	}
	return v, nil
}
