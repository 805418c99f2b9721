// Package contactweb is the pages below /profile/contact: how one is told.
//
// The first page says it in words, priority by priority, beside the methods
// with their health and the last self-test. A method has a page of its own,
// where its code is typed and a test is sent; the rules have a form. Pages call
// contact.Service and decide nothing. An address is shown masked and never put
// back into a form. The link in a code's message leads to the method's page
// with the code filled in; only pressing the button verifies, because mail
// scanners follow links.
package contactweb

import (
	"embed"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

//go:embed *.html
var files embed.FS

const home = "/profile/contact"

// Pages serves the pages.
type Pages struct {
	Shell    *web.Shell
	Contacts *contact.Service
	Notify   *notify.Service
	Phone    string // path of the phone page, where a browser subscribes to push; "" = there is none
}

// Routes lists the pages.
func (p *Pages) Routes(add func(pattern string, h web.HandlerFunc)) {
	add("GET "+home, p.Home)
	add("GET "+home+"/new", p.New)
	add("POST "+home+"/new", p.Add)
	add("POST "+home+"/webpush", p.Subscribe)
	add("GET "+home+"/rules", p.Rules)
	add("POST "+home+"/rules", p.SaveRules)
	add("GET "+home+"/{key}", p.Method)
	add("POST "+home+"/{key}/code", p.Code)
	add("POST "+home+"/{key}/verify", p.Verify)
	add("POST "+home+"/{key}/test", p.Test)
	add("POST "+home+"/{key}/remove", p.Remove)
	add("GET /profile/notifications", func(w http.ResponseWriter, r *http.Request) error { // where it was before
		http.Redirect(w, r, home, http.StatusMovedPermanently)
		return nil
	})
}

var icons = map[notify.ChannelKind]string{notify.Email: "mail", notify.SMS: "message-circle", notify.Voice: "phone-call", notify.WebPush: "device-mobile", notify.Ntfy: "bell"}

// state is how a method fares as a tag.
func state(m contact.Method) *web.Tag {
	switch m.State() {
	case "unverified":
		return &web.Tag{Text: "Not verified", Tone: "amber", Icon: "alert-triangle"}
	case "failing":
		return &web.Tag{Text: "Failing, " + strconv.Itoa(m.Failures) + "×", Tone: "red", Icon: "alert-triangle"}
	case "good":
		return &web.Tag{Text: "Works", Tone: "green", Icon: "check"}
	}
	return &web.Tag{Text: "Verified", Tone: "green", Icon: "check"}
}

// crumbs lead back to the profile.
func crumbs(more ...web.Crumb) []web.Crumb {
	return append([]web.Crumb{{Title: "Profile", Path: "/profile"}}, more...)
}

var back = web.Crumb{Title: "How you are told", Path: home}

// idOf reads the key in the path.
func idOf(r *http.Request) (int64, error) {
	id, err := ref.ID(ref.Method, r.PathValue("key"))
	if err != nil {
		return 0, errs.E(errs.NotFound, "%v", err)
	}
	return id, nil
}

// words says legs as people do: "Browser push, then SMS after 2 min".
func words(legs []contact.Leg, methods []contact.Method) string {
	if len(legs) == 0 {
		return "Nothing"
	}
	parts := make([]string, len(legs))
	var lacking []string
	for i, l := range legs {
		parts[i] = title(l.By)
		if l.After > 0 {
			parts[i] += " after " + web.Dur(l.After)
		}
		if missing(l, methods) {
			lacking = append(lacking, title(l.By))
		}
	}
	s := capital(strings.Join(parts, ", then "))
	if lacking != nil {
		s += ". Not there yet: " + strings.Join(lacking, ", ")
	}
	return s
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// missing reports whether a leg names no verified method.
func missing(l contact.Leg, methods []contact.Method) bool {
	if l.By == string(notify.Email) || strings.HasPrefix(l.By, "channel:") {
		return false
	}
	for _, m := range methods {
		if m.Usable() && (l.By == string(m.Kind) || strings.EqualFold(l.By, string(m.Kind)+"/"+m.Label)) {
			return false
		}
	}
	return true
}

// inText are the kinds' names within a sentence.
var inText = map[notify.ChannelKind]string{notify.Email: "e-mail", notify.SMS: "SMS", notify.Voice: "phone call", notify.WebPush: "browser push", notify.Ntfy: "ntfy"}

// title names a way within a sentence: "SMS", "SMS to Work phone", "the channel
// ops".
func title(by string) string {
	if name, ok := strings.CutPrefix(by, "channel:"); ok {
		return "the channel " + name
	}
	kind, label, _ := strings.Cut(by, "/")
	t := inText[notify.ChannelKind(kind)]
	switch {
	case t == "":
		return by
	case label != "":
		return t + " to " + label
	}
	return t
}

// HomePage says how one is told.
type HomePage struct {
	web.Page
	Rules    []web.Def
	Managed  string
	Quiet    string
	Methods  web.Table
	Few      bool
	SelfTest *web.Notice
	TestAt   string
	Legs     []web.Def
}

var homePage = web.Parse(files, "home.html", HomePage{})

// Home handles GET /profile/contact.
func (p *Pages) Home(w http.ResponseWriter, r *http.Request) error {
	rules, err := p.Contacts.Rules(r.Context())
	if err != nil {
		return err
	}
	methods, err := p.Contacts.Methods(r.Context())
	if err != nil {
		return err
	}
	test, err := p.Contacts.LastSelfTest(r.Context())
	if err != nil {
		return err
	}
	page := &HomePage{Page: p.Shell.Page(r, "How you are told", ""), Managed: rules.Managed, Few: len(methods) == 0}
	page.Crumbs, page.Live = crumbs(), "*"
	page.Rules = []web.Def{{Term: "P1", Text: words(rules.P1, methods)}}
	for _, x := range []struct {
		term  string
		legs  []contact.Leg
		unset string
	}{{"P2", rules.P2, "As P1"}, {"P3", rules.P3, "As P1 when it wakes you, otherwise as the rest"}, {"P4", rules.P4, "As P1 when it wakes you, otherwise as the rest"}} {
		text := x.unset
		if x.legs != nil {
			text = words(x.legs, methods)
		}
		page.Rules = append(page.Rules, web.Def{Term: x.term, Text: text})
	}
	page.Rules = append(page.Rules, web.Def{Term: "The rest", Text: words(rules.Other, methods), Sub: "updates and what can wait"})
	if rules.Quiet != (contact.Quiet{}) {
		page.Quiet = rules.Quiet.From + " to " + rules.Quiet.To + ", " + rules.Zone
	}
	page.methods(methods, p.Notify)
	page.selfTest(test, rules)
	return p.Shell.Render(w, r, homePage, page)
}

func (page *HomePage) methods(methods []contact.Method, n *notify.Service) {
	page.Methods = web.Table{Label: "Contact methods", V: page.V, Columns: []web.Column{{Title: "Method", Phone: true}, {Title: "State", Width: 130, Phone: true}, {Title: "Last sent", Width: 110}}}
	page.Methods.Rows = append(page.Methods.Rows, web.Row{Cells: []web.Cell{{Icon: "mail", Text: "E-mail", Sub: "the address on your profile", Path: "/profile"}, {Tag: &web.Tag{Text: "Always there"}}, {}}})
	for _, m := range methods {
		sub := contact.Titles[m.Kind] + ", " + m.Masked
		if m.Label == contact.Titles[m.Kind] {
			sub = m.Masked
		}
		if !notify.Can(n, m.Kind) {
			sub += "; this server is not set up for it"
		}
		page.Methods.Rows = append(page.Methods.Rows, web.Row{Cells: []web.Cell{{Icon: icons[m.Kind], Text: m.Label, Sub: sub, Path: m.Ref().Path()}, {Tag: state(m)}, {At: m.Good}}})
	}
}

// selfTest says how the last self-test went.
func (page *HomePage) selfTest(t contact.SelfTest, rules contact.Rules) {
	if rules.TestAt != "" {
		page.TestAt = rules.TestAt + ", " + rules.Zone
	}
	if t.At.IsZero() {
		return
	}
	when := t.At.In(page.V.Loc).Format("15:04 on Mon 2 Jan")
	switch {
	case !t.Done():
		page.SelfTest = &web.Notice{Icon: "clock", Fact: "The self-test of " + when + " is under way."}
	case t.Good():
		page.SelfTest = &web.Notice{Tone: "green", Icon: "circle-check", Fact: "Last self-test " + when + ":", Effect: "delivered in " + seconds(t.Slowest()) + "."}
	default:
		page.SelfTest = &web.Notice{Tone: "red", Icon: "alert-triangle", Fact: "The self-test of " + when + " did not arrive everywhere.", Effect: "See below which way failed."}
	}
	for _, l := range t.Legs {
		d := web.Def{Term: l.By, Text: "sent", Sub: "in " + seconds(l.Latency)}
		if l.State != notify.Sent {
			d.Text, d.Sub = string(l.State), l.Error
		}
		page.Legs = append(page.Legs, d)
	}
}

func seconds(d time.Duration) string {
	return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
}
