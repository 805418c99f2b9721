package auth

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// TeamRole is what a member is in one team. It says who is told what about
// incidents (DOMAIN's priority table: "engineering manager and VP told now");
// it grants nothing.
type TeamRole string

// The team roles, in the order a team lists them.
const (
	Lead       TeamRole = "lead"
	Plain      TeamRole = "member"
	Manager    TeamRole = "manager"
	Executive  TeamRole = "executive"
	membersMax          = 1000
)

// TeamRoles lists all team roles.
var TeamRoles = []TeamRole{Lead, Plain, Manager, Executive}

// Member is one person of a team, with what others need to reach them.
type Member struct {
	Person  int64
	Role    TeamRole
	Handle  string
	Display string
	Email   string // empty if there is none
}

// Team owns services and is told about their incidents.
type Team struct {
	Name        string // unique, "payments"; never changes
	Title       string // "Payments"
	Description string
	Calendar    string // name of its business calendar; empty: the organisation's
	WarRoom     string // address of its war room, in which {key} stands for the incident's key; may be empty
	Version     int64
	Created     time.Time
	Updated     time.Time
	Members     []Member // by role, then handle; nil in lists
	ManagedBy   string   // from where it is managed as code; empty: edited here
}

// Ref is the team's key, "TEAM payments".
func (t Team) Ref() ref.Ref { return ref.S(ref.Team, t.Name) }

// WarRoomFor returns the war room of one incident, empty if the team has none.
func (t Team) WarRoomFor(incident string) string {
	return strings.ReplaceAll(t.WarRoom, "{key}", url.QueryEscape(incident))
}

func sortMembers(members []Member) { slices.SortFunc(members, byLead) }

func byLead(a, b Member) int {
	return cmp.Or(cmp.Compare(slices.Index(TeamRoles, a.Role), slices.Index(TeamRoles, b.Role)), cmp.Compare(a.Handle, b.Handle))
}

// digest covers all of the team that people see, members as numbers.
func (t Team) digest() string {
	members := make([]string, len(t.Members))
	for i, m := range t.Members {
		members[i] = strconv.FormatInt(m.Person, 10) + ":" + string(m.Role)
	}
	slices.Sort(members) // by person, whatever they are called
	return evidence.Digest(nil, struct {
		Name, Title, Description, Calendar, WarRoom string
		Version, Created                            int64
		Members                                     []string
	}{t.Name, t.Title, t.Description, t.Calendar, t.WarRoom, t.Version, db.Micros(t.Created), members})
}

// MemberEdit names a member to be by handle, e-mail address or key (USR-17).
type MemberEdit struct {
	Person string
	Role   TeamRole // empty: member
}

// TeamEdit is what can be set about a team; Members replaces all of them.
type TeamEdit struct {
	Title       string
	Description string
	Calendar    string
	WarRoom     string
	Members     []MemberEdit
}

// checkName reports a team name that cannot stand in an address or a file.
func checkName(name string) error {
	if !ref.IsName(name) {
		return errs.BadField("name", name, "1 to 63 of a-z, 0-9 and dash, beginning and ending with a letter or digit")
	}
	return nil
}

// normalise trims, fills in defaults and reports every wrong field at once.
func (e *TeamEdit) normalise(name string) error {
	var f errs.Fields
	if e.Title = strings.TrimSpace(e.Title); e.Title == "" {
		e.Title = name
	}
	if !lineOK(e.Title, 1, 200) {
		f.Add("title", e.Title, "1 to 200 characters on one line")
	}
	if e.Description = strings.TrimSpace(e.Description); !textOK(e.Description, 4000) {
		f.Add("description", e.Description, "at most 4,000 characters of text")
	}
	if e.Calendar = strings.TrimSpace(e.Calendar); e.Calendar != "" && !ref.IsName(e.Calendar) {
		f.Add("calendar", e.Calendar, "the name of a business calendar, or empty for the organisation's")
	}
	if e.WarRoom = strings.TrimSpace(e.WarRoom); e.WarRoom != "" && !warRoomOK(e.WarRoom) {
		f.Add("war_room", e.WarRoom, "an https address, in which {key} stands for the incident's key, or empty")
	}
	if len(e.Members) > membersMax {
		f.Add("members", strconv.Itoa(len(e.Members)), fmt.Sprintf("at most %d people in one team", membersMax))
	}
	for i := range e.Members {
		m := &e.Members[i]
		if m.Person = strings.ToLower(strings.TrimSpace(m.Person)); m.Person == "" {
			f.Add(fmt.Sprintf("members[%d].person", i), "", "a handle, an e-mail address or a key such as USR-17")
		}
		if m.Role == "" {
			m.Role = Plain
		}
		if !slices.Contains(TeamRoles, m.Role) {
			f.Add(fmt.Sprintf("members[%d].role", i), string(m.Role), "lead, member, manager or executive")
		}
	}
	return f.Err()
}

func warRoomOK(s string) bool {
	u, err := url.Parse(strings.ReplaceAll(s, "{key}", "INC-1"))
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && lineOK(s, 1, 2000)
}

// textOK reports whether s is readable text of at most most characters; line
// breaks and tabs are fine.
func textOK(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most &&
		!strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\r' && r != '\t' && unprintable(r) })
}
