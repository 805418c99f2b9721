package contact

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// self is the person who asks.
func self(who actor.Actor) (int64, error) {
	if who.Person == 0 {
		return 0, nobody
	}
	return who.Person, nil
}

// bound is what a method's sealed address is bound to.
func bound(id int64) string { return "method:" + ref.N(ref.Method, id).Key }

func (s *Service) seal(id int64, a address) []byte {
	text, _ := json.Marshal(a) // two strings
	return s.box.Seal(text, bound(id))
}

func (s *Service) open(m Method) (a address, err error) {
	text, err := s.box.Open(m.sealed, bound(m.ID))
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

// masked fills in what may be shown of an address.
func (s *Service) masked(m *Method) {
	a, err := s.open(*m)
	if err != nil {
		m.Masked = "cannot be read with the key of this server"
		return
	}
	m.Masked = a.mask(m.Kind)
}

// Methods returns the actor's own contact methods, in the order in which they
// were added.
func (s *Service) Methods(ctx context.Context) ([]Method, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return nil, err
	}
	person, err := self(who)
	if err != nil {
		return nil, err
	}
	var out []Method
	err = s.db.Read(ctx, func(q db.Querier) error {
		all, err := methodsOf(q, []int64{person})
		out = all[person]
		return err
	})
	for i := range out {
		s.masked(&out[i])
	}
	return out, errs.Wrap("contact.methods", err)
}

// NewMethod is a method as a person adds it.
type NewMethod struct {
	Kind    notify.ChannelKind
	Label   string
	Address string // number, e-mail address, topic's URL, or a browser's PushSubscription as JSON
	Secret  string // ntfy: access token, "" when the topic needs none
}

// Add stores a method of the actor's own. It is used once it was verified, see
// SendCode. A browser that subscribed before keeps its method, with the new
// subscription. Errors: Invalid with the field; Conflict for a label that is
// taken.
func (s *Service) Add(ctx context.Context, n NewMethod) (Method, error) {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return Method{}, err
	}
	person, err := self(who)
	if err != nil {
		return Method{}, err
	}
	n.Label = strings.Join(strings.Fields(n.Label), " ")
	a, err := read(n.Kind, n.Address, n.Secret)
	if err != nil {
		return Method{}, err
	}
	if n.Label == "" {
		n.Label = Titles[n.Kind]
	}
	if bad := checkLabel(n.Label); bad != "" {
		return Method{}, errs.BadField("label", n.Label, bad)
	}
	var m Method
	err = s.db.Write(ctx, who, "contact method added", func(tx *db.Tx) error {
		all, err := methodsOf(tx, []int64{person})
		if err != nil {
			return err
		}
		own := all[person]
		for _, old := range own {
			if have, err := s.open(old); err == nil && old.Kind == n.Kind && sameAddress(n.Kind, have, a) {
				m = old
				return s.renew(tx, &m, a)
			}
		}
		if len(own) >= Most {
			return errs.E(errs.Conflict, "you have %d contact methods; remove one that you do not use", len(own))
		}
		label := n.Label
		for i := 2; taken(own, n.Kind, label); i++ {
			if n.Kind != notify.WebPush { // browsers name themselves alike
				return errs.BadField("label", n.Label, "you have one of this name already; give this one another")
			}
			label = fmt.Sprintf("%s %d", n.Label, i)
		}
		id, err := tx.NextID(ref.Method)
		if err != nil {
			return err
		}
		m = Method{ID: id, Person: person, Kind: n.Kind, Label: label, sealed: s.seal(id, a), salt: evidence.NewSalt(), Version: 1, Created: tx.Now, Updated: tx.Now}
		tx.Record(evidence.Entry{Action: "method.added", Record: m.Ref(), Version: 1, After: m.digest(), Data: map[string]string{"kind": string(m.Kind)}})
		return putMethod(tx, m)
	})
	s.masked(&m)
	return m, errs.Wrap("contact.add", err)
}

// Titles are the names of kinds.
var Titles = map[notify.ChannelKind]string{notify.Email: "E-mail", notify.SMS: "SMS", notify.Voice: "Phone call", notify.WebPush: "Browser push", notify.Ntfy: "ntfy"}

func taken(own []Method, kind notify.ChannelKind, label string) bool {
	for _, m := range own {
		if m.Kind == kind && strings.EqualFold(m.Label, label) {
			return true
		}
	}
	return false
}

// sameAddress reports whether both lead to one place. A browser's keys may
// change while its endpoint stays.
func sameAddress(kind notify.ChannelKind, a, b address) bool {
	if kind != notify.WebPush {
		return a.To == b.To
	}
	var x, y Subscription
	_ = json.Unmarshal([]byte(a.To), &x)
	_ = json.Unmarshal([]byte(b.To), &y)
	return x.Endpoint == y.Endpoint
}

// renew stores an address anew that leads where it led.
func (s *Service) renew(tx *db.Tx, m *Method, a address) error {
	if have, err := s.open(*m); err == nil && have == a && !s.box.Stale(m.sealed) {
		tx.Unrecorded("nothing changed")
		return nil
	}
	before := m.digest()
	m.sealed, m.Version, m.Updated = s.seal(m.ID, a), m.Version+1, tx.Now
	tx.Record(evidence.Entry{Action: "method.changed", Record: m.Ref(), Version: m.Version, Before: before, After: m.digest()})
	return putMethod(tx, *m)
}

// Remove deletes a method of the actor's own. What waits for it goes to the
// next leg at once.
func (s *Service) Remove(ctx context.Context, id int64) error {
	who, err := actor.Require(ctx, actor.Self)
	if err != nil {
		return err
	}
	person, err := self(who)
	if err != nil {
		return err
	}
	return errs.Wrap("contact.remove", s.db.Write(ctx, who, "contact method removed", func(tx *db.Tx) error {
		m, err := methodOf(tx, person, id, tx.ForUpdate())
		if err != nil {
			return err
		}
		return remove(tx, m)
	}))
}

func remove(tx *db.Tx, m Method) error {
	tx.Record(evidence.Entry{Action: "method.removed", Record: m.Ref(), Version: m.Version + 1, Before: m.digest()})
	return deleteMethod(tx, m.ID)
}

// Erase deletes what is known of how a person is reached, when the person is
// erased.
func (s *Service) Erase(tx *db.Tx, person int64) error {
	all, err := methodsOf(tx, []int64{person})
	if err != nil {
		return err
	}
	for _, m := range all[person] {
		if err := remove(tx, m); err != nil {
			return err
		}
	}
	return deleteRules(tx, person)
}

// DigestOf returns the digest of a method as it is now, for comparing it with
// its last evidence entry; NotFound when it is gone.
func DigestOf(q db.Querier, r ref.Ref) (string, error) {
	id, err := ref.ID(ref.Method, r.Key)
	if err != nil {
		return "", errs.E(errs.NotFound, "%v", err)
	}
	list, err := methodsByID(q, []int64{id})
	if err == nil && len(list) == 0 {
		err = errs.E(errs.NotFound, "there is no such contact method").On(r.String())
	}
	if err != nil {
		return "", err
	}
	return list[0].digest(), nil
}
