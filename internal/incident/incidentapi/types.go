package incidentapi

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/incident"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// IncidentPerson is somebody with a part in an incident.
type IncidentPerson struct {
	Key  string `json:"key" example:"USR-2"`
	Name string `json:"name,omitempty"`
}

func person(id int64, names map[int64]string) *IncidentPerson {
	if id == 0 {
		return nil
	}
	return &IncidentPerson{ref.N(ref.Person, id).String(), names[id]}
}

// Incident is the record with its clocks as they stand now.
type Incident struct {
	Key         string `json:"key" example:"INC-1042"`
	Version     int64  `json:"version" doc:"Grows with every visible change"`
	Revision    int64  `json:"revision" doc:"Grows when a field is edited; the ETag"`
	Title       string `json:"title"`
	Summary     string `json:"summary,omitempty"`
	State       string `json:"state" enum:"triggered,acknowledged,mitigated,resolved,closed,merged,canceled"`
	Priority    string `json:"priority" enum:"P1,P2,P3,P4"`
	PriorityWhy string `json:"priority_why,omitempty" doc:"Which rule gave the priority"`
	Impact      string `json:"impact" enum:"high,medium,low"`
	Urgency     string `json:"urgency" enum:"high,medium,low"`
	Service     string `json:"service,omitempty"`
	Team        string `json:"team,omitempty"`
	Tier        int    `json:"tier" doc:"Of the service, 0 to 3; 2 when unknown"`
	Origin      string `json:"origin" enum:"person,alert"`
	Rule        string `json:"rule,omitempty" doc:"Grouping rule that opened it"`
	Restricted  bool   `json:"restricted"`
	Waiting     string `json:"waiting,omitempty" enum:"reporter,supplier,change"`
	How         string `json:"how,omitempty" doc:"How the service came back"`
	Reason      string `json:"reason,omitempty" doc:"Why it was canceled"`
	MergedInto  string `json:"merged_into,omitempty"`
	Parent      string `json:"parent,omitempty"`
	WarRoom     string `json:"war_room,omitempty"`
	Persistent  string `json:"persistent,omitempty" doc:"Why the weekly review should look at it"`

	Reporter       *IncidentPerson `json:"reporter,omitempty"`
	OnIt           *IncidentPerson `json:"on_it,omitempty" doc:"Whom to ask: the commander, else who acknowledged it or took it up last"`
	Commander      *IncidentPerson `json:"commander,omitempty"`
	Operations     *IncidentPerson `json:"operations,omitempty"`
	Communications *IncidentPerson `json:"communications,omitempty"`
	Scribe         *IncidentPerson `json:"scribe,omitempty"`

	StartedAt      *time.Time `json:"started_at,omitempty" doc:"When the fault began"`
	TriggeredAt    *time.Time `json:"triggered_at,omitempty"`
	AcknowledgedAt *time.Time `json:"acknowledged_at,omitempty"`
	MitigatedAt    *time.Time `json:"mitigated_at,omitempty"`
	ResolvedAt     *time.Time `json:"resolved_at,omitempty"`
	ClosedAt       *time.Time `json:"closed_at,omitempty"`
	UpdatedAt      *time.Time `json:"updated_at,omitempty"`

	Reopened     int  `json:"reopened"`
	Reassigned   int  `json:"reassigned"`
	Alerts       int  `json:"alerts" doc:"Ever joined"`
	AlertsFiring int  `json:"alerts_firing"`
	AutoResolve  bool `json:"auto_resolve"`
	Entries      int  `json:"timeline_entries"`

	Clocks IncidentClocks `json:"clocks"`
}

// IncidentClocks are the clocks that the priority's policy sets.
type IncidentClocks struct {
	Response   *IncidentClock `json:"response,omitempty"`
	Resolution *IncidentClock `json:"resolution,omitempty"`
	Update     *IncidentClock `json:"update,omitempty"`
	Escalation *IncidentClock `json:"escalation,omitempty"`
}

// IncidentClock is one clock now.
type IncidentClock struct {
	State   string       `json:"state" enum:"met,running,soon,breached,paused,stopped"`
	Target  string       `json:"target" example:"4 business hours"`
	Start   *time.Time   `json:"start,omitempty"`
	Due     *time.Time   `json:"due,omitempty"`
	End     *time.Time   `json:"end,omitempty"`
	Elapsed int64        `json:"elapsed_seconds" doc:"Counted time: without pauses, in business hours where the target is"`
	Left    int64        `json:"left_seconds" doc:"Negative when breached"`
	Pauses  []ClockPause `json:"pauses,omitempty"`
}

// ClockPause is a time in which a clock did not count.
type ClockPause struct {
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to,omitempty"`
	Reason string     `json:"reason"`
}

// TimelineEntry is one line of the timeline.
type TimelineEntry struct {
	Seq         int             `json:"seq"`
	At          time.Time       `json:"at"`
	Kind        string          `json:"kind"`
	Author      *IncidentPerson `json:"author,omitempty" doc:"Absent for the product and for monitors"`
	Tag         string          `json:"tag,omitempty" enum:"key fact,decision"`
	Public      bool            `json:"public"`
	Text        string          `json:"text"`
	Detail      string          `json:"detail,omitempty"`
	Corrects    int             `json:"corrects,omitempty" doc:"Number of the entry that this one corrects"`
	Erased      bool            `json:"erased,omitempty"`
	Corrections []TimelineEntry `json:"corrections,omitempty"`
}

// IncidentLink joins an incident to something else.
type IncidentLink struct {
	Kind   string `json:"kind" enum:"service,ci,change,known error,problem,postmortem,url"`
	Target string `json:"target" doc:"Record key or web address"`
	Title  string `json:"title,omitempty"`
	State  string `json:"state,omitempty" enum:"suggested,confirmed,rejected"`
	Rule   string `json:"rule,omitempty" readOnly:"true"`
}

// IncidentBrief names another incident.
type IncidentBrief struct {
	Key      string `json:"key"`
	Title    string `json:"title"`
	State    string `json:"state"`
	Priority string `json:"priority"`
}

// IncidentDetail is one incident with its surroundings; the timeline has a list of its own.
type IncidentDetail struct {
	Incident
	Participants []IncidentPerson `json:"participants"`
	Links        []IncidentLink   `json:"links"`
	Children     []IncidentBrief  `json:"children,omitempty"`
	MergedFrom   []IncidentBrief  `json:"merged_from,omitempty"`
	Viewers      *IncidentViewers `json:"viewers,omitempty" doc:"Who may see a restricted incident"`
	Can          []incident.Verb  `json:"can" doc:"What you may do with it now"`
	Measures     IncidentMeasures `json:"measures"`
}

// IncidentViewers are who may see a restricted incident.
type IncidentViewers struct {
	People []string `json:"people,omitempty" doc:"Keys (USR-2) or handles"`
	Roles  []string `json:"roles,omitempty" doc:"Roles of the organisation, such as auditor"`
}

// IncidentMeasures are the times of one incident in seconds of wall clock; absent when
// it has not happened.
type IncidentMeasures struct {
	Detect      *int64 `json:"detect_seconds,omitempty"`
	Acknowledge *int64 `json:"acknowledge_seconds,omitempty"`
	Mitigate    *int64 `json:"mitigate_seconds,omitempty"`
	Resolve     *int64 `json:"resolve_seconds,omitempty"`
}

func key(id int64) string {
	if id == 0 {
		return ""
	}
	return ref.N(ref.Incident, id).String()
}

func incidentOut(r incident.Row) Incident {
	i, n := r.Incident, r.Names
	return Incident{
		Key: i.Key(), Version: i.Version, Revision: i.Revision, Title: i.Title, Summary: i.Summary, State: string(i.State),
		Priority: i.Priority.String(), PriorityWhy: i.PriorityWhy, Impact: i.Impact.String(), Urgency: i.Urgency.String(),
		Service: i.Service, Team: i.Team, Tier: i.Tier, Origin: string(i.Origin), Rule: i.Rule, Restricted: i.Restricted,
		Waiting: string(i.Waiting), How: string(i.How), Reason: i.Reason, MergedInto: key(i.MergedInto), Parent: key(i.Parent),
		WarRoom: i.WarRoom, Persistent: i.Persistent,
		Reporter: person(i.Reporter, n), OnIt: person(i.OnIt(), n), Commander: person(i.Assigned[0], n), Operations: person(i.Assigned[1], n),
		Communications: person(i.Assigned[2], n), Scribe: person(i.Assigned[3], n),
		StartedAt: api.When(i.StartedAt), TriggeredAt: api.When(i.TriggeredAt), AcknowledgedAt: api.When(i.AcknowledgedAt), MitigatedAt: api.When(i.MitigatedAt),
		ResolvedAt: api.When(i.ResolvedAt), ClosedAt: api.When(i.ClosedAt), UpdatedAt: api.When(i.UpdatedAt),
		Reopened: i.Reopened, Reassigned: i.Reassigned, Alerts: i.Alerts, AlertsFiring: i.AlertsFiring, AutoResolve: i.AutoResolve, Entries: i.Entries,
		Clocks: IncidentClocks{clockOut(r.Clocks.Response), clockOut(r.Clocks.Resolution), clockOut(r.Clocks.Update), clockOut(r.Clocks.Escalation)},
	}
}

func clockOut(c incident.Clock) *IncidentClock {
	if c.State == incident.NoClock {
		return nil
	}
	out := &IncidentClock{State: string(c.State), Target: c.Target.String(), Start: api.When(c.Start), Due: api.When(c.Due), End: api.When(c.End),
		Elapsed: int64(c.Elapsed / time.Second), Left: int64(c.Left / time.Second)}
	for _, p := range c.Pauses {
		out.Pauses = append(out.Pauses, ClockPause{p.From, api.When(p.To), p.Reason})
	}
	return out
}

func entryOut(e incident.Entry) TimelineEntry {
	out := TimelineEntry{Seq: e.Seq, At: e.At, Kind: string(e.Kind), Author: person(e.Person, map[int64]string{e.Person: e.Name}), Tag: string(e.Tag),
		Public: e.Public, Text: e.Text, Detail: e.Detail, Corrects: e.Corrects, Erased: e.Erased}
	for _, c := range e.Corrections {
		out.Corrections = append(out.Corrections, entryOut(c))
	}
	return out
}

func detailOut(v incident.View) IncidentDetail {
	d := IncidentDetail{Incident: incidentOut(v.Row), Participants: []IncidentPerson{}, Links: []IncidentLink{}, Children: briefsOut(v.Children), MergedFrom: briefsOut(v.MergedFrom),
		Measures: IncidentMeasures{seconds(v.Measures.Detect), seconds(v.Measures.Acknowledge), seconds(v.Measures.Mitigate), seconds(v.Measures.Resolve)}}
	for _, p := range v.Participants {
		d.Participants = append(d.Participants, IncidentPerson{ref.N(ref.Person, p.Person).String(), p.Name})
	}
	for _, l := range v.Links {
		d.Links = append(d.Links, IncidentLink{string(l.Kind), l.Target, l.Title, string(l.State), l.Rule})
	}
	if v.Restricted {
		d.Viewers = &IncidentViewers{Roles: v.Viewers.Roles}
		for _, p := range v.Viewers.People {
			d.Viewers.People = append(d.Viewers.People, ref.N(ref.Person, p).String())
		}
	}
	d.Can = []incident.Verb{}
	for _, verb := range incident.Verbs {
		if v.Can[verb] {
			d.Can = append(d.Can, verb)
		}
	}
	return d
}

func briefsOut(list []incident.Brief) (out []IncidentBrief) {
	for _, b := range list {
		out = append(out, IncidentBrief{b.Key(), b.Title, string(b.State), b.Priority.String()})
	}
	return out
}

func seconds(d time.Duration) *int64 {
	if d < 0 {
		return nil
	}
	n := int64(d / time.Second)
	return &n
}
