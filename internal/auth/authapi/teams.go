package authapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Team owns services and is told about their incidents.
type Team struct {
	Name        string    `json:"name" example:"payments"`
	Title       string    `json:"title" example:"Payments"`
	Description string    `json:"description,omitempty"`
	Calendar    string    `json:"calendar,omitempty" doc:"Name of its business calendar; absent: the organisation's"`
	WarRoom     string    `json:"war_room,omitempty" doc:"https address; {key} stands for the incident's key"`
	Version     int64     `json:"version"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	ManagedBy   string    `json:"managed_by,omitempty" doc:"From where it is managed as code; it is then not edited here"`
	Members     []Member  `json:"members,omitempty" doc:"Absent in lists"`
}

// Member is one person of a team.
type Member struct {
	Person  string `json:"person" example:"USR-17"`
	Handle  string `json:"handle" example:"mara"`
	Display string `json:"display" example:"Mara Lindt"`
	Email   string `json:"email,omitempty" doc:"Shown to admins and the person only"`
	Role    string `json:"role" enum:"lead,member,manager,executive"`
}

func teamOut(t auth.Team) Team {
	out := Team{t.Name, t.Title, t.Description, t.Calendar, t.WarRoom, t.Version, t.Created, t.Updated, t.ManagedBy, nil}
	for _, m := range t.Members {
		out.Members = append(out.Members, Member{ref.N(ref.Person, m.Person).String(), m.Handle, m.Display, m.Email, string(m.Role)})
	}
	return out
}

// TeamEdit is what can be set about a team; members replaces all of them.
type TeamEdit struct {
	Title       string       `json:"title,omitempty" doc:"Default: the name"`
	Description string       `json:"description,omitempty"`
	Calendar    string       `json:"calendar,omitempty"`
	WarRoom     string       `json:"war_room,omitempty"`
	Members     []MemberEdit `json:"members,omitempty"`
}

// MemberEdit names a member to be.
type MemberEdit struct {
	Person string `json:"person" doc:"Handle, e-mail address or key"`
	Role   string `json:"role,omitempty" enum:"lead,member,manager,executive" doc:"Default member"`
}

func (e TeamEdit) in() auth.TeamEdit {
	out := auth.TeamEdit{Title: e.Title, Description: e.Description, Calendar: e.Calendar, WarRoom: e.WarRoom}
	for _, m := range e.Members {
		out.Members = append(out.Members, auth.MemberEdit{Person: m.Person, Role: auth.TeamRole(m.Role)})
	}
	return out
}

// NameIn names a team in a path.
type NameIn struct {
	Name string `path:"name" maxLength:"63" example:"payments"`
}

type teamBody struct {
	ETag string `header:"ETag"`
	Body Team
}

func teamAnswer(t auth.Team, err error) (*teamBody, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &teamBody{api.ETag(t.Version), teamOut(t)}, nil
}

func (h *handlers) teams(a huma.API) {
	huma.Register(a, api.Op("list-teams", http.MethodGet, "/teams", "Teams", "List teams by name", api.Reading),
		func(ctx context.Context, in *api.PageIn) (*struct{ Body api.List[Team] }, error) {
			list, next, err := h.s.Teams(ctx, auth.Page{Cursor: in.Cursor, Limit: in.Limit})
			if err != nil {
				return nil, api.Err(err)
			}
			out := &struct{ Body api.List[Team] }{api.List[Team]{Items: make([]Team, len(list)), Next: next}}
			for i, t := range list {
				out.Body.Items[i] = teamOut(t)
			}
			return out, nil
		})
	huma.Register(a, api.Op("create-team", http.MethodPost, "/teams", "Teams", "Add a team", api.Making),
		func(ctx context.Context, in *struct {
			Body struct {
				Name string `json:"name" example:"payments" doc:"1 to 63 of a-z, 0-9 and dash; never changes"`
				TeamEdit
			}
		}) (*teamBody, error) {
			return teamAnswer(h.s.CreateTeam(ctx, in.Body.Name, in.Body.in()))
		})
	huma.Register(a, api.Op("get-team", http.MethodGet, "/teams/{name}", "Teams", "Read a team with its members", api.Reading),
		func(ctx context.Context, in *NameIn) (*teamBody, error) { return teamAnswer(h.s.Team(ctx, in.Name)) })
	huma.Register(a, api.Op("update-team", http.MethodPut, "/teams/{name}", "Teams", "Replace a team's data and members", api.Editing),
		func(ctx context.Context, in *struct {
			NameIn
			IfMatch string `header:"If-Match"`
			Body    TeamEdit
		}) (*teamBody, error) {
			version, err := api.Version(in.IfMatch)
			if err != nil {
				return nil, api.Err(err)
			}
			return teamAnswer(h.s.UpdateTeam(ctx, in.Name, version, in.Body.in()))
		})
	huma.Register(a, api.Op("delete-team", http.MethodDelete, "/teams/{name}", "Teams", "Delete a team that owns nothing", api.Editing),
		func(ctx context.Context, in *NameIn) (*nothing, error) {
			return nil, api.Err(h.s.DeleteTeam(ctx, in.Name))
		})
}
