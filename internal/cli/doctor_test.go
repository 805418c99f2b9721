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
