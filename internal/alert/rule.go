package alert

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Rule says where matching alerts go. Rules are tried by position; the first
// whose matchers all hold decides.
type Rule struct {
	ID          int64
	Name        string // unique; 1 to 63 of a-z, 0-9 and -
	Description string
	Position    int // 1 is tried first
	Matchers    []Matcher
	Service     string        // set the service; empty: keep the alert's
	Team        string        // who gets it when the service has no owner
	Priority    int           // 1 to 4; 0: by severity × the service's tier
	GroupBy     []string      // labels or fields that join alerts; "..." keeps every alert alone
	Window      time.Duration // how long after the last alert a new one joins; 0: while open
	Reopen      time.Duration // how long after its resolution an incident is reopened
	Page        bool
	PageOnJoin  bool
	AutoClose   bool
	Quiet       bool // keep and show, but no incident and no message
	Disabled    bool
	Version     int64
	Managed     string // from where it is managed as code; empty: by hand. Set by reads of people
}

// GroupAlone as the only group_by keeps every alert in a group of its own, as
// in Alertmanager.
const GroupAlone = "..."

// Defaults of a rule. The window is one working block: what fires later than
// that after the last alert is more likely a new story than the same one. The
// reopen window is the usual time in which a repair proves not to hold.
const (
	DefaultWindow = 2 * time.Hour
	DefaultReopen = 30 * time.Minute
)

func (r *Rule) routing() Routing {
	return Routing{Open: !r.Quiet, Priority: r.Priority, Page: r.Page, PageOnJoin: r.PageOnJoin,
		AutoClose: r.AutoClose, Window: r.Window, Reopen: r.Reopen}
}

// defaultRouting is the catch-all: critical and error alerts that no rule
// routes open an incident and page; the rest may join one.
func defaultRouting(severity Severity) Routing {
	return Routing{Open: severity.Rank() <= Error.Rank(), Page: true, AutoClose: true, Window: DefaultWindow, Reopen: DefaultReopen}
}

// decision is where an alert goes.
type decision struct {
	rule      *Rule // nil: the catch-all
	service   string
	team      string
	quiet     bool
	groupBy   []string
	groupKey  string
	groupText string
}

// decide picks the rule and computes the group. alertID makes the group of
// alerts that stand alone; 0 leaves the group empty (a dry run).
func decide(rules []*Rule, s *subject, in *Integration, alertID int64) decision {
	d := decision{service: s.service, team: in.Team, groupBy: catchAllGroup}
	for _, r := range rules {
		if matchAll(r.Matchers, s) < 0 {
			d.rule, d.quiet, d.groupBy = r, r.Quiet, r.GroupBy
			if r.Service != "" {
				d.service = r.Service
			}
			if r.Team != "" {
				d.team = r.Team
			}
			break
		}
	}
	d.groupKey, d.groupText = d.group(s, alertID)
	return d
}

// catchAllGroup joins unrouted alerts of one service; without a service, those
// of one integration.
var catchAllGroup = []string{fieldService}

// group returns the hash and the text of the alert's group. The rule's name is
// part of it, so that two rules never share an incident by accident.
func (d *decision) group(s *subject, alertID int64) (key, text string) {
	var name string
	if d.rule != nil {
		name = d.rule.Name
	}
	var b strings.Builder
	if len(d.groupBy) == 1 && d.groupBy[0] == GroupAlone {
		b.WriteString("alert=ALR-")
		b.WriteString(strconv.FormatInt(alertID, 10))
	} else {
		for _, label := range d.groupBy {
			value := s.value(label)
			if label == fieldService {
				value = d.service
				if value == "" && d.rule == nil {
					label, value = fieldIntegration, s.integration
				}
			}
			if b.Len() > 0 {
				b.WriteString(", ")
			}
			b.WriteString(label)
			b.WriteByte('=')
			b.WriteString(value)
		}
	}
	text = b.String()
	if text == "" {
		text = "everything the rule matches"
	}
	h := sha256.New()
	h.Write([]byte(name))
	h.Write([]byte{0})
	for _, label := range d.groupBy { // values can hold ", ": hash them apart
		h.Write([]byte(label))
		h.Write([]byte{1})
		if label == fieldService {
			h.Write([]byte(d.service))
		} else {
			h.Write([]byte(s.value(label)))
		}
		h.Write([]byte{0})
	}
	if d.rule == nil && d.service == "" {
		h.Write([]byte(s.integration))
	}
	if len(d.groupBy) == 1 && d.groupBy[0] == GroupAlone {
		h.Write(strconv.AppendInt(nil, alertID, 10))
	}
	var sum [sha256.Size]byte
	return hex.EncodeToString(h.Sum(sum[:0])[:16]), text
}
