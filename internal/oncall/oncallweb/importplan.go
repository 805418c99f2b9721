package oncallweb

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/web"
)

// maxImport bounds the overrides that one file makes.
const maxImport = 300

// planned is one override that the file asks for.
type planned struct {
	Event
	handle string
	there  bool // it exists already
}

// plan reads the file, asks or guesses who its titles are, and fills in the
// second step.
func (p *Pages) plan(ctx context.Context, s oncall.Schedule, form *web.Form, page *ImportPage) ([]planned, error) {
	if p.Read == nil {
		return nil, errs.E(errs.Unavailable, "calendar files cannot be read here")
	}
	text := form.Get("text")
	if text == "" {
		return nil, errs.BadField("text", "", "choose a file, or paste its text")
	}
	weeks := map[string]int{"4": 4, "26": 26, "52": 52}[form.Get("weeks")]
	now := page.V.Now
	events, left, err := p.Read([]byte(text), zoneOf(s.Spec.Zone), now, now.AddDate(0, 0, 7*cmp.Or(weeks, 8)))
	switch {
	case err != nil:
		return nil, err
	case len(events) == 0:
		return nil, errs.BadField("text", "", "it has no event in this time"+leftOut(left))
	case len(events) > maxImport:
		return nil, errs.BadField("weeks", form.Get("weeks"), fmt.Sprintf("the file has %d events in this time; at most %d become overrides at once, so look less far ahead", len(events), maxImport))
	}
	if page.Handles, err = p.suggest(ctx); err != nil {
		return nil, err
	}
	page.Step, page.File, page.Left = 2, text, left
	handle := page.ask(form, events)
	covers, err := p.Oncall.Covers(ctx, s.Name, now, now.AddDate(1, 0, 1))
	if err != nil {
		return nil, err
	}
	who, err := p.names(ctx, nil, covers)
	if err != nil {
		return nil, err
	}
	page.Rows = web.Table{Label: "Events of the file", V: page.V, Columns: []web.Column{{Title: "When", Width: 300, Phone: true}, {Title: "In the file", Phone: true}, {Title: "Becomes", Width: 220, Phone: true}}}
	loc := zoneOf(s.Spec.Zone)
	var out []planned
	for _, e := range events {
		if e.From.Before(now) {
			e.From = now.Truncate(time.Second)
		}
		x := planned{Event: e, handle: handle[e.Summary]}
		x.there = slices.ContainsFunc(covers, func(c oncall.Cover) bool {
			return c.Kind == oncall.Override && c.Instead == 0 && who[c.Person].Handle == x.handle && !c.From.After(e.From) && c.To.Equal(e.To)
		})
		becomes := web.Cell{Text: "override by " + x.handle}
		switch {
		case x.handle == "":
			becomes = web.Cell{Text: "nothing", Sub: "left out"}
		case x.there:
			becomes, page.Already = web.Cell{Text: x.handle, Sub: "there already"}, page.Already+1
		default:
			page.New++
		}
		page.Rows.Rows = append(page.Rows.Rows, web.Row{Quiet: x.handle == "" || x.there, Cells: []web.Cell{{Text: when(e.From, e.To, loc)}, {Text: e.Summary}, becomes}})
		out = append(out, x)
	}
	return out, nil
}

func leftOut(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return "; left out: " + notes[0]
}

// ask makes a field for each distinct title, filled with what was answered or
// else with the person whose name or handle it holds.
func (page *ImportPage) ask(form *web.Form, events []Event) map[string]string {
	handle, index := map[string]string{}, map[string]int{}
	answered := form.Get("do") != ""
	for _, e := range events {
		if i, ok := index[e.Summary]; ok {
			page.Titles[i].N++
			continue
		}
		name := fmt.Sprintf("who.%d", len(page.Titles))
		if !answered {
			form.Values.Set(name, guess(e, page.Handles))
		}
		index[e.Summary] = len(page.Titles)
		handle[e.Summary] = form.Get(name)
		page.Titles = append(page.Titles, importTitle{form.Input(name, cmp.Or(e.Summary, "without a title")).Limit(64), e.Summary, 1})
	}
	return handle
}

// guess finds the one person whose name or handle an event holds.
func guess(e Event, people []oncall.Who) string {
	text := " " + strings.Join(strings.FieldsFunc(strings.ToLower(e.Summary+" "+strings.Join(e.People, " ")), func(r rune) bool { return strings.ContainsRune(" ,;:()[]<>@/", r) }), " ") + " "
	found := ""
	for _, form := range []func(oncall.Who) string{
		func(w oncall.Who) string { return w.Display }, func(w oncall.Who) string { return w.Handle },
		func(w oncall.Who) string { first, _, _ := strings.Cut(w.Display, " "); return first },
	} {
		for _, w := range people {
			if name := strings.ToLower(form(w)); len(name) > 1 && strings.Contains(text, " "+name+" ") {
				if found != "" && found != w.Handle {
					return "" // two of them: say which
				}
				found = w.Handle
			}
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// take makes the overrides; what is there already stays. One that is refused
// stops it, and doing it again goes on where it stopped.
func (p *Pages) take(ctx context.Context, s oncall.Schedule, plan []planned) (n int, err error) {
	for _, x := range plan {
		if x.handle == "" || x.there {
			continue
		}
		if _, err := p.Oncall.Cover(ctx, s.Name, oncall.NewCover{Person: x.handle, From: x.From, To: x.To, Reason: short(x.Summary, 280)}); err != nil {
			return n, err
		}
		n++
	}
	if n == 0 {
		return 0, errs.E(errs.Conflict, "nothing is left to import: every event is there already or left out")
	}
	return n, nil
}

func short(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// importPicture draws what is on call at present above what the file has.
func (p *Pages) importPicture(r *http.Request, s oncall.Schedule, plan []planned, page *ImportPage) error {
	if len(plan) == 0 {
		return nil
	}
	last := plan[0].To
	for _, x := range plan {
		if x.To.After(last) {
			last = x.To
		}
	}
	in := days(plan[0].From, min(int(last.Sub(plan[0].From)/(24*time.Hour))+2, 84), zoneOf(s.Spec.Zone))
	d, err := p.gather(r, s, in, page.V.Now)
	if err != nil {
		return err
	}
	who := whos{}
	for id, x := range d.who {
		who[id] = x
	}
	byHandle := map[string]int64{}
	for _, x := range page.Handles {
		who[x.ID], byHandle[x.Handle] = x, x.ID
	}
	var fresh []oncall.Duty
	var ids []int64
	for _, x := range plan {
		if id := byHandle[x.handle]; id != 0 {
			fresh = append(fresh, oncall.Duty{People: []int64{id}, From: x.From, Until: x.To, Layer: "import"})
			ids = append(ids, id)
		}
	}
	l := newLanes(in, who, d.hues(ids...), page.V.Now)
	l.add("On call", "at present", d.duties, true, d.why)
	l.add("In the file", "would replace it", fresh, false, nil)
	l.say("In the file", fresh)
	page.Span = in.title()
	page.Picture, err = l.draw()
	return err
}
