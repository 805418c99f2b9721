// Package oncall is who is on call: schedules, covers, and the two questions
// everything else asks of them, "who is it at t" and "who in [a, b)".
//
// A schedule is layers of rotations in one IANA zone. A rotation begins at a
// local date and time and changes hands every so many hours, days or weeks;
// its restrictions say at which local hours it counts at all. Layers stand in
// order: where a layer has somebody it replaces those below it, or, when it is
// "beside", joins them. Covers (overrides, swaps, absences) lie on top.
//
// The wall-clock rule: a local time means the first instant at which the clock
// in the zone shows that time or a later one. So a handoff in the hour that the
// clock skips happens when the skip happens, and one in the hour that it shows
// twice happens the first time. One mapping for every boundary of starts, ends,
// handoffs and restrictions, and it never goes back: boundaries that adjoin on
// the wall adjoin in time. There is no gap and no overlap that the definition
// does not contain. Shifts of hours are different on purpose: twelve hours are
// twelve hours, whatever the clock does.
//
// The rule needs no search. clock.high (zone.go) is the highest time that the
// wall clock has shown so far; it stands still while the clock shows times a
// second time. A boundary w has passed at t exactly if high(t) ≥ w, so that
// shifts, windows, starts and ends are integer arithmetic on high(t).
//
// Covers: what was said last counts. An override for everybody stands before
// the layers; one instead of somebody follows that person through them; an
// absence takes a person off every schedule, and a shift with nobody left lets
// the layer below show through. No layer left is a gap. Disabled people are
// treated as absent for ever, so that a page never goes to nobody silently;
// Service.Holes tells of both before it hurts.
//
// Invariants: Rota is immutable; At and Between are two readings of one
// function (Rota.state) and agree at every instant; specs are stored with
// people's keys (USR-17), so renaming somebody changes nothing and evidence
// holds no names; every change of a schedule or cover raises one version, by
// which compiled rotas are kept (book.go, cache.go).
package oncall

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Spec is a schedule as people write it, in a file, a form or the API.
type Spec struct {
	Title       string      `json:"title,omitempty" doc:"What people call it, at most 100 characters; default: the name"`
	Description string      `json:"description,omitempty" doc:"What it is for, at most 1000 characters"`
	Team        string      `json:"team,omitempty" doc:"The team that it belongs to"`
	Zone        string      `json:"zone" doc:"IANA time zone, like Europe/Berlin"`
	Layers      []LayerSpec `json:"layers" doc:"Rotations, the last one on top; 1 to 50"`
}

// LayerSpec is one rotation.
type LayerSpec struct {
	Name   string       `json:"name,omitempty" doc:"What people call it; default: layer 1, layer 2"`
	Start  string       `json:"start" doc:"Local date and time at which the first shift begins, like 2026-01-05T09:00; its time of day is that of every handoff of days and weeks"`
	End    string       `json:"end,omitempty" doc:"Local date and time at which the layer ends; without one it does not"`
	Every  string       `json:"every" doc:"Length of a shift: hours like PT12H (elapsed time), or days or weeks like P1D, P1W, P2W (handoff at the same time of day)"`
	Shifts [][]string   `json:"shifts" doc:"Handles in turn, one list for each shift"`
	Only   []WindowSpec `json:"only,omitempty" doc:"Hours at which the layer counts; none: always"`
	Beside bool         `json:"beside,omitempty" doc:"Its people are on call together with the layers below, instead of in their place"`
}

// WindowSpec is hours of the week.
type WindowSpec struct {
	Days []string `json:"days,omitempty" doc:"mon, tue, wed, thu, fri, sat, sun: the days on which it begins; none: every day"`
	From string   `json:"from" doc:"Local time, like 08:00"`
	To   string   `json:"to" doc:"Local time, like 20:00 or 24:00; at or before from: on the next day"`
	Zone string   `json:"zone,omitempty" doc:"IANA time zone; default: the schedule's"`
}

// Duty is who is on call during a time. No People: a gap.
//
// A duty ends where another shift, cover or layer takes over, also when it
// brings the same people again; gaps are as long as they are. People belongs
// to the rota and must not be changed.
type Duty struct {
	People []int64   // in the order of the layers from the top, each once
	Layer  string    // name of the topmost layer that has somebody; empty in a gap and under an override for everybody
	From   time.Time // zero: has always been so
	Until  time.Time // zero: for ever
	Cover  int64     // the newest cover that took part; 0: none
}

// Gap reports whether nobody is on call.
func (d Duty) Gap() bool { return len(d.People) == 0 }

// Has reports whether a person is among those on call.
func (d Duty) Has(person int64) bool {
	for _, p := range d.People {
		if p == person {
			return true
		}
	}
	return false
}

// Shift is a duty of a named schedule.
type Shift struct {
	Schedule string // name
	Title    string
	Zone     string
	Duty
}

// Schedule is a schedule as it is kept.
type Schedule struct {
	Name    string
	Spec    Spec // with people's present handles
	Version int64
	Created time.Time
	Updated time.Time
	Managed string // "commit 1a2b3c" when managed in git; filled by Get and List

	deleted time.Time
	seq     int64
}

// Ref is the schedule's key.
func (s Schedule) Ref() ref.Ref { return ref.S(ref.Schedule, s.Name) }

// Title is what people call it.
func (s Schedule) Title() string { return titleOf(s.Name, s.Spec) }

func titleOf(name string, spec Spec) string {
	if spec.Title != "" {
		return spec.Title
	}
	return name
}

// digest is taken of the stored form, which names people by key.
func (s Schedule) digest() string { return evidence.Digest(nil, []any{s.Name, s.Spec, s.Version}) }

// Who is a person as schedules show them.
type Who struct {
	ID      int64
	Handle  string
	Display string
	Gone    bool // disabled or erased: cannot be paged
}
