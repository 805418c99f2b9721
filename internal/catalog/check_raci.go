package catalog

import (
	"fmt"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

func (p *Portfolio) checkRaci(bad *errs.Fields) {
	if len(p.Raci) > maxRaci {
		bad.Add("raci", fmt.Sprint(len(p.Raci)), fmt.Sprintf("use at most %d lines", maxRaci))
	}
	seen := map[string]bool{}
	for i := range p.Raci {
		r, at := &p.Raci[i], fmt.Sprintf("raci[%d].", i)
		r.Activity = line(bad, at+"activity", r.Activity, maxTitle)
		switch low := strings.ToLower(r.Activity); {
		case low == "":
			bad.Add(at+"activity", "", "say what it is about, like Releases")
		case seen[low]:
			bad.Add(at+"activity", r.Activity, "this activity has a line already; an activity has one line")
		default:
			seen[low] = true
		}
		r.Responsible, r.Consulted, r.Informed = parties(bad, at+"responsible", r.Responsible), parties(bad, at+"consulted", r.Consulted), parties(bad, at+"informed", r.Informed)
		if r.Accountable = party(r.Accountable); r.Accountable == "" {
			bad.Add(at+"accountable", "", "name exactly one who answers for it: a handle, or team:name")
		}
	}
	if len(p.Raci) == 0 {
		p.Raci = nil
	}
}

func parties(bad *errs.Fields, field string, list []string) []string {
	var out []string
	for _, s := range list {
		if s = party(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	if len(out) > maxParties {
		bad.Add(field, fmt.Sprint(len(out)), fmt.Sprintf("use at most %d; name a team instead", maxParties))
	}
	return out
}

func party(s string) string { return strings.TrimPrefix(strings.TrimSpace(s), "@") }
