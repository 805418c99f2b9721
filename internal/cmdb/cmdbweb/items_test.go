package cmdbweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbweb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/web"
)

// desk serves the pages of what stands on the map, to whoever sits at it.
type desk struct {
	*testing.T
	db    *db.DB
	cmdb  *cmdb.Service
	mux   *http.ServeMux
	shell *web.Shell
	who   actor.Actor
}

// lines is a source whose files say "kind name" in each line, and "! what" for
// a remark.
func lines(r io.Reader, opt sourcefile.Options, emit cmdb.Emit) (remarks []cmdb.Remark, err error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		kind, name, ok := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case kind == "!":
			remarks = append(remarks, cmdb.Remark{Place: fmt.Sprint("line ", i+1), Text: name})
		case !ok:
			return nil, sourcefile.Bad(fmt.Sprint("line ", i+1), "line", line, "write a kind and a name")
		default:
			if err := emit(cmdb.Record{Item: &cmdb.Seen{Key: name, Kind: kind, Name: name, Env: opt.Env}}); err != nil {
				return nil, err
			}
		}
	}
	return remarks, nil
}

func sit(t *testing.T, d *db.DB) *desk {
	t.Helper()
	s := cmdb.New(d, cmdb.Options{Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	s.Readers = map[string]cmdb.ScheduledSource{"lines": {Config: []string{"url"}, Need: []string{"url"}, Read: func(_ context.Context, c cmdb.Config) (func(cmdb.Emit) ([]cmdb.Remark, error), error) {
		return func(emit cmdb.Emit) ([]cmdb.Remark, error) {
			if c.Values["url"] == "down" {
				return nil, errors.New("no route")
			}
			return nil, emit(cmdb.Record{Item: &cmdb.Seen{Key: "a", Kind: cmdb.KindHost, Name: "host-a"}})
		}, nil
	}}}
	shell := &web.Shell{Org: "Harbour & Co", Nav: []web.NavItem{{ID: "map", Title: "Map", Path: "/map", Icon: "sitemap"}}}
	k := &desk{T: t, db: d, cmdb: s, mux: http.NewServeMux(), shell: shell, who: actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Manager, Name: "Mara Lindt"}}
	k.mux.HandleFunc("GET /assets/", web.Assets)
	p := &cmdbweb.Pages{Shell: shell, CMDB: s, Files: map[string]cmdbweb.FileSource{"lines": lines}, Names: func(context.Context, []int64) (map[int64]string, error) {
		return map[int64]string{1: "Mara Lindt"}, nil
	}}
	p.Routes(func(pattern string, h web.HandlerFunc) { k.mux.Handle(pattern, shell.Handle(h)) })
	for end := time.Now().Add(30 * time.Second); !s.Ready(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the graph is not loaded")
		}
	}
	return k
}

// do sends a request and checks what the answer says; "!" before a text: it must
// not stand there. It returns where it leads and the page.
func (k *desk) do(method, path string, body io.Reader, kind string, status int, says ...string) (string, string) {
	k.Helper()
	r := httptest.NewRequest(method, path, body)
	r.Header.Set("Content-Type", kind)
	w := httptest.NewRecorder()
	k.mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), k.who)))
	text := w.Header().Get("Location") + w.Body.String()
	if w.Code != status {
		_, main, _ := strings.Cut(text, "<main")
		k.Fatalf("%s %s: %d, want %d\n%.3000s", method, path, w.Code, status, main)
	}
	for _, s := range says {
		if want, not := strings.CutPrefix(s, "!"); strings.Contains(text, want) == not {
			_, main, _ := strings.Cut(text, "<main")
			k.Errorf("%s %s: want %q\n%.2000s", method, path, s, main)
		}
	}
	return w.Header().Get("Location"), text
}

func (k *desk) see(path string, status int, says ...string) string {
	k.Helper()
	_, text := k.do("GET", path, nil, "", status, says...)
	return text
}

func (k *desk) post(path string, form url.Values, status int, says ...string) string {
	k.Helper()
	at, _ := k.do("POST", path, strings.NewReader(form.Encode()), "application/x-www-form-urlencoded", status, says...)
	return at
}

// send uploads a file.
func (k *desk) send(form url.Values, file string, status int, says ...string) (string, string) {
	k.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name := range form {
		if err := m.WriteField(name, form.Get(name)); err != nil {
			k.Fatal(err)
		}
	}
	f, err := m.CreateFormFile("file", "file.txt")
	if err == nil {
		_, err = io.WriteString(f, file)
	}
	if err = errors.Join(err, m.Close()); err != nil {
		k.Fatal(err)
	}
	return k.do("POST", "/map/import", &b, m.FormDataContentType(), status, says...)
}

// Items by hand, from the empty list to retirement.
func TestItemsStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := sit(t, d)
		k.see("/map/items", 200, "Three ways to fill it", "/map/import")
		k.see("/map/items?q=color:red", 200, "“color:red” is not understood")
		k.see("/map/items/new", 200, "Services are added in the catalog")
		k.post("/map/items/new", url.Values{"kind": {"database"}, "name": {"ledger"}, "attributes": {"size large"}}, 422, "line 1: write a name, = and the value", `value="ledger"`)
		k.post("/map/items/new", url.Values{"kind": {"database"}}, 422, "Name")
		at := k.post("/map/items/new", url.Values{"kind": {"database"}, "name": {"ledger"}, "env": {"production"}, "team": {"payments"}, "attributes": {"size = large\nreplicas = 3\nnote = \"3\""}, "identifiers": {"dns=ledger.harbour.example"}}, 303, "/map/items/CI-1")
		app := k.post("/map/items/new", url.Values{"kind": {"application"}, "name": {"payments-api"}}, 303)
		k.see("/map/items?q=database:led", 200, "ledger", "!payments-api", "Remove database:led")
		k.see(at, 200, "a person", "replicas", "Is needed by", "Nobody uses it", "Part of no service", "dns", "So it was when it came onto the map", "Change it")

		k.post(app+"/relate", url.Values{"relation": {"stores_in"}, "other": {"nowhere"}}, 422, "There is no such item")
		k.post(app+"/relate", url.Values{"other": {"ledger"}}, 422, "choose what it is to the other")
		k.post(app+"/relate", url.Values{"relation": {"stores_in"}, "other": {"database:ledger"}, "strength": {"hard"}, "group": {"stores"}, "need": {"1"}}, 303, app)
		k.see("/map/impact?down=CI-1", 200, "payments-api") // what follows a form knows what the form did
		k.see(app, 200, "needs 1 of 1, no spare", "stores in", "declared")
		k.see(at, 200, "one of stores, 1 needed", "stores data of", "relate?other=CI-2&amp;kind=stores_in&amp;way=in")
		k.see(at+"/relate?other=CI-2&kind=stores_in&way=in", 200, "Take back what was said by hand", `value="stores"`)

		k.see(at+"/edit", 200, "size = large", "note = &#34;3&#34;")
		form := url.Values{"version": {"2"}, "name": {"ledger"}, "env": {"production"}, "team": {"payments"}, "attributes": {"size = huge"}, "identifiers": {"dns=ledger.harbour.example"}}
		_, page := k.do("GET", at+"/edit", nil, "", 200)
		form.Set("version", between(page, `name="version" value="`))
		k.post(at+"/edit", form, 303, at)
		k.see(at, 200, "<del>large</del>", "<ins>huge</ins>", "<del>3</del>")
		form.Set("attributes", "size = tiny")
		k.post(at+"/edit", form, 422, "What stands there now is said", "Now it is")

		k.see(at+"?at=2001-01-01T00:00", 422, "t was not known before")
		k.see(at+"?at=nonsense", 422, "2026-11-13T18:00")
		past := between(k.see(at, 200), `<span class="ek-itm-t"><a href="`)
		k.see(strings.ReplaceAll(past, "&amp;", "&"), 200, "As it was")

		other := k.post("/map/items/new", url.Values{"kind": {"database"}, "name": {"ledger-old"}}, 303)
		k.post(at+"/merge", url.Values{"other": {"ledger-old"}, "keep": {"this"}}, 422, "say why")
		k.post(at+"/merge", url.Values{"other": {"payments-api"}, "keep": {"this"}, "note": {"x"}}, 422, "not one thing")
		k.post(at+"/merge", url.Values{"other": {"ledger-old"}, "keep": {"this"}, "note": {"One database"}}, 303, at)
		k.see(other, 200, "It was merged into CI-1", "!Change it")
		k.see(other+"/edit", 409)
		page = k.see(at, 200, "merged with", "One database", "Undo")
		k.post(at+"/undo", url.Values{"regroup": {between(page, `name="regroup" value="`)}}, 303, at)
		k.see(other, 200, "!It was merged into", "Change it")

		page = k.see(other+"?ask=retire", 200, "Retire ledger-old?")
		k.post(other+"/retire", url.Values{"version": {between(page, `name="version" value="`)}, "note": {"Switched off"}}, 303, other)
		k.see("/map/items?q=state:retired", 200, "ledger-old")
		page = k.see(other+"?ask=restore", 200, "Restore ledger-old?")
		k.post(other+"/restore", url.Values{"version": {between(page, `name="version" value="`)}}, 303, other)

		k.post(app+"/unrelate", url.Values{"relation": {"stores_in"}, "other": {"CI-1"}}, 303, app)
		k.see(app, 200, "1 relation of the past")

		k.who.Role = actor.Requester
		k.see("/map/items", 200, "!Add an item")
		k.see(at, 200, "!Change it", "!Edit…")
		for _, form := range []string{"/edit", "/relate", "/merge", "/split"} {
			k.see(at+form, 403)
			k.post(at+form, url.Values{}, 403)
		}
		k.see("/map/items/new", 403)
		k.post("/map/items/new", url.Values{}, 403)
		k.post(at+"/retire", url.Values{"version": {"1"}, "note": {"x"}}, 403)
		k.post(at+"/undo", url.Values{"regroup": {"1"}}, 403)
	})
}

// between is what stands after a text, up to the next quotation mark.
func between(page, start string) string {
	_, rest, _ := strings.Cut(page, start)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// Files by hand: dry, kept, applied, asking, refused, cut off.
func TestImportStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := sit(t, d)
		k.see("/map/runs", 200, "Nothing was imported yet")
		k.see("/map/import", 200, "evenkeel cmdb import", "What is not in it stays as it is")
		dry := url.Values{"source": {"lines"}, "scope": {"dc"}, "complete": {"yes"}, "apply": {"dry"}, "env": {"production"}}
		k.post("/map/import", url.Values{"source": {"lines"}}, 422, "choose a file that is not empty")
		k.send(url.Values{"source": {"nothing"}}, "host a", 422, "choose what wrote the file")
		k.send(dry, "  ", 422, "choose a file that is not empty")
		k.send(dry, "host a\nnonsense", 422, "line 2", "RUN-1", "Nothing was changed")
		_, page := k.send(dry, "host a\nhost b\nhost c\n! it has no name", 200, "This is what it would change", "RUN-2", "line 4", "it has no name", "New items", "Apply it")
		kept := between(page, `name="kept" value="`)
		k.see("/map/items", 200, "Three ways")
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		for _, name := range []string{"source", "scope", "complete", "env"} {
			_ = m.WriteField(name, dry.Get(name))
		}
		_ = m.WriteField("apply", "now")
		_ = m.WriteField("kept", kept)
		m.Close()
		at, _ := k.do("POST", "/map/import", &b, m.FormDataContentType(), 303, "/map/runs/RUN-3")
		k.see(at, 200, "applied", "Mara Lindt")
		k.see("/map/items?q=env:production", 200, "host", ">a<")
		k.see("/map/runs", 200, "RUN-3", "3 new", "dry run", "refused")
		k.see("/map/runs?q=source:nobody", 200, "No run of nobody")
		k.see("/map/runs?q=colour:red", 200, "is not understood")
		k.see("/map/runs?before=x", 422)

		now := url.Values{"source": {"lines"}, "scope": {"dc"}, "complete": {"yes"}, "apply": {"now"}}
		at, _ = k.send(now, "host a", 303)
		k.see(at, 200, "It stopped and asks", "Go on: they are really gone", "Turn stale")
		k.send(now, "host a", 422, "confirm or refuse it first")
		k.post(at+"/refuse", nil, 303, at)
		k.see(at, 200, "refused", "!It stopped and asks")
		k.post(at+"/confirm", nil, 303)
		at, _ = k.send(now, "host a", 303)
		k.post(at+"/confirm", nil, 303, at)
		k.see("/map/items?q=state:stale", 200, ">b<", ">c<")
		k.see("/map/items/CI-2", 200, "Stale since", "It retires", "not seen since")
		k.see("/map/reports/stale", 200, ">b<")

		big := strings.Repeat("! more than a form keeps, so that it has to be chosen again\n", keepAtLeast/40) + "host a"
		at, _ = k.send(dry, big, 303)
		k.see(at, 200, "dry run", "Apply it…")

		// A file that ends in the middle changes nothing.
		var cut bytes.Buffer
		m = multipart.NewWriter(&cut)
		_ = m.WriteField("source", "lines")
		f, _ := m.CreateFormFile("file", "x")
		_, _ = io.WriteString(f, "host z\n")
		k.do("POST", "/map/import", io.MultiReader(&cut), m.FormDataContentType(), 422, "cut off")
		k.see("/map/items?q=z", 200, "No item fits")

		k.who.Role = actor.Requester
		k.see("/map/import", 403)
		k.post("/map/import", nil, 403)
		k.post(at+"/confirm", nil, 403)
		k.see(at, 200, "!Apply it…")
	})
}

const keepAtLeast = 1 << 20

// Reports, pairs, baselines, changes.
func TestReportsStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := sit(t, d)
		for _, name := range []string{"orphans", "ownerless", "stale", "duplicates", "conflicts", "dangling", "edges"} {
			k.see("/map/reports/"+name, 200, "!No item")
			k.see("/map/reports/"+name+"/csv", 200)
			k.see("/map/reports/"+name+"?q=colour:red", 200, "is not understood")
			k.see("/map/reports/"+name+"?q=service:nobody", 422, "nobody")
		}
		k.see("/map/reports/nothing", 404)
		k.see("/map/reports/orphans/csv?q=x:y", 422)
		k.see("/map/proposals", 200, "Nothing to decide")
		k.observe("backstage", cmdb.Declared, "web", "api")
		k.observe("otlp", cmdb.Observed, "web", "search")
		k.see("/map/reports", 200, "Declared and observed", "Lead nowhere")
		page := k.see("/map/reports/edges", 200, "Declared and never seen", "Seen and never declared", "Declare it", "Runs of backstage")
		k.see("/map/reports/edges?q=source:otlp", 200, "Declare it")
		k.see("/map/reports/edges?for=soon", 422, "P7D")
		from := "/map/items/" + between(page, `<form method="post" action="/map/items/`)
		k.post(from, url.Values{"other": {between(page, `name="other" value="`)}, "relation": {"calls"}, "back": {"/map/reports/edges"}}, 303, "/map/reports/edges")
		k.see("/map/reports/edges", 200, "All that is seen is declared")
		k.post(from, url.Values{"other": {"search"}, "relation": {"calls"}, "back": {"//evil.example"}}, 303, "/map/items/")

		// Two that bear one name are a pair.
		k.send(url.Values{"source": {"lines"}, "scope": {"a"}, "apply": {"now"}, "env": {"production"}}, "host db-1", 303)
		k.send(url.Values{"source": {"lines"}, "scope": {"b"}, "apply": {"now"}, "env": {"production"}}, "host db-1", 303)
		k.see("/map/reports/duplicates", 200, "db-1")
		twin := k.post("/map/items/new", url.Values{"kind": {"host"}, "name": {"db-1"}, "env": {"production"}}, 303)
		page = k.see("/map/proposals", 200, "To decide")
		if pair := between(page, `<a class="ek-trunc ek-lead" href="`); pair != "" {
			k.see(pair, 200, "They are two", "Which number stays")
			k.post(pair, url.Values{"do": {"merge"}, "keep": {"999"}}, 422, "CI-")
			k.post(pair, url.Values{"do": {"refuse"}}, 303, "/map/proposals")
			k.see(pair, 200, "Mara Lindt decided", "are two", "!They are one: merge")
			k.see("/map/proposals?show=all", 200, "are two")
		} else {
			t.Error("no pair was proposed")
		}

		k.see("/map/baselines", 200, "No baseline yet")
		k.post("/map/baselines/new", url.Values{"name": {"Bad Name"}}, 422, "use 1 to 63")
		k.post("/map/baselines/new", url.Values{"name": {"friday"}, "every": {"soon"}}, 422, "PT1H")
		k.post("/map/baselines/new", url.Values{"name": {"friday"}, "service": {"nobody"}}, 422)
		at := k.post("/map/baselines/new", url.Values{"name": {"friday"}, "title": {"Friday"}}, 303, "/map/baselines/friday")
		k.post("/map/baselines/new", url.Values{"name": {"friday"}}, 422, "t is there already")
		k.see("/map/baselines", 200, "Friday", "the whole map")
		k.settleBaseline()
		k.see(at+"?verify=1", 200, "It matches")
		_, page = k.do("GET", twin+"/edit", nil, "", 200)
		k.post(twin+"/edit", url.Values{"version": {between(page, `name="version" value="`)}, "attributes": {"size = large"}}, 303)
		page = k.see(at, 200, "changed", "<ins>large</ins>", "Accept the chosen", "1 difference")
		what := between(page, `name="what" value="`)
		k.post(at+"/drift", url.Values{"do": {"accept"}}, 422, "choose at least one")
		k.post(at+"/drift", url.Values{"do": {"explain"}, "what": {what}}, 422)
		k.post(at+"/drift", url.Values{"do": {"explain"}, "what": {what}, "note": {"The move"}}, 303, at)
		k.see(at, 200, "The move", "all explained")
		k.post(at+"/drift", url.Values{"do": {"accept"}, "what": {what}}, 303, at)
		k.see(at, 200, "Nothing is different")
		k.see("/map/changes", 200, "What changed", "db-1")
		k.see("/map/changes?from=soon", 422, "2026-11-13T18:00")
		k.see("/map/changes?from=2001-01-01T00:00&to=2001-01-02T00:00", 200, "Nothing is different")
		k.see(at+"/edit", 200, `value="Friday"`)
		k.post(at+"/edit", url.Values{"version": {"1"}, "title": {"Old"}}, 422, "version")
		page = k.see(at+"?ask=move", 200, "Take it anew, of now?")
		k.post(at+"/move", url.Values{"version": {between(page, `name="version" value="`)}}, 303, at)
		k.see(at+"?ask=delete", 200, "Delete the baseline friday?")
		k.who.Role = actor.Requester
		k.see(at, 200, "!Accept the chosen", "!Edit…")
		k.see("/map/baselines/new", 403)
		k.post(at+"/drift", url.Values{"what": {what}}, 403)
		k.post(at+"/delete", nil, 403)
		k.who.Role = actor.Manager
		k.post(at+"/delete", nil, 303, "/map/baselines")
		k.see(at, 404)
	})
}

// observe lets a source see two applications of which one calls the other.
func (k *desk) observe(source string, how cmdb.Provenance, a, b string) {
	k.Helper()
	seen := func(name string) cmdb.Record {
		return cmdb.Record{Item: &cmdb.Seen{Key: name, Kind: cmdb.KindApplication, Name: name, Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeServiceName, Value: name}}}}
	}
	who := actor.Job("test")
	if err := k.db.Write(actor.With(k.Context(), who), who, "test", func(tx *db.Tx) error {
		_, err := k.cmdb.Observe(tx, source, "", []cmdb.Record{seen(a), seen(b), {Relation: &cmdb.SeenRelation{From: cmdb.ByKey(a), To: cmdb.ByKey(b), Kind: cmdb.Calls, Provenance: how}}})
		return err
	}); err != nil {
		k.Fatal(err)
	}
}

// conflict lets two sources differ on an application.
func (k *desk) conflict() {
	k.Helper()
	who := actor.Job("test")
	for source, tier := range map[string]string{"backstage": `"one"`, "otlp": `"two"`} {
		if err := k.db.Write(actor.With(k.Context(), who), who, "test", func(tx *db.Tx) error {
			_, err := k.cmdb.Observe(tx, source, "", []cmdb.Record{{Item: &cmdb.Seen{Key: "web", Kind: cmdb.KindApplication, Name: "web", Identifiers: []cmdb.Identifier{{Scheme: cmdb.SchemeServiceName, Value: "web"}}, Attributes: map[string]json.RawMessage{"tier": json.RawMessage(tier)}}}})
			return err
		}); err != nil {
			k.Fatal(err)
		}
	}
}

// settleBaseline takes digests, as due work does.
func (k *desk) settleBaseline() {
	k.Helper()
	s := k.cmdb.BaselineSource()
	for range 3 {
		if _, err := s.Run(actor.With(k.Context(), actor.Job("test")), k.db); err != nil {
			k.Fatal(err)
		}
	}
}

// Sources on a schedule, kinds and rules.
func TestSettingsStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := sit(t, d)
		k.see("/map/sources", 200, "No source on a schedule")
		k.see("/map/sources/new", 200, "Which source?", "source=lines")
		k.see("/map/sources/new?source=lines", 200, `name="config.url"`)
		k.post("/map/sources/new", url.Values{"source": {"lines"}, "name": {"dc"}}, 422, "the source lines needs it")
		k.post("/map/sources/new", url.Values{"source": {"lines"}, "name": {"dc"}, "config.url": {"x"}, "every": {"1x"}}, 422, "PT1H")
		at := k.post("/map/sources/new", url.Values{"source": {"lines"}, "name": {"dc"}, "title": {"Data centre"}, "scope": {"dc"}, "config.url": {"up"}, "every": {"PT2H"}, "complete": {"yes"}}, 303, "/map/sources/dc")
		k.see("/map/sources", 200, "Data centre", "not run yet")
		k.see(at, 200, "every 2 h", "Run now", "what it does not see is not there")
		k.post(at+"/try", nil, 303, "/map/runs/RUN-1")
		k.post(at+"/run", nil, 303, at)
		k.see(at+"/edit", 200, `value="up"`, "Save")
		k.post(at+"/edit", url.Values{"version": {"9"}, "config.url": {"up"}}, 422, "version")
		k.post(at+"/edit", url.Values{"version": {"1"}, "config.url": {"down"}, "scope": {"dc"}}, 303, at)
		k.post(at+"/try", nil, 303, at)
		k.see(at+"?ask=delete", 200, "Delete the source dc?")

		k.see("/map/kinds", 200, "known from the start", "load balancer")
		k.see("/map/kinds/host", 200, "Anything that sources say", "!Delete…")
		k.post("/map/kinds/new", url.Values{"name": {"flag"}, "schema": {"type: [1"}}, 422, "line 1")
		k.post("/map/kinds/new", url.Values{"name": {"flag"}, "schema": {"type: nonsense"}}, 422, "no JSON Schema")
		kind := k.post("/map/kinds/new", url.Values{"name": {"flag"}, "title": {"Feature flag"}, "strict": {"on"}, "schema": {"type: object\nproperties: {owner: {type: string, description: Who asked for it}}\nrequired: [owner]"}}, 303, "/map/kinds/flag")
		k.see(kind, 200, "Who asked for it", "needed", "is refused, from sources too", "kind: ItemKind")
		k.post("/map/items/new", url.Values{"kind": {"flag"}, "name": {"dark"}, "attributes": {"owner = 3"}}, 422, "owner 3: use a value of the type string")
		k.post("/map/items/new", url.Values{"kind": {"flag"}, "name": {"dark"}, "attributes": {"owner = mara"}}, 303)
		k.post(kind+"/edit", url.Values{"version": {"7"}}, 422)
		k.post(kind+"/delete", nil, 303)
		k.see(kind, 200)

		k.see("/map/rules", 200, "These are built in", "kind: ReconciliationRules", "after 30 d")
		k.see("/map/rules/default", 303, "/map/rules")
		k.see("/map/rules/other", 404)
		k.see("/map/rules/edit", 200, "kind: ReconciliationRules")
		k.post("/map/rules/edit", url.Values{"do": {"preview"}, "version": {"0"}, "code": {"sources: nope"}}, 422, "sources must be a list")
		k.post("/map/rules/edit", url.Values{"do": {"preview"}, "version": {"0"}, "code": {"sourcess: []"}}, 422, "there is no field")
		k.post("/map/rules/edit", url.Values{"do": {"preview"}, "version": {"0"}, "code": {"sources: [hand, hand]"}}, 422, "it stands above already")
		k.post("/map/rules/edit", url.Values{"do": {"preview"}, "version": {"0"}, "code": {"sources: [netbox]\ngrace: P3D"}}, 200, "None of 1 item would look different", "nothing is saved yet")
		k.post("/map/rules/edit", url.Values{"do": {"save"}, "version": {"5"}, "code": {"sources: [netbox]"}}, 422)
		k.post("/map/rules/edit", url.Values{"do": {"save"}, "version": {"0"}, "code": {"sources: [netbox]\ngrace: P3D\nattributes: [{name: size, sources: [hand]}]"}}, 303, "/map/rules")
		k.see("/map/rules", 200, "after 3 d", "Version 1", "Reset…", "worked out again")
		k.see("/map/rules?ask=reset", 200, "Go back to the rules that are built in?")
		k.post("/map/rules/reset", nil, 303, "/map/rules")
		k.see("/map/rules", 200, "These are built in")

		code := ascode.New(d, cmdb.AsCode(k.cmdb)...)
		file := ascode.File{Path: "map.yaml", Content: "apiVersion: evenkeel/v1\nkind: Baseline\nmetadata: {name: q4}\nspec: {}\n---\napiVersion: evenkeel/v1\nkind: ItemKind\nmetadata: {name: lamp}\nspec: {title: Lamp}\n---\napiVersion: evenkeel/v1\nkind: ReconciliationRules\nmetadata: {name: default}\nspec: {grace: P4D}\n"}
		if _, err := code.Apply(actor.With(t.Context(), k.who), ascode.Input{Files: []ascode.File{file}, Commit: "0123456789abcdef"}); err != nil {
			t.Fatal(err)
		}
		for path, edit := range map[string]string{"/map/baselines/q4": "/map/baselines/q4/edit", "/map/kinds/lamp": "/map/kinds/lamp/edit", "/map/rules": "/map/rules/edit"} {
			k.see(path, 200, "Managed in git, commit 0123456789ab", "!Edit…")
			k.see(edit, 409)
		}
		k.who.Role = actor.Requester
		k.see("/map/sources", 200, "!Add a source")
		k.see(at, 200, "!Run now")
		for _, path := range []string{"/map/sources/new", "/map/kinds/new", "/map/rules/edit", at + "/edit", kind + "/edit"} {
			k.see(path, 403)
			k.post(path, nil, 403)
		}
		for _, path := range []string{at + "/run", at + "/try", at + "/delete", kind + "/delete", "/map/rules/reset"} {
			k.post(path, nil, 403)
		}
	})
}
