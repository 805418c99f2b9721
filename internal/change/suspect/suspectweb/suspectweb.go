// Package suspectweb shows the suspects of an incident: as a panel of the
// incident's page, with what makes each one suspect and what to say about it;
// and as a page that says how suspects are scored and how good that was.
//
// Rules that hold for both: a suspect is associated with an incident, and the
// words never say more; "cause" is only what a person or the rule confirmed, with
// who said so. A score shows its parts, and they add up to it. Buttons are shown
// to those who may press them. Whether the viewer may know of the incident is
// asked by the service, with every call.
package suspectweb

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change/suspect"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

// Pages serves suspects. Functions may be nil.
type Pages struct {
	Shell    *web.Shell
	Suspects *suspect.Service
	// Names are display names of people by number; nil: nobody is named.
	Names func(ctx context.Context, people []int64) (map[int64]string, error)
	// RollBack is the path of the form that takes a change back; empty: it
	// cannot be. nil: no button.
	RollBack func(c suspect.Candidate) string
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET /changes/suspects", p.Measured)
	add("POST /incidents/{incident}/suspects/{change}/{verb}", p.Say)
}

// row is one suspect as the panel shows it.
type row struct {
	suspect.Row
	N        int // its place among the suggestions; 0 for what was decided
	Key      string
	Path     string
	Open     bool
	Tone     string
	Width    string // of the bar
	Word     suspect.Strength
	Said     string // who confirmed it or ruled it out, and why
	Parts    []part
	Act      string // where its buttons lead
	RollBack string
}

// part is one reason's part of the score.
type part struct{ Points, Text string }

// signed is a number with its sign, as on paper.
func signed(n int) string {
	switch {
	case n > 0:
		return fmt.Sprintf("+%d", n)
	case n < 0:
		return fmt.Sprintf("−%d", -n)
	}
	return "0"
}

// panel is the body of the panel.
type panel struct {
	V         *web.View
	Rows      []row
	Cut       int
	Confirmed bool
	May       bool
}

var panelPart = web.Parse(files, "panel.html", panel{})

// barWide is the length of the score's bar in pixels.
const barWide = 48

// Panel returns the suspects of an incident as a panel's body, with "3
// suspects" as its count. Both are empty when nothing is suspected.
func (p *Pages) Panel(ctx context.Context, v *web.View, incident int64) (body web.HTML, count string, err error) {
	list, err := p.Suspects.Suspects(ctx, incident)
	if err != nil || len(list.Rows) == 0 {
		return "", "", err
	}
	names, err := p.names(ctx, list.Rows)
	if err != nil {
		return "", "", err
	}
	out := panel{V: v, Cut: list.Cut, May: v.May(actor.Respond)}
	n := 0
	for _, r := range list.Rows {
		x := row{Row: r, Key: ref.N(ref.Change, r.Change).String(), Path: ref.N(ref.Change, r.Change).Path(), Word: r.Strength(),
			Act: ref.N(ref.Incident, incident).Path() + "/suspects/" + ref.N(ref.Change, r.Change).String() + "/", Said: said(r.Edge, names)}
		switch r.Edge.State {
		case suspect.Suggested:
			n++
			x.N = n
		case suspect.Confirmed:
			out.Confirmed = true
		}
		x.Open = r.Edge.State == suspect.Confirmed || n == 1 && x.N == 1 && !out.Confirmed
		x.Tone = map[suspect.Strength]string{suspect.Strong: "red", suspect.Fair: "amber", suspect.Weak: "grey"}[x.Word]
		x.Width = fmt.Sprintf("%.1f", float64(r.Score)*barWide/100)
		for _, reason := range r.Reasons {
			if reason.Part != 0 || reason.Name == "place" {
				x.Parts = append(x.Parts, part{signed(reason.Part), reason.Text})
			}
		}
		if p.RollBack != nil && r.TakenBackBy == 0 {
			x.RollBack = p.RollBack(r.Candidate)
		}
		out.Rows = append(out.Rows, x)
	}
	body, err = panelPart.Fragment(&out)
	return body, web.Plural(n, "suspect", "suspects"), err
}

// said is who decided about an edge, in words.
func said(e suspect.Edge, names map[int64]string) string {
	who := names[e.Person]
	if who == "" {
		who = "somebody"
	}
	text := ""
	switch {
	case e.State == suspect.Confirmed && e.Rule == suspect.ByTakenBack:
		return "Confirmed by rule: it was taken back while the incident lasted."
	case e.State == suspect.Confirmed:
		text = "Confirmed by " + who
	case e.State == suspect.Rejected:
		text = "Ruled out by " + who
	default:
		return ""
	}
	if e.Note != "" {
		return text + ": " + e.Note
	}
	return text + "."
}

func (p *Pages) names(ctx context.Context, rows []suspect.Row) (map[int64]string, error) {
	var ids []int64
	for _, r := range rows {
		if r.Edge.Person > 0 {
			ids = append(ids, r.Edge.Person)
		}
	}
	if p.Names == nil || len(ids) == 0 {
		return nil, nil
	}
	slices.Sort(ids)
	return p.Names(ctx, slices.Compact(ids))
}

// Say is what the buttons of the panel do.
func (p *Pages) Say(w http.ResponseWriter, r *http.Request) error {
	incident, err := ref.ID(ref.Incident, r.PathValue("incident"))
	if err != nil {
		return errs.E(errs.NotFound, "there is no incident at this address")
	}
	change, err := ref.ID(ref.Change, r.PathValue("change"))
	if err != nil {
		return errs.E(errs.NotFound, "there is no change at this address")
	}
	key, note := ref.N(ref.Change, change).String(), strings.TrimSpace(r.PostFormValue("reason"))
	done := ""
	switch r.PathValue("verb") {
	case "confirm":
		_, err = p.Suspects.Confirm(r.Context(), incident, change, note)
		done = key + " is confirmed as the cause. It counts as failed"
	case "reject":
		_, err = p.Suspects.Reject(r.Context(), incident, change, note)
		done = key + " is ruled out"
	case "reopen":
		_, err = p.Suspects.Reopen(r.Context(), incident, change, note)
		done = key + " is a suspect again"
	default:
		err = errs.E(errs.NotFound, "there is no such thing to do with a suspect")
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.N(ref.Incident, incident).Path()+"#changed", done)
}
