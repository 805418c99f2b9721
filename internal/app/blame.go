package app

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// blameDepth is how many of a record's latest entries are searched for the
// edit that made it what it is.
const blameDepth = 50

// lastChange says, in the conflict of a stale edit, who was faster. An edit's
// entry carries the version that it made; an incident's carries one that grows
// with every step, so there the latest entry counts that changed its fields.
func (a *App) lastChange(ctx context.Context, record string, version int64) (api.Change, bool) {
	key, err := ref.Parse(record)
	if err != nil {
		return api.Change{}, false
	}
	page, err := a.Audit.History(ctx, key, "", blameDepth)
	if err != nil {
		return api.Change{}, false // a token without the right to read: the conflict is said without it
	}
	for _, e := range page.Items {
		if key.Kind == ref.Incident && editsIncident(e) || key.Kind != ref.Incident && e.Version == version {
			return api.Change{By: a.actorName(ctx, e.Actor), At: e.At}, true
		}
	}
	return api.Change{}, false
}

// editsIncident reports whether an entry may have made an incident's revision
// grow: an edit, or whatever else changed its priority.
func editsIncident(e audit.Item) bool {
	switch e.Action {
	case "incident.edit", "incident.restrict", "incident.reassign":
		return true
	}
	var facts map[string]any
	return json.Unmarshal(e.Data, &facts) == nil && facts["priority"] != nil
}

// actorName is an actor of the evidence log in words; a person's token is the
// person.
func (a *App) actorName(ctx context.Context, who string) string {
	kind, number, _ := strings.Cut(who, ":")
	if id, err := strconv.ParseInt(number, 10, 64); err == nil && kind == string(actor.Token) {
		var owner int64
		err := a.db.Read(ctx, func(q db.Querier) (err error) { owner, err = auth.TokenOwner(q, id); return err })
		if err != nil || owner == 0 {
			return "the token " + ref.N(ref.Token, id).String()
		}
		who = actor.Actor{Kind: actor.User, ID: owner}.String()
	}
	if p, ok := a.whoActed(ctx, who); ok {
		return p.Name
	}
	if kind == string(actor.System) {
		return "Evenkeel"
	}
	return who
}
