// Package admission is a validating admission webhook of Kubernetes: the API
// server asks before it stores a workload, and Evenkeel answers with its gate.
//
//	POST /integrations/kubernetes/admission                        with Authorization: Bearer
//	POST /integrations/kubernetes/admission/{token}
//	POST /integrations/kubernetes/admission/{token}/{environment}  another one than production
//
// The body and the answer are AdmissionReview of admission.k8s.io/v1:
// https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
// and https://github.com/kubernetes/api/blob/master/admission/v1/types.go . The
// address of a webhook may hold no query, and the API server adds ?timeout=10s
// of its own, within which it is answered.
//
// What is asked. Only what brings other images to users is a change: a workload
// that is made, or whose containers' images differ from what runs. Everything
// else passes without a question: scaling, labels, status, deletion, and what a
// controller makes for its owner (the pods of a deployment that was asked about).
// Settings of a deployment that change without its image pass, too; they are told
// by whatever applies them.
//
// Who. Services are the annotation evenkeel.dev/service (names, separated by
// commas), else the label app.kubernetes.io/name, else the integration's service,
// else the workload's name. The annotation evenkeel.dev/environment names the
// environment. The artefact is the tag of the first container whose image
// changed, or its digest; the commit is evenkeel.dev/commit, or the image's
// org.opencontainers.image.revision as an annotation, or a tag that is one. A
// pipeline that asked about the same commit or artefact before is found by that,
// so that one step is one change.
//
// Invariants:
//   - The answer to one review carries its uid, whatever it says; a refusal says
//     why and where people decide.
//   - A dry run leaves nothing behind.
//   - An image that names neither version nor digest ("latest") is refused: what
//     it is cannot be known, so no decision about it could mean anything.
//   - When Evenkeel cannot answer (no database, overload) the status is 503 and
//     the cluster's failurePolicy decides, never this package. A review that
//     cannot be understood is 400, with the same effect.
package admission

import (
	"context"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBody is the largest review in bytes. etcd refuses objects of more than
// 1.5 MiB; a review holds the new and the old one.
const MaxBody = 4 << 20

// patience is the longest an answer may take; the API server says how long it
// waits (10 s unless configured, 30 s at most), and an answer that comes late is
// none.
const patience = 10 * time.Second

// Gate is what the receiver asks.
type Gate interface {
	// Ask answers whether a change may ship, and keeps the answer.
	Ask(ctx context.Context, a change.Ask) (change.Answer, error)
	// AskAgain asks anew about a change that has not started.
	AskAgain(ctx context.Context, id int64) (change.Answer, error)
	// Preview is Ask without any trace.
	Preview(ctx context.Context, a change.Ask) (change.Answer, error)
	// StepOf finds the change that brings a commit or an artefact.
	StepOf(ctx context.Context, service, environment, of string) (change.Change, bool, error)
}

// Receiver serves the address.
type Receiver struct {
	door *connect.Door
	gate Gate
	base string
}

// New returns the receiver behind a door. base is the public address of the
// pages, for links; empty: paths only.
func New(d *connect.Door, g Gate, base string) *Receiver { return &Receiver{d, g, base} }

// Routes lists the receiver's addresses.
func (rc *Receiver) Routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /integrations/kubernetes/admission", rc.review)
	mux.HandleFunc("POST /integrations/kubernetes/admission/{token}", rc.review)
	mux.HandleFunc("POST /integrations/kubernetes/admission/{token}/{environment}", rc.review)
}

// review answers one question of an API server.
func (rc *Receiver) review(w http.ResponseWriter, r *http.Request) {
	ctx, in, err := rc.door.Enter(r, alert.ChangeAPI, connect.Token(r))
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	defer body.Close()
	q, err := Parse(body.Bytes)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, waits(r.URL.Query().Get("timeout")))
	defer cancel()
	out, err := rc.answer(ctx, in, r.PathValue("environment"), q)
	if err != nil {
		rc.door.Fail(w, r, err)
		return
	}
	connect.JSON(w, "application/json", http.StatusOK, out)
}

// waits reads how long the API server waits for the answer.
func waits(said string) time.Duration {
	d, err := time.ParseDuration(said)
	if err != nil || d <= 0 || d > patience {
		return patience
	}
	return d
}

// answer asks the gate about a review. The error is one of Evenkeel, not of the
// question: the cluster decides then.
func (rc *Receiver) answer(ctx context.Context, in alert.Integration, environment string, q Question) (Review, error) {
	if q.Pass != "" {
		return q.passes(), nil
	}
	if q.Unknown != "" {
		return q.refuses(http.StatusUnprocessableEntity, "Invalid", "Evenkeel cannot judge this: "+q.Unknown), nil
	}
	ask := q.Ask(in, environment)
	got, err := rc.ask(ctx, ask, q)
	switch errs.KindOf(err) {
	case errs.Invalid, errs.NotFound: // a service that is not registered, with how to do that
		return q.refuses(http.StatusUnprocessableEntity, "Invalid", "Evenkeel cannot judge this: "+err.Error()), nil
	}
	if err != nil {
		return Review{}, err
	}
	return q.says(got, rc.base), nil
}

func (rc *Receiver) ask(ctx context.Context, a change.Ask, q Question) (change.Answer, error) {
	if q.DryRun {
		a.Key = ""
		return rc.gate.Preview(ctx, a)
	}
	if a.Artefact != "" { // a question about its commit finds its change by itself
		c, ok, err := rc.gate.StepOf(ctx, a.Services[0], a.Environment, a.Artefact)
		if err != nil {
			return change.Answer{}, err
		}
		if ok && (c.State.Open() || c.State == change.Rejected) && (a.Commit == "" || a.Commit == c.Commit) {
			return rc.gate.AskAgain(ctx, c.ID)
		}
	}
	return rc.gate.Ask(ctx, a)
}
