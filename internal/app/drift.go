package app

import (
	"fmt"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/web"
)

// drifted raises an alert of ours about a baseline from which the map has
// drifted, and ends it when nothing is left, inside the transaction that looked.
// Rules see it like any other alert: integration "evenkeel", label baseline.
func (a *App) drifted(tx *db.Tx, b cmdb.Baseline, n int64) error {
	e := alert.Event{Action: alert.Resolve, Dedup: "drift/" + b.Name, EndsAt: tx.Now}
	if n > 0 {
		title := b.Spec.Title
		if title == "" {
			title = b.Name
		}
		many := web.Plural(int(n), "difference", "differences")
		if n >= cmdb.MaxDrift {
			many = "more than " + many
		}
		e = alert.Event{
			Action: alert.Trigger, Dedup: e.Dedup, Severity: alert.Warning, Source: b.Ref().String(), Service: b.Spec.Service,
			Summary:     fmt.Sprintf("The map has drifted from the baseline %s: %s", title, many),
			Labels:      map[string]string{"alertname": "BaselineDrift", "baseline": b.Name},
			Annotations: map[string]string{"description": "Somebody changed what runs and nobody has explained it. Look at each difference: accept it, or put it right."},
			Links:       []alert.Link{{Href: a.cfg.PublicURL + b.Ref().Path(), Text: "Differences"}},
		}
	}
	return a.Alerts.Own(tx, e)
}
