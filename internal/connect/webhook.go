package connect

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Webhook is what one webhook of an Alertmanager says. Grafana holds one, so
// its contact point sends the same form with additions.
type Webhook struct {
	Events    []alert.Event
	Ignored   int   // entries without labels, annotations and fingerprint
	Truncated int64 // alerts that the sender says it left out
}

// Alerts reads the list of alerts, each made into an event; false for what is
// no list. The Prom is reused from alert to alert.
func (m *Webhook) Alerts(r *Reader, event func(a *Prom) alert.Event) (bool, error) {
	var a Prom
	return r.Array(func() error {
		ok, err := ReadProm(r, &a)
		switch {
		case err != nil:
			return err
		case ok:
			m.Events = append(m.Events, event(&a))
		default:
			m.Ignored++
		}
		return nil
	})
}

// LeftOut reads truncatedAlerts. It only informs: what is no number is none.
func (m *Webhook) LeftOut(r *Reader) error {
	n, err := r.Text()
	m.Truncated, _ = strconv.ParseInt(n, 10, 64)
	return err
}

// Check is Invalid when there were entries and none of them was an alert.
func (m *Webhook) Check() error {
	if len(m.Events) == 0 && m.Ignored > 0 {
		return errs.BadField("alerts", "", "give each alert labels; none of the "+strconv.Itoa(m.Ignored)+" entries has any")
	}
	return nil
}

// Decide sets what an alert asks for and when it ended, by its own status; an
// unknown one falls back to endsAt. known is false for such.
func (a *Prom) Decide(e *alert.Event, now time.Time, notes *Notes) (known bool) {
	e.EndsAt = End("endsAt", a.EndsAt, now, notes)
	over := !e.EndsAt.IsZero() && !e.EndsAt.After(now)
	status := strings.ToLower(strings.TrimSpace(a.Status))
	if status == "resolved" || status != "firing" && over {
		e.Action = alert.Resolve
		if !over {
			e.EndsAt = time.Time{} // the sender's clock is ahead, or it did not say: now
		}
	} else {
		e.Action = alert.Trigger
		if over {
			e.EndsAt = time.Time{} // still firing when it was sent: status wins
		}
	}
	return status == "firing" || status == "resolved"
}

// Finish hands a webhook over and answers: 200 when all its alerts are on
// disk. What is missing in it is logged with remedy, since nobody else would
// see it.
func (d *Door) Finish(w http.ResponseWriter, r *http.Request, ctx context.Context, in alert.Integration, m Webhook, remedy string) {
	if len(m.Events) > 0 {
		if _, err := d.Ingest(ctx, in, m.Events); err != nil {
			d.Fail(w, r, err)
			return
		}
	}
	if m.Truncated > 0 || m.Ignored > 0 {
		d.Log.Warn(remedy, "integration", in.Name, "truncated", m.Truncated, "without_labels", m.Ignored)
	}
	JSON(w, "application/json", http.StatusOK, Accepted{Status: "ok", Alerts: len(m.Events), Ignored: m.Ignored, Truncated: m.Truncated})
}
