package cdevents

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// MaxBatch bounds the events of one batch.
const MaxBatch = 1000

// event is a CDEvent as far as it is read. Custom data is anything.
type event struct {
	Context struct {
		ID        string `json:"id"`
		Source    string `json:"source"`
		Type      string `json:"type"`
		Timestamp string `json:"timestamp"`
	} `json:"context"`
	Subject struct {
		ID      string  `json:"id"`
		Source  string  `json:"source"`
		Content content `json:"content"`
	} `json:"subject"`
	Custom json.RawMessage `json:"customData"`
}

type content struct {
	Environment  reference `json:"environment"`
	ArtifactID   string    `json:"artifactId"`
	PipelineName string    `json:"pipelineName"`
	TaskName     string    `json:"taskName"`
	URI          string    `json:"uri"`
	Outcome      string    `json:"outcome"`
	Reason       string    `json:"reason"`
	TestSuite    struct {
		reference
		Name string `json:"name"`
	} `json:"testSuite"`
}

type reference struct {
	ID     string `json:"id"`
	Source string `json:"source"`
}

// custom is what this receiver understands of customData.
type custom struct {
	Repository string   `json:"repository"`
	Commit     string   `json:"commit"`
	Author     string   `json:"author"`
	Link       string   `json:"link"`
	Services   []string `json:"services"`
	Tests      struct {
		Total   int `json:"total"`
		Passed  int `json:"passed"`
		Failed  int `json:"failed"`
		Skipped int `json:"skipped"`
	} `json:"tests"`
}

// envelope is a CloudEvent in its structured form.
type envelope struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Data        json.RawMessage `json:"data"`
	Base64      []byte          `json:"data_base64"`
}

// Parse reads a body: one CDEvent, one CloudEvent with it inside, or a batch,
// which has no number of its own. Notes say why an event tells nothing. Errors are Invalid and name the field.
func Parse(contentType string, body []byte) (connect.Told, error) {
	kind, _, _ := mime.ParseMediaType(contentType) // what is no type is looked at as JSON
	body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	if kind != "application/cloudevents-batch+json" {
		return one(body, kind == "application/cloudevents+json")
	}
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil {
		return connect.Told{}, errs.E(errs.Invalid, "the body is no batch: %s; send a JSON array of CloudEvents", err)
	}
	if len(list) > MaxBatch {
		return connect.Told{}, errs.E(errs.Invalid, "the batch has %d events; send at most %d at once", len(list), MaxBatch)
	}
	var all connect.Told
	for n, raw := range list {
		d, err := one(raw, true)
		if err != nil {
			return connect.Told{}, inBatch(n+1, err)
		}
		all.Signals = append(all.Signals, d.Signals...)
		all.Notes = append(all.Notes, d.Notes...)
	}
	return all, nil
}

// inBatch says which event of a batch an error is about.
func inBatch(n int, err error) error {
	var e *errs.Error
	if !errors.As(err, &e) {
		return err
	}
	c := *e
	c.Text = fmt.Sprintf("event %d of the batch: %s", n, e.Text)
	return &c
}

func one(body []byte, wrapped bool) (connect.Told, error) {
	var outer envelope
	if err := json.Unmarshal(body, &outer); err != nil {
		return connect.Told{}, errs.E(errs.Invalid, "the body is no JSON object: %s", err)
	}
	if wrapped || outer.SpecVersion != "" && len(outer.Data)+len(outer.Base64) > 0 {
		switch {
		case len(outer.Base64) > 0:
			body = outer.Base64
		case len(outer.Data) > 0:
			body = outer.Data
		default:
			return connect.Told{}, errs.BadField("data", "", "put the CDEvent into it")
		}
	}
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return connect.Told{}, errs.E(errs.Invalid, "this is no CDEvent: %s", err)
	}
	if e.Context.ID == "" {
		return connect.Told{}, errs.BadField("context.id", "", "a CDEvent has one; see cdevents.dev")
	}
	subject, predicate, ok := typeOf(e.Context.Type)
	if !ok {
		return connect.Told{}, errs.BadField("context.type", errs.Short(e.Context.Type), `write it like "dev.cdevents.service.deployed.0.3.0"`)
	}
	d := connect.Told{ID: e.Context.Source + "#" + e.Context.ID}
	signal, why := e.signal(subject, predicate)
	if why != "" {
		d.Notes = []string{fmt.Sprintf("%s.%s tells nothing about a change here: %s", subject, predicate, why)}
		return d, nil
	}
	signal.At = connect.Moment(e.Context.Timestamp)
	d.Signals = []change.Signal{signal}
	return d, nil
}

// typeOf takes "dev.cdevents.service.deployed.0.3.0" apart.
func typeOf(t string) (subject, predicate string, ok bool) {
	rest, ok := strings.CutPrefix(t, "dev.cdevents.")
	parts := strings.SplitN(rest, ".", 3)
	if !ok || len(parts) < 3 || parts[0] == "" || parts[1] == "" {
		return "", "", false
	}
	return connect.Clean(errs.Short(parts[0])), connect.Clean(errs.Short(parts[1])), true
}
