package twilio

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// ticket is what the address of a callback carries, sealed with the key for
// secrets: unreadable, unguessable, and bound to this use.
type ticket struct {
	Message     string `json:"m"`           // "MSG-17"
	Said        string `json:"s,omitempty"` // read out
	Acknowledge string `json:"a,omitempty"` // token of the link that 1 redeems
	Escalate    string `json:"e,omitempty"` // token of the link that 2 redeems
	Until       int64  `json:"u"`           // seconds since 1970
}

const bound = "twilio callback"

// until is when a ticket ends: when the message would be too old to be sent,
// and a day for the service to report.
func until(m notify.Message) int64 { return m.At.Add(72 * time.Hour).Unix() }

func ticketOf(m notify.Message) ticket {
	t := ticket{Message: m.ID, Said: said(m), Until: until(m)}
	for _, b := range m.Buttons {
		token := b.URL[strings.LastIndexByte(b.URL, '/')+1:]
		switch b.Verb {
		case "acknowledge":
			t.Acknowledge = token
		case "escalate":
			t.Escalate = token
		}
	}
	return t
}

func seal(box *secret.Box, t ticket) string {
	plain, err := json.Marshal(t)
	if err != nil {
		panic("twilio: " + err.Error()) // strings and a number always marshal
	}
	return base64.RawURLEncoding.EncodeToString(box.Seal(plain, bound))
}

// open returns a ticket that this server sealed and that has not ended.
func open(box *secret.Box, s string, now time.Time) (t ticket, ok bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return t, false
	}
	plain, err := box.Open(sealed, bound)
	if err != nil || json.Unmarshal(plain, &t) != nil {
		return t, false
	}
	return t, now.Unix() < t.Until
}
