package web

import "strings"

// term is one row of the product's Rosetta stone: what ITIL calls a thing and
// what engineers call it. Short is for navigation and titles, long for the
// hover that explains it.
type term struct{ itil, engineering, long string }

// terms is keyed by the ITIL word in lower case, singular and plural apart.
var terms = map[string]term{
	"incident":                       {"Incident", "Outage", "Outage or degradation"},
	"incidents":                      {"Incidents", "Outages", "Outages and degradations"},
	"declare incident":               {"Declare incident", "Report outage", "Say that something is broken"},
	"major incident":                 {"Major incident", "Major outage", "Outage or degradation with the highest priority"},
	"problem":                        {"Problem", "Root-cause investigation", "Root-cause investigation"},
	"problems":                       {"Problems", "Root causes", "Root-cause investigations"},
	"change":                         {"Change", "Deployment", "Deployment or config update"},
	"changes":                        {"Changes", "Deployments", "Deployments and config updates"},
	"known error":                    {"Known error", "Documented bug", "Documented bug with workaround"},
	"known errors":                   {"Known errors", "Documented bugs", "Documented bugs with workaround"},
	"service request":                {"Service request", "Access request", "Access or environment request"},
	"requests":                       {"Requests", "Access requests", "Access and environment requests"},
	"cmdb":                           {"CMDB", "Inventory", "Inventory"},
	"ci":                             {"CI", "Component", "Component"},
	"cab":                            {"CAB", "Change review", "Change review"},
	"sla":                            {"SLA", "Promise", "Promise"},
	"slo":                            {"SLO", "Target", "Target"},
	"sli":                            {"SLI", "Measurement", "Measurement"},
	"service levels":                 {"Service levels", "Targets", "Promises, targets, measurements"},
	"continual improvement register": {"Continual improvement register", "Improvement backlog", "Improvement backlog"},
	"improve":                        {"Improvement register", "Improvement backlog", "Improvement backlog"},
	"service desk":                   {"Service desk", "Help channel", "Help channel"},
	"response":                       {"Response", "Acknowledge", "Time until somebody takes it"},
	"resolution":                     {"Resolution", "Restore", "Time until the service works again"},
}

// Term says an ITIL word in the viewer's vocabulary. Words that are not in the
// table come back as they are, so every title may go through it.
// Spell the word in lower case for running text ("incident"), with a capital
// for titles ("Incident").
func (v *View) Term(word string) string {
	row, ok := terms[strings.ToLower(word)]
	if !ok {
		return word
	}
	s := row.itil
	if v.Vocabulary == Engineering {
		s = row.engineering
	}
	if word == strings.ToLower(word) && s != strings.ToUpper(s) {
		s = strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// TermHint explains the word for hovering: the other vocabulary's long form.
func (v *View) TermHint(word string) string {
	row, ok := terms[strings.ToLower(word)]
	if !ok {
		return ""
	}
	if v.Vocabulary == Engineering {
		return "ITIL: " + row.itil
	}
	return row.long
}
