// Package teams posts messages to a Microsoft Teams channel or chat through a
// workflow ("When a Teams webhook request is received").
//
// The body is a message with one Adaptive Card
// (https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using):
// a heading, the text, the facts and buttons that are plain links. The older
// connectors with their message cards are retired and not spoken here. Teams
// takes 28 KB a message and four requests a second
// (https://learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit);
// the workflow answers 202 before the card is posted, so a card that Teams
// refuses is seen in the workflow's own run history only.
//
// Words of alerts stand in RichTextBlock, whose runs know no Markdown
// (https://adaptivecards.io/explorer/TextRun.html): in a TextBlock a label could hide
// a link. The workflow's address holds its signature and is a secret. A
// channel's readers are not known, so links that act for a person are left out.
package teams

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// Transport posts to workflows.
type Transport struct{ client *http.Client }

// New returns a transport behind a guard.
func New(g egress.Guard) *Transport { return &Transport{client: g.Client()} }

type envelope struct {
	Type        string       `json:"type"`
	Attachments []attachment `json:"attachments"`
}

type attachment struct {
	ContentType string  `json:"contentType"`
	ContentURL  *string `json:"contentUrl"` // null, and needed
	Content     card    `json:"content"`
}

type card struct {
	Schema   string            `json:"$schema"`
	Type     string            `json:"type"`
	Version  string            `json:"version"` // what Teams shows on all its clients
	Fallback string            `json:"fallbackText"`
	Body     []block           `json:"body"`
	Actions  []action          `json:"actions,omitempty"`
	Teams    map[string]string `json:"msteams"`
}

type block struct {
	Type    string `json:"type"`
	Inlines []run  `json:"inlines"`
	Spacing string `json:"spacing,omitempty"`
}

type run struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Size   string `json:"size,omitempty"`
	Weight string `json:"weight,omitempty"`
	Color  string `json:"color,omitempty"`
	Subtle bool   `json:"isSubtle,omitempty"`
}

type action struct {
	Type  string `json:"type"`
	Title string `json:"title"`
	URL   string `json:"url"`
	Style string `json:"style,omitempty"`
}

// Send posts one message.
func (t *Transport) Send(ctx context.Context, to notify.Target, m notify.Message) error {
	body, err := json.Marshal(render(m))
	if err != nil {
		return err
	}
	return egress.Post(ctx, t.client, to.URL, http.Header{"Content-Type": {"application/json"}}, body, signature(to.URL))
}

// signature is the part of a workflow's address that lets one post.
func signature(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("sig")
}

// Parts are cut so that the whole stays below 28 KB whatever the words need
// when they are escaped.
const (
	maxTitle = 200
	maxText  = 1200
	maxFact  = 100
	maxFacts = 10
)

func render(m notify.Message) envelope {
	title := notify.Clip(m.Title, maxTitle)
	if !strings.Contains(title, m.Record) && m.URL != "" {
		title = m.Record + " " + title
	}
	head := run{Type: "TextRun", Text: title, Size: "Large", Weight: "Bolder"}
	if m.Urgent {
		head.Color = "Attention"
	}
	c := card{Schema: "http://adaptivecards.io/schemas/adaptive-card.json", Type: "AdaptiveCard", Version: "1.4", Fallback: title,
		Teams: map[string]string{"width": "Full"}, Body: []block{{Type: "RichTextBlock", Inlines: []run{head}}}}
	if m.Text != "" {
		c.Body = append(c.Body, block{Type: "RichTextBlock", Inlines: []run{{Type: "TextRun", Text: notify.Clip(m.Text, maxText)}}})
	}
	for n, f := range m.Facts {
		if n == maxFacts {
			break
		}
		c.Body = append(c.Body, block{Type: "RichTextBlock", Spacing: "Small", Inlines: []run{
			{Type: "TextRun", Text: notify.Clip(f.Name, maxFact) + "  ", Subtle: true}, {Type: "TextRun", Text: notify.Clip(f.Value, maxFact)}}})
	}
	for _, b := range m.Buttons {
		if b.Verb == "" && b.URL != "" && len(c.Actions) < 5 && len(b.URL) <= 2000 {
			c.Actions = append(c.Actions, action{Type: "Action.OpenUrl", Title: notify.Clip(b.Label, 60), URL: b.URL})
		}
	}
	if m.Urgent && c.Actions != nil {
		c.Actions[0].Style = "destructive"
	}
	return envelope{Type: "message", Attachments: []attachment{{ContentType: "application/vnd.microsoft.card.adaptive", Content: c}}}
}
