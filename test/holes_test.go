package test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
)

// Somebody whom nothing would reach is shown on the Now page before they are on
// call, and as soon as a policy names them.
func TestNowWarnsOfPeopleWhomNothingReaches(t *testing.T) {
	w := start(t)
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	code := `apiVersion: evenkeel/v1
kind: Schedule
metadata: {name: night}
spec: {zone: UTC, layers: [{start: "` + yesterday + `T00:00", every: P2D, shifts: [[admin], [responder]]}]}
---
apiVersion: evenkeel/v1
kind: EscalationPolicy
metadata: {name: last-call}
spec: {title: Last call, steps: [{notify: [{schedule: night}]}, {after: PT5M, notify: [{person: manager}]}]}
`
	if _, err := w.Code.Apply(actor.With(t.Context(), w.admin), ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: code}}}); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest("GET", w.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(w.cookies[actor.Admin])
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, holes, _ := strings.Cut(string(body), `id="holes"`)
	holes, _, _ = strings.Cut(holes, "</section>")
	for _, says := range []string{`<a href="/oncall">responder</a>`, `policies/last-call">manager</a>`, "has no e-mail address and no verified contact method", "From "} {
		if !strings.Contains(holes, says) {
			t.Errorf("the coverage holes do not say %q: %s", says, holes)
		}
	}
	if strings.Contains(holes, ">Admin<") {
		t.Error("who can be reached is no hole")
	}
}
