package email

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"strings"

	"github.com/wneessen/go-mail"

	"github.com/evenkeel/evenkeel/internal/notify"
)

// compose builds the mail: the same bytes at each attempt but for the
// boundary.
func compose(from string, to []string, m notify.Message) (*mail.Msg, error) {
	msg := mail.NewMsg()
	if err := msg.From(from); err != nil {
		return nil, fmt.Errorf("the configured sender is no e-mail address")
	}
	if err := msg.To(to...); err != nil || len(to) == 0 {
		return nil, fmt.Errorf("the recipient has no usable e-mail address")
	}
	subject := m.Title
	if m.URL != "" && !strings.Contains(subject, m.Record) {
		subject = "[" + m.Record + "] " + subject
	}
	msg.SetUserAgent("Evenkeel")
	msg.Subject(subject)
	msg.SetDateWithValue(m.At)
	site := site(m)
	domain := from[strings.LastIndexByte(from, '@')+1:]
	domain = strings.TrimRight(domain, "> ")
	msg.SetMessageIDWithValue(strings.ToLower(m.ID) + "." + site + "@" + domain)
	parent := "<" + strings.ReplaceAll(strings.ToLower(m.Record), " ", "-") + "." + site + "@" + domain + ">"
	msg.SetGenHeader(mail.HeaderInReplyTo, parent)
	msg.SetGenHeader(mail.HeaderReferences, parent)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	if m.Urgent {
		msg.SetImportance(mail.ImportanceHigh)
	}
	msg.SetBodyString(mail.TypeTextPlain, plain(m))
	msg.AddAlternativeString(mail.TypeTextHTML, rich(m))
	return msg, nil
}

// site tells installations apart that send from one domain.
func site(m notify.Message) string {
	host := ""
	for _, b := range m.Buttons {
		if u, err := url.Parse(b.URL); err == nil && u.Host != "" {
			host = u.Host
			break
		}
	}
	sum := sha256.Sum256([]byte(host))
	return hex.EncodeToString(sum[:4])
}

func plain(m notify.Message) string {
	var b strings.Builder
	b.WriteString(m.Title + "\n")
	if m.Text != "" {
		b.WriteString("\n" + m.Text + "\n")
	}
	if len(m.Facts) > 0 {
		b.WriteByte('\n')
	}
	for _, f := range m.Facts {
		fmt.Fprintf(&b, "%s: %s\n", f.Name, f.Value)
	}
	for _, l := range m.Buttons {
		fmt.Fprintf(&b, "\n%s:\n%s\n", l.Label, l.URL)
	}
	b.WriteString("\n" + footer(m) + "\n")
	return b.String()
}

func footer(m notify.Message) string {
	s := m.ID + ", sent by Evenkeel because: " + m.Reason + "."
	for _, b := range m.Buttons {
		if b.Verb != "" {
			return s + " The links act in your name and work once; do not forward this mail."
		}
	}
	return s
}

// rich is the HTML part. Mail programs know neither style sheets nor scripts
// well, so it is a few plain elements; every value is escaped.
func rich(m notify.Message) string {
	e := html.EscapeString
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>` + e(m.Title) + `</title></head>` +
		`<body style="margin:0;padding:16px;font:15px/22px system-ui,sans-serif;color:#17202b;background:#ffffff">` +
		`<h1 style="margin:0 0 8px;font-size:18px;line-height:26px">` + e(m.Title) + `</h1>`)
	for _, p := range strings.Split(m.Text, "\n\n") {
		if p != "" {
			b.WriteString(`<p style="margin:0 0 12px">` + strings.ReplaceAll(e(p), "\n", "<br>") + `</p>`)
		}
	}
	if len(m.Facts) > 0 {
		b.WriteString(`<table role="presentation" style="border-collapse:collapse;margin:0 0 12px">`)
		for _, f := range m.Facts {
			b.WriteString(`<tr><td style="padding:2px 16px 2px 0;color:#5c6979">` + e(f.Name) + `</td><td style="padding:2px 0">` + e(f.Value) + `</td></tr>`)
		}
		b.WriteString(`</table>`)
	}
	b.WriteString(`<p style="margin:0 0 16px">`)
	for i, l := range m.Buttons {
		style := "background:#ffffff;color:#0f5f8c"
		if i == 0 {
			style = "background:#0f5f8c;color:#ffffff"
		}
		b.WriteString(`<a href="` + e(l.URL) + `" style="display:inline-block;margin:0 8px 8px 0;padding:12px 18px;border:1px solid #0f5f8c;border-radius:6px;text-decoration:none;` + style + `">` + e(l.Label) + `</a> `)
	}
	b.WriteString(`</p><p style="margin:0;font-size:12px;line-height:16px;color:#5c6979">` + e(footer(m)) + `</p></body></html>`)
	return b.String()
}
