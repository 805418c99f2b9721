package pagerduty

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Change is what one change event says: something was changed, with a sentence
// and links. It carries no identity and no state, so each is a change of its
// own that is complete, and the same body again is the same one. What a sender
// puts into custom_details under these names counts: service, environment,
// repository (or repo), commit (or revision, sha), version, author (or user).
//
// Format: https://developer.pagerduty.com/docs/send-change-event ; the answer
// and its text are those that https://github.com/PagerDuty/go-pagerduty/blob/main/change_events_test.go
// expects.
type Change struct {
	RoutingKey string
	Signal     change.Signal
}

// changeWire is the body as it is sent.
type changeWire struct {
	routingKey, summary, source, timestamp string
	details                                json.RawMessage
	links                                  []alert.Link
	payload                                bool
}

// ParseChange reads one change event. Errors are Invalid, with a field for each
// fault.
func ParseChange(body []byte) (Change, error) {
	r := connect.NewReader(body)
	var m changeWire
	ok, err := r.Object(func(name []byte) error { return m.field(r, string(name)) })
	if err == nil {
		err = r.End()
	}
	if err != nil {
		return Change{}, err
	}
	var bad errs.Fields
	switch {
	case !ok:
		return Change{}, errs.E(errs.Invalid, "the body is JSON but no object; send one event")
	case !m.payload:
		bad.Add("payload", "", "'payload' is missing or blank")
	case strings.TrimSpace(m.summary) == "":
		bad.Add("payload.summary", "", "'payload.summary' is missing or blank")
	}
	return Change{RoutingKey: m.routingKey, Signal: m.signal(body)}, bad.Err()
}

func (m *changeWire) field(r *connect.Reader, name string) (err error) {
	switch name {
	case "routing_key":
		m.routingKey, err = r.Text()
	case "links":
		m.links, err = r.Links("href", "text")
	case "payload":
		m.payload, err = r.Object(func(name []byte) (err error) {
			switch string(name) {
			case "summary":
				m.summary, err = r.Text()
			case "source":
				m.source, err = r.Text()
			case "timestamp":
				m.timestamp, err = r.Text()
			case "custom_details":
				m.details, err = r.Raw()
			default:
				err = r.Skip()
			}
			return err
		})
	default:
		err = r.Skip()
	}
	return err
}

// detail is a text among the details under the first of the names that has one.
func (m *changeWire) detail(names ...string) string {
	for _, name := range names {
		if v := connect.Member(m.details, name); v != "" {
			return v
		}
	}
	return ""
}

func (m *changeWire) signal(body []byte) change.Signal {
	d := &change.Deployment{
		Key: "pagerduty:" + connect.DeliveryID("", body), Phase: change.PhaseSucceeded,
		Environment: m.detail("environment"), Artefact: m.detail("version"), Author: m.detail("author", "user"),
		Title: connect.FirstLine(m.summary), Summary: m.summary,
	}
	if s := m.detail("service"); s != "" {
		d.Services = []string{s}
	} else {
		d.Application = m.source
	}
	if len(m.links) > 0 {
		d.Link = m.links[0].Href
	}
	s := change.Signal{Kind: change.SignalDeployment, At: connect.Moment(m.timestamp), Repository: m.detail("repository", "repo"), Deployment: d}
	if c := strings.ToLower(m.detail("commit", "revision", "sha")); len(c) == 40 || len(c) == 64 {
		s.Commit = c
	} else if d.Artefact == "" {
		d.Artefact = c
	}
	return s
}

// change takes one change event: 202 when it is on disk.
func (rc *Receiver) change(w http.ResponseWriter, r *http.Request) {
	if err := rc.takeChange(w, r); err != nil {
		rc.fail(w, r, err)
		return
	}
	connect.JSON(w, "application/json", http.StatusAccepted, answer{Status: "success", Message: "Change event processed"})
}

func (rc *Receiver) takeChange(w http.ResponseWriter, r *http.Request) error {
	body, err := rc.door.Read(w, r, MaxBody)
	if err != nil {
		return err
	}
	defer body.Close()
	m, bad := ParseChange(body.Bytes)
	ctx, in, err := rc.enter(r, m.RoutingKey, bad)
	if err != nil {
		return err
	}
	_, err = rc.to.Ingest(ctx, change.Source{Name: in.Name, Service: in.Service, Team: in.Team}, connect.DeliveryID("", body.Bytes), []change.Signal{m.Signal})
	return err
}
