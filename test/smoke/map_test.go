package smoke

import (
	"compress/gzip"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// TestMapSQLite and TestMapPostgres bring a shop onto the map as its owners
// would: manifests by the command line, traces as a collector sends them. What
// is declared and never seen is exactly what a person counted.
func TestMapSQLite(t *testing.T)   { drawn(t, "") }
func TestMapPostgres(t *testing.T) { drawn(t, dbtest.PostgresURL(t)) }

const data = "../../../shared/data"

func sample(t *testing.T, name string) []byte {
	t.Helper()
	if _, err := os.Stat(data); err != nil {
		t.Skip("needs ../shared/data")
	}
	b, err := os.ReadFile(filepath.Join(data, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func drawn(t *testing.T, database string) {
	var truth struct {
		Declared            [][2]string
		Observed            [][2]string
		DeclaredNotObserved [][2]string `json:"declared_not_observed"`
	}
	if err := json.Unmarshal(sample(t, "kubernetes/online-boutique-edges.truth.json"), &truth); err != nil {
		t.Fatal(err)
	}
	s := serve(t, database, newSink(t))
	s.run("cmdb", "import", "kubernetes", "--scope=shop", "--complete", data+"/kubernetes/online-boutique.kubernetes-manifests.yaml")
	spans := boutique(t)
	for part := range slices.Chunk(spans, 2000) {
		s.traces(part)
	}
	ctx := context.Background()
	eventually(t, 90*time.Second, "declared and observed are told apart", func() error {
		l, err := s.api.ReportEdges(ctx, client.ReportFilter{}, "", 200)
		if err != nil {
			return err
		}
		var got [][2]string
		for _, e := range l.Items {
			if e.Told != "declared" {
				return missing("%s → %s is only observed", e.From.Name, e.To.Name)
			}
			got = append(got, [2]string{e.From.Name, e.To.Name})
		}
		slices.SortFunc(got, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
		if diff := cmp.Diff(truth.DeclaredNotObserved, got); diff != "" {
			return missing("%s", diff)
		}
		return nil
	})
	if len(truth.DeclaredNotObserved) != 4 || len(spans) != 22_969 {
		t.Errorf("%d differences, %d spans", len(truth.DeclaredNotObserved), len(spans))
	}
	if out := s.run("cmdb", "path", "application:frontend", "application:redis-cart"); !strings.Contains(out, "cartservice") {
		t.Errorf("the way to redis-cart:\n%s", out)
	}
	s.follows(database)
}

// follows looks whether a second replica sees a change within a second.
func (s *server) follows(database string) {
	t, ctx := s.t, context.Background()
	if database == "" {
		return // one process has the file
	}
	addr := freePort(t)
	other := &client.Client{Server: "http://" + addr, Token: s.api.Token}
	args := slices.Clone(s.process.cmd.Args[1:])
	for i, a := range args {
		if strings.HasPrefix(a, "--listen=") {
			args[i] = "--listen=" + addr
		}
	}
	ready(t, start(t, "second replica", nil, s.path, args...), other.Server+"/readyz")
	reach := func(c *client.Client) (int, error) {
		return c.ItemReach(ctx, "application:adservice", false, time.Time{})
	}
	eventually(t, 20*time.Second, "the second replica has the map", func() error {
		a, err := reach(s.api)
		if err != nil {
			return err
		}
		if b, err := reach(other); err != nil || a != b {
			return missing("%d there, %d here: %v", b, a, err)
		}
		return nil
	})
	was, _ := reach(s.api)
	if _, err := s.api.CreateItem(ctx, client.NewItem{Kind: "application", Name: "banner"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.api.PutRelation(ctx, client.HandRelation{From: "application:banner", Kind: "depends_on", To: "application:adservice"}); err != nil {
		t.Fatal(err)
	}
	said := time.Now()
	eventually(t, 20*time.Second, "the second replica follows", func() error {
		if n, err := reach(other); err != nil || n != was+1 {
			return missing("%d, want %d: %v", n, was+1, err)
		}
		return nil
	})
	if took := time.Since(said); took > 1500*time.Millisecond { // a second, and a poll of ours
		t.Errorf("the second replica followed after %s", took)
	}
}

// span is one of OTLP in JSON.
type span struct {
	service string
	Trace   string `json:"traceId"`
	ID      string `json:"spanId"`
	Parent  string `json:"parentSpanId,omitempty"`
	Name    string `json:"name"`
	Start   string `json:"startTimeUnixNano"`
	End     string `json:"endTimeUnixNano"`
}

// boutique is the traces of the Nezha data set (Online Boutique, one minute).
func boutique(t *testing.T) (out []span) {
	t.Helper()
	const name = "traces/nezha-onlineboutique-2022-08-23-17_00_trace.csv.gz"
	z, err := gzip.NewReader(strings.NewReader(string(sample(t, name))))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(z).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		pod := strings.Split(r[3], "-")
		x := span{service: strings.Join(pod[:len(pod)-2], "-"), Trace: r[0], ID: r[1], Parent: r[2], Name: r[4], Start: r[5], End: r[6]}
		if x.Parent == "root" {
			x.Parent = ""
		}
		out = append(out, x)
	}
	return out
}

// traces sends spans as a collector does.
func (s *server) traces(list []span) {
	s.t.Helper()
	by := map[string][]span{}
	for _, x := range list {
		by[x.service] = append(by[x.service], x)
	}
	var resources []any
	for service, spans := range by {
		resources = append(resources, map[string]any{
			"resource":   map[string]any{"attributes": []any{map[string]any{"key": "service.name", "value": map[string]any{"stringValue": service}}}},
			"scopeSpans": []any{map[string]any{"spans": spans}},
		})
	}
	body, err := json.Marshal(map[string]any{"resourceSpans": resources})
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, s.url+"/v1/traces", strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+s.api.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	if said, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK || strings.Contains(string(said), "rejected") {
		s.t.Fatalf("%s: %s", res.Status, said)
	}
}

// TestMapKilled ends the program by force while it takes a file, twice. After
// each start all of a run is there or nothing, and the map in memory is what
// the tables say.
func TestMapKilled(t *testing.T) {
	const many = 20_000
	s := serve(t, "", newSink(t))
	ctx := context.Background()
	send := func(scope string) chan error {
		var file strings.Builder
		file.WriteString("key,kind,name,identifiers,from,relation,to\nhub,database,hub-" + scope + ",,,,\n")
		for n := range many {
			fmt.Fprintf(&file, "a%d,application,%s-%d,,,,\n,,,,a%d,stores_in,hub\n", n, scope, n, n)
		}
		done := make(chan error, 1)
		go func() {
			_, err := s.api.ImportFile(ctx, client.MapUpload{Source: "csv", Scope: scope}, strings.NewReader(file.String()))
			done <- err
		}()
		return done
	}
	again := func() {
		t.Helper()
		_ = s.process.cmd.Process.Kill() // -9
		<-s.process.done
		s.process = start(t, "evenkeel, started again", nil, s.path, s.process.cmd.Args[1:]...)
		ready(t, s.process, s.url+"/readyz")
	}
	for n, until := range []string{"reading", "applying"} {
		scope := []string{"north", "south"}[n]
		done := send(scope)
		eventually(t, 60*time.Second, "the run is "+until, func() error {
			l, err := s.api.MapRuns(ctx, "csv", "", 10)
			if err != nil {
				return err
			}
			for _, r := range l.Items {
				if r.Scope == scope && (r.State == until && (until == "reading" || r.Counts.Applied > 0) || r.State == "applied") {
					return nil
				}
			}
			return missing("%d runs", len(l.Items))
		})
		again()
		<-done // refused or cut short: what counts is what is there
		var state string
		eventually(t, 90*time.Second, "the run is over", func() error {
			l, err := s.api.MapRuns(ctx, "csv", "", 10)
			if err != nil {
				return err
			}
			for _, r := range l.Items {
				if r.Scope == scope {
					if state = r.State; state == "reading" || state == "applying" {
						return missing("it is %s", state)
					}
				}
			}
			return nil
		})
		items, cursor := 0, ""
		for {
			l, err := s.api.Items(ctx, client.ItemFilter{Source: "csv"}, cursor, 200)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range l.Items {
				if strings.Contains(i.Name, scope) {
					items++
				}
			}
			if cursor = l.Next; cursor == "" {
				break
			}
		}
		want := 0
		if state == "applied" {
			want = many + 1
		}
		if items != want || until == "applying" && want == 0 {
			t.Errorf("killed while %s: the run is %s and %d items are there", until, state, items)
		}
		if want > 0 {
			eventually(t, 20*time.Second, "the map in memory has it all", func() error {
				if n, err := s.api.ItemReach(ctx, "database:hub-"+scope, false, time.Time{}); err != nil || n != many {
					return missing("%d need the hub: %v", n, err)
				}
				return nil
			})
		}
	}
}
