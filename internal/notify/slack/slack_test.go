package slack

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
	Title: "P1 Checkout <!channel> & co", Text: "5xx > 20 %", Facts: []notify.Fact{{Name: "Service", Value: "<checkout>"}},
	Buttons: []notify.Button{{Verb: "acknowledge", Label: "Acknowledge", URL: "https://ek.harbour.example/do/SECRET"}, {Label: "Open INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042"}}}

func TestRender(t *testing.T) {
	got, err := json.Marshal(render(message))
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	json.Unmarshal(got, &tree)
	want := map[string]any{
		"text": "INC-1042 P1 Checkout &lt;!channel&gt; &amp; co", "unfurl_links": false,
		"blocks": []any{
			map[string]any{"type": "header", "text": map[string]any{"type": "plain_text", "text": "INC-1042 P1 Checkout <!channel> & co"}},
			map[string]any{"type": "section", "text": map[string]any{"type": "mrkdwn", "text": "5xx &gt; 20 %"}},
			map[string]any{"type": "section", "fields": []any{map[string]any{"type": "mrkdwn", "text": "*Service*\n&lt;checkout&gt;"}}},
			map[string]any{"type": "actions", "elements": []any{map[string]any{"type": "button", "action_id": "open-MSG-17", "style": "danger",
				"text": map[string]any{"type": "plain_text", "text": "Open INC-1042"}, "url": "https://ek.harbour.example/incidents/INC-1042"}}},
		},
	}
	if d := cmp.Diff(want, tree); d != "" {
		t.Errorf("payload (-want +got):\n%s", d)
	}
}

// Slack refuses a whole message for one element that is too long.
func TestLimits(t *testing.T) {
	m := message
	m.Title, m.Text = strings.Repeat("ä", 500), strings.Repeat("&", 5000)
	m.Facts = nil
	for range 30 {
		m.Facts = append(m.Facts, notify.Fact{Name: strings.Repeat("n", 100), Value: strings.Repeat("<", 3000)})
	}
	p := render(m)
	if n := utf8.RuneCountInString(p.Blocks[0].Text.Text); n > 150 {
		t.Errorf("header of %d characters", n)
	}
	if n := utf8.RuneCountInString(p.Blocks[1].Text.Text); n > 3000 {
		t.Errorf("text of %d characters", n)
	}
	if s := p.Blocks[1].Text.Text; !strings.HasSuffix(s, "&amp;…") {
		t.Errorf("an escape was cut: …%s", s[len(s)-12:])
	}
	if n := len(p.Blocks[2].Fields); n != 10 {
		t.Errorf("%d fields", n)
	}
	for _, f := range p.Blocks[2].Fields {
		if utf8.RuneCountInString(f.Text) > 2000 {
			t.Error("a field is too long")
		}
	}
}

func TestSend(t *testing.T) {
	var body string
	status := http.StatusOK
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		body = string(b)
		w.Header().Set("Retry-After", "30")
		w.WriteHeader(status)
		io.WriteString(w, "ok")
	}))
	defer srv.Close()
	tr, to := New(egress.Guard{Loopback: true}), notify.Target{URL: srv.URL + "/services/T0/B0/SECRET"}
	if err := tr.Send(context.Background(), to, message); err != nil || !strings.Contains(body, "INC-1042") || strings.Contains(body, "/do/") {
		t.Errorf("%v: %s", err, body)
	}
	status = http.StatusTooManyRequests
	var f *notify.Failure
	if err := tr.Send(context.Background(), to, message); !errors.As(err, &f) || f.Permanent || f.After != 30*time.Second {
		t.Errorf("429: %+v", f)
	}
	status = http.StatusForbidden
	if err := tr.Send(context.Background(), to, message); !errors.As(err, &f) || !f.Permanent || strings.Contains(f.Text, "SECRET") {
		t.Errorf("403: %+v", f)
	}
}
