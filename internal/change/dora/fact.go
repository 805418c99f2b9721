package dora

import "time"

// row is what is read of a change.
type row struct {
	ID                              int64
	State, Kind, Purpose, Team      string
	Environment, Artefact, Previous string
	OutcomeBy                       string
	Services                        []string
	Returns, Rework, Bypass, Caused bool
	Risk                            int
	Committed, Started, Deployed    int64 // microseconds, 0: not
	Ended, Recovered                int64
	Approvals                       []approval
}

// approval is a row of change_approval.
type approval struct {
	Rule, Who, State string
	Asked, Decided   int64
}

// Assumed is the outcome_by of a change that is taken to have succeeded
// because nothing said otherwise: imported history.
const Assumed = "assumed"

// flags of a fact. Their values are in the database: they do not change.
type flags uint32

const (
	reached   flags = 1 << iota // users: it is a deployment
	completed                   // its outcome is decided
	failed                      // so that it failed
	caused                      // an incident, confirmed
	rework                      // an unplanned deployment to mend something
	isNew                       // it brings something that was not there before
	hasLead                     // its lead time is known
	recovered                   // it failed, and the time until recovery is known
	known                       // something said how it went
	bypassed                    // it began without being allowed
)

// fact is one change as far as it is measured. Times and durations are
// microseconds; lead, recovery and risk are -1 when unknown.
type fact struct {
	ID, At         int64
	Lead, Recovery int64
	Risk           int
	Flags          flags
	Service        string
	Others         []string // further services
	Team           string
	Environment    string
	Kind           string
	Steps          []taken
}

// taken is an approval step that a change went through.
type taken struct {
	Rule   string `json:"rule"`
	Who    string `json:"who"`
	State  string `json:"state"`  // approved, rejected, expired, withdrawn
	Waited int64  `json:"waited"` // microseconds, from the first request to the last decision
}

// factOf measures a change; ok is false when there is nothing to measure: it
// has not reached users, and nobody waited for an approval of it in vain.
func factOf(r row) (f fact, ok bool) {
	f = fact{ID: r.ID, Lead: -1, Recovery: -1, Risk: r.Risk, Team: r.Team, Environment: r.Environment, Kind: r.Kind, Steps: stepsOf(r.Approvals)}
	if len(r.Services) > 0 {
		f.Service, f.Others = r.Services[0], r.Services[1:]
	}
	done := r.State == "succeeded" || r.State == "failed" || r.State == "rolled back"
	switch {
	case done || r.State == "verifying":
		f.Flags |= reached
		f.At = first(r.Deployed, r.Ended, r.Started)
	case r.State == "rejected" || r.State == "canceled":
		f.At = first(r.Ended, r.Started)
		return f, f.At > 0 && len(f.Steps) > 0
	default:
		return f, false
	}
	set := func(on bool, x flags) {
		if on {
			f.Flags |= x
		}
	}
	set(done || r.Caused, completed)
	set(r.State == "failed" || r.State == "rolled back" || r.Caused, failed)
	set(r.Caused, caused)
	set(r.Rework, rework)
	set(r.Bypass, bypassed)
	set(r.Caused || done && r.OutcomeBy != "" && r.OutcomeBy != Assumed, known)
	set(!r.Returns && r.Purpose != "rollback" && (r.Artefact == "" || r.Artefact != r.Previous), isNew)
	if f.Flags&isNew != 0 && r.Committed > 0 && r.Deployed >= r.Committed {
		f.Flags |= hasLead
		f.Lead = r.Deployed - r.Committed
	}
	if f.Flags&failed != 0 && r.Recovered >= f.At {
		f.Flags |= recovered
		f.Recovery = r.Recovered - f.At
	}
	return f, f.At > 0
}

func first(list ...int64) int64 {
	for _, x := range list {
		if x > 0 {
			return x
		}
	}
	return 0
}

// stepsOf joins the approvals of one step: rule and reviewer. It was approved
// when all were, else it is what the one that was not says.
func stepsOf(list []approval) (out []taken) {
	type span struct{ asked, decided int64 }
	var spans []span
next:
	for _, a := range list {
		if a.Decided == 0 {
			continue // still waited for: not measured yet
		}
		for i := range out {
			if s := &out[i]; s.Rule == a.Rule && s.Who == a.Who {
				if a.State != "approved" && s.State == "approved" || a.State == "rejected" {
					s.State = a.State
				}
				spans[i] = span{min(spans[i].asked, a.Asked), max(spans[i].decided, a.Decided)}
				s.Waited = max(0, spans[i].decided-spans[i].asked)
				continue next
			}
		}
		out = append(out, taken{a.Rule, a.Who, a.State, max(0, a.Decided-a.Asked)})
		spans = append(spans, span{a.Asked, a.Decided})
	}
	return out
}

const dayMicros = int64(24 * time.Hour / time.Microsecond)

// dayOf is the UTC day of a time, counted from 1970.
func dayOf(us int64) int64 {
	if us < 0 {
		return (us+1)/dayMicros - 1
	}
	return us / dayMicros
}
