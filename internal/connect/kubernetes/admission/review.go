package admission

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/policy"
)

// apiVersion is the only version of reviews that is answered; list it in
// admissionReviewVersions.
const apiVersion = "admission.k8s.io/v1"

// Review is the AdmissionReview that is answered.
type Review struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Response   Response `json:"response"`
}

// Response is what it says.
type Response struct {
	UID      string            `json:"uid"`
	Allowed  bool              `json:"allowed"`
	Status   *Status           `json:"status,omitempty"`
	Warnings []string          `json:"warnings,omitempty"`         // kubectl shows them
	Notes    map[string]string `json:"auditAnnotations,omitempty"` // for the cluster's audit log
}

// Status is why something is refused; kubectl shows Message.
type Status struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (q Question) review(r Response) Review {
	r.UID = q.UID
	return Review{APIVersion: apiVersion, Kind: "AdmissionReview", Response: r}
}

func (q Question) passes() Review {
	return q.review(Response{Allowed: true, Notes: map[string]string{"passed": q.Pass}})
}

func (q Question) refuses(code int, reason, message string) Review {
	return q.review(Response{Status: &Status{Code: code, Reason: reason, Message: message}})
}

// maxWarning keeps a warning readable: the API server cuts what is beyond, and
// asks for less than 120 characters each.
const maxWarning = 120

// says is the gate's answer. A refusal names the rules that refused and where
// people decide; what is allowed and comes with obligations warns.
func (q Question) says(a change.Answer, base string) Review {
	link := ""
	if a.Path != "" {
		link = strings.TrimSuffix(base, "/") + a.Path
	}
	notes := map[string]string{"line": a.Line}
	if a.Change.ID != 0 {
		notes["change"] = a.Change.Key()
	}
	if !a.Allowed {
		text := cmp.Or(a.Change.Main(), "change") + ": " + a.Line
		if link != "" {
			text += " — " + link
		}
		out := q.refuses(http.StatusForbidden, "Forbidden", text)
		out.Response.Notes = notes
		return out
	}
	var warnings []string
	for _, o := range a.Decision.Result.Obligations {
		if o.Do != policy.Notify && o.Text != "" {
			warnings = append(warnings, short("Evenkeel: "+o.Text))
		}
	}
	return q.review(Response{Allowed: true, Warnings: slices.Compact(warnings), Notes: notes})
}

func short(s string) string {
	if r := []rune(s); len(r) > maxWarning {
		return string(r[:maxWarning-1]) + "…"
	}
	return s
}

// key names the step that a review is about. A review is asked again until it is
// allowed, and the object's generation grows only then: asked again, it is the
// same step; the same images brought again later are another one.
func (q Question) key() string {
	o := q.workload
	return fmt.Sprintf("k8s:%s/%s/%s:%s:%d:%s", o.namespace, strings.ToLower(o.kind), o.name, o.uid, o.generation, o.digest)
}
