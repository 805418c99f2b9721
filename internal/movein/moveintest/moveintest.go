// Package moveintest serves another system's API from files, as it was
// recorded: for tests of importers. The answer to GET /teams/PT1/members is
// the file teams_PT1_members.json; with offset=100 or page=2 it is
// teams_PT1_members@100.json. A path without a file is 404, a request without
// the expected Authorization 401, and the first request of all is refused with
// 429, which every one of these systems does on a busy day. {{server}} in a
// file is the server's own address.
package moveintest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Serve serves the files of a directory to those who send the authorization.
func Serve(t testing.TB, dir, authorization string) *httptest.Server {
	t.Helper()
	var asked atomic.Int64
	var s *httptest.Server
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method != http.MethodGet:
			t.Errorf("%s %s: importers only read", r.Method, r.URL)
		case r.Header.Get("Authorization") != authorization:
			w.WriteHeader(http.StatusUnauthorized)
			return
		case asked.Add(1) == 1:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		name := strings.ReplaceAll(strings.Trim(r.URL.Path, "/"), "/", "_")
		for _, q := range []string{"offset", "page"} {
			if n := r.URL.Query().Get(q); n != "" && n != "0" {
				name += "@" + n
			}
		}
		text, err := os.ReadFile(filepath.Join(dir, name+".json"))
		if err != nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write([]byte(strings.ReplaceAll(string(text), "{{server}}", s.URL)))
	}))
	t.Cleanup(s.Close)
	return s
}
