package incident_test

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
)

// TestRestrictedDoesNotExistForOthers walks every read and verb as somebody
// who is not named, an admin above all.
func TestRestrictedDoesNotExistForOthers(t *testing.T) {
	each(t, func(b *bench) {
		i := b.declare(incident.Declaration{Title: "Leaked credentials", Service: "checkout", Impact: incident.High, Urgency: incident.High,
			Restrict: &incident.Viewers{People: []int64{jonas}, Roles: []string{"auditor"}}})
		for _, who := range []context.Context{responder(mara), responder(jonas), as(lena, actor.Auditor), actor.With(context.Background(), actor.Job("x"))} {
			if _, err := b.Get(who, i.ID); err != nil {
				t.Errorf("somebody named: %v", err)
			}
		}
		note := func(ctx context.Context) error {
			_, err := b.AddNote(ctx, i.ID, incident.Note{Text: "x"})
			return err
		}
		for name, ctx := range map[string]context.Context{"admin": as(tom, actor.Admin), "responder": responder(priya),
			"machine": actor.With(context.Background(), actor.Actor{Kind: actor.Token, ID: 9, Role: actor.Admin})} {
			me, _ := actor.From(ctx)
			reads := map[string]func() error{
				"get":      func() error { _, err := b.Get(ctx, i.ID); return err },
				"page":     func() error { _, err := b.Page(ctx, i.ID); return err },
				"row":      func() error { _, err := b.Row(ctx, i); return err },
				"timeline": func() error { _, _, err := b.Timeline(ctx, i.ID, incident.TimelineFilter{}, "", 0); return err },
				"note":     func() error { return note(ctx) },
				"ack":      func() error { _, err := b.Acknowledge(ctx, i.ID); return err },
				"edit":     func() error { _, err := b.Edit(ctx, i.ID, 1, incident.Edit{}); return err },
				"open up":  func() error { _, err := b.Restrict(ctx, i.ID, 1, nil); return err },
				"join":     func() error { _, err := b.Join(ctx, i.ID); return err },
			}
			for what, do := range reads {
				if err := do(); !errs.Is(err, errs.NotFound) && !(what == "join" && me.Person == 0) {
					t.Errorf("%s, %s: %v, want not found", name, what, err)
				}
			}
			for _, f := range []incident.Filter{{}, {Service: "checkout"}, {Team: "payments"}, {Text: "leaked"}, {Text: i.Key()}, {Person: mara}, {States: []incident.State{incident.Triggered}}, {Sort: incident.ByPriority}} {
				rows, _, err := b.List(ctx, f, "", 0)
				b.must(err)
				if len(rows) != 0 {
					t.Errorf("%s sees it in the list %+v", name, f)
				}
			}
			for _, text := range []string{"leaked", i.Key(), "cred"} {
				hits, err := b.Search(ctx, text, 10)
				b.must(err)
				if len(hits) != 0 {
					t.Errorf("%s finds it by %q", name, text)
				}
			}
			now, err := b.Now(ctx)
			b.must(err)
			if len(now.Open) != 0 || now.Counts != [4]int{} {
				t.Errorf("%s sees it on the Now page", name)
			}
			sum, err := b.Measured(ctx, b.clock.Now().Add(-time.Hour), b.clock.Now().Add(time.Hour), "", "")
			b.must(err)
			if sum.Incidents != 0 {
				t.Errorf("%s counts it", name)
			}
			b.must(b.DB.Read(ctx, func(q db.Querier) error {
				seen, err := b.Visible(q, me, []int64{i.ID})
				if len(seen) != 0 {
					t.Errorf("%s: Visible reveals it", name)
				}
				return err
			}))
		}
		for _, e := range b.events {
			if m := e.Message(); m.To.Team != "" || m.To.Manager || m.To.Executive || m.To.Channels {
				t.Errorf("a message goes to %+v", m.To)
			}
		}
		_, err := b.Assign(responder(jonas), i.ID, incident.Commander, priya, "please take over")
		b.must(err)
		if err := note(responder(priya)); err != nil {
			t.Errorf("who gets a role may see it: %v", err)
		}
		other := b.declare(incident.Declaration{Title: "Visible to all"})
		_, err = b.Merge(responder(mara), i.ID, other.ID)
		b.refused(errs.Conflict, err)
		_, err = b.SetParent(responder(mara), other.ID, i.ID)
		b.must(err)
		v, err := b.Page(as(tom, actor.Admin), other.ID)
		b.must(err)
		if v.ParentBrief != nil {
			t.Error("the parent's title is shown")
		}
		j, err := b.Get(responder(mara), i.ID)
		b.must(err)
		_, err = b.Restrict(responder(mara), i.ID, j.Revision, nil)
		b.must(err)
		if _, err := b.Get(as(tom, actor.Admin), i.ID); err != nil {
			t.Errorf("visible again: %v", err)
		}
		b.sound(i.ID)
	})
}

func TestTimelineKeepsWhatWasSaid(t *testing.T) {
	each(t, func(b *bench) {
		i := b.declare(incident.Declaration{Title: "Slow search"})
		e, err := b.AddNote(responder(tom), i.ID, incident.Note{Text: "Since 17:52", Tag: incident.KeyFact})
		b.must(err)
		_, err = b.Correct(responder(jonas), i.ID, e.Seq, "Since 17:51")
		b.refused(errs.Forbidden, err)
		_, err = b.Correct(responder(tom), i.ID, e.Seq, "Since 17:51")
		b.must(err)
		_, err = b.Correct(responder(tom), i.ID, 99, "x")
		b.refused(errs.NotFound, err)
		_, err = b.Publish(responder(tom), i.ID, incident.Update{Text: "Search is slow", Public: true})
		b.must(err)
		list, _, err := b.Timeline(as(lena, actor.Auditor), i.ID, incident.TimelineFilter{OldestFirst: true}, "", 0)
		b.must(err)
		if len(list) != 3 || list[1].Text != "Since 17:52" || len(list[1].Corrections) != 1 || list[1].Corrections[0].Text != "Since 17:51" || list[1].Name != "Tom" {
			t.Errorf("%+v", list)
		}
		public, _, err := b.Timeline(as(lena, actor.Auditor), i.ID, incident.TimelineFilter{PublicOnly: true}, "", 0)
		b.must(err)
		if len(public) != 1 || public[0].Text != "Search is slow" {
			t.Errorf("%+v", public)
		}
		first, next, err := b.Timeline(responder(tom), i.ID, incident.TimelineFilter{}, "", 2)
		b.must(err)
		rest, end, err := b.Timeline(responder(tom), i.ID, incident.TimelineFilter{}, next, 2)
		b.must(err)
		if len(first) != 2 || len(rest) != 1 || end != "" || rest[0].Seq != 1 {
			t.Errorf("pages: %d, %d, %q", len(first), len(rest), end)
		}
		_, err = b.EraseText(responder(tom), i.ID, e.Seq, "a name")
		b.refused(errs.Forbidden, err)
		_, err = b.EraseText(as(mara, actor.Admin), i.ID, e.Seq, "a name")
		b.must(err)
		b.sound(i.ID)
		content := func() (sum string) {
			b.must(b.DB.Read(context.Background(), func(q db.Querier) (err error) {
				sum, _, err = b.Content(q, i.ID)
				return err
			}))
			return sum
		}
		before := content()
		b.must(b.DB.Write(context.Background(), actor.Job("x"), "tamper", func(tx *db.Tx) error {
			tx.Unrecorded("a test")
			_, err := tx.Exec("UPDATE incident_entry SET text = 'nothing happened' WHERE incident = $1 AND kind = 'update'", i.ID)
			return err
		}))
		if content() == before {
			t.Error("an edited entry does not show")
		}
	})
}
