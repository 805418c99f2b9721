package catalogweb

import (
	"context"
	"html/template"
	"strings"

	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// fact is one thing of the strip below the promise.
type fact struct {
	Label, Text, Path string
	Person            *web.Person
	More              template.HTML // quiet words behind
	Lacks             bool          // it should be known and is not
}

// strip says what somebody in a hurry looks for: whose it is, and who comes.
func (p *Pages) strip(ctx context.Context, page *ShowPage) error {
	s := page.Service
	owner := fact{Label: "Owner", Text: s.Team, Path: ref.S(ref.Team, s.Team).Path()}
	if p.Owner != nil {
		o, err := p.Owner(ctx, s.Team)
		if err != nil {
			return err
		}
		if o.Title != "" {
			owner.Text = o.Title
		}
		owner.More = template.HTML(template.HTMLEscapeString(web.Plural(o.People, "person", "people")))
	}
	page.Strip = append(page.Strip, owner)
	if p.Duty != nil && s.Lifecycle != catalog.Retired {
		d, err := p.Duty(ctx, s.Name, s.Team)
		if err != nil {
			return err
		}
		page.Strip = append(page.Strip, dutyFacts(page.V, d)...)
	}
	page.Over = over(s)
	return nil
}

func dutyFacts(v *web.View, d Duty) []fact {
	now, then := fact{Label: "On call now"}, fact{Label: "Then"}
	switch {
	case !d.Known && d.Policy == "":
		now.Text, now.Lacks = "Nobody: no schedule", true
	case !d.Known:
		now.Text, now.Lacks = "Unknown: no schedule in its policy", true
	case len(d.Now) == 0:
		now.Text, now.Lacks = "Nobody now", true
	default:
		now.Person, now.Text = &d.Now[0], names(d.Now)
		if !d.Until.IsZero() {
			now.More = "until " + v.Time(d.Until)
		}
	}
	switch {
	case len(d.Then) > 0:
		then.Person, then.Text = &d.Then[0], names(d.Then)
		if !d.At.IsZero() && len(d.Now) == 0 {
			then.More = "from " + v.Time(d.At)
		}
	case d.Known:
		then.Text = "Nobody planned"
	default:
		then.Text = "Unknown"
	}
	policy := fact{Label: "Escalation", Text: d.Policy, Path: d.PolicyPath}
	if d.Policy == "" {
		policy.Text, policy.Lacks = "No policy: the whole team is told", true
	}
	return []fact{now, then, policy}
}

func names(list []web.Person) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = x.Name
	}
	return strings.Join(out, ", ")
}

// over says that a service is at its end, and what to use instead.
func over(s catalog.Service) *web.Notice {
	if s.Lifecycle != catalog.Deprecated && s.Lifecycle != catalog.Retired {
		return nil
	}
	n := &web.Notice{Fact: "This service is " + string(s.Lifecycle) + ".", Icon: "info-circle"}
	if s.Until != "" {
		if s.Lifecycle == catalog.Retired {
			n.Fact = "This service was retired on " + dayWords(s.Until) + "."
		} else {
			n.Fact = "This service ends on " + dayWords(s.Until) + "."
		}
	}
	if s.ReplacedBy != "" {
		n.Effect = "Use " + s.ReplacedBy + " instead."
		n.Buttons = []web.Button{{Title: "Open " + s.ReplacedBy, Path: ref.S(ref.Service, s.ReplacedBy).Path(), Small: true}}
	}
	return n
}
