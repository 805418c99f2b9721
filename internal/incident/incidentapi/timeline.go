package incidentapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/incident"
)

type entryAnswer struct{ Body TimelineEntry }

// added registers a POST that adds a timeline entry; I is the whole input.
func added[I any](a huma.API, o huma.Operation, do func(ctx context.Context, in *I) (incident.Entry, error)) {
	o.DefaultStatus = http.StatusCreated
	huma.Register(a, o, func(ctx context.Context, in *I) (*entryAnswer, error) {
		e, err := do(ctx, in)
		if err != nil {
			return nil, api.Err(err)
		}
		return &entryAnswer{entryOut(e)}, nil
	})
}

// SeqIn is a timeline entry in a path.
type SeqIn struct {
	KeyIn
	Seq int `path:"seq" minimum:"1" doc:"Number of the entry"`
}

func (h *handlers) timeline(a huma.API) {
	huma.Register(a, op("list-timeline", http.MethodGet, "/incidents/{key}/timeline", "Read the timeline", reading),
		func(ctx context.Context, in *struct {
			KeyIn
			api.PageIn
			Kind   []string `query:"kind" maxItems:"12" doc:"Only these kinds, separated by commas"`
			People bool     `query:"people" doc:"Only notes and status updates"`
			Public bool     `query:"public" doc:"Only what may be shown outside"`
			Oldest bool     `query:"oldest_first"`
		}) (*struct{ Body api.List[TimelineEntry] }, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			f := incident.TimelineFilter{People: in.People, PublicOnly: in.Public, OldestFirst: in.Oldest}
			for _, k := range in.Kind {
				f.Kinds = append(f.Kinds, incident.EntryKind(k))
			}
			list, next, err := h.s.Timeline(ctx, id, f, in.Cursor, in.Limit)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[TimelineEntry] }{api.List[TimelineEntry]{Items: make([]TimelineEntry, len(list)), Next: next}}
			for n, e := range list {
				out.Body.Items[n] = entryOut(e)
			}
			return out, nil
		})
	added(a, op("add-note", http.MethodPost, "/incidents/{key}/timeline", "Add a note", editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Body struct {
				Text string `json:"text" minLength:"1"`
				Tag  string `json:"tag,omitempty" enum:"key fact,decision"`
			}
		}) (incident.Entry, error) {
			id, err := in.id()
			if err != nil {
				return incident.Entry{}, err
			}
			return h.s.AddNote(ctx, id, incident.Note{Text: in.Body.Text, Tag: incident.Tag(in.Body.Tag)})
		})
	added(a, op("correct-note", http.MethodPost, "/incidents/{key}/timeline/{seq}/correct", "Correct a note of yours; the earlier text stays visible", editing),
		func(ctx context.Context, in *struct {
			SeqIn
			Body struct {
				Text string `json:"text" minLength:"1"`
			}
		}) (incident.Entry, error) {
			id, err := in.id()
			if err != nil {
				return incident.Entry{}, err
			}
			return h.s.Correct(ctx, id, in.Seq, in.Body.Text)
		})
	added(a, op("erase-entry", http.MethodPost, "/incidents/{key}/timeline/{seq}/erase", "Erase the text of an entry, when it must not be kept", editing),
		func(ctx context.Context, in *struct {
			SeqIn
			Body IncidentReason
		}) (incident.Entry, error) {
			id, err := in.id()
			if err != nil {
				return incident.Entry{}, err
			}
			return h.s.EraseText(ctx, id, in.Seq, in.Body.Reason)
		})
	added(a, op("publish-update", http.MethodPost, "/incidents/{key}/updates", "Publish a status update", editing),
		func(ctx context.Context, in *struct {
			KeyIn
			Body struct {
				Text   string `json:"text" minLength:"1"`
				Public bool   `json:"public,omitempty" doc:"May be shown outside; restarts the update clock"`
				Next   string `json:"next,omitempty" example:"30m" doc:"When the next public update follows; default: as the priority promises"`
			}
		}) (incident.Entry, error) {
			id, err := in.id()
			if err != nil {
				return incident.Entry{}, err
			}
			var next time.Duration
			if next, err = duration("next", in.Body.Next); err != nil {
				return incident.Entry{}, err
			}
			return h.s.Publish(ctx, id, incident.Update{Text: in.Body.Text, Public: in.Body.Public, Next: next})
		})
}
