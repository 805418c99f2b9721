// Package ref names records.
//
// Every record has a short human key that people say aloud and type into the
// search box: INC-1042, SVC checkout, TEAM payments. A Ref is that key split
// into kind and rest; it is what evidence entries, links and live updates
// carry, so it never contains personal data (people are USR-17, never a name).
package ref

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Kind is the prefix of a record's key.
type Kind string

// The kinds of records. Numbered kinds print as INC-1042, named ones as
// "SVC checkout".
const (
	Incident    Kind = "INC"
	Alert       Kind = "ALR"
	Silence     Kind = "SIL"
	Person      Kind = "USR"
	Token       Kind = "TOK"
	Message     Kind = "MSG"
	Checkpoint  Kind = "CKP"
	Team        Kind = "TEAM"
	Service     Kind = "SVC"
	Integration Kind = "INT"
	AlertRule   Kind = "RULE"
	Matrix      Kind = "MATRIX"
	Calendar    Kind = "CAL"
	Channel     Kind = "CHAN"
	System      Kind = "SYS"
	Schedule    Kind = "SCHED" // on-call schedule
	Cover       Kind = "COV"   // an override, swap or absence in schedules
	Escalation  Kind = "ESC"   // escalation policy
	Method      Kind = "MET"   // a person's contact method
	ContactRule Kind = "CONTACT"
	Item        Kind = "CI"       // configuration item
	Run         Kind = "RUN"      // a run of a source of configuration items
	Proposal    Kind = "PAIR"     // two items that may be one
	ItemKind    Kind = "ITEMKIND" // a kind of configuration items
	Reconcile   Kind = "RECONCILE"
	Discovery   Kind = "DISC"
	Baseline    Kind = "BASE"
	Scorecard   Kind = "CARD"
	Change      Kind = "CHG"
	Decision    Kind = "DEC"     // what policy said about a change
	ChangeModel Kind = "MODEL"   // a pre-approved kind of change
	Practice    Kind = "CHANGES" // how an organisation works with changes
	Window      Kind = "WIN"     // a freeze, a maintenance window, a release train
	Policy      Kind = "POLICY"  // a version of the policy for changes
	RiskModel   Kind = "RISK"    // a version of the weights of the risk score
)

var numbered = map[Kind]string{ // kind → page path
	Incident: "/incidents/", Alert: "/alerts/", Silence: "/silences/", Person: "/people/",
	Token: "/settings/tokens/", Message: "/settings/deliveries/", Checkpoint: "/evidence/checkpoints/",
	Cover: "/oncall/covers/", Method: "/profile/contact/",
	Item: "/map/items/", Run: "/map/runs/", Proposal: "/map/proposals/",
	Change: "/changes/", Decision: "/changes/decisions/", Policy: "/changes/policy/", RiskModel: "/changes/risk/",
}

var named = map[Kind]string{
	Team: "/teams/", Service: "/services/", Integration: "/integrations/", AlertRule: "/rules/",
	Matrix: "/settings/priorities/", Calendar: "/settings/calendars/", Channel: "/settings/channels/", System: "/settings/",
	Schedule: "/oncall/schedules/", Escalation: "/oncall/policies/", ContactRule: "/oncall/contact/",
	ItemKind: "/map/kinds/", Reconcile: "/map/rules/", Discovery: "/map/sources/", Baseline: "/map/baselines/", Scorecard: "/scorecards/",
	ChangeModel: "/changes/models/", Window: "/changes/windows/", Practice: "/changes/settings/",
}

// Ref is a record's name: kind and number, or kind and name.
type Ref struct {
	Kind Kind
	Key  string // "1042" or "checkout"
}

// NameForm says what IsName takes, for error messages.
const NameForm = "use 1 to 63 of a-z, 0-9 and -, not at the ends"

var nameForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// IsName reports whether a text can name a record: it stands in addresses,
// file names and git, so it is a DNS label, as Kubernetes and Backstage use
// (RFC 1123).
func IsName(s string) bool { return nameForm.MatchString(s) }

// N names a numbered record.
func N(k Kind, id int64) Ref { return Ref{k, strconv.FormatInt(id, 10)} }

// S names a named record.
func S(k Kind, name string) Ref { return Ref{k, name} }

// String is the human key: "INC-1042", "SVC checkout".
func (r Ref) String() string {
	if r.Kind == "" {
		return ""
	}
	if _, ok := numbered[r.Kind]; ok {
		return string(r.Kind) + "-" + r.Key
	}
	return string(r.Kind) + " " + r.Key
}

// Path is the page of the record, absolute on this server.
func (r Ref) Path() string {
	if p, ok := numbered[r.Kind]; ok {
		return p + r.String()
	}
	return named[r.Kind] + r.Key
}

// Parse reads a human key, ignoring case of the prefix and outer space.
func Parse(s string) (Ref, error) {
	t := strings.TrimSpace(s)
	if k, rest, ok := strings.Cut(t, "-"); ok {
		kind := Kind(strings.ToUpper(k))
		if _, ok := numbered[kind]; ok {
			n, err := strconv.ParseInt(rest, 10, 64)
			if err == nil && n > 0 {
				return N(kind, n), nil
			}
		}
	}
	if k, rest, ok := strings.Cut(t, " "); ok {
		kind := Kind(strings.ToUpper(k))
		if _, ok := named[kind]; ok && rest != "" {
			return S(kind, strings.TrimSpace(rest)), nil
		}
	}
	return Ref{}, fmt.Errorf("%q is no record key; write it like INC-1042 or SVC checkout", s)
}

// ID reads the number of a key of the wanted kind: "INC-1042" or just "1042".
func ID(k Kind, s string) (int64, error) {
	t := strings.TrimSpace(s)
	if p := string(k) + "-"; len(t) > len(p) && strings.EqualFold(t[:len(p)], p) {
		t = t[len(p):]
	}
	n, err := strconv.ParseInt(t, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is no key of this kind; write it like %s-1042", s, k)
	}
	return n, nil
}
