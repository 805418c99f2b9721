// Package incident is the practice that restores a service when it is broken.
//
// An incident has one state (triggered → acknowledged → mitigated → resolved →
// closed, or canceled, or merged into another), one priority P1 to P4, and an
// append-only timeline. It is declared by a person with one line of text, or
// opened by alerts through a grouping rule. Restoring comes first: an incident
// can be resolved without any root cause, but never without saying how the
// service came back.
//
// Invariants:
//
//   - States change only along the table in rules.go, which the drawing in
//     docs/practice/incidents.md repeats and a test compares.
//   - Verbs (acknowledge, mitigate, resolve …) check the state and are
//     idempotent: asking twice is one change. Edits (title, service, impact …)
//     carry the revision that the editor saw, and a stale one is a conflict.
//   - At most one open incident gathers the alerts of a grouping key: the
//     primary key of incident_group holds it, whatever two processes do at once.
//   - Clocks are never stored. Each incident keeps its steps (what happened
//     when, in order); clock.go computes response, resolution, next public
//     update and escalation from steps, priority policy, business hours and
//     now. The policy is the version of the matrix that stood when the
//     incident was opened, so a later change of the matrix rewrites no past.
//   - The timeline is a chain: each entry carries a salted digest, and the row
//     carries the head over all of them, so an edited, removed or inserted
//     entry shows when the record is compared with the evidence log.
//   - A restricted incident exists only for the people and roles named on it.
//     Every read says so in SQL (store_visible.go); admins are no exception.
//
// How it works: service*.go hold the verbs; each opens one transaction, locks
// the row, lets rules.go decide, writes row, timeline and evidence, and tells
// the registered reactions (events.go). Due work (breach notices, update due,
// escalation, closing) is one column, next_at, which due.go serves. Alerts
// come in through OnAlerts (onalerts.go), a batch at a time.
package incident
