package cli

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Doctor tells what the server's watchdog of messages sees.
func TestDoctorAsksForMessages(t *testing.T) {
	for answer, want := range map[string]string{
		`{"fine":true}`: "",
		`{"missing":[{"key":"INC-7 triggered","record":"INC-7"}]}`: "INC-7",
		`{"missing":[{}]}`:       "restricted",
		`{"overdue":[{},{}]}`:    "2 messages are overdue",
		`{"dead":3}`:             "3 messages were given up",
		`no answer of the API's`: "not understood",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/v1/messages-watch" {
				t.Errorf("asked for %s", r.URL)
			}
			io.WriteString(w, answer)
		}))
		said := "nothing"
		messages(context.Background(), &Globals{Server: server.URL, Token: "ek_x"}, func(_ string, err error, good, todo string) {
			if said = ""; err != nil {
				said = err.Error()
			}
			if err != nil && todo == "" {
				t.Errorf("%s: what to do is not said", answer)
			}
		})
		server.Close()
		if (want == "") != (said == "") || !strings.Contains(said, want) {
			t.Errorf("%s: says %q, want %q", answer, said, want)
		}
	}
}

// Doctor tells what the watchdog found, and whether somebody outside would
// hear of it.
func TestDoctorAsksTheWatchdog(t *testing.T) {
	for answer, want := range map[string]string{
		`{"findings":[]}`: "watchdog: has not looked yet\nheartbeat: none is configured",
		`{"fine":true,"looked_at":"2026-11-20T18:04:00Z","heartbeat":{"good":"2026-11-20T18:04:00Z"}}`:                       "watchdog: everybody was told, looked 2026-11-20T18:04:00Z\nheartbeat: called",
		`{"looked_at":"2026-11-20T18:04:00Z","findings":[{"text":"a"}],"heartbeat":{"error":"the watchdog has 1 findings"}}`: "watchdog: 1 things that should have been done were not; last looked 2026-11-20T18:04:00Z\nheartbeat: the watchdog has 1 findings",
		`no answer of the API's`: "watchdog: ",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, answer) }))
		var said []string
		lookers(context.Background(), &Globals{Server: server.URL, Token: "ek_x"}, func(name string, err error, good, todo string) {
			if err != nil {
				if good = err.Error(); todo == "" {
					t.Errorf("%s: what to do is not said", answer)
				}
			}
			said = append(said, name+": "+good)
		})
		server.Close()
		if !strings.HasPrefix(strings.Join(said, "\n"), want) {
			t.Errorf("%s: says %q, want %q", answer, said, want)
		}
	}
}
