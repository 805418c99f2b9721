// Package contactapi is the HTTP API of how one is reached: one's own contact
// methods and rules.
//
// It turns requests into calls of contact.Service and decides nothing. An
// address is write-only: answers have its masked form. Rules are at version 0
// while somebody never chose, which is why their ETag may be "0".
package contactapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Method is one way to reach a person.
type Method struct {
	Key      string     `json:"key" example:"MET-3"`
	Kind     string     `json:"kind" enum:"email,sms,voice,webpush,ntfy"`
	Label    string     `json:"label" example:"Work phone"`
	Address  string     `json:"address" doc:"Masked: enough to know one's own" example:"+49 ••• 67"`
	State    string     `json:"state" enum:"unverified,new,good,failing"`
	Verified *time.Time `json:"verified,omitempty" doc:"When its code came back; absent: it is not used"`
	Good     *time.Time `json:"good,omitempty" doc:"Last message that was taken"`
	Bad      *time.Time `json:"bad,omitempty" doc:"Last one that was not"`
	Answer   string     `json:"answer,omitempty" doc:"What was said to the last failure"`
	Failures int        `json:"failures" doc:"Failures in a row"`
	Version  int64      `json:"version"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated"`
}

func methodOut(m contact.Method) Method {
	return Method{Key: m.Ref().String(), Kind: string(m.Kind), Label: m.Label, Address: m.Masked, State: m.State(), Verified: api.When(m.Verified), Good: api.When(m.Good), Bad: api.When(m.Bad),
		Answer: m.Answer, Failures: m.Failures, Version: m.Version, Created: m.Created, Updated: m.Updated}
}

// NewMethod is a method as one adds it.
type NewMethod struct {
	Kind    string `json:"kind" doc:"email, sms, voice, webpush or ntfy"`
	Label   string `json:"label,omitempty" maxLength:"200" doc:"What one calls it; default the kind's name" example:"Work phone"`
	Address string `json:"address" maxLength:"4000" doc:"Number with country code, e-mail address, address of an ntfy topic, or a browser's PushSubscription as JSON. Write-only" example:"+49 40 1234567"`
	Secret  string `json:"secret,omitempty" maxLength:"500" doc:"ntfy: access token. Write-only"`
}

// Result is what came of a message that was sent at once.
type Result struct {
	Sent    bool    `json:"sent"`
	Error   string  `json:"error,omitempty"`
	Answer  string  `json:"answer,omitempty" doc:"What the other side said"`
	Seconds float64 `json:"seconds"`
}

func result(t notify.TestResult) Result {
	return Result{t.Sent, t.Error, t.Answer, t.Latency.Seconds()}
}

// SelfTest is how the last self-test went.
type SelfTest struct {
	At   *time.Time    `json:"at,omitempty" doc:"Absent: none yet"`
	Done bool          `json:"done" doc:"Whether every message ended"`
	Good bool          `json:"good" doc:"Whether each arrived"`
	Legs []SelfTestLeg `json:"legs"`
}

// SelfTestLeg is one message of a self-test.
type SelfTestLeg struct {
	By      string  `json:"by"`
	State   string  `json:"state" enum:"queued,sending,sent,dead,canceled"`
	Error   string  `json:"error,omitempty"`
	Seconds float64 `json:"seconds" doc:"From queued to taken"`
}

// Rules are how one is told.
type Rules struct {
	contact.Spec
	Managed string `json:"managed,omitempty" doc:"Where they are managed in git"`
	Version int64  `json:"version"`
}

type rulesBody struct {
	ETag string `header:"ETag"`
	Body Rules
}

func rulesAnswer(r contact.Rules, err error) (*rulesBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &rulesBody{api.ETag(r.Version), Rules{contact.SpecOf(r), r.Managed, r.Version}}, nil
}

// KeyIn names a method in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"40" example:"MET-3"`
}

func (k KeyIn) id() (int64, error) {
	id, err := ref.ID(ref.Method, k.Key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%v", err)
	}
	return id, nil
}

type handlers struct{ s *contact.Service }

// Register adds the operations to the API.
func Register(a huma.API, s *contact.Service) {
	h := handlers{s}
	h.methods(a)
	h.rules(a)
}

const tag = "Contact"

func (h handlers) rules(a huma.API) {
	huma.Register(a, api.Op("get-my-contact-rules", http.MethodGet, "/me/contact/rules", tag, "Read how one is told", api.Reading),
		func(ctx context.Context, _ *struct{}) (*rulesBody, error) { return rulesAnswer(h.s.Rules(ctx)) })
	huma.Register(a, api.Op("set-my-contact-rules", http.MethodPut, "/me/contact/rules", tag, "Choose how one is told", api.Editing),
		func(ctx context.Context, in *struct {
			IfMatch string `header:"If-Match"`
			Body    contact.Spec
		}) (*rulesBody, error) {
			r, err := in.Body.Rules()
			if err != nil {
				return nil, api.Err(err)
			}
			if strings.Trim(strings.TrimSpace(in.IfMatch), `"`) != "0" {
				if r.Version, err = api.Version(in.IfMatch); err != nil {
					return nil, api.Err(err)
				}
			}
			return rulesAnswer(h.s.SetRules(ctx, r))
		})
	huma.Register(a, api.Op("get-my-self-test", http.MethodGet, "/me/contact/self-test", tag, "Read how one's last self-test went", api.Reading),
		func(ctx context.Context, _ *struct{}) (*struct{ Body SelfTest }, error) {
			t, err := h.s.LastSelfTest(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := SelfTest{At: api.When(t.At), Done: t.Done(), Good: t.Good(), Legs: make([]SelfTestLeg, len(t.Legs))}
			for i, l := range t.Legs {
				out.Legs[i] = SelfTestLeg{l.By, string(l.State), l.Error, l.Latency.Seconds()}
			}
			return &struct{ Body SelfTest }{out}, nil
		})
}

type methodBody struct{ Body Method }

func methodAnswer(m contact.Method, err error) (*methodBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &methodBody{methodOut(m)}, nil
}

func (h handlers) methods(a huma.API) {
	huma.Register(a, api.Op("list-my-contact-methods", http.MethodGet, "/me/contact/methods", tag, "List one's own contact methods", api.Reading),
		func(ctx context.Context, _ *struct{}) (*struct{ Body api.List[Method] }, error) {
			list, err := h.s.Methods(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := api.List[Method]{Items: make([]Method, len(list))}
			for i, m := range list {
				out.Items[i] = methodOut(m)
			}
			return &struct{ Body api.List[Method] }{out}, nil
		})
	huma.Register(a, api.Op("create-my-contact-method", http.MethodPost, "/me/contact/methods", tag, "Add a contact method; it is used once its code came back", api.Making),
		func(ctx context.Context, in *struct{ Body NewMethod }) (*methodBody, error) {
			return methodAnswer(h.s.Add(ctx, contact.NewMethod{Kind: notify.ChannelKind(in.Body.Kind), Label: in.Body.Label, Address: in.Body.Address, Secret: in.Body.Secret}))
		})
	huma.Register(a, api.Op("delete-my-contact-method", http.MethodDelete, "/me/contact/methods/{key}", tag, "Remove a contact method", api.Reading),
		func(ctx context.Context, in *KeyIn) (*struct{}, error) {
			id, err := in.id()
			if err == nil {
				err = h.s.Remove(ctx, id)
			}
			return nil, api.Err(err)
		})
	send := func(id, path, summary string, do func(ctx context.Context, id int64) (notify.TestResult, error)) {
		huma.Register(a, api.Op(id, http.MethodPost, "/me/contact/methods/{key}/"+path, tag, summary, append(api.Editing, http.StatusTooManyRequests)),
			func(ctx context.Context, in *KeyIn) (*struct{ Body Result }, error) {
				id, err := in.id()
				if err != nil {
					return nil, api.Err(err)
				}
				t, err := do(ctx, id)
				if err != nil {
					return nil, api.Err(err)
				}
				return &struct{ Body Result }{result(t)}, nil
			})
	}
	send("send-contact-code", "code", "Send a code to a method, to prove that it is one's own", h.s.SendCode)
	send("test-contact-method", "test", "Send a test message by a method", h.s.Test)
	huma.Register(a, api.Op("verify-contact-method", http.MethodPost, "/me/contact/methods/{key}/verify", tag, "Give the code that arrived", api.Editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Body struct {
				Code string `json:"code" maxLength:"20" example:"041253"`
			}
		}) (*methodBody, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			return methodAnswer(h.s.Verify(ctx, id, in.Body.Code))
		})
}
