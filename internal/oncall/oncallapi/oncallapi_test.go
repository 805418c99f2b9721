package oncallapi_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/oncall/oncallapi"
)

func problem(err error) (status int, fields string) {
	var p *client.Problem
	if errors.As(err, &p) {
		for _, f := range p.Fields {
			fields += f.Name + " "
		}
		return p.Status, strings.TrimSpace(fields)
	}
	return 0, ""
}

// A week of a crew, through the public client.
func TestStory(t *testing.T) {
	now := time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC)
	dbtest.EachWith(t, func() time.Time { return now }, func(t *testing.T, d *db.DB) {
		people, _, err := auth.New(d, auth.Config{})
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]int64{}
		for _, h := range []string{"mara", "tom", "lena"} {
			p, _, err := people.CreatePerson(actor.With(t.Context(), actor.Job("test")), auth.PersonEdit{Handle: h, Role: actor.Responder, Profile: auth.Profile{Display: strings.ToUpper(h)}})
			if err != nil {
				t.Fatal(err)
			}
			ids[h] = p.ID
		}
		mux := http.NewServeMux()
		oncallapi.Register(api.New(mux, "test", ""), oncall.New(d))
		as := func(handle string, role actor.Role) *client.Client {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: ids[handle], Person: ids[handle], Role: role})))
			}))
			t.Cleanup(srv.Close)
			return &client.Client{Server: srv.URL}
		}
		mara, tom, lena, ctx := as("mara", actor.Admin), as("tom", actor.Responder), as("lena", actor.Responder), context.Background()
		day := func(n int) time.Time { return time.Date(2026, 6, n, 0, 0, 0, 0, time.UTC) }

		spec := client.ScheduleSpec{Title: "Payments", Zone: "Europe/Berlin", Layers: []client.ScheduleLayer{
			{Start: "2026-06-01T09:00", Every: "P1D", Shifts: [][]string{{"tom"}, {"lena"}}, Only: []client.ScheduleWindow{{Days: []string{"mon", "tue", "wed", "thu", "fri"}, From: "09:00", To: "17:00"}}}}}
		bad := spec
		bad.Layers = []client.ScheduleLayer{{Start: "soon", Every: "PT0S"}}
		if _, err := mara.CreateSchedule(ctx, "payments", bad); func() string { _, f := problem(err); return f }() != "layers[0].start layers[0].every layers[0].shifts" {
			t.Errorf("a bad schedule: %v", err)
		}
		if p, err := mara.PreviewSchedule(ctx, "", spec, day(1), day(8)); err != nil || len(p.Old) != 0 || len(p.Changes) != 2 || len(p.Gaps) != 6 || len(p.NewGaps) != 0 {
			t.Errorf("preview: %+v %v", p, err)
		}
		s, err := mara.CreateSchedule(ctx, "payments", spec)
		if err != nil || s.Version != 1 || s.Layers[0].Shifts[1][0] != "lena" {
			t.Fatalf("%+v %v", s, err)
		}
		if _, err := tom.CreateSchedule(ctx, "web", spec); func() int { n, _ := problem(err); return n }() != 403 {
			t.Errorf("a responder: %v", err)
		}
		if s, err = mara.UpdateSchedule(ctx, "payments", 1, client.ScheduleSpec{Title: "Payments, primary", Zone: spec.Zone, Layers: spec.Layers}); err != nil || s.Version != 2 {
			t.Errorf("%+v %v", s, err)
		}
		if _, err = mara.UpdateSchedule(ctx, "payments", 1, spec); func() int { n, _ := problem(err); return n }() != 409 {
			t.Errorf("stale: %v", err)
		}
		if s, err = mara.Schedule(ctx, "payments"); err != nil || s.Title != "Payments, primary" {
			t.Errorf("%+v %v", s, err)
		}
		if list, err := mara.Schedules(ctx, "", "", 10); err != nil || len(list.Items) != 1 || list.Next != "" {
			t.Errorf("%+v %v", list, err)
		}
		if list, err := mara.OnCall(ctx, "", time.Time{}, "", 10); err != nil || len(list.Items) != 1 || list.Items[0].People[0].Handle != "tom" || list.Items[0].Next.People[0].Name != "LENA" {
			t.Errorf("now: %+v %v", list, err)
		}
		if list, err := mara.OnCall(ctx, "", day(6), "", 10); err != nil || len(list.Items[0].People) != 0 || list.Items[0].Until.Hour() != 7 {
			t.Errorf("on Saturday: %+v %v", list, err)
		}
		if list, err := mara.Shifts(ctx, "payments", day(1), day(8)); err != nil || len(list.Items) != 11 {
			t.Errorf("shifts: %d %v", len(list.Items), err)
		}
		if _, err := mara.Shifts(ctx, "payments", day(8), day(1)); func() string { _, f := problem(err); return f }() != "to" {
			t.Errorf("backwards: %v", err)
		}

		c, err := tom.AddCover(ctx, "payments", client.NewCover{Person: "lena", Instead: "tom", From: day(5), To: day(6), Reason: "dentist"})
		if err != nil || c.Kind != "override" || c.By.Handle != "tom" || c.Person.Key == "" {
			t.Errorf("%+v %v", c, err)
		}
		if got, err := mara.Cover(ctx, c.Key); err != nil || got.Reason != "dentist" {
			t.Errorf("%+v %v", got, err)
		}
		if err := lena.RemoveCover(ctx, c.Key); err != nil {
			t.Error(err)
		}
		a, err := lena.AddAbsence(ctx, client.NewCover{From: day(4), To: day(5)})
		if err != nil || a.Kind != "absence" || a.Instead.Handle != "lena" {
			t.Errorf("%+v %v", a, err)
		}
		if list, err := mara.Absences(ctx, day(1), day(8)); err != nil || len(list.Items) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		if list, err := mara.Covers(ctx, "payments", day(1), day(8)); err != nil || len(list.Items) != 1 || list.Items[0].Key != a.Key {
			t.Errorf("%+v %v", list, err)
		}
		if list, err := mara.Holes(ctx, day(3), day(5)); err != nil || len(list.Items) == 0 || list.Items[0].Kind != "away" || list.Items[0].People[0].Handle != "lena" {
			t.Errorf("holes: %+v %v", list, err)
		}
		o, err := tom.OfferSwap(ctx, "payments", client.NewSwap{To: "lena", From: day(5), Until: day(6), ReturnFrom: day(8), ReturnTo: day(9), Note: "concert"})
		if err != nil || o.State != "offered" || o.To.Handle != "lena" {
			t.Errorf("%+v %v", o, err)
		}
		if list, err := lena.Swaps(ctx); err != nil || len(list.Items) != 1 {
			t.Errorf("%+v %v", list, err)
		}
		if o, err = lena.AnswerSwap(ctx, o.Key, true); err != nil || o.State != "accepted" || len(o.Covers) != 2 {
			t.Errorf("%+v %v", o, err)
		}
		if o, err = tom.Swap(ctx, o.Key); err != nil || o.Taker.Handle != "lena" {
			t.Errorf("%+v %v", o, err)
		}
		if _, err = lena.AnswerSwap(ctx, o.Key, false); func() int { n, _ := problem(err); return n }() != 409 {
			t.Errorf("twice: %v", err)
		}
		if list, err := tom.PersonShifts(ctx, "", day(5), day(10)); err != nil || len(list.Items) != 2 {
			t.Errorf("tom's shifts: %+v %v", list, err)
		}
		if list, err := tom.ScheduleFairness(ctx, "payments", day(1), day(15)); err != nil || len(list.Items) != 2 || list.Items[0].Pages != nil {
			t.Errorf("fairness: %+v %v", list, err)
		}
		f, err := tom.CreateCalendarFeed(ctx, "payments")
		if err != nil || f.Path != oncall.FeedPath(f.Secret) {
			t.Errorf("%+v %v", f, err)
		}
		if err := tom.DeleteCalendarFeed(ctx, "payments"); err != nil {
			t.Error(err)
		}
		if err := mara.DeleteSchedule(ctx, "payments"); err != nil {
			t.Error(err)
		}
		if _, err := mara.Schedule(ctx, "payments"); func() int { n, _ := problem(err); return n }() != 404 {
			t.Errorf("deleted: %v", err)
		}
	})
}
