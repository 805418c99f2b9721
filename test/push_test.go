package test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/webpush"
	"github.com/evenkeel/evenkeel/internal/notify/webpush/webpushtest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// TestPagedByPush follows a page to a browser through the whole program: the
// phone page's key, the subscription as its script posts it, the message that
// proves it, a page, and the button in the notification.
func TestPagedByPush(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := config.Config{Listen: "127.0.0.1:0", DB: filepath.Join(t.TempDir(), "ek.db"), PublicURL: "http://" + listener.Addr().String(), KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none", PushContact: "ops@harbour.example"}
	a, err := app.New(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), app.Loopback())
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	server := httptest.NewUnstartedServer(a.Handler())
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	defer server.Close()
	a.Start()

	must := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	root := actor.With(context.Background(), actor.Actor{Kind: actor.User, Role: actor.Admin, Name: "Admin"})
	person, link, err := a.People.CreatePerson(root, auth.PersonEdit{Handle: "mara", Email: "mara@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Mara"}})
	must(person, err)
	in, err := a.Door.SetPassword(context.Background(), link.Secret, password, auth.Client{Address: "127.0.0.1"})
	must(in, err)
	session := cookie(a, in)
	browse := func(method, path string, form url.Values) (int, string) {
		t.Helper()
		req, err := http.NewRequest(method, server.URL+path, strings.NewReader(form.Encode()))
		must(req, err)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.AddCookie(session)
		res, err := (&http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}).Do(req)
		must(res, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		must(body, err)
		return res.StatusCode, string(body)
	}

	_, page := browse("GET", "/m", nil)
	found := regexp.MustCompile(`data-ek-push="([^"]+)" data-ek-push-to="([^"]+)"`).FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("the phone page offers no push: %s", page)
	}
	push := webpushtest.New(t, found[1], "mailto:ops@harbour.example")
	next := func() (p webpush.Payload) {
		t.Helper()
		select {
		case m := <-push.Got:
			must(nil, json.Unmarshal(m.Data, &p))
		case <-time.After(20 * time.Second):
			t.Fatal("no push came")
		}
		return p
	}
	code, body := browse("POST", found[2], url.Values{"subscription": {string(push.Subscription())}, "label": {"Chrome on Android"}})
	var said struct {
		Path     string
		Verified bool
	}
	if err := json.Unmarshal([]byte(body), &said); code != 200 || err != nil || said.Verified {
		t.Fatalf("%d %v: %s", code, err, body)
	}
	proof := next()
	at, err := url.Parse(proof.URL)
	must(at, err)
	if at.Path != said.Path {
		t.Errorf("a tap leads to %s, the method is %s", proof.URL, said.Path)
	}
	if code, body := browse("POST", said.Path+"/verify", url.Values{"code": {at.Query().Get("code")}}); code != http.StatusSeeOther {
		t.Fatalf("%d %s", code, body)
	}
	if _, body = browse("POST", found[2], url.Values{"subscription": {string(push.Subscription())}}); !strings.Contains(body, `"verified":true`) {
		t.Errorf("the same browser again: %s", body)
	}

	mara := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: person.ID, Person: person.ID, Role: actor.Responder, Name: "Mara"})
	rules, err := a.Contacts.Rules(mara)
	must(rules, err)
	rules.P1 = []contact.Leg{{By: "webpush"}, {By: "email", After: 2 * time.Minute}}
	must(a.Contacts.SetRules(mara, rules))
	system := actor.With(context.Background(), actor.Job("test"))
	must(a.Code.Apply(system, ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: strings.Replace(owned, "metadata: {name: payments}", "metadata: {name: payments}\nspec: {members: [{person: mara}]}", 1)}}}))
	i, err := a.Incidents.Declare(system, incident.Declaration{Title: "Checkout is down", Service: "checkout", Impact: incident.High, Urgency: incident.High})
	must(i, err)
	paged := next()
	if !paged.Urgent || paged.Record != i.Key() || len(paged.Do) == 0 || paged.Do[0].Verb != "acknowledge" {
		t.Fatalf("%+v", paged)
	}
	res, err := http.Post(paged.Do[0].URL, "application/x-www-form-urlencoded", nil) // as the service worker does
	must(res, err)
	res.Body.Close()
	if i, err = a.Incidents.Get(mara, i.ID); err != nil || i.State != incident.Acknowledged || i.OnIt() != person.ID {
		t.Errorf("after the button: %s by %d, %v (answer %d)", i.State, i.OnIt(), err, res.StatusCode)
	}
	// The step that was to follow is not needed any more, and the incident's
	// timeline says how she was told.
	list, err := a.Notify.Messages(system, notify.Filter{Record: ref.N(ref.Incident, i.ID)}, 0, 50)
	must(list, err)
	canceled := false
	for _, m := range list {
		canceled = canceled || m.State == notify.Canceled && m.Leg == 1 && m.Via == "email"
	}
	if !canceled {
		t.Errorf("the mail that was to follow is not canceled: %+v", list)
	}
	for deadline := time.Now().Add(20 * time.Second); ; {
		entries, _, err := a.Incidents.Timeline(mara, i.ID, incident.TimelineFilter{}, "", 100)
		must(entries, err)
		if slices.ContainsFunc(entries, func(e incident.Entry) bool {
			return e.Kind == incident.EntryMessage && e.Text == "Told Mara by push" && strings.Contains(e.Detail, "201")
		}) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the timeline does not say who was told: %+v", entries)
		}
	}
}
