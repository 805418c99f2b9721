package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// In a storm a person gets one message that says "240 alerts on 3 services",
// and not 240 messages.
//
// Messages to one way of one person go alone while at most stormAlone of them
// went, or are on their way, within stormSpan. Further ones gather for at most
// stormSpan and then go together, under the id of the oldest (their carrier).
// The first P1 goes at once in any case. Each gathered message keeps its row,
// its attempts and its evidence, and is sent, or given up, with its carrier: a
// storm changes how many messages there are, never what is told. What gathered
// is tried again as the same group, so that the carrier's id always stands for
// the same content.
//
// The lock on the via (see lockVias) makes replicas count one after the other.
const (
	stormAlone = 3
	stormSpan  = time.Minute
	stormMost  = 1000 // messages in one; more go in a second one at once
)

// line is where a storm is counted: a way of a person, urgent or not.
type line struct {
	dest   string
	urgent bool
}

// flow is what a line had lately.
type flow struct {
	went  int       // messages within the last span, those on their way included
	p1    bool      // a P1 was among those that went alone
	until time.Time // when what gathers now goes; zero = nothing gathers
}

// admit decides whether a message may go alone now, and counts it if so.
func (f *flow) admit(now time.Time, urgent bool, priority string) bool {
	first := urgent && priority == "P1" && !f.p1
	if !first && (f.went >= stormAlone || !f.until.IsZero()) {
		if f.until.IsZero() {
			f.until = now.Add(stormSpan)
		}
		return false
	}
	f.went++
	f.p1 = f.p1 || priority == "P1"
	return true
}

// storm holds back what gathers, and adds to what is due of it all that goes
// with it. It returns the messages that may go, carriers and others, and by
// carrier what goes with it.
func (c *Courier) storm(tx *db.Tx, rows []row) (keep []row, crowds map[int64][]row, err error) {
	var dests []string
	for _, r := range rows {
		if r.Person != 0 && !slices.Contains(dests, r.Dest) {
			dests = append(dests, r.Dest)
		}
	}
	if len(dests) == 0 {
		return rows, nil, nil
	}
	flows, err := flowsOf(tx, dests)
	if err != nil {
		return nil, nil, err
	}
	crowds = map[int64][]row{}
	gone := map[int64]bool{}
	held := map[line][]int64{}
	for _, r := range rows {
		l := line{r.Dest, r.Urgent}
		switch {
		case gone[r.ID]:
		case r.Person == 0:
			keep = append(keep, r)
		case !r.gather.IsZero():
			group, err := c.group(tx, r)
			if err != nil {
				return nil, nil, err
			}
			for _, g := range group {
				gone[g.ID] = true
			}
			if len(group) > 0 {
				crowds[group[0].ID] = group[1:]
				keep = append(keep, group[0])
			}
		case r.paced: // was let through before
			keep = append(keep, r)
		default:
			f := flows[l]
			if f == nil {
				f = &flow{}
				flows[l] = f
			}
			if f.admit(tx.Now, r.Urgent, r.Priority) {
				keep = append(keep, r)
			} else {
				held[l] = append(held[l], r.ID)
			}
		}
	}
	for l, ids := range held {
		grace := otherGrace
		if l.urgent {
			grace = urgentGrace
		}
		until := flows[l].until
		if err := gatherMessages(tx, ids, until, until.Add(grace)); err != nil {
			return nil, nil, err
		}
	}
	return keep, crowds, nil
}

// group is all that goes with a message that gathered, itself included, oldest
// first; those whose sender died are noted as such.
func (c *Courier) group(tx *db.Tx, r row) ([]row, error) {
	rows, err := gathered(tx, r, stormMost)
	if err != nil {
		return nil, err
	}
	if rows, err = c.reclaimed(tx, rows); err != nil || len(rows) == 0 {
		return nil, err
	}
	if len(rows) == 1 {
		rows[0].gather, rows[0].carrier = time.Time{}, 0
		return rows, goAlone(tx, rows[0].ID)
	}
	if rows[0].carrier != 0 {
		return rows, nil
	}
	ids := make([]int64, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
		rows[i].carrier = rows[0].ID
	}
	return rows, carryMessages(tx, ids, rows[0].ID)
}

// together is the message that stands for several.
func together(base string, rows []row) Message {
	var services, records []string
	worst := ""
	for _, r := range rows {
		if key := r.Record.String(); !slices.Contains(records, key) {
			records = append(records, key)
		}
		if r.Priority != "" && (worst == "" || r.Priority < worst) {
			worst = r.Priority
		}
		for _, f := range r.Facts {
			if f.Name == "Service" && !slices.Contains(services, f.Value) {
				services = append(services, f.Value)
			}
		}
	}
	first := rows[0]
	what := "updates"
	if first.Urgent {
		what = "alerts"
	}
	m := Message{ID: first.Ref().String(), At: first.QueuedAt, Record: "Evenkeel", URL: base + "/", Reason: "many at once", Urgent: first.Urgent,
		Priority: worst, Gathered: len(rows), Title: fmt.Sprintf("%d %s %s", len(rows), what, about(services, records))}
	if len(records) == 1 {
		m.Record, m.URL = records[0], base+first.Record.Path()
	}
	const most = 20
	lines := make([]string, 0, most+1)
	for _, r := range rows[:min(most, len(rows))] {
		lines = append(lines, Clip(r.Title, 120)+"\n"+base+r.Record.Path())
	}
	if more := len(rows) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	m.Text = Clip("They came within a minute and are told together.\n\n"+strings.Join(lines, "\n"), 6000)
	if worst != "" {
		m.Facts = append(m.Facts, Fact{"Highest priority", worst})
	}
	if len(services) > 1 {
		m.Facts = append(m.Facts, Fact{"Services", listed(services, 10)})
	}
	if len(records) > 1 {
		m.Facts = append(m.Facts, Fact{"Records", listed(records, 10)})
	}
	m.Buttons = []Button{{Label: "Open Evenkeel", URL: m.URL}}
	return m
}

func about(services, records []string) string {
	switch {
	case len(services) == 1:
		return "on " + services[0]
	case len(services) > 1:
		return fmt.Sprintf("on %d services", len(services))
	case len(records) == 1:
		return "about " + records[0]
	}
	return fmt.Sprintf("about %d records", len(records))
}

// listed joins at most n values and says how many more there are.
func listed(values []string, n int) string {
	s := strings.Join(values[:min(n, len(values))], ", ")
	if more := len(values) - n; more > 0 {
		s += fmt.Sprintf(" and %d more", more)
	}
	return s
}
