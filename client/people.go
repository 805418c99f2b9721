package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Person is somebody of the organisation.
type Person struct {
	Key         string     `json:"key"` // USR-17
	Handle      string     `json:"handle"`
	Display     string     `json:"display"`
	Email       string     `json:"email,omitempty"` // for admins and the person only
	Role        string     `json:"role"`            // admin, manager, responder, requester, auditor
	Zone        string     `json:"zone"`            // IANA time zone
	Vocabulary  string     `json:"vocabulary"`      // itil, engineering
	Theme       string     `json:"theme"`           // auto, light, dark
	Version     int64      `json:"version"`
	Created     time.Time  `json:"created"`
	Updated     time.Time  `json:"updated"`
	Disabled    *time.Time `json:"disabled,omitempty"`
	Erased      *time.Time `json:"erased,omitempty"`
	HasPassword bool       `json:"has_password"` // false while an invitation is open
}

// Me is oneself and what the token at hand may do.
type Me struct {
	Person
	Permissions []string `json:"permissions"`
	Teams       []string `json:"teams"`
}

// PersonEdit is what an admin sets about somebody. Empty zone, vocabulary and
// theme take their defaults.
type PersonEdit struct {
	Handle     string `json:"handle"`
	Display    string `json:"display"`
	Email      string `json:"email,omitempty"`
	Role       string `json:"role"`
	Zone       string `json:"zone,omitempty"`
	Vocabulary string `json:"vocabulary,omitempty"`
	Theme      string `json:"theme,omitempty"`
}

// Edit is the edit that changes nothing, to be changed where wanted.
func (p Person) Edit() PersonEdit {
	return PersonEdit{p.Handle, p.Display, p.Email, p.Role, p.Zone, p.Vocabulary, p.Theme}
}

// ProfileEdit is what people set about themselves.
type ProfileEdit struct {
	Display    string `json:"display"`
	Zone       string `json:"zone,omitempty"`
	Vocabulary string `json:"vocabulary,omitempty"`
	Theme      string `json:"theme,omitempty"`
}

// Invitation is a one-time link that sets a password; it is shown once.
type Invitation struct {
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

// NewPerson is somebody just added, with their invitation.
type NewPerson struct {
	Person     Person     `json:"person"`
	Invitation Invitation `json:"invitation"`
}

// Session is one of one's own signed-in browsers.
type Session struct {
	ID      string    `json:"id"`
	Address string    `json:"address"`
	Agent   string    `json:"agent"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Expires time.Time `json:"expires"`
	Current bool      `json:"current"`
}

// Me returns oneself.
func (c *Client) Me(ctx context.Context) (Me, error) {
	var me Me
	err := c.Get(ctx, "/api/v1/me", &me)
	return me, err
}

// UpdateMe replaces one's own profile; 409 when version is not the present one.
func (c *Client) UpdateMe(ctx context.Context, version int64, e ProfileEdit) (Me, error) {
	var me Me
	_, err := c.Edit(ctx, http.MethodPut, "/api/v1/me", etag(version), e, &me)
	return me, err
}

// ChangePassword changes one's own password; one's other sessions end.
func (c *Client) ChangePassword(ctx context.Context, current, next string) error {
	return c.Do(ctx, http.MethodPost, "/api/v1/me/password", map[string]string{"current": current, "password": next}, nil)
}

// Sessions lists one's own sessions, the latest used first.
func (c *Client) Sessions(ctx context.Context) (List[Session], error) {
	var list List[Session]
	err := c.Get(ctx, "/api/v1/me/sessions", &list)
	return list, err
}

// EndSession ends one of one's own sessions; with an empty id all but the
// asking one.
func (c *Client) EndSession(ctx context.Context, id string) error {
	path := "/api/v1/me/sessions"
	if id != "" {
		path += "/" + url.PathEscape(id)
	}
	return c.Do(ctx, http.MethodDelete, path, nil, nil)
}

// PeopleFilter narrows a list of people.
type PeopleFilter struct {
	Prefix string // of the handle
	Role   string
	All    bool // also disabled and erased people
	Cursor string
	Limit  int // 0: the server's default
}

// People lists people by handle.
func (c *Client) People(ctx context.Context, f PeopleFilter) (List[Person], error) {
	var list List[Person]
	err := c.Get(ctx, "/api/v1/people"+Query("prefix", f.Prefix, "role", f.Role, "all", flag(f.All), "cursor", f.Cursor, "limit", number(f.Limit)), &list)
	return list, err
}

// Person returns somebody by key or handle.
func (c *Client) Person(ctx context.Context, key string) (Person, error) {
	var p Person
	err := c.Get(ctx, personPath(key), &p)
	return p, err
}

// CreatePerson adds somebody and returns their invitation.
func (c *Client) CreatePerson(ctx context.Context, e PersonEdit) (NewPerson, error) {
	var p NewPerson
	err := c.Do(ctx, http.MethodPost, "/api/v1/people", e, &p)
	return p, err
}

// UpdatePerson replaces what an admin sets about somebody; 409 when version is
// not the present one.
func (c *Client) UpdatePerson(ctx context.Context, key string, version int64, e PersonEdit) (Person, error) {
	var p Person
	_, err := c.Edit(ctx, http.MethodPut, personPath(key), etag(version), e, &p)
	return p, err
}

// Invite makes a new one-time link that sets somebody's password.
func (c *Client) Invite(ctx context.Context, key string) (Invitation, error) {
	var l Invitation
	err := c.Do(ctx, http.MethodPost, personPath(key)+"/invite", nil, &l)
	return l, err
}

// DisablePerson ends somebody's access at once.
func (c *Client) DisablePerson(ctx context.Context, key string) (Person, error) {
	return c.personVerb(ctx, key, "disable")
}

// EnablePerson lets a disabled person in again.
func (c *Client) EnablePerson(ctx context.Context, key string) (Person, error) {
	return c.personVerb(ctx, key, "enable")
}

// ErasePerson erases somebody's personal data, for good.
func (c *Client) ErasePerson(ctx context.Context, key string) (Person, error) {
	return c.personVerb(ctx, key, "erase")
}

func (c *Client) personVerb(ctx context.Context, key, verb string) (Person, error) {
	var p Person
	err := c.Do(ctx, http.MethodPost, personPath(key)+"/"+verb, nil, &p)
	return p, err
}

func personPath(key string) string { return "/api/v1/people/" + url.PathEscape(key) }

func etag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

func flag(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
