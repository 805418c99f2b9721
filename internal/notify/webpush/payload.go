package webpush

import (
	"encoding/json"

	"github.com/evenkeel/evenkeel/internal/notify"
)

// most is the room for a payload: records of 4,096 bytes less their header of
// 86, the tag of 16 and the delimiter (RFC 8291, 4).
const most = 4096 - 86 - 16 - 1

// Payload is what the service worker reads (assets/js/sw.js of package web).
type Payload struct {
	ID     string   `json:"id"`     // "MSG-17"
	Record string   `json:"record"` // "INC-1042"; a newer notification replaces an older one about the same
	Title  string   `json:"title"`
	Text   string   `json:"text,omitempty"`
	URL    string   `json:"url,omitempty"` // opened by a tap
	Urgent bool     `json:"urgent,omitempty"`
	At     int64    `json:"at"` // milliseconds since 1970
	Do     []Action `json:"do,omitempty"`
}

// Action is a button of the notification; pressing it posts to the link.
type Action struct {
	Verb  string `json:"verb"`
	Label string `json:"label"`
	URL   string `json:"url"`
}

// payload is the message cut to what fits: first the text goes, then the
// actions. Notifications show two actions (Notification.maxActions).
func payload(m notify.Message) []byte {
	p := Payload{ID: m.ID, Record: m.Record, Title: notify.Clip(m.Title, 200), Text: notify.Clip(m.Text, 600), URL: m.URL, Urgent: m.Urgent, At: m.At.UnixMilli()}
	for _, b := range m.Buttons {
		switch {
		case b.URL == "":
		case b.Verb == "": // where a tap leads, which knows more than the record's page: the code to confirm
			p.URL = b.URL
		case len(p.Do) < 2:
			p.Do = append(p.Do, Action{b.Verb, notify.Clip(b.Label, 40), b.URL})
		}
	}
	for {
		body, err := json.Marshal(p)
		switch {
		case err == nil && len(body) <= most:
			return body
		case p.Text != "":
			p.Text = notify.Clip(p.Text, len([]rune(p.Text))/2)
		case p.Do != nil:
			p.Do = nil
		default: // only an address of thousands of characters gets here
			p.URL = ""
		}
	}
}
