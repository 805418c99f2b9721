package ntfy

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

var message = notify.Message{ID: "MSG-17", Record: "INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042", Urgent: true,
	Title: "P1 Kasse ist weg – 💥", Text: "5xx > 20 %", Facts: []notify.Fact{{Name: "Service", Value: "checkout"}},
	Buttons: []notify.Button{{Verb: "acknowledge", Label: "Acknowledge", URL: "https://ek.harbour.example/do/TOKEN"}, {Label: "Open INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042"}}}

// server is an ntfy server with one protected topic.
type server struct {
	*httptest.Server
	t        *testing.T
	got      []map[string]any
	overused bool
}

const token = "tk_AgQdq7mVBoFD37zQVN29RhuMzNIz2"

func newServer(t *testing.T) *server {
	s := &server{t: t}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	refuse := func(status, code int, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(map[string]any{"code": code, "http": status, "error": text, "link": "https://ntfy.sh/docs/publish/"})
	}
	if r.URL.Path != "/" || r.Method != http.MethodPost {
		refuse(404, 40401, "page not found")
		return
	}
	if a := r.Header.Get("Authorization"); a != "" && a != "Bearer "+token {
		refuse(401, 40101, "unauthorized "+a)
		return
	}
	body, _ := io.ReadAll(r.Body)
	var m map[string]any
	if json.Unmarshal(body, &m) != nil {
		refuse(400, 40024, "invalid request: request body must be valid JSON for JSON message endpoint")
		return
	}
	if m["topic"] == "harbour-mara" && r.Header.Get("Authorization") == "" {
		refuse(403, 40301, "forbidden")
		return
	}
	if s.overused {
		w.Header().Set("Retry-After", "5")
		refuse(429, 42901, "limit reached: too many requests; increase your limits with a paid plan, see https://ntfy.sh")
		return
	}
	if text, _ := m["message"].(string); len(text) > 4096 || text == "" || !utf8.ValidString(text) {
		s.t.Errorf("a message of %d bytes", len(text))
	}
	if a, _ := m["actions"].([]any); len(a) > 3 {
		refuse(400, 40018, "invalid request: actions invalid; only 3 actions allowed")
		return
	}
	s.got = append(s.got, m)
	io.WriteString(w, `{"id":"hwQ2YpKdmg","time":1635528741,"event":"message"}`)
}

func TestSend(t *testing.T) {
	s := newServer(t)
	tr := New(egress.Guard{Loopback: true})
	if err := tr.Send(context.Background(), notify.Target{URL: s.URL + "/harbour-mara", Secret: token, Person: 12}, message); err != nil {
		t.Fatal(err)
	}
	quiet := message
	quiet.Urgent, quiet.Text, quiet.Facts = false, "", nil
	if err := tr.Send(context.Background(), notify.Target{URL: s.URL + "/harbour-ops/"}, quiet); err != nil {
		t.Fatal(err)
	}
	open := map[string]any{"action": "view", "label": "Open INC-1042", "url": message.URL}
	want := []map[string]any{{
		"topic": "harbour-mara", "title": "P1 Kasse ist weg – 💥", "message": "5xx > 20 %\nService: checkout", "priority": 5.0, "tags": []any{"rotating_light"}, "click": message.URL,
		"actions": []any{map[string]any{"action": "http", "label": "Acknowledge", "url": "https://ek.harbour.example/do/TOKEN", "method": "POST", "clear": true}, open},
	}, {
		"topic": "harbour-ops", "title": "P1 Kasse ist weg – 💥", "message": "P1 Kasse ist weg – 💥", "priority": 3.0, "click": message.URL, "actions": []any{open},
	}}
	if d := cmp.Diff(want, s.got); d != "" {
		t.Errorf("published (-want +got):\n%s", d)
	}
	long := message
	long.Text = strings.Repeat("ä", 5000)
	for range 5 {
		long.Buttons = append(long.Buttons, message.Buttons...)
	}
	if err := tr.Send(context.Background(), notify.Target{URL: s.URL + "/t", Person: 1}, long); err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	s := newServer(t)
	tr := New(egress.Guard{Loopback: true})
	var f *notify.Failure
	for name, c := range map[string]struct {
		to        notify.Target
		recipient bool
	}{
		"no token":         {notify.Target{URL: s.URL + "/harbour-mara", Person: 12}, true},
		"wrong token":      {notify.Target{URL: s.URL + "/harbour-mara", Secret: "tk_WRONG", Person: 12}, true},
		"a team's":         {notify.Target{URL: s.URL + "/harbour-mara"}, false},
		"no topic":         {notify.Target{URL: s.URL + "/", Person: 12}, true},
		"not a topic":      {notify.Target{URL: s.URL + "/a%20b"}, false},
		"no server there ": {notify.Target{URL: s.URL + "/below/topic"}, false},
	} {
		err := tr.Send(context.Background(), c.to, message)
		if !errors.As(err, &f) || !f.Permanent || f.Recipient != c.recipient || strings.Contains(f.Text, "tk_WRONG") || strings.Contains(f.Text, "harbour-mara ") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	s.overused = true
	if err := tr.Send(context.Background(), notify.Target{URL: s.URL + "/harbour-ops"}, message); !errors.As(err, &f) || f.Permanent || f.After != 5*time.Second {
		t.Errorf("429: %+v", f)
	}
}

func TestSplit(t *testing.T) {
	for in, want := range map[string][2]string{
		"https://ntfy.sh/harbour-mara": {"https://ntfy.sh/", "harbour-mara"}, "https://push.harbour.example/ntfy/A_1/": {"https://push.harbour.example/ntfy/", "A_1"},
		"http://10.0.0.5:8080/x": {"http://10.0.0.5:8080/", "x"},
	} {
		if server, topic, err := Split(in); err != nil || server != want[0] || topic != want[1] {
			t.Errorf("%s: %s %s %v", in, server, topic, err)
		}
	}
	for _, in := range []string{"", "ntfy.sh/x", "https://ntfy.sh", "https://ntfy.sh/", "ftp://ntfy.sh/x", "https://u:p@ntfy.sh/x", "https://ntfy.sh/x?auth=1", "https://ntfy.sh/ä", "https://ntfy.sh/" + strings.Repeat("x", 65)} {
		if _, _, err := Split(in); err == nil {
			t.Errorf("%q is taken", in)
		}
	}
}
