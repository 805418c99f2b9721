package alert

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// Kind is the protocol that an integration speaks.
type Kind string

// The kinds of integrations.
const (
	Alertmanager Kind = "alertmanager" // Alertmanager webhook v4
	Prometheus   Kind = "prometheus"   // Prometheus itself, POST /api/v2/alerts
	PagerDuty    Kind = "pagerduty"    // PagerDuty Events v2
	Opsgenie     Kind = "opsgenie"     // Opsgenie Alert API v2
	Grafana      Kind = "grafana"      // Grafana's webhook contact point
	Generic      Kind = "generic"      // our own small JSON
	Heartbeat    Kind = "heartbeat"    // silence beyond the interval is the alert
)

// The kinds of integrations that tell of changes and send no alerts: what they
// send goes to the practice of changes.
const (
	GitHub    Kind = "github"   // GitHub's webhooks, signed
	GitLab    Kind = "gitlab"   // GitLab's webhooks and external status checks
	CDEvents  Kind = "cdevents" // CDEvents in CloudEvents
	ArgoCD    Kind = "argocd"   // Argo CD's notifications, Argo Rollouts
	ChangeAPI Kind = "changes"  // our own small JSON
)

// Kinds lists all kinds of integrations.
var Kinds = []Kind{Alertmanager, Prometheus, PagerDuty, Opsgenie, Grafana, Generic, Heartbeat, GitHub, GitLab, CDEvents, ArgoCD, ChangeAPI}

// Valid reports whether k is one of Kinds.
func (k Kind) Valid() bool { return slices.Contains(Kinds, k) }

// spans reports whether the sender's startsAt names one firing: it stays the
// same from trigger to resolve, and a later firing has a later one. That holds
// for Prometheus, Alertmanager and Grafana, which has Alertmanager inside.
// PagerDuty's timestamp and ours only say when an event was made.
func (k Kind) spans() bool { return k == Alertmanager || k == Prometheus || k == Grafana }

// signs reports whether senders of the kind can sign their requests with the
// token in place of sending it, so that it is also kept sealed.
func (k Kind) signs() bool { return k == Grafana || k == GitHub || k == GitLab }

// Changes reports whether integrations of the kind tell of changes and send no alerts.
func (k Kind) Changes() bool {
	return slices.Contains([]Kind{GitHub, GitLab, CDEvents, ArgoCD, ChangeAPI}, k)
}

// Integration is one sender of alerts, or of what happens to changes.
type Integration struct {
	ID       int64
	Name     string // unique; 1 to 63 of a-z, 0-9 and -
	Kind     Kind
	Title    string        // for people; may be empty
	Service  string        // default service of its alerts; may be empty
	Team     string        // who gets alerts without a service; may be empty
	Interval time.Duration // heartbeat: how often it beats
	Grace    time.Duration // heartbeat: how late it may be
	Severity Severity      // heartbeat: severity of the alert when it is silent
	Disabled bool          // its token is refused
	LastSeen time.Time     // last accepted request, to the minute
	LastBeat time.Time     // heartbeat: the last one
	Silent   bool          // heartbeat: it stays away
	Version  int64
	Created  time.Time
	Managed  string // from where it is managed as code; empty: by hand. Set by reads of people
}

// Actor is the integration acting, for the receiver to put in the context
// before Ingest: actor.With(ctx, in.Actor(r.RemoteAddr)).
func (in Integration) Actor(from string) actor.Actor {
	return actor.Actor{Kind: actor.Integration, ID: in.ID, Role: actor.Machine, Name: in.Name, From: from}
}

// TokenPrefix starts every token but PagerDuty routing keys, so that secret
// scanners can find it in a repository.
const TokenPrefix = "eki_"

// newToken returns a random token and its stored form. A PagerDuty routing
// key is 32 characters, as PagerDuty's own (128 random bits); other tokens
// carry 256 bits.
func newToken(k Kind) (plain string, hash []byte) {
	if k == PagerDuty {
		var b [16]byte
		rand.Read(b[:]) // never fails, see crypto/rand
		plain = hex.EncodeToString(b[:])
	} else {
		var b [32]byte
		rand.Read(b[:])
		plain = TokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	}
	return plain, hashToken(plain)
}

// hashToken is the stored form of a token: plain SHA-256, since tokens are
// random and cannot be guessed from a dictionary.
func hashToken(plain string) []byte {
	h := sha256.Sum256([]byte(plain))
	return h[:]
}
