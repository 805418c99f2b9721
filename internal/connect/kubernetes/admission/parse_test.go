package admission

import (
	"fmt"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func review1(request string) string {
	return `{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u1","operation":"UPDATE","namespace":"shop","name":"checkout","kind":{"kind":"CronJob"},` + request + `}}`
}

func cron(image string) string {
	return `{"metadata":{"uid":"o1","generation":3,"labels":{"app.kubernetes.io/name":"checkout"}},"spec":{"jobTemplate":{"spec":{"template":{"metadata":{"annotations":{"evenkeel.dev/service":"checkout, payments"}},"spec":{"containers":[{"name":"a","image":"` + image + `"}]}}}}}}`
}

func TestParse(t *testing.T) {
	q, err := Parse([]byte(review1(`"userInfo":{"username":"system:serviceaccount:argocd:argocd"},"object":` + cron("x/y:2") + `,"oldObject":` + cron("x/y:1"))))
	if err != nil || q.Pass != "" || q.Unknown != "" {
		t.Fatalf("%+v %v", q, err)
	}
	a := q.Ask(alert.Integration{Name: "cluster"}, "")
	if fmt.Sprint(a.Services) != "[checkout payments]" || a.Environment != "production" || a.Artefact != "2" || a.Previous != "1" || a.Author != "" || !strings.HasPrefix(a.Key, "k8s:shop/cronjob/checkout:o1:3:") {
		t.Errorf("%+v", a)
	}
	for image, want := range map[string]string{"a": "", "a:latest": "", "r:5000/a": "", "r:5000/a:7": "7", "a@sha256:ab": "sha256:ab", "a:7@sha256:ab": "7", "a:latest@sha256:ab": "sha256:ab", "": ""} {
		if got := version(image); got != want {
			t.Errorf("%s: %q, want %q", image, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for in, want := range map[string]string{
		``:   "not JSON",
		`[]`: "another type",
		`{}`: "admissionReviewVersions",
		`{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"u"}}`: "admissionReviewVersions",
		`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}`:                            "request.uid",
		review1(`"object":{"spec":{"template":7}}`):                                                "request.object",
	} {
		_, err := Parse([]byte(in))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(review1(`"object":` + cron("x/y:2")))
	f.Fuzz(func(t *testing.T, in string) {
		q, err := Parse([]byte(in))
		if err == nil && (q.UID == "" || q.Pass == "" && q.Unknown == "" && q.Ask(alert.Integration{}, "").Artefact+q.workload.commit == "") {
			t.Errorf("neither an answer nor a question: %+v", q)
		}
	})
}
