package auditweb_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/audit/auditweb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
	"github.com/evenkeel/evenkeel/internal/web/webtest"
)

var priya = actor.Actor{Kind: actor.User, ID: 3, Person: 3, Role: actor.Auditor, Name: "Priya"}

// site serves the pages over a log of 300 entries, signed, as an auditor sees
// them (?as=role for others).
func site(t *testing.T) (string, *audit.Service, *db.DB) {
	t.Helper()
	ctx := actor.With(context.Background(), priya)
	d := dbtest.SQLite(t) // the service is tested on both engines
	key, _, err := audit.LoadKey(ctx, d, audit.KeySource{File: filepath.Join(t.TempDir(), "key"), Name: "harbour.example"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := audit.New(ctx, d, key, audit.Options{Targets: []audit.Target{audit.File("/var/lib/evenkeel/checkpoints.txt")}})
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(ctx, actor.Actor{Kind: actor.User, ID: 17}, "a person acted", func(tx *db.Tx) error {
		for i := range 299 {
			action := []string{"incident.acknowledge", "incident.mitigate", "alert.silence", "service.edit"}[i%4]
			tx.Record(evidence.Entry{Action: action, Record: ref.N(ref.Incident, int64(1000+i%40)), Version: int64(i/40 + 1), After: evidence.Digest(nil, i), Data: map[string]any{"state": "acknowledged"}})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Sign(ctx); err != nil {
		t.Fatal(err)
	}
	shell := &web.Shell{Org: "Harbour & Co", Login: "/login", Logout: "/logout", Nav: []web.NavItem{{ID: "evidence", Title: "Evidence", Path: "/evidence", Icon: "shield-check", Tab: true}}}
	mux := http.NewServeMux()
	pages := &auditweb.Pages{Shell: shell, Audit: s, Person: func(_ context.Context, a string) (web.Person, bool) {
		return web.Person{Handle: "mara", Name: "Mara Lindt"}, a == "user:17"
	}}
	pages.Routes(func(pattern string, h web.HandlerFunc) { mux.Handle(pattern, shell.Handle(h)) })
	mux.HandleFunc("GET /assets/", web.Assets)
	srv := httptest.NewServer(web.Secure(false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := priya
		if role := r.URL.Query().Get("as"); role != "" {
			who.Role = actor.Role(role)
		}
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
	})))
	t.Cleanup(srv.Close)
	return srv.URL, s, d
}

func get(t *testing.T, address string, status int, words ...string) string {
	t.Helper()
	res, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode != status {
		t.Errorf("%s: %d, want %d", address, res.StatusCode, status)
	}
	for _, w := range words {
		if !strings.Contains(string(body), w) {
			t.Errorf("%s does not say %q", address, w)
		}
	}
	return string(body)
}

func TestPages(t *testing.T) {
	url, s, d := site(t)
	ctx := actor.With(context.Background(), priya)
	get(t, url+"/evidence", 200, "Not checked yet", "through #299", "Mara Lindt", "incident.mitigate", "/evidence/entries/299", "file /var/lib/evenkeel/checkpoints.txt", "nothing yet")
	if _, err := s.Check(ctx); err != nil {
		t.Fatal(err)
	}
	get(t, url+"/evidence", 200, "Verified", "1 checkpoint agrees")
	get(t, url+"/evidence?q=INC-1003", 200, "INC-1003")
	get(t, url+"/evidence?q=action:service.*&q=who:user:17", 200, "service.edit")
	get(t, url+"/evidence?q=who:user:99", 200, "No entry matches")
	get(t, url+"/evidence?q=since:yesterday", 200, "write it like 2026-11-20")
	get(t, url+"/evidence?q=colour:red", 200, "is not known here")
	get(t, url+"/evidence?after=x", 200)
	get(t, url+"/evidence/entries/41", 200, "incident.acknowledge", "this entry", "CKP-300", "evenkeel evidence prove 41")
	get(t, url+"/evidence/entries/300", 200, "No checkpoint covers this entry yet")
	get(t, url+"/evidence/entries/9000", 404)
	get(t, url+"/evidence/entries/x", 404)
	get(t, url+"/evidence/checkpoints", 200, "CKP-300", "harbour.example/1")
	get(t, url+"/evidence/checkpoints/CKP-300", 200, "— harbour.example/1")
	get(t, url+"/evidence/checkpoints/CKP-299", 404)
	get(t, url+"/evidence?as=requester", 403)
	get(t, url+"/evidence/export?as=requester", 403)

	file := get(t, url+"/evidence/export", 200)
	if rep, err := evidence.Verify(strings.NewReader(file), evidence.Options{Key: s.Key()}); err != nil || !rep.OK || rep.Selection {
		t.Errorf("%+v %v", rep, err)
	}
	file = get(t, url+"/evidence/export?q=INC-1003", 200)
	if rep, err := evidence.Verify(strings.NewReader(file), evidence.Options{Key: s.Key()}); err != nil || !rep.OK || !rep.Selection || rep.Entries != 8 {
		t.Errorf("%+v %v", rep, err)
	}

	// A log that was changed is named at the top.
	err := d.Write(ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
		tx.Unrecorded("behind the product's back")
		_, err := tx.Exec("UPDATE evidence SET entry = CAST(replace(CAST(entry AS TEXT), 'user:17', 'user:18') AS BLOB) WHERE idx = 41")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := s.Check(ctx); err != nil || r.OK {
		t.Fatalf("%+v %v", r, err)
	}
	get(t, url+"/evidence", 200, "does not verify", "#41 (INC-1000")
	get(t, url+"/evidence/entries/41", 409, "cannot be proven")
}

func TestCheckButton(t *testing.T) {
	address, s, _ := site(t)
	req, _ := http.NewRequest("POST", address+"/evidence/check", strings.NewReader(url.Values{}.Encode()))
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%v %v", res, err)
	}
	res.Body.Close()
	for ctx := actor.With(context.Background(), priya); ; {
		p, err := s.CheckProgress(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !p.Running {
			if p.Result == nil || !p.Result.OK {
				t.Errorf("%+v", p)
			}
			return
		}
	}
}

func TestLook(t *testing.T) {
	address, s, _ := site(t)
	if _, err := s.Check(actor.With(context.Background(), priya)); err != nil {
		t.Fatal(err)
	}
	browser := webtest.Browser(t)
	for name, path := range map[string]string{"evidence": "/evidence", "evidence-filter": "/evidence?q=INC-1003", "evidence-entry": "/evidence/entries/41", "evidence-checkpoints": "/evidence/checkpoints", "evidence-checkpoint": "/evidence/checkpoints/CKP-300"} {
		for _, size := range webtest.Sizes {
			t.Run(fmt.Sprint(name, " ", size.Name), func(t *testing.T) { webtest.Look(t, browser, address+path, name, size) })
		}
	}
}
