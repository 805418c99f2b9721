package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
)

type boat struct {
	Name string `json:"name" maxLength:"10"`
	Crew int    `json:"crew,omitempty" minimum:"0"`
	Kind string `json:"kind,omitempty" enum:"sloop,yawl"`
	URL  string `json:"url,omitempty" maxLength:"10"`
}

type boatOut struct {
	ETag string `header:"ETag"`
	Body boat
}

// harbour serves one boat, at version 2; hidden makes it unreadable.
func harbour(t *testing.T, hidden *bool) *client.Client {
	t.Helper()
	mux := http.NewServeMux()
	a := api.New(mux, "test", "")
	now := boat{Name: "Gull", Crew: 3}
	edit := func(_ context.Context, in *struct {
		IfMatch string `header:"If-Match"`
		Body    boat
	}) (*boatOut, error) {
		version, err := api.Version(in.IfMatch)
		if err == nil && version != 2 {
			err = errs.E(errs.Conflict, "it is at version 2 and your edit is of version %d", version).On("SVC gull")
		} else if err == nil && in.Body.Name == "taken" {
			err = errs.E(errs.Conflict, "the name is taken").On("SVC gull")
		}
		return &boatOut{api.ETag(2), now}, api.Err(err)
	}
	huma.Register(a, api.Op("get-boat", "GET", "/boat", "Boats", "Read", api.Reading), func(context.Context, *struct{}) (*boatOut, error) {
		if *hidden {
			return nil, api.Err(errs.E(errs.NotFound, "there is no such boat"))
		}
		return &boatOut{api.ETag(2), now}, nil
	})
	huma.Register(a, api.Op("edit-boat", "PUT", "/boat", "Boats", "Edit", api.Editing), edit)
	huma.Register(a, api.Op("paint-boat", "PUT", "/boat/colour", "Boats", "Edit a part", api.Editing), edit)
	find := func(_ context.Context, record string, version int64) (api.Change, bool) {
		return api.Change{By: "Priya Nair", At: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}, record == "SVC gull" && version == 2
	}
	srv := httptest.NewServer(api.Blame(find, api.Unknown(mux, mux)))
	t.Cleanup(srv.Close)
	return &client.Client{Server: srv.URL}
}

func fault(t *testing.T, err error, status int) *client.Problem {
	t.Helper()
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != status {
		t.Fatalf("%v, want status %d", err, status)
	}
	return p
}

// A stale edit shows what is stored beside what was sent, to those who may
// read it, and to nobody else.
func TestStaleEdit(t *testing.T) {
	hidden := false
	c := harbour(t, &hidden)
	mine := boat{Name: "Tern", URL: "SECRET"}
	for _, path := range []string{"/api/v1/boat", "/api/v1/boat/colour"} {
		_, err := c.Edit(t.Context(), "PUT", path, `"1"`, mine, nil)
		p := fault(t, err, 409)
		if string(p.Current) != `{"name":"Gull","crew":3}` || p.CurrentETag != `"2"` || p.ChangedBy != "Priya Nair" || p.Record != "SVC gull" {
			t.Errorf("%s: %+v", path, p)
		}
		want := `it is at version 2 and your edit is of version 1
  changed meanwhile by Priya Nair at 2026-03-01 09:00:00 UTC
  crew
    yours:  (empty)
    theirs: 3
  name
    yours:  "Tern"
    theirs: "Gull"`
		if err.Error() != want {
			t.Errorf("%s:\n%s\nwant:\n%s", path, err, want)
		}
		if etag, err := c.Edit(t.Context(), "PUT", path, p.CurrentETag, mine, nil); err != nil || etag != `"2"` {
			t.Errorf("with the ETag that was shown: %v", err)
		}
	}
	_, err := c.Edit(t.Context(), "PUT", "/api/v1/boat", `"2"`, boat{Name: "taken"}, nil)
	if p := fault(t, err, 409); p.Current != nil || p.ChangedBy != "" {
		t.Errorf("another conflict says that the edit was stale: %+v", p)
	}
	hidden = true
	_, err = c.Edit(t.Context(), "PUT", "/api/v1/boat", `"1"`, mine, nil)
	if p := fault(t, err, 409); p.Current != nil || p.CurrentETag != "" || p.ChangedBy != "" {
		t.Errorf("what may not be read is shown: %+v", p)
	}
}

// A wrong value is named with its place, itself and what would be right, and
// one that may be secret without itself.
func TestFaultsNameTheValue(t *testing.T) {
	hidden := false
	c := harbour(t, &hidden)
	for _, x := range []struct{ body, name, value, remedy string }{
		{`{"name":"The Flying Gull"}`, "name", "The Flying Gull", "at most 10 characters"},
		{`{"name":"Gull","crew":-1}`, "crew", "-1", "at least 0"},
		{`{"name":true}`, "name", "true", "send a string"},
		{`{"name":["x"]}`, "name", "", "send a string"},
		{`{"name":"Gull","url":"https://x.example/SECRET"}`, "url", "", "at most 10 characters"},
		{`{"name":"ek_SECRET_SECRET"}`, "name", "", "at most 10 characters"},
		{`{"name":"Gull","kind":"brig"}`, "kind", "brig", `use one of "sloop, yawl"`},
		{`{}`, "name", "", "it is required; give it a value"},
		{`{"name":"Gull","sail":"SECRET"}`, "sail", "", "there is nothing of this name here; leave it out, or look for the right name in /api/docs"},
		{`"SECRET"`, "body", "", "send an object"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "PUT", c.Server+"/api/v1/boat", strings.NewReader(x.body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		p := fields(t, r)
		if len(p.Fields) != 1 || p.Fields[0].Name != x.name || p.Fields[0].Value != x.value || p.Fields[0].Remedy != x.remedy {
			t.Errorf("%s: %+v", x.body, p.Fields)
		}
		if strings.Contains(p.Error(), "SECRET") {
			t.Errorf("%s: the secret is repeated: %v", x.body, p)
		}
	}
	err := c.Get(t.Context(), "/api/v1/boat?colour=red", nil)
	if p := fault(t, err, 422); len(p.Fields) != 1 || p.Fields[0].Name != "query.colour" {
		t.Errorf("%+v", p.Fields)
	}
}

func TestMethodNotAllowed(t *testing.T) {
	hidden := false
	c := harbour(t, &hidden)
	r, _ := http.NewRequestWithContext(t.Context(), "DELETE", c.Server+"/api/v1/boat", nil)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if allow := res.Header.Get("Allow"); res.StatusCode != 405 || !strings.Contains(allow, "PUT") || !strings.Contains(allow, "GET") {
		t.Errorf("%d, Allow %q", res.StatusCode, allow)
	}
	p := fault(t, c.Do(t.Context(), "DELETE", "/api/v1/boat", nil, nil), 405)
	if p.Type != "https://evenkeel.dev/problems/method-not-allowed" || p.Title != "Method not allowed" || !strings.Contains(p.Detail, "does not take DELETE; it takes GET") {
		t.Errorf("%+v", p)
	}
	p = fault(t, c.Get(t.Context(), "/api/v1/ship", nil), 404)
	if p.Type != "https://evenkeel.dev/problems/not-found" {
		t.Errorf("%+v", p)
	}
}

// fields sends a request and reads the problem that comes back.
func fields(t *testing.T, r *http.Request) *client.Problem {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	p := &client.Problem{}
	if err := json.NewDecoder(res.Body).Decode(p); err != nil {
		t.Fatal(err)
	}
	return p
}
