package alert

import (
	"github.com/evenkeel/evenkeel/internal/db"
)

// route decides where the episodes that began go, and computes the sort key.
func (b *batch) route(it *item) {
	prev := Previous{}
	if k := it.known; k != nil {
		prev = Previous{EpisodeID: k.episode, IncidentID: k.incident, EndedAt: db.Time(k.ended)}
		if it.closed != nil {
			prev.EndedAt = db.Time(it.closed.closeAt)
		}
	}
	for _, d := range it.drafts {
		s := d.event.subject(it.in, severityOf(int(d.severity)))
		d.decision = decide(b.pol.rules, &s, it.in, it.id)
		d.quiet = d.decision.quiet
		d.previous = prev
		s.service = d.decision.service // a maintenance names the service as people know it
		if sil := silencedBy(b.pol.silences, &s, b.tx.Now); sil != nil && !d.past {
			d.silence = sil.ID
		}
		prev = Previous{EpisodeID: d.id, EndedAt: db.Time(d.end)}
		it.routing = routingOfRecord{service: d.decision.service, team: d.decision.team, rule: d.decision.ruleName(),
			unrouted: d.decision.rule == nil, quiet: d.quiet, silence: d.silence}
	}
	if it.again && it.known != nil && it.draft() == nil {
		b.reroute(it)
	}
	if !it.st.firing {
		it.routing.silence = 0
		it.sortKey = sortKey(false, 0, it.st.closed)
		return
	}
	if it.draft() != nil || it.sortKey == 0 {
		it.sortKey = sortKey(true, it.st.severity, b.now)
	} else {
		it.sortKey = withSeverity(it.sortKey, it.st.severity)
	}
}

// reroute is for an episode that goes on while a silence begins or ends.
func (b *batch) reroute(it *item) {
	k := it.known
	s := subject{integration: it.in.Name, service: k.routing.service, severity: severityOf(int(it.st.severity)), source: k.source, summary: k.summary, dedup: it.dedup, labels: pairs(k.labels)}
	if it.mute != 0 {
		it.routing.silence = it.mute
		it.steps = append(it.steps, step{kind: stepSilenced, severity: it.st.severity})
		return
	}
	d := decide(b.pol.rules, &s, it.in, it.id)
	it.routing = routingOfRecord{service: d.service, team: d.team, rule: d.ruleName(), unrouted: d.rule == nil, quiet: d.quiet}
	k.routing, k.groupKey, k.groupText = it.routing, d.groupKey, d.groupText
	s.service = d.service
	if sil := silencedBy(b.pol.silences, &s, b.tx.Now); sil != nil {
		it.routing.silence = sil.ID
		it.steps = append(it.steps, step{kind: stepSilenced, severity: it.st.severity})
		return
	}
	it.steps = append(it.steps, step{kind: stepUnsilenced, severity: it.st.severity})
}

func (d *decision) ruleName() string {
	if d.rule == nil {
		return ""
	}
	return d.rule.Name
}

// subject is what rules and silences see of an event.
func (p *prepared) subject(in *Integration, severity Severity) subject {
	service := p.Service
	if service == "" {
		service = p.Labels[fieldService]
	}
	if service == "" {
		service = in.Service
	}
	return subject{integration: in.Name, service: service, severity: severity, source: p.Source, summary: p.Summary, dedup: p.Dedup, labels: p.Labels}
}

// title is the summary to show: senders may leave it empty.
func (p *prepared) title() string {
	if p.Summary != "" {
		return p.Summary
	}
	return p.Dedup
}
