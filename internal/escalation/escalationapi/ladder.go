package escalationapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/escalation"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Ladder is an incident's way up its policy.
type Ladder struct {
	Incident string    `json:"incident"`
	Policy   string    `json:"policy,omitempty" doc:"Empty: no policy serves it"`
	Title    string    `json:"title,omitempty"`
	State    string    `json:"state,omitempty" enum:"climbing,reminding,acknowledged,snoozed,done"`
	Run      int       `json:"run,omitempty" doc:"Begun so often"`
	Cause    string    `json:"cause,omitempty" doc:"Why it began, or what ended it"`
	NextAt   time.Time `json:"next_at,omitzero" doc:"When it does something by itself; absent only when done"`
	Stages   []Stage   `json:"stages" doc:"What this run did, then what follows if nobody acknowledges"`
	Requests []Request `json:"requests" doc:"People who were asked to help or take over"`
}

// Stage is one thing that a ladder did or will do.
type Stage struct {
	Kind     string    `json:"kind" enum:"tell,skip,empty,remind,nudge" doc:"empty: the step reached nobody; remind: leads and manager; nudge: who acknowledged"`
	Round    int       `json:"round,omitempty"`
	Step     int       `json:"step,omitempty"`
	At       time.Time `json:"at"`
	Done     bool      `json:"done"`
	People   []Person  `json:"people,omitempty"`
	Channels []string  `json:"channels,omitempty"`
	Why      string    `json:"why,omitempty"`
}

// Person is somebody by key and name.
type Person struct {
	Key  string `json:"key" example:"USR-2"`
	Name string `json:"name"`
}

// Request is a person who was asked.
type Request struct {
	Person     Person    `json:"person"`
	Kind       string    `json:"kind" enum:"help,handover"`
	State      string    `json:"state" enum:"asked,accepted,declined,silent,over"`
	AskedBy    *Person   `json:"asked_by,omitempty"`
	AskedAt    time.Time `json:"asked_at"`
	AnsweredAt time.Time `json:"answered_at,omitzero"`
	Note       string    `json:"note,omitempty"`
}

func person(id int64, names map[int64]string) Person {
	return Person{ref.N(ref.Person, id).String(), names[id]}
}

func stages(list []escalation.Stage, names map[int64]string) []Stage {
	out := make([]Stage, len(list))
	for i, st := range list {
		out[i] = Stage{Kind: string(st.Kind), Round: st.Round, Step: st.Step, At: st.At, Done: st.Done, Channels: st.Channels, Why: st.Why}
		if out[i].Why == "" && len(st.Lacks) > 0 {
			out[i].Why = st.Lacks[0]
		}
		for _, p := range st.People {
			out[i].People = append(out[i].People, person(p, names))
		}
	}
	return out
}

type ladderBody struct{ Body Ladder }

func ladder(v escalation.View, err error) (*ladderBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	o := Ladder{Incident: v.Incident.Key, Stages: stages(v.Stages, v.Names), Requests: make([]Request, len(v.Requests))}
	if v.Has {
		l := v.Ladder
		o.Policy, o.Title, o.State, o.Run, o.Cause, o.NextAt = l.Policy, v.Title, string(l.State), l.Run, l.Cause, l.NextAt
	}
	for i, r := range v.Requests {
		o.Requests[i] = Request{Person: person(r.Person, v.Names), Kind: string(r.Kind), State: string(r.State), AskedAt: r.AskedAt, AnsweredAt: r.AnsweredAt, Note: r.Note}
		if r.AskedBy != 0 {
			by := person(r.AskedBy, v.Names)
			o.Requests[i].AskedBy = &by
		}
	}
	return &ladderBody{o}, nil
}

// KeyIn names an incident in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"40" example:"INC-1042"`
}

func (in KeyIn) id() (int64, error) {
	id, err := ref.ID(ref.Incident, in.Key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "there is no incident %q; keys look like INC-1042", errs.Short(in.Key))
	}
	return id, nil
}

// EscalationNote is a sentence for the timeline.
type EscalationNote struct {
	Note string `json:"note,omitempty" maxLength:"1000"`
}

// verb registers one verb with its body.
func verb[B any](a huma.API, id, path, summary string, do func(ctx context.Context, incident int64, in B) (escalation.View, error)) {
	huma.Register(a, api.Op(id, http.MethodPost, "/incidents/{key}"+path, tag, summary, api.Editing), func(ctx context.Context, in *struct {
		KeyIn
		Body B
	}) (*ladderBody, error) {
		n, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		return ladder(do(ctx, n, in.Body))
	})
}

func ladders(a huma.API, s *escalation.Service) {
	huma.Register(a, api.Op("get-ladder", http.MethodGet, "/incidents/{key}/escalation", tag, "Read an incident's ladder: who was told, who follows", api.Reading), func(ctx context.Context, in *KeyIn) (*ladderBody, error) {
		n, err := in.id()
		if err != nil {
			return nil, api.Err(err)
		}
		return ladder(s.Ladder(ctx, n))
	})
	verb(a, "escalate", "/escalate", "Do the next step of the ladder now", func(ctx context.Context, n int64, in EscalationNote) (escalation.View, error) {
		return s.Escalate(ctx, n, in.Note)
	})
	verb(a, "snooze", "/snooze", "Hold the ladder back until a time", func(ctx context.Context, n int64, in struct {
		Until time.Time `json:"until" doc:"1 minute to 24 hours from now"`
		EscalationNote
	}) (escalation.View, error) {
		return s.Snooze(ctx, n, in.Until, in.Note)
	})
	verb(a, "unsnooze", "/unsnooze", "Let a snoozed ladder go on now", func(ctx context.Context, n int64, _ struct{}) (escalation.View, error) {
		return s.Unsnooze(ctx, n)
	})
	verb(a, "add-responder", "/responders", "Page people and ask them to help", func(ctx context.Context, n int64, in struct {
		Person   string `json:"person,omitempty" maxLength:"63" doc:"Handle or key; exactly one of person, schedule and team"`
		Schedule string `json:"schedule,omitempty" maxLength:"63" doc:"Who is on call in it now"`
		Team     string `json:"team,omitempty" maxLength:"63" doc:"Its members and leads"`
		EscalationNote
	}) (escalation.View, error) {
		return s.AddResponder(ctx, n, escalation.Ask{Person: in.Person, Schedule: in.Schedule, Team: in.Team}, in.Note)
	})
	verb(a, "hand-over", "/handover", "Ask a person to take the incident over; it stays where it is until they accept", func(ctx context.Context, n int64, in struct {
		To string `json:"to" maxLength:"63" doc:"Handle or key"`
		EscalationNote
	}) (escalation.View, error) {
		return s.Handover(ctx, n, in.To, in.Note)
	})
	verb(a, "answer-request", "/answer", "Accept or decline what you were asked", func(ctx context.Context, n int64, in struct {
		Accept bool `json:"accept"`
		EscalationNote
	}) (escalation.View, error) {
		return s.Answer(ctx, n, in.Accept, in.Note)
	})
}
