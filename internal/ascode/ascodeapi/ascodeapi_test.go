package ascodeapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/ascode/ascodeapi"
	"github.com/evenkeel/evenkeel/internal/calendar"
	"github.com/evenkeel/evenkeel/internal/calendar/calendarapi"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/catalog/catalogapi"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// noTeams knows no team: this story needs none.
type noTeams struct{}

func (noTeams) TeamExists(db.Querier, string) (bool, error) { return false, nil }

func serve(t *testing.T, d *db.DB) *client.Client {
	cal, cat := calendar.New(d), catalog.New(d, noTeams{})
	code := ascode.New(d, calendar.AsCode(cal), catalog.AsCode(cat))
	mux := http.NewServeMux()
	a := api.New(mux, "test", "")
	ascodeapi.Register(a, code)
	calendarapi.Register(a, cal)
	catalogapi.Register(a, cat)
	mux.HandleFunc("GET /schemas/{file}", ascodeapi.Schema(code))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.Token, ID: 4, Person: 2, Role: actor.Admin})))
	}))
	t.Cleanup(srv.Close)
	return &client.Client{Server: srv.URL}
}

func TestStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c, ctx := serve(t, d), context.Background()
		dir := client.Directory{Commit: "0123456789abcdef", Files: []client.File{{Path: "a.yaml", Content: "apiVersion: evenkeel/v1\nkind: BusinessCalendar\nmetadata: {name: oslo}\nspec: {zone: Europe/Oslo}\n"}}}
		plan, err := c.Plan(ctx, dir)
		if err != nil || plan.Counts.Created != 1 || plan.Changes[0].Record != "CAL oslo" || plan.Changes[0].Where != "a.yaml:3:18" {
			t.Fatalf("%+v %v", plan, err)
		}
		dir.Plan = plan.Digest
		if done, err := c.Apply(ctx, dir); err != nil || done.Digest != plan.Digest {
			t.Fatalf("%+v %v", done, err)
		}
		_, err = c.Apply(ctx, dir) // would now do nothing, which is not what was seen
		status(t, "a plan that is done", err, 409, "plan again")
		cal, err := c.Calendar(ctx, "oslo")
		if err != nil || cal.ManagedBy != "commit 0123456789ab" {
			t.Errorf("%+v %v", cal, err)
		}
		_, err = c.UpdateCalendar(ctx, "oslo", cal.Version, cal.CalendarSpec)
		status(t, "edit by hand", err, 409, "managed in git (commit 0123456789ab)")
		list, err := c.Applies(ctx, "", 10)
		if err != nil || len(list.Items) != 1 || list.Items[0].Person != "USR-2" {
			t.Errorf("%+v %v", list, err)
		}
		if files, err := c.Export(ctx); err != nil || len(files) != 1 || files[0].Path != "businesscalendar/oslo.yaml" {
			t.Errorf("%+v %v", files, err)
		}
		dir.Files[0].Content += "tpyo: 1\n"
		_, err = c.Plan(ctx, dir)
		status(t, "a slip", err, 422, "a.yaml:5:1: tpyo: remove it")
		_, err = c.CreateService(ctx, "x", client.ServiceEdit{Team: "nobody", Links: []client.Link{{URL: "https://x.example"}}})
		status(t, "a service of nobody", err, 422, "no such team")
		_, err = c.Service(ctx, "x")
		status(t, "no service", err, 404, "")
		all, err := c.Calendars(ctx, "", 2)
		if err != nil || len(all.Items) != 2 || all.Next != "business" {
			t.Errorf("%+v %v", all, err)
		}
	})
}

func status(t *testing.T, what string, err error, code int, says string) {
	t.Helper()
	var p *client.Problem
	if !errors.As(err, &p) || p.Status != code || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: %v, want %d %s", what, err, code, says)
	}
}

func TestSchemas(t *testing.T) {
	c := serve(t, dbtest.SQLite(t))
	for path, want := range map[string]int{"/schemas/service.json": 200, "/schemas/businesscalendar.json": 200, "/schemas/nothing.json": 404} {
		res, err := http.Get(c.Server + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}
