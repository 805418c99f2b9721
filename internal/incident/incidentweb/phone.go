package incidentweb

import (
	"context"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// PhonePage is for one thumb at night: what is mine, what waits for somebody,
// the three things to do about it, who is on call, and whether this phone is
// told. An installed Evenkeel starts here.
type PhonePage struct {
	web.Page
	Mine    []thumb
	Waiting []thumb // nobody has acknowledged them
	Others  []nowRow
	More    bool
	OnCall  []OnDuty
	HasDuty bool
	Push    *Push
}

// thumb is one incident with large buttons.
type thumb struct {
	Incident incident.Incident
	Left     string
	Tone     string
	Lead     web.Person
	Now      *web.Button // done at once; nil: none
	Ask      []ask       // those that ask before they act
}

// ask is a button that opens to a question and the button that acts.
type ask struct {
	web.Confirm
	Icon string
	Next bool // the step that usually comes next
}

// OnDuty is one schedule and who is on call in it.
type OnDuty struct {
	Schedule string
	Path     string
	People   []web.Person // empty: nobody, a hole
	Until    time.Time    // zero: for good
	Planned  bool         // nobody, and the schedule leaves this time out on purpose
}

// Push is what a browser needs to be told by push.
type Push struct {
	Key  string // the server's public VAPID key
	To   string // where the browser posts its subscription
	Path string // where one sees how one is told
}

var phonePage = web.Parse(files, "phone.html", PhonePage{})

// Phone handles GET /m.
func (p *Pages) Phone(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	now, err := p.Incidents.Now(ctx)
	if err != nil {
		return err
	}
	page := &PhonePage{Page: p.Shell.Page(r, "On your phone", "now"), More: now.More, Push: p.Push}
	page.Narrow, page.Live = true, "*"
	v := page.V
	v.Now = now.At
	for _, row := range now.Open {
		switch mine := row.Mine || row.Incident.OnIt() == v.Actor.Person && v.Actor.Person != 0; {
		case mine && row.State != incident.Mitigated:
			page.Mine = append(page.Mine, p.thumb(v, row))
		case row.State == incident.Triggered:
			page.Waiting = append(page.Waiting, p.thumb(v, row))
		default:
			x := nowRow{Incident: row.Incident, Person: who(v, row.Names, row.Incident.OnIt())}
			x.Left, x.Tone = left(v, row.Incident, row.Clocks)
			page.Others = append(page.Others, x)
		}
	}
	if p.OnDuty != nil {
		page.HasDuty = true
		if page.OnCall, err = p.OnDuty(ctx); err != nil {
			return err
		}
	}
	return p.Shell.Render(w, r, phonePage, page)
}

func (p *Pages) thumb(v *web.View, row incident.NowRow) thumb {
	i := row.Incident
	t := thumb{Incident: i, Lead: who(v, row.Names, i.OnIt())}
	t.Left, t.Tone = left(v, i, row.Clocks)
	if !v.May(actor.Respond) {
		t.Now = &web.Button{Title: "Open", Path: path(i), Icon: "chevron-right"}
		return t
	}
	to := "/m/" + i.Key() + "/"
	mitigate := ask{web.Confirm{Path: to + "mitigate", Title: "Mitigated", Text: "Is the service restored? This stops the resolution clock.", Button: "Yes, it is restored"}, "circle-check", i.State != incident.Triggered}
	if i.State == incident.Triggered {
		t.Now = &web.Button{Title: "Acknowledge", Icon: "check", Tone: "primary", Post: true, Path: to + "acknowledge"}
	}
	t.Ask = append(t.Ask, mitigate)
	if p.Escalate != nil {
		t.Ask = append(t.Ask, ask{web.Confirm{Path: to + "escalate", Title: "Escalate", Text: "Need help, or not the right person? Whoever comes next is woken now.", Button: "Wake the next one", Danger: true}, "arrow-right", false})
	}
	return t
}

// thumbOf pairs a thumb with the view for its template.
type thumbOf struct {
	V     *web.View
	Thumb thumb
}

// With pairs a thumb with the page's view.
func (p *PhonePage) With(t thumb) thumbOf { return thumbOf{p.V, t} }

// thumbs are the verbs of the phone page and what it says afterwards.
var thumbs = map[string]struct {
	done string
	do   func(ctx context.Context, p *Pages, id int64) error
}{
	"acknowledge": {"Acknowledged. It is yours", func(ctx context.Context, p *Pages, id int64) error {
		_, err := p.Incidents.Acknowledge(ctx, id)
		return err
	}},
	"mitigate": {"Mitigated. The resolution clock has stopped", func(ctx context.Context, p *Pages, id int64) error {
		_, err := p.Incidents.Mitigate(ctx, id, "", "")
		return err
	}},
	"escalate": {"Escalated. The next one is told now", func(ctx context.Context, p *Pages, id int64) error {
		if p.Escalate == nil {
			return errs.E(errs.Invalid, "there is no escalation policy to escalate by; hand the incident to another team instead")
		}
		return p.Escalate(ctx, id)
	}},
}

// Thumb handles POST /m/{key}/{verb}.
func (p *Pages) Thumb(w http.ResponseWriter, r *http.Request) error {
	n, err := id(r)
	if err != nil {
		return err
	}
	verb, ok := thumbs[r.PathValue("verb")]
	if !ok {
		return errs.E(errs.NotFound, "the phone page knows acknowledge, mitigate and escalate, not %q", errs.Short(r.PathValue("verb")))
	}
	if err := verb.do(r.Context(), p, n); err != nil {
		return err
	}
	return web.Redirect(w, r, "/m", ref.N(ref.Incident, n).String()+": "+verb.done)
}
