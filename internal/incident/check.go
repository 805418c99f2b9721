package incident

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func checkText(field, text string, least, most int, bad *errs.Fields) {
	switch {
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		bad.Add(field, text, "send valid UTF-8 text without NUL characters")
	case len(strings.TrimSpace(text)) < least:
		bad.Add(field, text, "write something here")
	case len(text) > most:
		bad.Add(field, text, fmt.Sprintf("at most %d bytes; this has %d", most, len(text)))
	}
}

func checkName(field, name string, bad *errs.Fields) { checkText(field, name, 0, 100, bad) }

func checkLevels(impact, urgency Level, bad *errs.Fields) {
	if impact < 0 || impact > Low {
		bad.Add("impact", fmt.Sprint(int(impact)), "use high, medium or low")
	}
	if urgency < 0 || urgency > Low {
		bad.Add("urgency", fmt.Sprint(int(urgency)), "use high, medium or low")
	}
}

func checkURL(field, s string, bad *errs.Fields) {
	if s == "" {
		return
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(s) > 2000 {
		bad.Add(field, s, "give a web address that begins with https://")
	}
}

func checkRoles(v Viewers, bad *errs.Fields) {
	for n, r := range v.Roles {
		if !slices.Contains(actor.Roles, actor.Role(r)) {
			bad.Add(fmt.Sprintf("restrict.roles[%d]", n), r, "use a role of the organisation: admin, manager, responder, requester or auditor")
		}
	}
	if len(v.People)+len(v.Roles) > 500 {
		bad.Add("restrict", "", "name at most 500 people and roles")
	}
}

func (s *Service) checkPeople(q db.Querier, v Viewers) error {
	var bad errs.Fields
	for n, p := range v.People {
		if ok, err := s.People.PersonExists(q, p); err != nil {
			return err
		} else if !ok {
			bad.Add(fmt.Sprintf("restrict.people[%d]", n), fmt.Sprint(p), "name a person who exists and is active")
		}
	}
	return bad.Err()
}

// named adds those who always may see an incident: who declared it and who has a role.
func named(i Incident, v Viewers) Viewers {
	v.People = slices.Clone(v.People)
	for _, p := range append(i.Assigned[:], i.Reporter) {
		if p > 0 && !slices.Contains(v.People, p) {
			v.People = append(v.People, p)
		}
	}
	return v
}
func hows() string {
	list := make([]string, len(Hows))
	for n, h := range Hows {
		list[n] = string(h)
	}
	return strings.Join(list, ", ")
}

func checkHow(how How, note string) error {
	var bad errs.Fields
	if how != "" && !slices.Contains(Hows, how) {
		bad.Add("how", string(how), "say how the service came back: "+hows())
	}
	checkText("note", note, 0, MaxText, &bad)
	return bad.Err()
}

func checkReason(reason string) error {
	var bad errs.Fields
	checkText("reason", reason, 1, MaxText, &bad)
	return bad.Err()
}

func checkNote(note string) error {
	var bad errs.Fields
	checkText("note", note, 0, MaxText, &bad)
	return bad.Err()
}
