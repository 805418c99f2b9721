package oncallweb

import (
	"html/template"
	"net/http"
	"slices"
	"sort"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/oncall"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// PreviewPage shows what saving would do, before it is done.
type PreviewPage struct {
	web.Page
	New          bool
	Action, Back string
	Keep         []web.Hidden
	Verdict      web.Notice
	Span         string
	Picture      template.HTML
	Gains        []gainRow
	Gaps         []gapLine
	Same         bool
	Button       string
}

// gainRow is one person's time, before and after, as bars of one scale.
type gainRow struct {
	Person        web.Person
	Before, After string // widths in percent
	Says          string
	More          bool // gains
}

var previewPage = web.Parse(files, "preview.html", PreviewPage{})

// preview shows the page; Invalid errors are the spec's.
func (p *Pages) preview(w http.ResponseWriter, r *http.Request, name string, d draft) error {
	ctx := r.Context()
	spec := d.spec()
	if name == "" { // the name is refused here, not after the preview
		if _, err := p.Oncall.Get(ctx, d.name); err == nil {
			return errs.E(errs.Conflict, "a schedule of this name exists already")
		} else if !ref.IsName(d.name) {
			return errs.BadField("name", d.name, ref.NameForm)
		}
	}
	now := p.Shell.View(r).Now
	in := previewSpan(spec, now)
	got, err := p.Oncall.Preview(ctx, name, spec, in.from, in.to)
	if err != nil {
		return err
	}
	var ids []int64
	for _, g := range got.People {
		ids = append(ids, g.Person)
	}
	who, err := p.names(ctx, slices.Concat(got.Old, got.New), nil, ids...)
	if err != nil {
		return err
	}
	page := &PreviewPage{Page: p.Shell.Page(r, "Preview", nav), New: name == "", Action: base + "/new", Back: base, Button: "Make the schedule", Span: in.title()}
	page.Crumbs = crumbs
	if name != "" {
		page.Back = ref.S(ref.Schedule, name).Path()
		page.Action, page.Button = page.Back+"/edit", "Save"
		page.Crumbs = append(crumbs[:2:2], web.Crumb{Title: name, Path: page.Back})
	}
	values := d.values()
	for key := range values {
		page.Keep = append(page.Keep, web.Hidden{Name: key, Value: values.Get(key)})
	}
	sort.Slice(page.Keep, func(i, j int) bool { return page.Keep[i].Name < page.Keep[j].Name })
	if page.Picture, err = p.compared(spec, in, got, who, now); err != nil {
		return err
	}
	page.Gains = gainsOf(got.People, who)
	page.Gaps = gapList(got.Gaps, got.NewGaps, name == "", in)
	page.Same = name != "" && len(got.People) == 0 && sameDuties(got.Old, got.New)
	page.verdict(len(got.NewGaps), len(got.Gaps))
	return p.Shell.Render(w, r, previewPage, page)
}

// previewSpan is four weeks from today, or as long as everybody has had a turn,
// at most twelve.
func previewSpan(s oncall.Spec, now time.Time) span {
	weeks := 4
	for _, l := range s.Layers {
		n, unit := splitEvery(l.Every)
		if unit == "w" {
			k := 0
			for _, c := range n {
				k = min(k*10+int(c-'0'), 100)
			}
			weeks = max(weeks, k*len(l.Shifts))
		}
	}
	in := days(now, 7*min(weeks, 12), zoneOf(s.Zone))
	return in
}

// compared draws old and new below each other, then the new layers.
func (p *Pages) compared(spec oncall.Spec, in span, got oncall.Preview, who whos, now time.Time) (template.HTML, error) {
	var ids []int64
	for _, d := range slices.Concat(got.Old, got.New) {
		ids = append(ids, d.People...)
	}
	l := newLanes(in, who, huesOf(ids), now)
	if got.Old != nil {
		l.add("Now", "as it is saved", got.Old, true, bare(true))
	}
	label, sub := "Then", "after saving"
	if got.Old == nil {
		label, sub = "On call", "what results"
	}
	l.add(label, sub, got.New, true, bare(false))
	if len(spec.Layers) > 1 {
		for i := len(spec.Layers) - 1; i >= 0; i-- {
			if duties, ok := alone(spec, i, who, in); ok {
				name := spec.Layers[i].Name
				if name == "" {
					name = "layer " + string(rune('1'+i%9))
				}
				l.add(name, every(spec.Layers[i].Every), duties, false, nil)
			}
		}
	}
	l.say("After saving", got.New)
	return l.draw()
}

func gainsOf(list []oncall.Gain, who whos) []gainRow {
	most := time.Duration(1)
	for _, g := range list {
		most = max(most, g.Before, g.After)
	}
	var out []gainRow
	for _, g := range list {
		row := gainRow{Person: who.person(g.Person), Before: pct(100 * float64(g.Before) / float64(most)), After: pct(100 * float64(g.After) / float64(most)), More: g.After > g.Before}
		diff := g.After - g.Before
		sign := "+"
		if diff < 0 {
			sign, diff = "−", -diff
		}
		row.Says = hours(g.Before) + " → " + hours(g.After) + ", " + sign + hours(diff)
		if g.Before == 0 {
			row.Says = hours(g.After)
		}
		out = append(out, row)
	}
	return out
}

// gapLine is a time without anybody.
type gapLine struct {
	Text string
	New  bool // somebody is on call then at present
}

// gapList says at most ten gaps in words.
func gapList(list, fresh []oncall.Duty, first bool, in span) (out []gapLine) {
	for i, d := range list {
		if i == 10 {
			return append(out, gapLine{Text: "and " + web.Plural(len(list)-10, "more", "more")})
		}
		out = append(out, gapLine{when(d.From, d.Until, in.loc), !first && slices.ContainsFunc(fresh, func(n oncall.Duty) bool {
			return (d.Until.IsZero() || n.From.Before(d.Until)) && (d.From.IsZero() || n.Until.After(d.From))
		})})
	}
	return out
}

func sameDuties(a, b []oncall.Duty) bool {
	return slices.EqualFunc(a, b, func(x, y oncall.Duty) bool {
		return x.From.Equal(y.From) && x.Until.Equal(y.Until) && slices.Equal(x.People, y.People)
	})
}

func (p *PreviewPage) verdict(newGaps, gaps int) {
	switch {
	case newGaps > 0:
		p.Verdict = web.Notice{Tone: "red", Fact: web.Plural(newGaps, "new gap.", "new gaps."), Effect: "At times when somebody is on call now, nobody would be."}
	case gaps > 0:
		p.Verdict = web.Notice{Tone: "amber", Fact: web.Plural(gaps, "time without anybody.", "times without anybody."), Effect: "If that is meant, save it; otherwise add a layer below for those hours."}
	case p.Same:
		p.Verdict = web.Notice{Tone: "accent", Icon: "info-circle", Fact: "No shift changes.", Effect: "Only words, or times beyond what is shown, would."}
	default:
		p.Verdict = web.Notice{Tone: "green", Icon: "circle-check", Fact: "Somebody is on call at every hour.", Effect: "No gap in the time that is shown."}
	}
}
