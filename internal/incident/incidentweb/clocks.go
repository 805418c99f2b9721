package incidentweb

import (
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/web"
)

// clock draws one computed clock: green met, accent running, amber soon, red
// breached, pauses hatched into the bar. ok is false when there is no such clock.
func clock(v *web.View, label string, c incident.Clock) (out web.Clock, ok bool) {
	if c.State == incident.NoClock {
		return out, false
	}
	target := words(c.Target)
	out = web.Clock{Label: label}
	switch {
	case c.State == incident.Stopped:
		out.Figure, out.Note = "Stopped", "Target "+target
		out.Says = "stopped without result"
		return out, true
	case c.State == incident.Met:
		out.Tone, out.Figure, out.Unit, out.Note = "green", "Met", "in "+web.Dur(c.Elapsed), "Target "+target
	case c.State == incident.Breached && !c.End.IsZero():
		out.Tone, out.Figure, out.Unit, out.Note = "red", "Missed", "by "+web.Dur(-c.Left), "Target "+target
	case c.State == incident.Breached:
		out.Tone, out.Figure, out.Unit, out.Tick = "red", web.Dur(v.Now.Sub(c.Due)), "over "+target, c.Due
		out.Note = "Was due " + v.Local(c.Due)
	case c.Due.IsZero():
		out.Figure, out.Unit = "Running", "no business hours ahead"
	default:
		out.Tone, out.Figure, out.Unit = "accent", web.Left(c.Due.Sub(v.Now)), "left of "+target
		out.Note = "Due " + v.Local(c.Due)
		if c.State == incident.Soon {
			out.Tone = "amber"
		}
		if c.State == incident.Paused {
			out.Tone, out.Unit = "", "left"
		} else {
			out.Tick = c.Due
		}
	}
	var paused time.Duration
	out.Parts, paused = bar(c, v.Now)
	if paused > 0 {
		out.Paused = web.Dur(paused)
	}
	out.Says = web.Dur(c.Elapsed) + " of " + target + " used"
	if paused > 0 {
		out.Says += ", paused " + web.Dur(paused)
	}
	return out, true
}

// words writes a target like the rest of the page writes durations.
func words(t incident.Target) string {
	if t.Business {
		return t.String()
	}
	return web.Dur(t.Time)
}

// bar draws how much of the target is used. Wall-clock targets show each
// stretch and pause where it was; business time shows only how much.
func bar(c incident.Clock, now time.Time) (parts []web.Part, paused time.Duration) {
	until := now
	if !c.End.IsZero() {
		until = c.End
	}
	var spans []web.Stretch
	at := c.Start
	for _, p := range c.Pauses {
		from, to := p.From, p.To
		if to.IsZero() || to.After(until) {
			to = until
		}
		if from.Before(c.Start) {
			from = c.Start
		}
		if !to.After(from) {
			continue
		}
		paused += to.Sub(from)
		spans = append(spans, web.Stretch{From: at, To: from}, web.Stretch{From: from, To: to, Paused: true})
		at = to
	}
	spans = append(spans, web.Stretch{From: at, To: until})
	if c.Target.Business || c.Total <= 0 {
		share := 0.0
		if c.Total > 0 {
			share = min(100, 100*float64(c.Elapsed)/float64(c.Total))
		}
		return []web.Part{{Width: share}}, paused
	}
	return web.Bar(c.Total, spans), paused
}

// pauses says when and why the resolution clock stood still, for the wide slot
// of the incident page.
func pauses(v *web.View, c incident.Clock) string {
	var out []string
	for _, p := range c.Pauses {
		if p.To.IsZero() {
			out = append(out, "since "+v.Local(p.From)+", "+p.Reason)
		} else {
			out = append(out, v.HM(p.From)+" to "+v.HM(p.To)+", "+p.Reason)
		}
	}
	if len(out) > 2 {
		out = out[len(out)-2:]
	}
	return strings.Join(out, "; ")
}

// left is the short form for lists: what the resolution clock says, and its tone.
func left(v *web.View, i incident.Incident, c incident.Clocks) (text, tone string) {
	k := c.Resolution
	if i.State == incident.Triggered && c.Response.State != incident.NoClock && c.Response.End.IsZero() && !c.Response.Due.IsZero() {
		k = c.Response
	}
	switch {
	case i.Waiting != "" && k.State == incident.Paused:
		return "paused, " + string(i.Waiting), ""
	case k.State == incident.Breached && k.End.IsZero():
		return web.Dur(v.Now.Sub(k.Due)) + " over", "red"
	case k.State == incident.Breached:
		return "missed by " + web.Dur(-k.Left), "red"
	case k.State == incident.Met:
		if took := incident.MeasuresOf(i).Mitigate; took >= 0 { // as people count, whatever the target counts in
			return "met in " + web.Dur(took), "green"
		}
		return "met", "green"
	case k.State == incident.NoClock || k.State == incident.Stopped || k.Due.IsZero():
		return "", ""
	case k.State == incident.Soon:
		return web.Left(k.Due.Sub(v.Now)) + " left", "amber"
	}
	return web.Left(k.Due.Sub(v.Now)) + " left", ""
}

// impact is how long users have been without the service, or were.
func impact(v *web.View, i incident.Incident) web.Clock {
	end := i.MitigatedAt
	if end.IsZero() {
		end = i.ResolvedAt
	}
	if end.IsZero() {
		end = i.ClosedAt
	}
	c := web.Clock{Label: "Impact so far", Note: "Since " + v.Local(i.StartedAt), Since: i.StartedAt}
	if !end.IsZero() {
		c.Label, c.Since, c.Note = "Impact", time.Time{}, v.Local(i.StartedAt)+" to "+v.Local(end)
		if i.How != "" {
			c.Note = "Restored " + i.How.By()
		}
	} else {
		end = v.Now
	}
	c.Figure = web.Dur(end.Sub(i.StartedAt))
	return c
}
