package notifyweb

import (
	"fmt"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// DeliveryPage shows one message and its attempts.
type DeliveryPage struct {
	web.Page
	Message notify.Delivery
	Tag     web.Tag
	Facts   []web.Def
	Said    []web.Def // the facts inside the message
	Table   web.Table
	Empty   web.Empty
	Retry   string // title of the button; empty = none
}

var deliveryPage = web.Parse(files, "delivery.html", DeliveryPage{})

func messageID(r *http.Request) (int64, error) {
	id, err := ref.ID(ref.Message, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error())
	}
	return id, nil
}

// Delivery handles GET /settings/deliveries/{key}.
func (p *Pages) Delivery(w http.ResponseWriter, r *http.Request) error {
	id, err := messageID(r)
	if err != nil {
		return err
	}
	d, attempts, err := p.Notify.Message(r.Context(), id)
	if err != nil {
		return err
	}
	page := &DeliveryPage{Page: p.Shell.Page(r, d.Ref().String(), "settings"), Message: d, Tag: *state(d, d.Overdue(time.Now()))}
	page.Crumbs, page.Live = []web.Crumb{{Title: "Settings", Path: "/settings"}, {Title: "Deliveries", Path: "/settings/deliveries"}}, d.Ref().String()
	who := recipient(d)
	page.Facts = []web.Def{{Term: "About", Text: d.Record.String(), Path: d.Record.Path()}, {Term: "Because", Text: d.Reason}, {Term: "To", Text: who.Text, Path: who.Path}}
	if d.Record == (ref.Ref{}) {
		page.Facts = page.Facts[2:] // hidden from this reader
	}
	if d.Via != "" {
		page.Facts = append(page.Facts, web.Def{Term: "By", Text: by(d)})
	}
	urgency := "no"
	if d.Urgent {
		urgency = "yes"
	}
	page.Facts = append(page.Facts, web.Def{Term: "Urgent", Text: urgency}, web.Def{Term: "Queued", HTML: page.V.Time(d.QueuedAt)})
	if !d.EndedAt.IsZero() {
		term := map[notify.State]string{notify.Dead: "Given up", notify.Canceled: "Canceled"}[d.State]
		if term == "" {
			term = "Sent"
		}
		page.Facts = append(page.Facts, web.Def{Term: term, HTML: page.V.Time(d.EndedAt), Sub: web.Dur(d.EndedAt.Sub(d.QueuedAt)) + " after it was queued"})
	}
	if d.State == notify.Queued {
		page.Facts = append(page.Facts, web.Def{Term: "Next attempt", HTML: page.V.Time(d.DueAt)})
	}
	for _, f := range d.Facts {
		page.Said = append(page.Said, web.Def{Term: f.Name, Text: f.Value})
	}
	page.Empty = web.Empty{Icon: "clock", Title: "Not tried yet", Text: "Each attempt will stand here with its outcome."}
	if d.Via == "" {
		page.Empty = web.Empty{Icon: "ban", Title: "Never tried", Text: "There was no way to reach anybody."}
	}
	page.Table = web.Table{Label: "Attempts", V: page.V, Columns: []web.Column{{Title: "Outcome", Width: 120, Phone: true}, {Title: "What was said", Phone: true}, {Title: "Took", Width: 80, Right: true}, {Title: "When", Width: 120, Right: true}}}
	for _, a := range attempts {
		page.Table.Rows = append(page.Table.Rows, web.Row{Cells: []web.Cell{{Tag: outcome(a.Outcome)}, {Text: a.Error + a.Answer}, {Text: fmt.Sprintf("%d ms", a.Latency.Milliseconds())}, {At: a.At}}})
	}
	if page.V.May(actor.Respond) {
		switch {
		case d.State == notify.Dead && (d.Via != "" || d.Person != 0):
			page.Retry = "Send it again"
		case d.State == notify.Queued:
			page.Retry = "Try now"
		}
	}
	return p.Shell.Render(w, r, deliveryPage, page)
}

// by is what carries a message, and which step it is.
func by(d notify.Delivery) string {
	if d.Leg == 0 || d.After == 0 {
		return d.Via
	}
	return fmt.Sprintf("%s, to follow after %s", d.Via, web.Dur(d.After))
}

func outcome(o notify.Outcome) *web.Tag {
	switch o {
	case notify.WasSent:
		return &web.Tag{Text: "Sent", Tone: "green", Icon: "check"}
	case notify.WasRefused:
		return &web.Tag{Text: "Refused", Tone: "red", Icon: "ban"}
	case notify.WasUnknown:
		return &web.Tag{Text: "Unknown", Tone: "amber", Icon: "help-circle"}
	}
	return &web.Tag{Text: "Failed", Tone: "amber", Icon: "alert-triangle"}
}

// Retry handles POST /settings/deliveries/{key}/retry.
func (p *Pages) Retry(w http.ResponseWriter, r *http.Request) error {
	id, err := messageID(r)
	if err == nil {
		err = p.Notify.Retry(r.Context(), id)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, ref.N(ref.Message, id).Path(), "It is being sent")
}
