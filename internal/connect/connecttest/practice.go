package connecttest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/policy"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// Integration is the one that Keys and Alerts know.
const Integration = "harbour"

// Keys knows one integration, which signs with Token.
type Keys struct{}

// SigningKeys knows Integration only.
func (Keys) SigningKeys(_ context.Context, kind alert.Kind, name string) (alert.Integration, []string, error) {
	if name != Integration {
		return alert.Integration{}, nil, errs.E(errs.Unauthenticated, "no such integration")
	}
	return alert.Integration{ID: 3, Name: name, Kind: kind, Team: "payments"}, []string{"an older one", Token}, nil
}

// Practice is the practice of changes on a real database, with the service
// checkout of the team payments, of which mara (1) and jonas (2) are members.
type Practice struct {
	*change.Service
	testing.TB
	Rule func() policy.Decision // the policy; nil: allows
}

type people struct{}

func (people) Names(db.Querier, []int64) (map[int64]string, error) { return map[int64]string{}, nil }

func (people) PersonOf(q db.Querier, handle string) (int64, bool, error) {
	p, err := auth.PersonByHandle(q, handle)
	if errs.Is(err, errs.NotFound) {
		return 0, false, nil
	}
	return p.ID, err == nil, err
}

func (p people) PersonByMail(q db.Querier, address string) (int64, bool, error) {
	return p.PersonOf(q, address)
}

func (people) TeamExists(q db.Querier, name string) (bool, error) {
	_, err := auth.TeamAlone(q, name)
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}

func (p *Practice) Active(db.Querier) (change.Judge, int64, error) { return p, 1, nil }

func (p *Practice) Shadow(db.Querier) (change.Judge, int64, error) { return nil, 0, nil }

// Decide is the policy.
func (p *Practice) Decide(context.Context, any) policy.Decision {
	if p.Rule == nil {
		return policy.Decision{Outcome: policy.Allow}
	}
	return p.Rule()
}

// NewPractice makes the practice. aliases are further words for checkout.
func NewPractice(t testing.TB, d *db.DB, aliases ...string) *Practice {
	t.Helper()
	p := &Practice{TB: t}
	accounts, _, err := auth.New(d, auth.Config{})
	p.Must(err)
	for _, handle := range []string{"mara", "jonas"} {
		_, _, err := accounts.CreatePerson(Admin(), auth.PersonEdit{Handle: handle, Email: handle + "@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: handle}})
		p.Must(err)
	}
	_, err = accounts.CreateTeam(Admin(), "payments", auth.TeamEdit{Members: []auth.MemberEdit{{Person: "mara", Role: auth.Lead}, {Person: "jonas"}}})
	p.Must(err)
	services := catalog.New(d, people{})
	_, err = services.Create(Admin(), "checkout", catalog.Edit{Team: "payments", Tier: 1, Aliases: aliases})
	p.Must(err)
	p.Service = change.New(d, services)
	p.People, p.Policies = people{}, p
	p.Box, err = secret.Parse(secret.Generate())
	p.Must(err)
	p.BaseURL = "https://evenkeel.example.org"
	return p
}

// Admin acts as the system.
func Admin() context.Context { return actor.With(context.Background(), actor.Job("test")) }

// As acts as a person: 1 is mara, 2 is jonas.
func As(person int64) context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: person, Person: person, Role: actor.Responder})
}

// Must fails the test on an error.
func (p *Practice) Must(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// Tell makes the calls that are due and returns what was and is to be said
// about the changes.
func (p *Practice) Tell() {
	p.Helper()
	_, err := p.CallSource().Run(context.Background(), p.DB)
	p.Must(err)
}

// Call is the newest call about a change.
func (p *Practice) Call(id int64) change.Call {
	p.Helper()
	list, err := p.Calls(Admin(), id)
	p.Must(err)
	if len(list) == 0 {
		p.Fatalf("no call about CHG-%d", id)
	}
	return list[0]
}

// Change is a change as it is now.
func (p *Practice) Change(id int64) change.Change {
	p.Helper()
	c, err := p.Get(Admin(), id)
	p.Must(err)
	return c
}

// Review is a policy that wants a peer.
func Review() policy.Decision {
	return policy.Decision{Outcome: policy.NeedsReview, Reviews: []policy.Review{{Who: policy.Peer, Count: 1, Rule: "test"}}, Reasons: []policy.Reason{{Rule: "test", Effect: policy.Adds, Text: "The test wants it"}}}
}

// Deny is a policy that lets nothing pass.
func Deny() policy.Decision {
	return policy.Decision{Outcome: policy.Deny, Reasons: []policy.Reason{{Rule: "freeze", Effect: policy.Denies, Text: "Quiet days"}}}
}

// Data is a file of the recorded payloads, "github-webhooks/…"; the test is
// skipped where they are not.
func Data(t testing.TB, name string) []byte {
	t.Helper()
	root := os.Getenv("EVENKEEL_DATA")
	if root == "" {
		root = filepath.Join("..", "..", "..", "..", "shared", "data")
	}
	b, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Skip("../shared/data is not here")
	}
	return b
}

// Commit is a hash that differs by n.
func Commit(n int) string { return fmt.Sprintf("%040x", 0xfeed000+n) }

// Soon fails unless a time is within a minute of another.
func Soon(t testing.TB, what string, got, want time.Time) {
	t.Helper()
	if d := got.Sub(want).Abs(); d > time.Minute {
		t.Errorf("%s is %s, want about %s", what, got, want)
	}
}
