package contact

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
)

// A code has six digits and lives ten minutes; five tries at it, so that
// guessing succeeds once in 200,000 codes. Codes are slowed down, because texts
// and calls cost money and somebody's sleep.
const (
	codeLife  = 10 * time.Minute
	codeTries = 5
	codeEvery = 30 * time.Second // between two codes to one method
	codesHour = 5                // to one method within an hour
	personDay = 20               // to all methods of a person within a day, by one process
)

// SendCode sends a new code to a method of the actor's own, now, and says what
// came of it. The code before it ends.
func (s *Service) SendCode(ctx context.Context, id int64) (notify.TestResult, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return notify.TestResult{}, err
	}
	person, err := self(who)
	if err != nil {
		return notify.TestResult{}, err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(1e6))
	if err != nil {
		return notify.TestResult{}, errs.Wrap("contact.code", err)
	}
	code := fmt.Sprintf("%06d", n.Int64())
	var m Method
	err = s.db.Write(ctx, who, "verification", func(tx *db.Tx) (err error) {
		tx.Unrecorded("a code that was asked for proves nothing yet")
		if m, err = methodOf(tx, person, id, tx.ForUpdate()); err != nil {
			return err
		}
		if m.Usable() {
			return errs.E(errs.Conflict, "it is verified already").On(m.Ref().String())
		}
		since := tx.Now.Sub(m.CodeSent)
		if since > time.Hour {
			m.codes = 0
		}
		switch {
		case since < codeEvery:
			return errs.E(errs.Limited, "a code was sent a moment ago; wait for it").After(codeEvery - since)
		case m.codes >= codesHour:
			return errs.E(errs.Limited, "%d codes were sent within an hour", m.codes).After(time.Hour - since)
		case !s.codes.take(person, tx.Now):
			return errs.E(errs.Limited, "%d codes were sent to your methods within a day", personDay).After(time.Hour)
		}
		m.CodeSent, m.tries, m.code = tx.Now, 0, evidence.Digest(m.salt, code)
		m.codes++
		return putMethod(tx, m)
	})
	if err != nil {
		return notify.TestResult{}, errs.Wrap("contact.code", err)
	}
	page := notify.PageURL(s.Notify, m.Ref().Path())
	return s.send(ctx, m, notify.Message{Record: "Evenkeel", Reason: "verification", URL: page, Title: "Your Evenkeel code is " + code,
		Text:    "Enter it on your profile to be told this way. If you did not ask for it, do nothing: without the code nothing is sent here again.",
		Buttons: []notify.Button{{Label: "It arrived", URL: page + "?code=" + code}}})
}

// send sends a message by a method now.
func (s *Service) send(ctx context.Context, m Method, msg notify.Message) (notify.TestResult, error) {
	a, err := s.open(m)
	if err != nil {
		return notify.TestResult{Error: "the address cannot be read with the key of this server; add the method again"}, nil
	}
	to := a.target(m.Kind)
	to.Person = m.Person
	return notify.Try(ctx, s.Notify, m.Kind, to, msg), nil
}

// Verify takes the code that arrived. A wrong one counts; after five a new one
// must be asked for.
func (s *Service) Verify(ctx context.Context, id int64, code string) (Method, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return Method{}, err
	}
	person, err := self(who)
	if err != nil {
		return Method{}, err
	}
	var m Method
	var wrong error
	err = s.db.Write(ctx, who, "contact method verified", func(tx *db.Tx) (err error) {
		if m, err = methodOf(tx, person, id, tx.ForUpdate()); err != nil {
			return err
		}
		tx.Unrecorded("a try at a code changes nothing that people see")
		code = strings.Join(strings.Fields(code), "")
		switch {
		case m.Usable():
			return nil
		case m.code == "" || tx.Now.Sub(m.CodeSent) > codeLife:
			wrong = errs.BadField("code", "", "the code is too old, or none was sent; ask for a new one")
			return nil
		case m.tries >= codeTries:
			wrong = errs.BadField("code", "", "too many tries; ask for a new code")
			return nil
		case subtle.ConstantTimeCompare([]byte(evidence.Digest(m.salt, code)), []byte(m.code)) != 1:
			m.tries++ // stays counted, hence no error inside the transaction
			wrong = errs.BadField("code", "", fmt.Sprintf("it is another one; %d tries are left", codeTries-m.tries))
			return putMethod(tx, m)
		}
		before := m.digest()
		m.Verified, m.code, m.CodeSent, m.Version, m.Updated = tx.Now, "", time.Time{}, m.Version+1, tx.Now
		tx.Record(evidence.Entry{Action: "method.verified", Record: m.Ref(), Version: m.Version, Before: before, After: m.digest()})
		return putMethod(tx, m)
	})
	if err == nil {
		err = wrong
	}
	s.masked(&m)
	return m, errs.Wrap("contact.verify", err)
}

// Test sends a test message by a verified method now and says what came of it.
// It counts for the method's health.
func (s *Service) Test(ctx context.Context, id int64) (notify.TestResult, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return notify.TestResult{}, err
	}
	person, err := self(who)
	if err != nil {
		return notify.TestResult{}, err
	}
	const op = "contact.test"
	var m Method
	now, err := s.db.Now(ctx)
	if err == nil {
		err = s.db.Read(ctx, func(q db.Querier) (err error) { m, err = methodOf(q, person, id, ""); return err })
	}
	if err != nil {
		return notify.TestResult{}, errs.Wrap(op, err)
	}
	if !m.Usable() {
		return notify.TestResult{}, errs.E(errs.Conflict, "verify it first: nothing is sent to an address that nobody confirmed").On(m.Ref().String())
	}
	if !s.codes.take(person, now) {
		return notify.TestResult{}, errs.E(errs.Limited, "that were many tests for a day").After(time.Hour)
	}
	res, err := s.send(ctx, m, notify.Message{Record: "Evenkeel", Reason: "test", URL: notify.PageURL(s.Notify, m.Ref().Path()), Title: "Test message from Evenkeel",
		Text: "Nothing is wrong and nobody needs to do anything. You asked whether " + m.Label + " works: it does.", Buttons: []notify.Button{{Label: "Open your profile", URL: notify.PageURL(s.Notify, m.Ref().Path())}}})
	if err != nil {
		return res, errs.Wrap(op, err)
	}
	err = s.db.Write(ctx, who, "contact method tested", func(tx *db.Tx) error {
		m, err := methodOf(tx, person, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		m.saw(tx.Now, res.Sent, res.Error)
		tx.Record(evidence.Entry{Action: "method.tested", Record: m.Ref(), Version: m.Version, After: m.digest(), Data: map[string]bool{"sent": res.Sent}})
		return storeHealth(tx, m)
	})
	return res, errs.Wrap(op, err)
}

// throttle counts codes and tests by person for a day. It is of one process,
// and bounds what somebody signed in can make the organisation pay.
type throttle struct {
	mu   sync.Mutex
	sent map[int64][]time.Time
}

func (t *throttle) take(person int64, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.sent == nil {
		t.sent = map[int64][]time.Time{}
	}
	recent := t.sent[person][:0]
	for _, at := range t.sent[person] {
		if now.Sub(at) < 24*time.Hour {
			recent = append(recent, at)
		}
	}
	t.sent[person] = recent
	if len(recent) >= personDay {
		return false
	}
	t.sent[person] = append(recent, now)
	return true
}
