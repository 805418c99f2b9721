package connect

import (
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// Prom is one alert in the shape that Prometheus, Alertmanager, Grafana,
// vmalert, Loki and Thanos share: labels are identity, annotations are for
// people. The alertmanager and prometheus receivers differ in the envelope and
// in who decides firing or resolved.
type Prom struct {
	Status, StartsAt, EndsAt, Fingerprint string
	GeneratorURL                          string
	Links                                 []alert.Link // Grafana's own: dashboard, panel, silence, image
	Values                                []Pair       // Grafana's own: what its queries and expressions gave
	ValueString                           string       // the same as Grafana writes it

	Labels, Annotations           []Pair
	totalLabels, totalAnnotations int
}

// ReadProm reads one alert; ok is false for a value that holds no alert: not
// an object, or without labels, annotations and fingerprint. The slices of *a
// are reused between calls.
func ReadProm(r *Reader, a *Prom) (ok bool, err error) {
	*a = Prom{Labels: a.Labels[:0], Annotations: a.Annotations[:0], Links: a.Links[:0], Values: a.Values[:0]}
	ok, err = r.Object(func(name []byte) (err error) {
		switch string(name) {
		case "labels":
			a.Labels, a.totalLabels, err = r.Pairs(a.Labels)
		case "annotations":
			a.Annotations, a.totalAnnotations, err = r.Pairs(a.Annotations)
		case "status":
			a.Status, err = r.Text()
		case "startsAt":
			a.StartsAt, err = r.Text()
		case "endsAt":
			a.EndsAt, err = r.Text()
		case "fingerprint":
			a.Fingerprint, err = r.Text()
		case "generatorURL":
			a.GeneratorURL, err = r.Text()
		case "values":
			a.Values, _, err = r.Pairs(a.Values)
		case "valueString":
			a.ValueString, err = r.Text()
		case "dashboardURL":
			err = a.link(r, "Dashboard")
		case "panelURL":
			err = a.link(r, "Panel")
		case "imageURL":
			err = a.link(r, "Graph")
		case "silenceURL":
			err = a.link(r, "Silence at the sender")
		default:
			err = r.Skip()
		}
		return err
	})
	return ok && (len(a.Labels) > 0 || len(a.Annotations) > 0 || a.Fingerprint != ""), err
}

func (a *Prom) link(r *Reader, text string) error {
	href, err := r.Text()
	a.Links = append(a.Links, alert.Link{Href: href, Text: text})
	return err
}

// Event makes the common part of the event; the caller sets Action and EndsAt.
// Identity is the sender's fingerprint, else Fingerprint of all labels.
func (a *Prom) Event(now time.Time, notes *Notes) alert.Event {
	dedup := a.Fingerprint
	if dedup == "" {
		dedup = Fingerprint(a.Labels)
	}
	severity, ok := Severity(Value(a.Labels, "severity", "level", "priority"))
	if !ok {
		notes.Add("severity %q is not known, taken as warning", shortName(Value(a.Labels, "severity", "level", "priority")))
	}
	e := alert.Event{
		Dedup:       Dedup(dedup),
		Severity:    severity,
		Summary:     a.summary(notes),
		Source:      Line("source", Value(a.Labels, "instance", "host", "hostname", "node", "pod", "job"), MaxSource, notes),
		Service:     Line("service", Value(a.Labels, "service", "service_name", "app"), MaxKey, notes),
		Labels:      Map("label", a.Labels, a.totalLabels, notes),
		Annotations: Map("annotation", a.Annotations, a.totalAnnotations, notes),
		StartsAt:    Start("startsAt", a.StartsAt, now, notes),
	}
	AddLink(&e, Value(a.Annotations, "runbook_url", "runbook"), "Runbook")
	AddLink(&e, Value(a.Annotations, "dashboard_url", "dashboard", "dashboardURL"), "Dashboard")
	for _, l := range a.Links {
		AddLink(&e, l.Href, l.Text)
	}
	AddLink(&e, a.GeneratorURL, "Query at the source")
	return e
}

// summary is one line for people, from the annotations rule sets use, else
// from the name and the instance.
func (a *Prom) summary(notes *Notes) string {
	s := Value(a.Annotations, "summary", "title", "message", "description")
	if strings.TrimSpace(s) == "" {
		s = Value(a.Labels, "alertname")
		if in := Value(a.Labels, "instance"); in != "" {
			s = strings.TrimSpace(s + " on " + in)
		}
	}
	if strings.TrimSpace(s) == "" {
		s = "Alert without a name"
	}
	return Line("summary", s, MaxSummary, notes)
}
