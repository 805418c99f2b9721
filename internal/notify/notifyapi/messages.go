package notifyapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Message is one notice for one recipient, and how its delivery went.
type Message struct {
	Key        string        `json:"key" example:"MSG-17"`
	Record     string        `json:"record" example:"INC-1042" doc:"Empty where the reader may not know of it"`
	Reason     string        `json:"reason" example:"paged"`
	To         string        `json:"to" example:"person:17" doc:"person:…, channel:… or nobody:…; restricted: where the reader may not know"`
	Name       string        `json:"name,omitempty" doc:"The person's name"`
	Via        string        `json:"via,omitempty" doc:"email, sms, voice, webpush, ntfy, or the channel; absent when there was no way"`
	Team       string        `json:"team,omitempty"`
	Urgent     bool          `json:"urgent"`
	Priority   string        `json:"priority,omitempty" example:"P1"`
	Leg        int           `json:"leg,omitempty" doc:"0, absent: the first message of its notice to the person; the others follow it"`
	Restricted bool          `json:"restricted,omitempty"`
	Title      string        `json:"title"`
	Text       string        `json:"text,omitempty"`
	Facts      []notify.Fact `json:"facts,omitempty"`
	State      string        `json:"state" enum:"queued,sending,sent,dead,canceled"`
	Queued     time.Time     `json:"queued"`
	Promised   time.Time     `json:"promised" doc:"Later than this, an open message is overdue"`
	Due        *time.Time    `json:"due,omitempty" doc:"Next attempt"`
	Ended      *time.Time    `json:"ended,omitempty" doc:"When it was sent or given up"`
	Attempts   int           `json:"attempts"`
	Error      string        `json:"error,omitempty" doc:"Of the last attempt"`
}

func messageOut(d notify.Delivery) Message {
	return Message{Key: d.Ref().String(), Record: d.Record.String(), Reason: d.Reason, To: d.Dest, Name: d.Name, Via: d.Via, Team: d.Team, Urgent: d.Urgent,
		Priority: d.Priority, Leg: d.Leg, Restricted: d.Restricted, Title: d.Title, Text: d.Text, Facts: d.Facts, State: string(d.State), Queued: d.QueuedAt, Promised: d.PromisedAt,
		Due: api.When(d.DueAt), Ended: api.When(d.EndedAt), Attempts: d.Attempts, Error: d.Error}
}

func messagesOut(list []notify.Delivery) []Message {
	out := make([]Message, len(list))
	for i, d := range list {
		out[i] = messageOut(d)
	}
	return out
}

// Attempt is one try to deliver.
type Attempt struct {
	N       int       `json:"n"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome" enum:"sent,failed,refused,unknown"`
	Error   string    `json:"error,omitempty"`
	Answer  string    `json:"answer,omitempty" doc:"What the other side said when it took the message"`
	Seconds float64   `json:"seconds"`
}

// MessageWithAttempts is a message with its attempts, newest first.
type MessageWithAttempts struct {
	Message
	Tries []Attempt `json:"tries" doc:"Attempts, newest first, at most 100"`
}

// Expected is a notice that ought to exist.
type Expected struct {
	Key    string    `json:"key"`
	Record string    `json:"record"`
	Since  time.Time `json:"since"`
}

// Watch is what the watchdog sees.
type Watch struct {
	At      time.Time  `json:"at"`
	Fine    bool       `json:"fine" doc:"Nothing is overdue, missing or dead"`
	Overdue []Message  `json:"overdue" doc:"Open and past their time, at most 100"`
	Missing []Expected `json:"missing" doc:"Ought to have been said and never was, at most 100"`
	Dead    int        `json:"dead" doc:"Dead letters, counted up to 100"`
	Queued  int        `json:"queued" doc:"Open messages, counted up to 100"`
	Mail    Health     `json:"mail" doc:"Health of the mail server"`
}

// KeyIn names a message in a path.
type KeyIn struct {
	Key string `path:"key" maxLength:"30" example:"MSG-17"`
}

func (k KeyIn) id() (int64, error) {
	id, err := ref.ID(ref.Message, k.Key)
	if err != nil {
		return 0, errs.E(errs.NotFound, "%s", err.Error())
	}
	return id, nil
}

func (h *handlers) messages(a huma.API) {
	const tag = "Messages"
	huma.Register(a, api.Op("list-messages", http.MethodGet, "/messages", tag, "List messages, newest first", api.Making),
		func(ctx context.Context, in *struct {
			api.PageIn
			State  string `query:"state" doc:"queued, sending, sent, dead or canceled"`
			Record string `query:"record" doc:"Only about this record, such as INC-1042"`
		}) (*struct{ Body api.List[Message] }, error) {
			f, before, err := filter(in.State, in.Record, in.Cursor)
			if err != nil {
				return nil, api.Err(err)
			}
			list, err := h.s.Messages(ctx, f, before, in.Limit+1)
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Message] }{}
			if len(list) > in.Limit {
				list = list[:in.Limit]
				out.Body.Next = strconv.FormatInt(list[in.Limit-1].ID, 10)
			}
			out.Body.Items = messagesOut(list)
			return out, nil
		})
	huma.Register(a, api.Op("get-message", http.MethodGet, "/messages/{key}", tag, "Read a message and its attempts", api.Reading),
		func(ctx context.Context, in *KeyIn) (*struct{ Body MessageWithAttempts }, error) {
			id, err := in.id()
			if err != nil {
				return nil, api.Err(err)
			}
			return h.one(ctx, id)
		})
	huma.Register(a, api.Op("retry-message", http.MethodPost, "/messages/{key}/retry", tag, "Send a dead message again, or a waiting one now", api.Editing),
		func(ctx context.Context, in *KeyIn) (*struct{ Body MessageWithAttempts }, error) {
			id, err := in.id()
			if err == nil {
				err = h.s.Retry(ctx, id)
			}
			if err != nil {
				return nil, api.Err(err)
			}
			return h.one(ctx, id)
		})
	huma.Register(a, api.Op("watch-messages", http.MethodGet, "/messages-watch", tag, "Compare what should have been sent with what was", api.Reading),
		func(ctx context.Context, _ *struct{}) (*struct{ Body Watch }, error) {
			w, err := h.s.Watch(ctx)
			if err != nil {
				return nil, api.Err(err)
			}
			out := Watch{At: w.At, Fine: w.Fine(), Overdue: messagesOut(w.Overdue), Missing: make([]Expected, len(w.Missing)), Dead: w.Dead, Queued: w.Queued, Mail: healthOut(w.Mail)}
			for i, e := range w.Missing {
				out.Missing[i] = Expected{e.Key, e.Record.String(), e.Since}
			}
			return &struct{ Body Watch }{out}, nil
		})
}

func (h *handlers) one(ctx context.Context, id int64) (*struct{ Body MessageWithAttempts }, error) {
	d, attempts, err := h.s.Message(ctx, id)
	if err != nil {
		return nil, api.Err(err)
	}
	out := MessageWithAttempts{Message: messageOut(d), Tries: make([]Attempt, len(attempts))}
	for i, t := range attempts {
		out.Tries[i] = Attempt{t.N, t.At, string(t.Outcome), t.Error, t.Answer, t.Latency.Seconds()}
	}
	return &struct{ Body MessageWithAttempts }{out}, nil
}

// filter reads the parameters of the list.
func filter(state, record, cursor string) (f notify.Filter, before int64, err error) {
	var bad errs.Fields
	switch f.State = notify.State(state); f.State {
	case "", notify.Queued, notify.Sending, notify.Sent, notify.Dead:
	default:
		bad.Add("state", state, "use queued, sending, sent, dead or canceled")
	}
	if record != "" {
		if f.Record, err = ref.Parse(record); err != nil {
			bad.Add("record", record, "write a record's key like INC-1042")
		}
	}
	if cursor != "" {
		if before, err = strconv.ParseInt(cursor, 10, 64); err != nil || before < 1 {
			bad.Add("cursor", cursor, "send the next value of the previous page as it was")
		}
	}
	return f, before, bad.Err()
}
