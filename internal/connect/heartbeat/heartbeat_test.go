package heartbeat

import (
	"net/http"
	"testing"

	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestBeats(t *testing.T) {
	for _, tt := range []struct {
		method, path, auth string
		fail               error
		status, beats      int
	}{
		{"GET", "/heartbeat/" + connecttest.Token, "", nil, 200, 1},
		{"HEAD", "/heartbeat/" + connecttest.Token, "", nil, 200, 1},
		{"POST", "/heartbeat/" + connecttest.Token, "", nil, 200, 1},
		{"POST", "/heartbeat", "Bearer " + connecttest.Token, nil, 200, 1},
		{"PUT", "/heartbeat/" + connecttest.Token, "", nil, 405, 0},
		{"GET", "/heartbeat/wrong", "", nil, 401, 0},
		{"GET", "/heartbeat", "", nil, 401, 0},
		{"GET", "/heartbeat/" + connecttest.Token, "", errs.E(errs.Unavailable, "no"), 503, 1},
	} {
		a := &connecttest.Alerts{Fail: tt.fail}
		s := connecttest.Server(t, New(connecttest.Door(a), a).Routes)
		req, err := http.NewRequest(tt.method, s.URL+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if tt.auth != "" {
			req.Header.Set("Authorization", tt.auth)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != tt.status || a.Beats != tt.beats {
			t.Errorf("%s %s: %d, %d beats; want %d, %d", tt.method, tt.path, res.StatusCode, a.Beats, tt.status, tt.beats)
		}
	}
}
