package contactweb

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/web"
)

// RulesPage edits the rules.
type RulesPage struct {
	web.Page
	Form                 *web.Form
	Managed              string
	Groups               []group
	From, To, Zone, Test web.Field
	Others               []errs.Field // faults of no field in sight
}

// group is the steps of one priority.
type group struct {
	Name, Title, Hint string
	Steps, More       []step // More are folded away
	Fault             string
}

// step is one leg of the form.
type step struct{ By, After web.Field }

var rulesPage = web.Parse(files, "rules.html", RulesPage{})

// another is the value that takes another priority's legs.
const another = "="

// none is the value of an empty step.
const none = "-"

// most is how many steps a group has, folded ones included.
const most = 6

// groups are the parts of the form; slots is how many steps each shows at
// first.
var groups = []struct {
	name, title, hint, another string
	slots                      int
	waits                      bool
}{
	{"p1", "P1", "What wakes you. The next step goes when nobody acknowledged until then.", "", 3, true},
	{"p2", "P2", "", "As P1", 1, true},
	{"p3", "P3", "When it wakes nobody, only what goes at once is used.", "As P1 if it wakes you, else as the rest", 1, true},
	{"p4", "P4", "", "As P1 if it wakes you, else as the rest", 1, true},
	{"other", "The rest", "Updates and what can wait. All at once; leave it empty to be told nothing.", "", 1, false},
}

// legsOf are the legs of a group, by name.
func legsOf(r *contact.Rules, name string) *[]contact.Leg {
	switch name {
	case "p1":
		return &r.P1
	case "p2":
		return &r.P2
	case "p3":
		return &r.P3
	case "p4":
		return &r.P4
	}
	return &r.Other
}

// fill puts rules into a form.
func fill(form *web.Form, r contact.Rules) *web.Form {
	form.Default("version", strconv.FormatInt(r.Version, 10)).Default("quiet.from", r.Quiet.From).Default("quiet.to", r.Quiet.To).Default("zone", r.Zone).Default("self_test", r.TestAt)
	for _, g := range groups {
		legs := *legsOf(&r, g.name)
		for i := range most {
			by, after := none, "0"
			if i < len(legs) {
				by, after = legs[i].By, strconv.Itoa(int(legs[i].After/time.Second))
			} else if i == 0 && legs == nil && g.another != "" {
				by = another
			}
			form.Default(fmt.Sprintf("%s[%d].by", g.name, i), by).Default(fmt.Sprintf("%s[%d].after", g.name, i), after)
		}
	}
	return form
}

// read reads rules out of a form.
func read(form *web.Form) (contact.Rules, error) {
	r := contact.Rules{Zone: form.Get("zone"), Quiet: contact.Quiet{From: form.Get("quiet.from"), To: form.Get("quiet.to")}, TestAt: form.Get("self_test")}
	var err error
	if r.Version, err = strconv.ParseInt(form.Get("version"), 10, 64); err != nil {
		r.Version = -1
	}
	for _, g := range groups {
		into := legsOf(&r, g.name)
		if form.Get(g.name+"[0].by") == another {
			continue
		}
		*into = []contact.Leg{}
		for i := range most {
			by := form.Get(fmt.Sprintf("%s[%d].by", g.name, i))
			if by == "" || by == none || by == another {
				continue
			}
			l := contact.Leg{By: by}
			if after := form.Get(fmt.Sprintf("%s[%d].after", g.name, i)); g.waits && after != "" {
				n, err := strconv.Atoi(after)
				if err != nil {
					return r, errs.BadField(fmt.Sprintf("%s[%d].after", g.name, i), after, "choose a time from the list")
				}
				l.After = time.Duration(n) * time.Second
			}
			*into = append(*into, l)
		}
	}
	return r, nil
}

var afters = []time.Duration{0, 30 * time.Second, time.Minute, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour}

func (p *Pages) rulesPage(r *http.Request, form *web.Form, rules contact.Rules) (*RulesPage, error) {
	methods, err := p.Contacts.Methods(r.Context())
	if err != nil {
		return nil, err
	}
	channels, err := p.Notify.Channels(r.Context(), "", 200)
	if err != nil {
		return nil, err
	}
	page := &RulesPage{Page: p.Shell.Page(r, "By priority", ""), Form: form, Managed: rules.Managed}
	page.Crumbs, page.Narrow = crumbs(back), true
	var bys []string
	for _, k := range append([]notify.ChannelKind{notify.Email}, contact.Kinds[:len(contact.Kinds)-1]...) {
		bys = append(bys, string(k))
	}
	count := map[notify.ChannelKind]int{}
	for _, m := range methods {
		count[m.Kind]++
	}
	for _, m := range methods {
		if count[m.Kind] > 1 || m.Kind == notify.Email {
			bys = append(bys, string(m.Kind)+"/"+m.Label)
		}
	}
	for _, c := range channels {
		bys = append(bys, "channel:"+c.Name)
	}
	for _, g := range groups {
		page.Groups = append(page.Groups, newGroup(form, g.name, g.title, g.hint, g.another, g.slots, g.waits, bys, methods))
	}
	page.From = form.Input("quiet.from", "Quiet from").As("time").Help("P1 and P2 come through.")
	page.To = form.Input("quiet.to", "Quiet until").As("time")
	page.Zone = form.Input("zone", "Time zone").Say("Europe/Berlin").Limit(64).Help("Of the quiet hours and the self-test, like Europe/Berlin.")
	page.Test = form.Input("self_test", "Daily self-test at").As("time").Help("Empty: none.")
	return page, nil
}

func newGroup(form *web.Form, name, head, hint, unset string, slots int, waits bool, bys []string, methods []contact.Method) group {
	g := group{Name: name, Title: head, Hint: hint}
	for i := range most {
		field := fmt.Sprintf("%s[%d].", name, i)
		now := form.Get(field + "by")
		options := []web.Option{{Value: none, Title: "–"}}
		if i == 0 && unset != "" {
			options = append(options, web.Option{Value: another, Title: unset})
		}
		all := bys
		if now != "" && now != none && now != another && !slices.Contains(bys, now) {
			all = append(slices.Clone(bys), now)
		}
		for _, by := range all {
			t := capital(title(by))
			if missing(contact.Leg{By: by}, methods) {
				t += " (none yet)"
			}
			options = append(options, web.Option{Value: by, Title: t})
		}
		label := "Then by"
		if i == 0 {
			label = "First by"
		} else if !waits {
			label = "And by"
		}
		s := step{By: form.Select(field+"by", label, options...).Need()}
		s.By.ID = fmt.Sprintf("f-%s-%d-by", name, i)
		if waits {
			s.After = after(form, field+"after")
			s.After.ID = fmt.Sprintf("f-%s-%d-after", name, i)
		}
		if i < slots || now != "" && now != none {
			g.Steps = append(g.Steps, s)
		} else {
			g.More = append(g.More, s)
		}
	}
	for _, f := range form.Faults {
		if f.Name == name {
			g.Fault = f.Remedy
		}
	}
	return g
}

// after is the time of a step.
func after(form *web.Form, field string) web.Field {
	now := form.Get(field)
	list := afters
	if n, err := strconv.Atoi(now); err == nil && !slices.Contains(afters, time.Duration(n)*time.Second) {
		list = append(slices.Clone(afters), time.Duration(n)*time.Second)
		slices.Sort(list)
	}
	var options []web.Option
	for _, d := range list {
		o := web.Option{Value: strconv.Itoa(int(d / time.Second)), Title: "After " + web.Dur(d)}
		if d == 0 {
			o.Title = "At once"
		}
		options = append(options, o)
	}
	return form.Select(field, "When", options...).Need()
}

// Rules handles GET /profile/contact/rules.
func (p *Pages) Rules(w http.ResponseWriter, r *http.Request) error {
	rules, err := p.Contacts.Rules(r.Context())
	if err != nil {
		return err
	}
	form := &web.Form{}
	if rules.Zone == "" {
		rules.Zone = p.Shell.Page(r, "", "").V.Loc.String()
	}
	page, err := p.rulesPage(r, fill(form, rules), rules)
	if err != nil {
		return err
	}
	return p.Shell.Render(w, r, rulesPage, page)
}

// SaveRules handles POST /profile/contact/rules.
func (p *Pages) SaveRules(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	rules, err := read(form)
	if err == nil {
		_, err = p.Contacts.SetRules(r.Context(), rules)
	}
	if form.Refused(err) {
		now, err := p.Contacts.Rules(r.Context())
		if err != nil {
			return err
		}
		page, err := p.rulesPage(r, form.Stored(fill(&web.Form{}, now)), now)
		if err != nil {
			return err
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, rulesPage, page)
	} else if err != nil {
		return err
	}
	return web.Redirect(w, r, home, "Saved: this is how you are told from now on")
}
