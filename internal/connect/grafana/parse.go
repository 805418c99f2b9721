package grafana

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Parse reads one webhook. now decides what a plausible time is. Errors are
// Invalid: no JSON, no list of alerts, more than connect.MaxAlerts, or no
// alert among the entries.
func Parse(body []byte, now time.Time) (connect.Webhook, error) {
	r := connect.NewReader(body)
	var m connect.Webhook
	var external, org, rule string
	listed := false
	ok, err := r.Object(func(name []byte) (err error) {
		switch string(name) {
		case "alerts":
			listed, err = m.Alerts(r, func(a *connect.Prom) alert.Event { return event(a, now) })
		case "externalURL":
			external, err = r.Text()
		case "orgId":
			org, err = r.Text()
		case "ruleName": // of the alerting before version 9
			rule, err = r.Text()
		case "truncatedAlerts":
			err = m.LeftOut(r)
		default:
			err = r.Skip()
		}
		return err
	})
	if err == nil {
		err = r.End()
	}
	switch {
	case err != nil:
		return connect.Webhook{}, err
	case ok && !listed && rule != "":
		return connect.Webhook{}, errs.BadField("alerts", "", "this is a webhook of Grafana's alerting before version 9, which names no alerts; upgrade the alerting, or send it as PagerDuty events")
	case !ok || !listed:
		return connect.Webhook{}, errs.BadField("alerts", "", "send the webhook of a Grafana contact point, without a custom payload: an object with a list \"alerts\"")
	}
	if err := m.Check(); err != nil {
		return connect.Webhook{}, err
	}
	for i := range m.Events { // both come after the alerts
		connect.AddLink(&m.Events[i], external, "Grafana")
		m.Events[i].Details = detailsWith(m.Events[i].Details, org)
	}
	return m, nil
}

func event(a *connect.Prom, now time.Time) alert.Event {
	var notes connect.Notes
	e := a.Event(now, &notes)
	if !a.Decide(&e, now, &notes) && e.Action == alert.Trigger {
		short, _ := connect.Cut(connect.Clean(a.Status), 60)
		notes.Add("status %q is not known, taken as firing", short)
	}
	if said := connect.Value(a.Annotations, "summary", "title", "message", "description"); strings.TrimSpace(said) == "" {
		e.Summary = connect.Line("summary", called(a, e.Summary), connect.MaxSummary, &notes)
	}
	values := connect.Map("value", a.Values, len(a.Values), &notes)
	if len(values) > 0 || a.ValueString != "" {
		raw, _ := json.Marshal(struct { // texts always encode
			Values      map[string]string `json:"values,omitempty"`
			ValueString string            `json:"valueString,omitempty"`
		}{values, connect.Clean(a.ValueString)})
		e.Details = connect.Details(raw, &notes)
	}
	notes.Put(&e)
	return e
}

// called names alerts that Grafana makes itself when a rule gives no data or
// fails: the rule that is meant stands in a label.
func called(a *connect.Prom, summary string) string {
	rule := connect.Value(a.Labels, "rulename")
	if rule == "" {
		return summary
	}
	switch connect.Value(a.Labels, "alertname") {
	case "DatasourceNoData":
		return "No data for " + rule
	case "DatasourceError":
		return "The data source of " + rule + " fails"
	}
	return summary
}

// detailsWith adds Grafana's organisation.
func detailsWith(details json.RawMessage, org string) json.RawMessage {
	if org == "" || len(org) > connect.MaxKey || len(details) > connect.MaxDetails/2 {
		return details
	}
	m := map[string]json.RawMessage{}
	if len(details) > 0 && json.Unmarshal(details, &m) != nil {
		return details
	}
	m["orgId"], _ = json.Marshal(connect.Clean(org))
	out, err := json.Marshal(m)
	if err != nil {
		return details
	}
	return out
}
