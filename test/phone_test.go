package test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/twilio"
)

// telephone is a service with Twilio's API and the phone that it rings.
type telephone struct {
	*testing.T
	took  chan url.Values
	token string
}

func (p *telephone) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, token, _ := r.BasicAuth(); user != "AC1" || token != p.token || r.ParseForm() != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	p.took <- r.PostForm
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(map[string]string{"sid": "CA00000000000000000000000000000001", "status": "queued"})
}

// next is the next text or call.
func (p *telephone) next() url.Values {
	p.Helper()
	select {
	case f := <-p.took:
		return f
	case <-time.After(20 * time.Second):
		p.Fatal("no text and no call came")
		return nil
	}
}

// tell posts a callback as the service does, and returns what is to be said
// and where a pressed key goes.
func (p *telephone) tell(address string, form url.Values) (said, choice string) {
	p.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		p.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(twilio.Header, twilio.Sign(p.token, address, form))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		p.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	if res.StatusCode >= 300 {
		p.Fatalf("%s: %d %s", address, res.StatusCode, body)
	}
	var x struct {
		Say    string
		Gather struct {
			Say    string
			Action string `xml:"action,attr"`
		}
	}
	if len(body) > 0 {
		if err := xml.Unmarshal(body, &x); err != nil {
			p.Fatal(err)
		}
	}
	return x.Gather.Say + x.Say, x.Gather.Action
}

var spelled = regexp.MustCompile(`[0-9](, [0-9]){5}`)

// TestPagedByPhone follows two pages through the whole program: a number is
// verified by a call that reads the code, a page is acknowledged with a key,
// and a busy line makes the text come at once.
func TestPagedByPhone(t *testing.T) {
	for name, at := range map[string]func() string{
		"sqlite":   func() string { return filepath.Join(t.TempDir(), "ek.db") },
		"postgres": func() string { return dbtest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			phone := &telephone{T: t, took: make(chan url.Values, 16), token: "0123456789abcdef"}
			carrier := httptest.NewServer(phone)
			defer carrier.Close()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			cfg := config.Config{Listen: "127.0.0.1:0", DB: at(), PublicURL: "http://" + listener.Addr().String(), KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none",
				LogKey: filepath.Join(dir, "log.key"), SecretsKey: filepath.Join(dir, "secrets.key"),
				TwilioURL: carrier.URL, TwilioAccount: "AC1", TwilioToken: phone.token, TwilioFrom: "+46700000000"}
			a, err := app.New(context.Background(), cfg, slog.New(slog.NewTextHandler(io.Discard, nil)))
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

			system := actor.With(context.Background(), actor.Job("test"))
			must := func(_ any, err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			root := actor.With(context.Background(), actor.Actor{Kind: actor.User, Role: actor.Admin, Name: "Admin"})
			person, _, err := a.People.CreatePerson(root, auth.PersonEdit{Handle: "mara", Role: actor.Responder, Profile: auth.Profile{Display: "Mara"}})
			must(person, err)
			mara := actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: person.ID, Person: person.ID, Role: actor.Responder, Name: "Mara"})
			must(a.Code.Apply(system, ascode.Input{Source: "main", Files: []ascode.File{{Path: "org.yaml", Content: strings.Replace(owned, "metadata: {name: payments}", "metadata: {name: payments}\nspec: {members: [{person: mara}]}", 1)}}}))

			for _, kind := range []notify.ChannelKind{notify.Voice, notify.SMS} {
				m, err := a.Contacts.Add(mara, contact.NewMethod{Kind: kind, Address: "+46 70 123 45 67"})
				must(m, err)
				sent, err := a.Contacts.SendCode(mara, m.ID)
				must(sent, err)
				f := phone.next()
				code := f.Get("Body")
				if kind == notify.Voice {
					said, _ := phone.tell(f.Get("Url"), url.Values{"CallStatus": {"in-progress"}})
					code = strings.ReplaceAll(spelled.FindString(said), ", ", "")
				} else {
					code = regexp.MustCompile(`[0-9]{6}`).FindString(code)
				}
				must(a.Contacts.Verify(mara, m.ID, code))
			}
			rules, err := a.Contacts.Rules(mara)
			must(rules, err)
			rules.P1 = []contact.Leg{{By: "voice"}, {By: "sms", After: 10 * time.Minute}}
			must(a.Contacts.SetRules(mara, rules))

			outage := func(n int) int64 {
				t.Helper()
				i, err := a.Incidents.Declare(system, incident.Declaration{Title: fmt.Sprint("Checkout is down again, outage ", n), Service: "checkout", Impact: incident.High, Urgency: incident.High})
				must(i, err)
				return i.ID
			}
			first := outage(1)
			call := phone.next()
			said, choice := phone.tell(call.Get("Url"), url.Values{"CallStatus": {"in-progress"}})
			if !strings.Contains(said, "Checkout is down again") || !strings.Contains(said, "Press 1 to acknowledge") {
				t.Errorf("said: %q", said)
			}
			if said, _ = phone.tell(choice, url.Values{"CallStatus": {"in-progress"}, "Digits": {"1"}}); !strings.HasPrefix(said, "Acknowledged.") {
				t.Errorf("after 1: %q", said)
			}
			i, err := a.Incidents.Get(mara, first)
			must(i, err)
			if i.State != incident.Acknowledged || i.OnIt() != person.ID {
				t.Errorf("%s by %d", i.State, i.OnIt())
			}

			second := outage(2)
			call = phone.next()
			phone.tell(call.Get("StatusCallback"), url.Values{"CallStatus": {"busy"}})
			if text := phone.next(); !strings.Contains(text.Get("Body"), "/do/") {
				t.Errorf("after a busy line came %v", text)
			}
			told := func() (out string) {
				v, err := a.Incidents.Page(mara, second)
				must(v, err)
				for _, e := range v.Timeline {
					out += e.Text + ": " + e.Detail + "\n"
				}
				return out
			}
			if got := told(); !strings.Contains(got, "Could not tell Mara by phone call") || !strings.Contains(got, "the phone was busy") {
				t.Errorf("timeline:\n%s", got)
			}
		})
	}
}
