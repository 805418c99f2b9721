package teams

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

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

var message = notify.Message{ID: "MSG-17", Record: "INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042", Urgent: true,
	Title: "P1 Checkout is down", Text: "See [the dashboard](https://evil.example)", Facts: []notify.Fact{{Name: "Service", Value: "**checkout**"}},
	Buttons: []notify.Button{{Verb: "acknowledge", Label: "Acknowledge", URL: "https://ek.harbour.example/do/SECRET"}, {Label: "Open INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042"}}}

// workflow is a workflow's trigger as Power Automate runs it.
type workflow struct {
	*httptest.Server
	t      *testing.T
	status int
	body   string
}

const query = "?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=SIGNATURE"

func newWorkflow(t *testing.T) *workflow {
	s := &workflow{t: t, status: http.StatusAccepted}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *workflow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b, _ := io.ReadAll(r.Body)
	s.body = string(b)
	if r.URL.Query().Get("sig") != "SIGNATURE" || r.Header.Get("Content-Type") != "application/json" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if len(b) > 28<<10 {
		s.t.Errorf("a message of %d bytes", len(b))
	}
	w.Header().Set("Retry-After", "30")
	w.WriteHeader(s.status)
	if s.status >= 400 {
		io.WriteString(w, `{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"sig=SIGNATURE: The workflow trigger is not enabled."}}`)
	}
}

func TestSend(t *testing.T) {
	s := newWorkflow(t)
	tr, to := New(egress.Guard{Loopback: true}), notify.Target{URL: s.URL + "/workflows/7f3a/triggers/manual/paths/invoke" + query}
	if err := tr.Send(context.Background(), to, message); err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal([]byte(s.body), &got); err != nil {
		t.Fatal(err)
	}
	rich := func(runs ...any) map[string]any { return map[string]any{"type": "RichTextBlock", "inlines": runs} }
	fact := rich(map[string]any{"type": "TextRun", "text": "Service  ", "isSubtle": true}, map[string]any{"type": "TextRun", "text": "**checkout**"})
	fact["spacing"] = "Small"
	want := map[string]any{"type": "message", "attachments": []any{map[string]any{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil,
		"content": map[string]any{
			"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4", "fallbackText": "INC-1042 P1 Checkout is down", "msteams": map[string]any{"width": "Full"},
			"body": []any{
				rich(map[string]any{"type": "TextRun", "text": "INC-1042 P1 Checkout is down", "size": "Large", "weight": "Bolder", "color": "Attention"}),
				rich(map[string]any{"type": "TextRun", "text": "See [the dashboard](https://evil.example)"}), fact,
			},
			"actions": []any{map[string]any{"type": "Action.OpenUrl", "title": "Open INC-1042", "url": message.URL, "style": "destructive"}},
		}}}}
	if d := cmp.Diff(any(want), got); d != "" {
		t.Errorf("card (-want +got):\n%s", d)
	}
	long := message
	long.Title, long.Text, long.Facts = strings.Repeat("<", 5000), strings.Repeat("\x01", 50000), nil
	for range 40 {
		long.Facts = append(long.Facts, notify.Fact{Name: strings.Repeat("&", 900), Value: strings.Repeat("\u2028", 900)})
	}
	if err := tr.Send(context.Background(), to, long); err != nil {
		t.Error(err)
	}
}

func TestRefusals(t *testing.T) {
	s := newWorkflow(t)
	tr, to := New(egress.Guard{Loopback: true}), notify.Target{URL: s.URL + "/workflows/7f3a" + query}
	for status, permanent := range map[int]bool{429: false, 500: false, 502: false, 400: true, 401: true, 404: true} {
		s.status = status
		var f *notify.Failure
		if err := tr.Send(context.Background(), to, message); !errors.As(err, &f) || f.Permanent != permanent || strings.Contains(f.Text, "SIGNATURE") || f.After != 30*time.Second {
			t.Errorf("%d: %+v", status, f)
		}
	}
}
