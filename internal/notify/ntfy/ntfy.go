// Package ntfy publishes messages to a topic of an ntfy server, the public
// ntfy.sh or one's own.
//
// The body is JSON posted to the server's root with the topic inside
// (https://docs.ntfy.sh/publish/#publish-as-json), because headers cannot carry
// every character of a title. Urgent messages get the highest priority, which
// sounds through "do not disturb"; others the normal one. A tap opens the
// record; links that act become buttons that post to them (action "http"), so
// that one thumb is enough. At most three actions are shown.
//
// Topics are created by their use and are as good as passwords: whoever knows
// one can read and write, unless the server protects it and wants an access
// token ("tk_…", sent as Bearer). The address and the token are secrets. A
// person's own topic gets links that act for that person; a team's topic gets
// none, because its readers are not known.
//
// Limits of the server's defaults: 4,096 bytes of message; longer ones would
// become attachments. 429 means that a visitor's allowance is used up.
package ntfy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// Transport publishes to topics.
type Transport struct{ client *http.Client }

// New returns a transport behind a guard.
func New(g egress.Guard) *Transport { return &Transport{client: g.Client()} }

type action struct {
	Action string `json:"action"` // "view" opens, "http" sends
	Label  string `json:"label"`
	URL    string `json:"url"`
	Method string `json:"method,omitempty"`
	Clear  bool   `json:"clear,omitempty"` // takes the notification away when it worked
}

type publication struct {
	Topic    string   `json:"topic"`
	Title    string   `json:"title"`
	Message  string   `json:"message"`
	Priority int      `json:"priority"` // 1 to 5
	Tags     []string `json:"tags,omitempty"`
	Click    string   `json:"click,omitempty"`
	Actions  []action `json:"actions,omitempty"`
}

// Priorities (https://docs.ntfy.sh/publish/#message-priority): 5 sounds and
// vibrates for long, 3 is the default, 2 makes no sound.
const (
	priorityUrgent = 5
	priorityNormal = 3
)

const (
	maxMessage = 3500 // bytes; the server's 4,096 less room
	maxActions = 3
)

// Send publishes one message to the topic that to.URL names.
func (t *Transport) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	server, topic, err := Split(to.URL)
	if err != nil {
		return &notify.Failure{Text: err.Error(), Permanent: true, Recipient: to.Person != 0}
	}
	p := render(m, to.Person != 0)
	p.Topic = topic
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, server, bytes.NewReader(body))
	if err != nil {
		return &notify.Failure{Text: "the ntfy server's address is not a URL", Permanent: true}
	}
	req.Header.Set("Content-Type", "application/json")
	if to.Secret != "" {
		req.Header.Set("Authorization", "Bearer "+to.Secret)
	}
	_, err = egress.Do(t.client, req, to.Secret, topic)
	var a *egress.Answer
	if errors.As(err, &a) && to.Person != 0 && (a.Status == http.StatusUnauthorized || a.Status == http.StatusForbidden) {
		a.Recipient = true // one person's token, not the server
	}
	return err
}

// Split reads a topic's address, "https://ntfy.sh/harbour-mara", into the
// server's root and the topic. A server may stand below a path.
func Split(address string) (server, topic string, err error) {
	wrong := errors.New("write server and topic as one address, like https://ntfy.sh/harbour-mara-7f3a")
	u, err := url.Parse(strings.TrimRight(address, "/"))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || u.RawQuery != "" {
		return "", "", wrong
	}
	at := strings.LastIndexByte(u.Path, '/')
	if at < 0 || !topicName(u.Path[at+1:]) {
		return "", "", wrong
	}
	topic, u.Path = u.Path[at+1:], u.Path[:at+1]
	return u.String(), topic, nil
}

// topicName is the server's rule: 1 to 64 letters, digits, hyphens and
// underscores.
func topicName(s string) bool {
	return s != "" && len(s) <= 64 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == ""
}

// render is the message; own says that only one person reads the topic.
func render(m notify.Message, own bool) publication {
	p := publication{Title: clip(m.Title, 250), Message: m.Text, Priority: priorityNormal, Click: m.URL}
	if m.Urgent {
		p.Priority, p.Tags = priorityUrgent, []string{"rotating_light"}
	}
	for _, f := range m.Facts {
		p.Message += "\n" + f.Name + ": " + f.Value
	}
	p.Message = clip(strings.TrimSpace(p.Message), maxMessage)
	if p.Message == "" {
		p.Message = p.Title // an empty one would read "triggered"
	}
	for _, b := range m.Buttons {
		switch {
		case b.URL == "" || len(p.Actions) == maxActions || b.Verb != "" && !own:
		case b.Verb != "":
			p.Actions = append(p.Actions, action{Action: "http", Label: clip(b.Label, 40), URL: b.URL, Method: http.MethodPost, Clear: true})
		default:
			p.Actions = append(p.Actions, action{Action: "view", Label: clip(b.Label, 40), URL: b.URL})
		}
	}
	return p
}

// clip cuts to n bytes, never within a character.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n-len("…")], "") + "…"
}
