package argocd

import (
	"context"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Result is the result of a measurement as Argo Rollouts names it: an analysis
// whose successCondition compares with Successful and whose failureCondition
// compares with Failed is inconclusive otherwise, which pauses the rollout until
// a person goes on or takes it back.
type Result string

// The results.
const (
	Successful   Result = "Successful"
	Inconclusive Result = "Inconclusive"
	Failed       Result = "Failed"
)

// Measured is the answer to a measurement. jsonPath: "{$.data}".
type Measured struct {
	Data   Result `json:"data"`
	Line   string `json:"line"` // the reason in one line
	Change string `json:"change,omitempty"`
	Path   string `json:"path,omitempty"`
	URL    string `json:"url,omitempty"`
}

// Gate is what measurements of the gate ask.
type Gate interface {
	// Ask answers whether a change may ship, and keeps the answer.
	Ask(ctx context.Context, a change.Ask) (change.Answer, error)
	// AskAgain asks anew about a change that has not started.
	AskAgain(ctx context.Context, id int64) (change.Answer, error)
	// StepOf finds the change that brings a commit or an artefact.
	StepOf(ctx context.Context, service, environment, of string) (change.Change, bool, error)
}

// Verified says how a service fares after a change.
type Verified interface {
	// OfChange returns what was found so far; ok is false when none began.
	OfChange(ctx context.Context, id int64) (v verify.Verification, ok bool, err error)
}

// Rollouts answers the web metrics of Argo Rollouts' analyses:
//
//	GET /integrations/argocd/gate?service=checkout&ref=5.14.0     may it go on?
//	GET /integrations/argocd/metric?service=checkout&ref=5.14.0   does it fare well?
//
// with Authorization: Bearer, or /integrations/argocd/{token}/gate and
// …/metric. environment is production when absent. ref is the commit's full
// hash, or the artefact; commit may be given besides.
//
// A metric counts every measurement that is no error, also an inconclusive one:
// with count: 1 and an inconclusiveLimit the first "waits for people" would end
// the analysis as successful (assessMetricStatus in
// https://github.com/argoproj/argo-rollouts/blob/master/analysis/analysis.go).
// Either leave inconclusiveLimit at 0, which pauses the rollout until somebody
// resumes it and so asks again, or say waiting=retry: then 503 is answered while
// it waits, and the metric measures again by itself.
//
// https://argo-rollouts.readthedocs.io/en/stable/analysis/web/ : every status
// but 2xx makes the measurement an Error, of which a metric forgives
// consecutiveErrorLimit (4) before the analysis is an Error and the rollout is
// aborted. So an Evenkeel that is down never answers Failed by itself, and the
// limit is the choice between open and closed.
type Rollouts struct {
	door     *connect.Door
	gate     Gate
	verified Verified
	base     string
}

// NewRollouts returns the answers behind a door. base is the public address of
// the pages; empty: no links.
func NewRollouts(d *connect.Door, g Gate, v Verified, base string) *Rollouts {
	return &Rollouts{d, g, v, strings.TrimSuffix(base, "/")}
}

// Routes lists the addresses.
func (ro *Rollouts) Routes(mux *http.ServeMux) {
	for _, at := range []string{"/integrations/argocd/", "/integrations/argocd/{token}/"} {
		mux.HandleFunc("GET "+at+"gate", ro.measure(ro.allowed))
		mux.HandleFunc("GET "+at+"metric", ro.measure(ro.fares))
	}
}

// measure is the frame of both measurements.
func (ro *Rollouts) measure(of func(ctx context.Context, in alert.Integration, a change.Ask) (Measured, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, in, err := ro.door.Enter(r, alert.ArgoCD, connect.Token(r))
		if err != nil {
			ro.door.Fail(w, r, err)
			return
		}
		a, err := asked(r, in)
		if err == nil {
			var m Measured
			if m, err = of(ctx, in, a); err == nil {
				status := http.StatusOK
				if m.Data == Inconclusive && r.URL.Query().Get("waiting") == "retry" {
					status = http.StatusServiceUnavailable
					connect.RetryAfter(w.Header(), 0)
				}
				connect.JSON(w, "application/json", status, m)
				return
			}
		}
		ro.door.Fail(w, r, err)
	}
}

// asked reads what is measured. Errors: Invalid.
func asked(r *http.Request, in alert.Integration) (change.Ask, error) {
	q := r.URL.Query()
	var bad errs.Fields
	a := change.Ask{Environment: q.Get("environment"), Commit: q.Get("commit"), Repository: q.Get("repository"), Source: in.Name}
	for name := range strings.SplitSeq(q.Get("service"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			a.Services = append(a.Services, name)
		}
	}
	if len(a.Services) == 0 && in.Service != "" {
		a.Services = []string{in.Service}
	}
	if len(a.Services) == 0 {
		bad.Add("service", "", "say which: ?service=checkout, or give the integration a service")
	}
	switch of := strings.TrimSpace(q.Get("ref")); {
	case of == "" && a.Commit == "":
		bad.Add("ref", "", "say what is rolled out: the commit's full hash, or the image's tag")
	case change.IsCommit(strings.ToLower(of)):
		a.Commit = strings.ToLower(of)
	default:
		a.Artefact = of
	}
	if len(a.Services) > 0 {
		a.Key = "rollout:" + a.Services[0] + ":" + a.Environment + ":" + a.Artefact + ":" + a.Commit
	}
	return a, bad.Err()
}

// step finds the change that a rollout carries out, whoever asked about it.
func (ro *Rollouts) step(ctx context.Context, a change.Ask) (c change.Change, ok bool, err error) {
	for _, of := range []string{a.Commit, a.Artefact} {
		if of != "" && !ok && err == nil {
			c, ok, err = ro.gate.StepOf(ctx, a.Services[0], a.Environment, of)
		}
	}
	return c, ok, err
}

// allowed asks the gate.
func (ro *Rollouts) allowed(ctx context.Context, _ alert.Integration, a change.Ask) (Measured, error) {
	c, ok, err := ro.step(ctx, a)
	if err != nil {
		return Measured{}, err
	}
	var got change.Answer
	if ok && (c.State.Open() || c.State == change.Rejected) {
		got, err = ro.gate.AskAgain(ctx, c.ID)
	} else {
		got, err = ro.gate.Ask(ctx, a)
	}
	if err != nil {
		return Measured{}, err
	}
	m := ro.measured(got.Change, Failed, got.Line)
	switch {
	case got.Allowed:
		m.Data = Successful
	case got.State == change.Awaiting || got.State == change.Approved || got.State == change.Scheduled:
		m.Data = Inconclusive // for people, or for a time
	}
	return m, nil
}

// fares answers from the outcome of the change, or, before it has one, from what
// was measured so far. What nobody told of, and what nobody measured, is
// inconclusive.
func (ro *Rollouts) fares(ctx context.Context, _ alert.Integration, a change.Ask) (Measured, error) {
	c, ok, err := ro.step(ctx, a)
	if err != nil {
		return Measured{}, err
	}
	if !ok {
		return Measured{Data: Inconclusive, Line: "no change brings this to " + a.Services[0] + "; ask the gate first, or let the pipeline tell of it"}, nil
	}
	switch c.State {
	case change.Succeeded:
		if c.Caused > 0 {
			return ro.measured(c, Failed, "it is confirmed to be the cause of an incident"), nil
		}
		return ro.measured(c, Successful, "it succeeded: "+c.OutcomeReason), nil
	case change.Failed, change.RolledBack, change.Rejected, change.Canceled:
		return ro.measured(c, Failed, "it is "+string(c.State)+": "+c.OutcomeReason), nil
	case change.InProgress, change.Verifying:
	default:
		return ro.measured(c, Inconclusive, "it is "+string(c.State)), nil
	}
	v, looked, err := ro.verified.OfChange(ctx, c.ID)
	if err != nil {
		return Measured{}, err
	}
	if !looked || v.Looks == 0 {
		return ro.measured(c, Inconclusive, "it is "+string(c.State)+"; nothing was measured yet"), nil
	}
	data := Inconclusive
	switch v.Result.Verdict {
	case verify.Healthy:
		data = Successful
	case verify.Unhealthy:
		data = Failed
	}
	return ro.measured(c, data, string(v.Result.Verdict)+": "+v.Result.Reason), nil
}

func (ro *Rollouts) measured(c change.Change, data Result, line string) Measured {
	m := Measured{Data: data, Line: line, Change: c.Key(), Path: c.Ref().Path()}
	if ro.base != "" {
		m.URL = ro.base + m.Path
	}
	return m
}
