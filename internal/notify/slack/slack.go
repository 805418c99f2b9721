// Package slack posts messages to a Slack incoming webhook.
//
// A message is a Block Kit layout: a header with the title, the text, the
// facts as fields, and buttons that are plain links, so that no Slack app with
// a public address is needed; "text" beside it is what notifications and
// screen readers get. Formats and limits are from
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
// https://docs.slack.dev/reference/block-kit/blocks: header 150 characters,
// section text 3,000, ten fields of 2,000, button text 75, button address
// 3,000.
//
// Slack reads &, < and > in text as control characters; they are escaped
// (https://docs.slack.dev/messaging/formatting-message-text#escaping), so that
// an alert's label cannot mention @channel or hide a link. Slack answers 200
// "ok"; 429 carries Retry-After. The webhook's address is a secret: whoever has
// it can post. A channel's readers are not known, so messages to Slack carry no
// links that act for a person; they lead to the record, which asks who one is.
package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// Transport posts to incoming webhooks.
type Transport struct{ client *http.Client }

// New returns a transport behind a guard.
func New(g egress.Guard) *Transport { return &Transport{client: g.Client()} }

type text struct {
	Type string `json:"type"` // "plain_text" shows as it is; "mrkdwn" is formatted
	Text string `json:"text"`
}

type button struct {
	Type     string `json:"type"`
	ActionID string `json:"action_id"`
	Text     text   `json:"text"`
	URL      string `json:"url"`
	Style    string `json:"style,omitempty"`
}

type block struct {
	Type     string `json:"type"`
	Text     *text  `json:"text,omitempty"`
	Fields   []text `json:"fields,omitempty"`
	Elements any    `json:"elements,omitempty"`
}

type payload struct {
	Text        string  `json:"text"`
	Blocks      []block `json:"blocks"`
	UnfurlLinks bool    `json:"unfurl_links"`
}

// Send posts one message.
func (t *Transport) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	body, err := json.Marshal(render(m))
	if err != nil {
		return err
	}
	return egress.Post(ctx, t.client, to.URL, http.Header{"Content-Type": {"application/json; charset=utf-8"}}, body)
}

func render(m notify.Message) payload {
	title := m.Title
	if !strings.Contains(title, m.Record) && m.URL != "" {
		title = m.Record + " " + title
	}
	p := payload{Text: escape(title), Blocks: []block{{Type: "header", Text: &text{"plain_text", clip(title, 150)}}}}
	if m.Text != "" {
		p.Blocks = append(p.Blocks, block{Type: "section", Text: &text{"mrkdwn", clip(escape(m.Text), 3000)}})
	}
	var fields []text
	for _, f := range m.Facts {
		if len(fields) < 10 {
			fields = append(fields, text{"mrkdwn", clip("*"+escape(f.Name)+"*\n"+escape(f.Value), 2000)})
		}
	}
	if fields != nil {
		p.Blocks = append(p.Blocks, block{Type: "section", Fields: fields})
	}
	var buttons []button
	for _, b := range m.Buttons {
		if b.Verb != "" || b.URL == "" || len(b.URL) > 3000 || len(buttons) == 5 {
			continue
		}
		buttons = append(buttons, button{Type: "button", ActionID: "open-" + m.ID, Text: text{"plain_text", clip(b.Label, 75)}, URL: b.URL})
	}
	if buttons != nil {
		if m.Urgent {
			buttons[0].Style = "danger"
		}
		p.Blocks = append(p.Blocks, block{Type: "actions", Elements: buttons})
	}
	return p
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func escape(s string) string { return escaper.Replace(s) }

// clip cuts to n characters, never within an escape.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	s = string(r[:n-1])
	if i := strings.LastIndexByte(s, '&'); i >= 0 && !strings.Contains(s[i:], ";") && i > len(s)-5 {
		s = s[:i]
	}
	return s + "…"
}
