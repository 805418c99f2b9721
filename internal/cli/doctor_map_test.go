package cli

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Doctor tells whether the map is there and follows, and what waits or fails.
func TestDoctorAsksForTheMap(t *testing.T) {
	const well = "# HELP evenkeel_map_ready x\nevenkeel_map_ready 1\nevenkeel_map_behind_seconds 0.2\nevenkeel_map_size{what=\"items\"} 61\nevenkeel_map_size{what=\"relations\"} 1.1e+02\n"
	for name, x := range map[string]struct{ metrics, sources, runs, want string }{
		"well":    {well, `{"items":[{"name":"a"},{"name":"b","failures":3,"disabled":true}]}`, `{"items":[{"key":"RUN-1","state":"applied"}]}`, "map: 61 items, 110 relations, up to date\nsources of the map: 2 on a schedule, none fails\nruns of the map: none waits for a decision"},
		"loading": {"evenkeel_map_ready 0\n", `{}`, `{}`, "map: it is being loaded into memory\nsources of the map: 0 on a schedule, none fails\nruns of the map: none waits"},
		"behind":  {strings.Replace(well, "0.2", "42", 1), `{"items":[{"name":"prod-eu","failures":1}]}`, `{"items":[{"key":"RUN-7","source":"aws","state":"asking"}]}`, "map: it is 42s behind the database\nsources of the map: prod-eu failed when last run\nruns of the map: RUN-7 of aws waits for a decision"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Header.Get("Authorization") != "Bearer ek_x":
				w.WriteHeader(http.StatusUnauthorized)
			case r.URL.Path == "/metrics":
				io.WriteString(w, x.metrics)
			case strings.HasSuffix(r.URL.Path, "/discoveries"):
				io.WriteString(w, x.sources)
			default:
				io.WriteString(w, x.runs)
			}
		}))
		var said []string
		mapped(context.Background(), &Globals{Server: server.URL, Token: "ek_x"}, func(name string, err error, good, todo string) {
			if err != nil {
				if good = err.Error(); todo == "" {
					t.Errorf("%s: what to do is not said", name)
				}
			}
			said = append(said, name+": "+good)
		})
		server.Close()
		if got := strings.Join(said, "\n"); !strings.HasPrefix(got, x.want) {
			t.Errorf("%s: says\n%s\nwant\n%s", name, got, x.want)
		}
	}
}
