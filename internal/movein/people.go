package movein

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Account is somebody who is here already.
type Account struct{ Handle, Email string }

// Meet adds the people of the source and finds them among the accounts: by
// e-mail, without regard to case. Others get the handle they would have,
// which no account has.
func (d *Draft) Meet(people []Person, accounts []Account) {
	byEmail, taken := map[string]string{}, map[string]bool{}
	for _, a := range accounts {
		taken[a.Handle] = true
		if a.Email != "" {
			byEmail[strings.ToLower(a.Email)] = a.Handle
		}
	}
	slices.SortFunc(people, func(a, b Person) int { return strings.Compare(a.ID, b.ID) })
	for i := range people {
		p := &people[i]
		if p.ID == "" || d.byID[p.ID] != nil {
			continue
		}
		p.Name, p.Email = Title(p.Name), strings.TrimSpace(p.Email)
		if p.Zone != "" {
			if _, err := time.LoadLocation(p.Zone); err != nil {
				p.Zone = ""
			}
		}
		if p.Handle, p.Known = byEmail[strings.ToLower(p.Email)], p.Email != "" && byEmail[strings.ToLower(p.Email)] != ""; !p.Known {
			p.Handle = newHandle(p, taken)
			taken[p.Handle] = true
		}
		d.byID[p.ID] = p
		d.People = append(d.People, p)
	}
	slices.SortFunc(d.People, func(a, b *Person) int { return strings.Compare(a.Handle, b.Handle) })
}

// newHandle is the part of the e-mail before the @, else the name.
func newHandle(p *Person, taken map[string]bool) string {
	local, _, _ := strings.Cut(p.Email, "@")
	local, _, _ = strings.Cut(local, "+")
	base := slug(local, 36)
	if base == "" {
		base = slug(p.Name, 36)
	}
	if base == "" || strings.HasPrefix(base, "usr-") || strings.HasPrefix(base, "erased-") {
		base = "person-" + base
	}
	base = strings.Trim(base, "-")
	handle := base
	for n := 2; taken[handle]; n++ {
		handle = fmt.Sprintf("%s-%d", base, n)
	}
	return handle
}

// Unknown are the people who have no account here.
func (d *Draft) Unknown() (out []*Person) {
	for _, p := range d.People {
		if !p.Known {
			out = append(out, p)
		}
	}
	return out
}

// Handle returns the handle of somebody of the source; ok is false, with a
// note, for an id that the source does not list: somebody who was deleted
// there.
func (d *Draft) Handle(id, record string) (handle string, ok bool) {
	if p := d.byID[id]; p != nil {
		return p.Handle, true
	}
	d.Note(record, "names "+line(id)+", who is not among the people of "+d.From+" any more", "put somebody else there, if a turn or a target is missing now")
	return "", false
}
