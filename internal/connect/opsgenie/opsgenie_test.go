package opsgenie

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// known is a practice that knows one alert, number 17, alias "k1".
type known struct{}

func (known) Told(_ context.Context, _ alert.Integration, id int64, dedup string) (alert.Alert, error) {
	if id == 17 || dedup == "k1" {
		return alert.Alert{ID: 17, Dedup: "k1", Status: alert.StatusFiring, Summary: "s", Content: alert.Content{Labels: map[string]string{"service": "checkout"}}}, nil
	}
	return alert.Alert{}, errs.E(errs.NotFound, "none")
}

// documented is the example of Opsgenie's own pages; alertmanager was captured
// from Alertmanager 0.25.0.
func TestParse(t *testing.T) {
	for _, name := range []string{"documented", "alertmanager", "odd"} {
		t.Run(name, func(t *testing.T) {
			e, err := ParseCreate(connecttest.Read(t, name+".json"), connecttest.Now)
			if err != nil {
				t.Fatal(err)
			}
			connecttest.Storable(t, e)
			connecttest.Golden(t, name+".golden", e)
		})
	}
}

func TestLongTexts(t *testing.T) {
	e, err := ParseCreate([]byte(`{"message":"`+strings.Repeat("é", 200)+`","description":"`+strings.Repeat("d", 15000)+`","alias":"`+strings.Repeat("a", 512)+`"}`), connecttest.Now)
	if err != nil {
		t.Fatal(err)
	}
	connecttest.Storable(t, e)
	if n := utf8.RuneCountInString(e.Summary); n != 130 {
		t.Errorf("%d characters of message", n)
	}
	if utf8.RuneCountInString(e.Annotations["message"]) != 200 || !strings.Contains(string(e.Details), strings.Repeat("d", 15000)) {
		t.Error("what was too long is lost")
	}
	if note := e.Annotations[connect.NoteKey]; !strings.Contains(note, "message was shortened from 200 to 130 characters") {
		t.Errorf("note %q", note)
	}
}

func TestAnswers(t *testing.T) {
	key := []string{"Authorization", "GenieKey " + connecttest.Token}
	ok := `{"message":"s","alias":"k1"}`
	for _, tt := range []struct {
		name, path, body string
		header           []string
		fail             error
		status           int
		says             string
		actions          string
	}{
		{name: "create", body: ok, status: 202, says: `"result":"Request will be processed"`, actions: "trigger"},
		{name: "bearer", body: ok, header: []string{"Authorization", "Bearer " + connecttest.Token}, status: 202, actions: "trigger"},
		{name: "no alias", body: `{"message":"s"}`, status: 202, actions: "trigger"},
		{name: "odd priority", body: `{"message":"s","priority":"urgent"}`, status: 202, actions: "trigger"},
		{name: "close", path: "/k1/close?identifierType=alias", status: 202, actions: "resolve"},
		{name: "close by id", path: "/ALR-17/close", body: `{"note":"done"}`, status: 202, actions: "amend resolve"},
		{name: "close by tiny", path: "/17/close?identifierType=tiny", body: `{}`, status: 202, actions: "resolve"},
		{name: "acknowledge", path: "/k1/acknowledge?identifierType=alias", status: 202, actions: "acknowledge"},
		{name: "snooze", path: "/k1/snooze?identifierType=alias", body: `{"endTime":"2026-11-20T13:00:00Z"}`, status: 202, actions: "amend"},
		{name: "unknown", path: "/k2/close?identifierType=alias", status: 202},
		{name: "no message", body: `{"alias":"k1"}`, status: 422, says: `"errors":{"message":"Message can not be empty."}`},
		{name: "no note", path: "/k1/notes?identifierType=alias", body: `{}`, status: 422, says: `"note":"Note can not be empty."`},
		{name: "odd identifier", path: "/k1/close?identifierType=name", status: 422, says: `one of [ id, alias, tiny ]`},
		{name: "assign", path: "/k1/assign?identifierType=alias", body: `{}`, status: 403, says: "not supported"},
		{name: "not JSON", body: `{"message":`, status: 400, says: "ends in the middle"},
		{name: "array", body: `[]`, status: 400, says: "JSON object"},
		{name: "no key", body: ok, header: []string{"X", "y"}, status: 401, says: "Could not authenticate"},
		{name: "wrong key", body: ok, header: []string{"Authorization", "GenieKey nope"}, status: 401, says: "Could not authenticate"},
		{name: "too large", body: `{"message":"` + strings.Repeat("x", MaxBody) + `"}`, status: 413, says: `"requestId"`},
		{name: "overload", body: ok, fail: errs.E(errs.Unavailable, "the queue is full"), status: 429, says: "You are making too many requests!"},
		{name: "our fault", body: ok, fail: context.Canceled, status: 500, says: "on our side"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &connecttest.Alerts{Fail: tt.fail}
			s := connecttest.Server(t, New(connecttest.Door(a), known{}).Routes)
			if tt.header == nil {
				tt.header = key
			}
			status, h, answer := connecttest.Post(t, s.URL+"/v2/alerts"+tt.path, tt.body, tt.header...)
			if status != tt.status || !strings.Contains(answer, tt.says) || !strings.Contains(answer, `"took":`) || !strings.Contains(answer, `"requestId":"`) {
				t.Errorf("%d %s, want %d %s", status, answer, tt.status, tt.says)
			}
			var actions []string
			for _, e := range a.Events {
				actions = append(actions, string(e.Action))
				if e.Dedup == "" {
					t.Error("no identity")
				}
			}
			if got := strings.Join(actions, " "); got != tt.actions {
				t.Errorf("did %q, want %q", got, tt.actions)
			}
			if status == 429 && h.Get("Retry-After") == "" {
				t.Error("429 without Retry-After")
			}
		})
	}
}

func TestRequestIDs(t *testing.T) {
	now := time.Date(2026, 11, 20, 11, 0, 0, 123e6, time.UTC)
	for action := range said {
		for _, o := range []outcome{{action, 0, false}, {action, 1<<55 + 17, true}} {
			got, at, ok := readRequest(o.request(now))
			if !ok || got != o || !at.Equal(now) {
				t.Errorf("%+v became %+v, %v, %v", o, got, at, ok)
			}
		}
	}
	for _, id := range []string{"", "x", "43a29c5c-3dbf-4fa4-9c26-f4f71023e120", (outcome{}).request(now)} {
		if _, _, ok := readRequest(id); ok {
			t.Errorf("%q is a request", id)
		}
	}
}

func FuzzParseCreate(f *testing.F) {
	for _, name := range []string{"documented", "alertmanager", "odd"} {
		f.Add(connecttest.Read(f, name+".json"))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := ParseCreate(body, connecttest.Now)
		if err != nil {
			if !errs.Is(err, errs.Invalid) {
				t.Fatal(err)
			}
			return
		}
		connecttest.Storable(t, e)
	})
}

func FuzzParseVerb(f *testing.F) {
	f.Add("POST", "close", []byte(`{"note":"\u0000","user":"\ud800"}`))
	f.Add("POST", "tags", []byte(`{"tags":["a",{"b":1},"\u0000"]}`))
	f.Add("POST", "details", []byte(`{"details":{"\u0000":{"x":[1]}}}`))
	f.Add("POST", "snooze", []byte(`{"endTime":"2026-11-20T13:00:00Z"}`))
	f.Add("PUT", "message", []byte(`{"message":"x"}`))
	f.Add("PUT", "priority", []byte(`{"priority":"p1"}`))
	f.Add("DELETE", "", []byte(``))
	f.Fuzz(func(t *testing.T, method, word string, body []byte) {
		a, _ := known{}.Told(t.Context(), alert.Integration{}, 17, "")
		list, err := ParseVerb(method, word, body, a, connecttest.Now)
		if err != nil {
			if !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.Forbidden) {
				t.Fatal(err)
			}
			return
		}
		for _, e := range list {
			connecttest.Storable(t, e)
			if e.Dedup != "k1" || e.Action == alert.Trigger {
				t.Errorf("%s of %q", e.Action, e.Dedup)
			}
		}
	})
}
