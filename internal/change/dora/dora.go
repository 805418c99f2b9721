// Package dora measures how changes go: how often, how fast, how well, and
// what each approval step costs and brings.
//
// What is real here. Nothing is counted while it happens. Every figure is a
// pure function of facts, one for each change that reached users (fact.go), and
// a fact is a pure function of the change's row, its approvals and the
// incidents that it is confirmed to have caused. So each figure can list the
// records behind it (Service.Records), a correction of an outcome corrects it,
// and Rebuild gives the same again.
//
// Definitions (Definitions has them for the page) are those of DORA, dora.dev,
// "Software delivery performance metrics", as used by the Accelerate State of
// DevOps Report 2024, which split rework from failure and renamed time to
// restore to failed deployment recovery time, and by the State of AI-assisted
// Software Development report 2025, which keeps the same five:
//
//   - Deployment frequency: deployments ÷ days of the period.
//   - Change lead time: commit → production. Of the oldest commit that a
//     deployment brings; a deployment that brings nothing new (it returns to an
//     earlier artefact, or repeats the present one) has none, nor has one whose
//     commit time is unknown or lies after it.
//   - Change failure rate: failed ÷ completed.
//   - Failed deployment recovery time: from the deployment until users were
//     served well again.
//   - Rework rate: unplanned deployments to mend what users noticed ÷
//     deployments.
//
// How labels arise. A deployment is a change that reached its environment: it
// runs verified, or is being verified, or failed on the way. It belongs to the
// period in which it was complete (deployed_at; else when it ended), to each of
// its services, and to the team that owned the main service when it was made:
// teams change, their past does not. It is completed when its outcome is
// succeeded, failed or rolled back. It failed when that outcome is failed
// (the deployment itself, verification, or a person's correction), when it was
// rolled back, or when an incident is confirmed to be caused by it. Rework is
// what the change's own record says (purpose fix, bound to an incident or
// following a failed change of the service).
//
// Link coverage stands beside the failure rate, because a rate can be low for
// want of evidence: the share of deployments whose outcome something said
// (verification, pipeline, person, incident, rollback; not "assumed" of
// imported history), and the share of incidents whose cause is confirmed.
//
// Quantiles are nearest rank (sorted[⌈q·n⌉−1]), the median is the ordinary one,
// time is wall clock. A rate has a Wilson 95 % interval.
//
// How. OnChange keeps the facts in the transaction that changes a record, one
// row for each change, so that concurrent deployments never wait for each
// other. Days that are over are sealed (seal.go): the facts of a day packed by
// columns (segment.go) in one row, which is what lets a page read a year of a
// million changes in a fraction of a second, exactly. A later change to a day
// unseals it until it is sealed again; what is not sealed is read from the
// facts. ledger.go compares changes with and without an approval step at equal
// risk; import.go takes in history.
package dora

// The figures by name, as records behind them are asked for.
const (
	Deployments = "deployments" // changes that reached users
	LeadTime    = "lead-time"   // of them, those with a lead time
	NoLeadTime  = "no-lead-time"
	Completed   = "completed"
	Failures    = "failures"
	Recovered   = "recovery"
	Unrecovered = "unrecovered"
	Rework      = "rework"
	NoOutcome   = "no-outcome" // nothing said how they went
	Bypassed    = "bypassed"   // began without being allowed
)

// Definition says what a figure means and where that comes from.
type Definition struct {
	Name, Title string
	Text        string
	Source      string
	Link        string
}

const (
	source = "DORA, Software delivery performance metrics; State of DevOps Report 2024, DORA report 2025"
	link   = "https://dora.dev/guides/dora-metrics/"
)

// Definitions are what the page and the API show beside the figures.
var Definitions = []Definition{
	{Deployments, "Deployment frequency", "Changes that reached users, by day of the period. A change of several services counts once for its team and the organisation, and for each of its services.", source, link},
	{LeadTime, "Change lead time", "From the oldest commit that a deployment brings until it is complete in production. Returns to an earlier artefact and repeats of the present one bring nothing new and have none.", source, link},
	{Failures, "Change failure rate", "Changes that failed, were rolled back, or are confirmed to have caused an incident, of those whose outcome is decided.", source, link},
	{Recovered, "Failed deployment recovery time", "From a deployment that failed until users were served well again.", source, link},
	{Rework, "Rework rate", "Unplanned deployments to mend what users noticed, of all deployments.", source, link},
	{NoOutcome, "Link coverage", "Deployments whose outcome something said (verification, pipeline, person, incident, rollback), of all; and incidents whose cause is confirmed, of all. What is not covered may have failed unseen.", "Evenkeel", ""},
}
