package incident

import (
	"cmp"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// fire brings one firing into an incident.
func (w *wave) fire(f alert.Firing) error {
	c, err := w.find(f)
	if err != nil || c == nil {
		return err
	}
	t := w.tally(c)
	t.episodes = append(t.episodes, f.EpisodeID)
	t.joined = append(t.joined, f.Summary)
	t.page = t.page || f.Routing.PageOnJoin
	c.Alerts++
	c.AlertsFiring++
	c.LastAlertAt = w.tx.Now
	return w.ask(c, t, f)
}

// find returns the incident that a firing belongs to: an open one of its key
// within the rule's window, a resolved one within the reopen window, or a new
// one; nil when the routing opens none.
func (w *wave) find(f alert.Firing) (*change, error) {
	if c := w.fresh[f.GroupKey]; c != nil && f.GroupKey != "" {
		return c, nil
	}
	if c := w.at(w.groups[f.GroupKey]); c != nil && f.GroupKey != "" {
		r := f.Routing
		switch {
		case c.State.Open() && (r.Window == 0 || w.tx.Now.Sub(c.LastAlertAt) <= r.Window):
			return c, nil
		case c.State == Resolved && r.Reopen > 0 && r.Open && w.tx.Now.Sub(c.ResolvedAt) <= r.Reopen:
			c.reopen(Triggered, StepReopened, !r.Page)
			c.say(EntryState, "reopened: an alert fires again").Detail = f.Summary
			c.tell(Event{Kind: WasReopened, Page: r.Page})
			return c, nil
		}
	}
	if !f.Routing.Open {
		return nil, nil
	}
	return w.create(f)
}

func (w *wave) create(f alert.Firing) (*change, error) {
	i := Incident{Title: titleOf(f), Origin: ByAlert, Rule: f.RuleName, GroupKey: f.GroupKey, StartedAt: f.StartsAt,
		Impact: Medium, Urgency: Medium, AutoResolve: f.Routing.AutoClose, Team: f.Team, Tier: unknownTier}
	if i.StartedAt.IsZero() || i.StartedAt.After(w.tx.Now) {
		i.StartedAt = w.tx.Now
	}
	home := w.homes[f.EpisodeID]
	service := cmp.Or(f.Service, home.Service)
	o, err := w.owner(service)
	if err != nil {
		return nil, err
	}
	if o.ok {
		i.Service, i.Tier = service, o.tier
		i.Team = cmp.Or(i.Team, o.team)
	}
	m, err := w.s.MatrixFor(w.tx, i.Team)
	if err != nil {
		return nil, err
	}
	c := w.s.blank(w.tx, w.tx.Actor, m, i)
	c.Steps[0].Quiet = !f.Routing.Page
	t := w.tally(c)
	t.opener = true
	if o.ok && f.Service == "" {
		t.home = home
	}
	w.opened = append(w.opened, c)
	c.tell(Event{Kind: Opened, Page: f.Routing.Page})
	if f.GroupKey != "" {
		w.fresh[f.GroupKey] = c
		if w.groups[f.GroupKey] != 0 {
			w.moved[f.GroupKey] = c
		}
	}
	return c, nil
}

func titleOf(f alert.Firing) string {
	t := strings.Join(strings.Fields(strings.ToValidUTF8(strings.ReplaceAll(f.Summary, "\x00", " "), "\uFFFD")), " ")
	t = cmp.Or(t, f.GroupText, "Alert without a summary")
	for len(t) > MaxTitle-3 {
		_, cut, ok := lastRune(t)
		if !ok {
			break
		}
		if t = cut; len(t) <= MaxTitle-3 {
			return t + "…"
		}
	}
	return t
}

func lastRune(s string) (r rune, rest string, ok bool) {
	n := len(s) - 1
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return 0, s[:max(0, n)], n >= 0
}

func (w *wave) owner(service string) (owner, error) {
	if service == "" {
		return owner{}, nil
	}
	if o, ok := w.owners[service]; ok {
		return o, nil
	}
	team, tier, ok, err := w.s.Catalog.ServiceOf(w.tx, service)
	o := owner{team, tier, ok}
	w.owners[service] = o
	return o, err
}

// ask notes which priority a firing wants for its incident.
func (w *wave) ask(c *change, t *tally, f alert.Firing) error {
	p, why := Priority(f.Routing.Priority), "rule "+f.RuleName
	if p < P1 || p > P4 {
		tier := c.Tier
		if o, err := w.owner(f.Service); err != nil {
			return err
		} else if o.ok {
			tier = o.tier
		}
		p, why = c.m.ForAlert(string(f.Severity), tier)
		steps, reason, err := w.raises(f, cmp.Or(f.Service, c.Service))
		if err != nil {
			return err
		}
		if q := raise(p, steps); q < p {
			p, why = q, why+"; "+reason
		}
	}
	if t.best == 0 || p < t.best {
		t.best, t.why = p, why
	}
	return nil
}
