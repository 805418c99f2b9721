package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Team owns services and is told about their incidents.
type Team struct {
	Name        string    `json:"name"`
	Title       string    `json:"title"`
	Description string    `json:"description,omitempty"`
	Calendar    string    `json:"calendar,omitempty"` // name of its business calendar
	WarRoom     string    `json:"war_room,omitempty"` // {key} stands for the incident's key
	Version     int64     `json:"version"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	ManagedBy   string    `json:"managed_by,omitempty"` // from where it is managed as code
	Members     []Member  `json:"members,omitempty"`    // absent in lists
}

// Member is one person of a team.
type Member struct {
	Person  string `json:"person"` // USR-17
	Handle  string `json:"handle"`
	Display string `json:"display"`
	Email   string `json:"email,omitempty"`
	Role    string `json:"role"` // lead, member, manager, executive
}

// TeamEdit is what can be set about a team; Members replaces all of them.
type TeamEdit struct {
	Title       string       `json:"title,omitempty"`
	Description string       `json:"description,omitempty"`
	Calendar    string       `json:"calendar,omitempty"`
	WarRoom     string       `json:"war_room,omitempty"`
	Members     []MemberEdit `json:"members,omitempty"`
}

// MemberEdit names a member to be by handle, e-mail address or key.
type MemberEdit struct {
	Person string `json:"person"`
	Role   string `json:"role,omitempty"` // empty: member
}

// Edit is the edit that changes nothing, to be changed where wanted.
func (t Team) Edit() TeamEdit {
	e := TeamEdit{t.Title, t.Description, t.Calendar, t.WarRoom, nil}
	for _, m := range t.Members {
		e.Members = append(e.Members, MemberEdit{m.Person, m.Role})
	}
	return e
}

// Teams lists teams by name, without members.
func (c *Client) Teams(ctx context.Context, cursor string, limit int) (List[Team], error) {
	var list List[Team]
	err := c.Get(ctx, "/api/v1/teams"+Query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// Team returns a team with its members.
func (c *Client) Team(ctx context.Context, name string) (Team, error) {
	var t Team
	err := c.Get(ctx, teamPath(name), &t)
	return t, err
}

// CreateTeam adds a team.
func (c *Client) CreateTeam(ctx context.Context, name string, e TeamEdit) (Team, error) {
	var t Team
	in := struct {
		Name string `json:"name"`
		TeamEdit
	}{name, e}
	err := c.Do(ctx, http.MethodPost, "/api/v1/teams", in, &t)
	return t, err
}

// UpdateTeam replaces a team's data and members; 409 when version is not the
// present one or the team is managed as code.
func (c *Client) UpdateTeam(ctx context.Context, name string, version int64, e TeamEdit) (Team, error) {
	var t Team
	_, err := c.Edit(ctx, http.MethodPut, teamPath(name), etag(version), e, &t)
	return t, err
}

// DeleteTeam deletes a team that owns nothing.
func (c *Client) DeleteTeam(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, teamPath(name), nil, nil)
}

func teamPath(name string) string { return "/api/v1/teams/" + url.PathEscape(name) }
