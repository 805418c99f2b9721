package change

import (
	"context"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Box seals values for the database; secret.Box is one.
type Box interface {
	Seal(plain []byte, bound string) []byte
	Open(sealed []byte, bound string) ([]byte, error)
	Renew(sealed []byte, bound string) (fresh []byte, changed bool)
}

// Credentials are by what an integration may call its system. They are sealed
// in the database and never shown again.
type Credentials struct {
	System     string `json:"system"`                // github, gitlab, kubernetes, webhook
	URL        string `json:"url,omitempty"`         // of the API; empty: the system's own, https://api.github.com or https://gitlab.com/api/v4
	Token      string `json:"token,omitempty"`       // personal or project access token; a service account's
	AppID      string `json:"app_id,omitempty"`      // of a GitHub App
	PrivateKey string `json:"private_key,omitempty"` // of a GitHub App, PEM
	Trigger    string `json:"trigger,omitempty"`     // token of GitLab's pipeline triggers
	CA         string `json:"ca,omitempty"`          // certificates of a Kubernetes API, PEM
	Secret     string `json:"secret,omitempty"`      // by which webhooks are signed
}

// Systems lists what credentials can be for.
var Systems = []string{"github", "gitlab", "kubernetes", "webhook"}

// CredentialState says which credentials there are.
type CredentialState struct {
	Integration string
	System      string
	URL         string
	Has         []string // token, app, trigger, ca, secret
	Version     int64
	Updated     time.Time
}

// has reports whether something can be done: "token" means to speak to the
// system as somebody.
func (c CredentialState) has(what string) bool {
	return slices.Contains(c.Has, what) || what == "token" && slices.Contains(c.Has, "app")
}

func (c Credentials) state(name string) CredentialState {
	out := CredentialState{Integration: name, System: c.System, URL: c.URL}
	for _, x := range []struct{ name, value string }{{"token", c.Token}, {"app", c.PrivateKey}, {"trigger", c.Trigger}, {"ca", c.CA}, {"secret", c.Secret}} {
		if x.value != "" {
			out.Has = append(out.Has, x.name)
		}
	}
	return out
}

func (c *Credentials) check() error {
	var bad errs.Fields
	c.URL, c.Token, c.AppID, c.Trigger = strings.TrimRight(strings.TrimSpace(c.URL), "/"), strings.TrimSpace(c.Token), strings.TrimSpace(c.AppID), strings.TrimSpace(c.Trigger)
	oneOf(&bad, "system", c.System, Systems)
	if u, err := url.Parse(c.URL); c.URL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "") {
		bad.Add("url", "", "give the address of the API, like https://gitlab.example.org/api/v4, without a password")
	}
	if (c.AppID == "") != (c.PrivateKey == "") {
		bad.Add("app_id", c.AppID, "a GitHub App needs both, its id and its private key")
	}
	if c.System == "kubernetes" && (c.URL == "" || c.Token == "") {
		bad.Add("url", c.URL, "give the address of the Kubernetes API and the token of a service account")
	}
	if c.System != "kubernetes" && len(c.state("").Has) == 0 {
		bad.Add("token", "", "give at least one of token, app_id with private_key, trigger and secret")
	}
	return bad.Err()
}

func boundCredential(name string) string { return "change credential:" + name }

// SetCredentials gives an integration what it needs to call its system, in
// place of what it had. Errors: Invalid with each wrong field, never with a
// secret; Unavailable when this server keeps no secrets.
func (s *Service) SetCredentials(ctx context.Context, integration string, c Credentials) (out CredentialState, err error) {
	who, err := actor.Require(ctx, actor.Configure)
	if err == nil && s.Box == nil {
		err = errs.E(errs.Unavailable, "this server has no key for secrets, so it keeps none")
	}
	if err == nil && !ref.IsName(integration) {
		err = errs.BadField("integration", integration, ref.NameForm)
	}
	if err == nil {
		err = c.check()
	}
	if err != nil {
		return out, errs.Wrap("change.credentials", err)
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return out, errs.Wrap("change.credentials", err)
	}
	sealed := s.Box.Seal(plain, boundCredential(integration))
	err = s.DB.Write(ctx, who, "credentials for calls to pipelines", func(tx *db.Tx) error {
		old, _, err := credential(tx, integration)
		if err != nil {
			return err
		}
		out = c.state(integration)
		out.Version, out.Updated = old.Version+1, tx.Now
		tx.Record(evidence.Entry{Action: "change.credentials", Record: credentialRef, Data: map[string]any{"integration": integration, "system": c.System, "has": out.Has}})
		return saveCredential(tx, out, sealed)
	})
	return out, errs.Wrap("change.credentials", err)
}

// DropCredentials forgets what an integration had.
func (s *Service) DropCredentials(ctx context.Context, integration string) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("change.credentials", err)
	}
	return errs.Wrap("change.credentials", s.DB.Write(ctx, who, "credentials for calls to pipelines", func(tx *db.Tx) error {
		return s.IntegrationRemoved(tx, integration)
	}))
}

// IntegrationRemoved removes what an integration had, so that another one of its
// name does not get it; wired to the deletion of integrations.
func (s *Service) IntegrationRemoved(tx *db.Tx, integration string) error {
	n, err := dropCredential(tx, integration)
	if n > 0 {
		tx.Record(evidence.Entry{Action: "change.credentials-dropped", Record: credentialRef, Data: map[string]string{"integration": integration}})
	}
	return err
}

// Credentials says which credentials an integration has; Has is empty when it
// has none.
func (s *Service) Credentials(ctx context.Context, integration string) (out CredentialState, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return out, errs.Wrap("change.credentials", err)
	}
	err = s.DB.Read(ctx, func(q db.Querier) error {
		out, _, err = credential(q, integration)
		return err
	})
	return out, errs.Wrap("change.credentials", err)
}

var credentialRef = ref.S(ref.System, "change-credentials")

// credentialsOf opens the credentials of an integration; ok is false when it
// has none. What cannot be opened is a *notify.Failure, for the call that needs
// them.
func (s *Service) credentialsOf(ctx context.Context, integration string) (c Credentials, ok bool, err error) {
	var sealed []byte
	err = s.DB.Read(ctx, func(q db.Querier) error {
		sealed, err = sealedCredential(q, integration)
		return err
	})
	if err != nil || len(sealed) == 0 || s.Box == nil {
		return c, false, err
	}
	plain, err := s.Box.Open(sealed, boundCredential(integration))
	if err == nil {
		err = json.Unmarshal(plain, &c)
	}
	if err != nil {
		return c, false, &notify.Failure{Text: "the credentials of " + errs.Short(integration) + " cannot be read with this server's key; give them again", Permanent: true, Err: err}
	}
	return c, true, nil
}

// Renew seals all credentials anew that an earlier key sealed, so that the
// earlier key can be dropped. It returns how many it did.
func (s *Service) Renew(tx *db.Tx) (n int, err error) {
	if s.Box == nil {
		return 0, nil
	}
	list, err := credentials(tx)
	for _, c := range list {
		fresh, changed := s.Box.Renew(c.sealed, boundCredential(c.Integration))
		if !changed {
			continue
		}
		if err := saveCredential(tx, c.CredentialState, fresh); err != nil {
			return n, err
		}
		n++
	}
	return n, err
}
