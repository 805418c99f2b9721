package alert

import (
	"encoding/binary"
	"encoding/json"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// facts is what evidence says about a change of an alert. The dedup key and
// the texts stay outside: a sender may have put personal data into them.
type facts struct {
	Integration string `json:"integration"`
	Episode     int64  `json:"episode"`
	Status      Status `json:"status"`
	Severity    string `json:"severity"`
	By          string `json:"by,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Silence     string `json:"silence,omitempty"`
}

// record appends one evidence entry for each change of state, and one digest
// for all repeats of the batch.
func (b *batch) record() {
	repeats, events := 0, 0
	var digest []byte
	for _, it := range b.items {
		for i, st := range it.steps {
			f := facts{Integration: it.in.Name, Status: StatusFiring, Severity: string(severityOf(int(st.severity))), By: st.by}
			switch {
			case st.draft != nil:
				f.Episode, f.Rule = st.draft.id, st.draft.decision.ruleName()
				f.Silence = silenceKey(st.draft.silence)
			case it.known != nil:
				f.Episode, f.Rule = it.known.episode, it.known.routing.rule
				f.Silence = silenceKey(it.routing.silence)
			}
			if st.kind == stepResolved || st.kind == stepMissed {
				f.Status = StatusResolved
			}
			e := evidence.Entry{Action: string(st.kind), Record: ref.N(ref.Alert, it.id), Version: it.version + int64(i) + 1, Data: f}
			if i == len(it.steps)-1 {
				e.After = it.digest(it.episode())
			}
			b.tx.Record(e)
		}
		if n := it.events - len(it.steps); n > 0 && it.id != 0 {
			repeats++
			events += n
			digest = binary.BigEndian.AppendUint64(digest, uint64(it.id))
			digest = binary.BigEndian.AppendUint64(digest, uint64(it.total))
			digest = binary.BigEndian.AppendUint64(digest, uint64(it.content))
		}
	}
	if repeats > 0 {
		// The digest covers (alert, events ever, hash of content) of each.
		b.tx.Record(evidence.Entry{Action: "alert.repeat", Record: ref.S(ref.System, "ingest"), After: evidence.DigestBytes(nil, digest),
			Data: map[string]int{"alerts": repeats, "events": events}})
	}
}

func silenceKey(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Silence, id).String()
}

// tell calls the reaction. An episode that began and ended in this very
// transaction is told as opened first, so that the reaction can link it, and
// then as resolved.
func (b *batch) tell() error {
	if b.s.React == nil {
		return nil
	}
	var c Changes
	var short []Firing
	for _, it := range b.items {
		for _, st := range it.steps {
			f, loud := b.firing(it, st.draft)
			if st.draft == nil && it.known == nil {
				continue
			}
			switch st.kind {
			case stepOpened, stepReopened, stepUnsilenced:
				if !loud {
					continue
				}
				if f.IncidentID != 0 { // silenced while it was in an incident already
					c.Raised = append(c.Raised, f)
					continue
				}
				if f.Previous.EpisodeID != 0 && st.kind == stepReopened {
					c.Reopened = append(c.Reopened, f)
				} else {
					c.Opened = append(c.Opened, f)
				}
			case stepRaised:
				if f.Severity = severityOf(int(st.severity)); loud {
					f.Routing = b.pol.routing(f.RuleName, f.Severity)
					c.Raised = append(c.Raised, f)
				}
			case stepAcknowledged:
				if loud {
					c.Acknowledged = append(c.Acknowledged, f)
				}
			case stepResolved:
				if st.draft != nil {
					f.EndsAt = db.Time(st.draft.end)
					short = append(short, f)
				} else {
					f.EndsAt = db.Time(it.closed.closeAt)
					c.Resolved = append(c.Resolved, f)
				}
			}
		}
	}
	if !c.Empty() {
		if err := b.s.React(b.tx, &c); err != nil {
			return err
		}
	}
	if len(short) == 0 {
		return nil
	}
	if err := incidentsOf(b.tx, short); err != nil {
		return err
	}
	return b.s.React(b.tx, &Changes{Resolved: short})
}

// firing describes an episode for the reaction; d is nil for the one that was
// known before. loud is false when nobody shall hear of it.
func (b *batch) firing(it *item, d *draft) (f Firing, loud bool) {
	f = Firing{AlertID: it.id, Integration: it.in.Name}
	if d != nil {
		e := d.event
		s := e.subject(it.in, severityOf(int(d.severity)))
		f.EpisodeID, f.Summary, f.Source, f.Labels = d.id, e.title(), e.Source, e.Labels
		f.Severity, f.StartsAt = s.severity, db.Time(d.start)
		f.Service, f.Team, f.RuleName = d.decision.service, d.decision.team, d.decision.ruleName()
		f.GroupKey, f.GroupText, f.Previous = d.decision.groupKey, d.decision.groupText, d.previous
		f.Silenced, loud = d.silence != 0, d.silence == 0 && !d.quiet
		f.Routing = b.pol.routing(f.RuleName, f.Severity)
		if d.decision.rule != nil {
			f.Routing = d.decision.rule.routing()
		}
		return f, loud
	}
	k := it.known
	if k == nil {
		return f, false
	}
	f.EpisodeID, f.IncidentID, f.Summary, f.Source, f.Labels = k.episode, k.incident, k.summary, k.source, pairs(k.labels)
	f.Severity, f.StartsAt = severityOf(int(it.st.severity)), db.Time(k.started)
	f.Service, f.Team, f.RuleName, f.GroupKey, f.GroupText = k.routing.service, k.routing.team, k.routing.rule, k.groupKey, k.groupText
	f.Silenced, loud = k.routing.silence != 0, it.routing.silence == 0 && !it.routing.quiet
	f.Routing = b.pol.routing(f.RuleName, f.Severity)
	return f, loud
}

// pairs reads stored labels; what we stored always reads.
func pairs(text string) map[string]string {
	if text == "" || text == "{}" {
		return nil
	}
	var m map[string]string
	json.Unmarshal([]byte(text), &m)
	return m
}
