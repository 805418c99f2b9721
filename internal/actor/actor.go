// Package actor says who is acting and what they may do.
//
// Every request, job and command runs as exactly one Actor, carried in the
// context from the door (session, token, signed link, job) to the service.
// The first line of every service method is Require, which looks the asked
// permission up in one table of roles, so that "who may do what" can be read
// in this file and nowhere else. A token may narrow its role by scopes, never
// widen it.
package actor

import (
	"context"
	"fmt"
	"slices"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Kind is how the actor got in.
type Kind string

// The kinds of actors.
const (
	User        Kind = "user"        // a person with a session
	Token       Kind = "token"       // an API token, acting for its owner or a machine
	Integration Kind = "integration" // a monitoring system posting alerts
	Link        Kind = "link"        // a signed link from a message, acting for one person, for one verb
	System      Kind = "system"      // the product itself: jobs, reactions, demo
)

// Role is what a person or token is in this organisation; exactly one.
type Role string

// The roles, from PRODUCT.md's "who uses it".
const (
	Admin     Role = "admin"
	Manager   Role = "manager"
	Responder Role = "responder"
	Requester Role = "requester"
	Auditor   Role = "auditor"
	Machine   Role = "integration"
)

// Roles lists all roles, strongest first.
var Roles = []Role{Admin, Manager, Responder, Requester, Auditor, Machine}

// Permission is one thing one may do; also the name of a token scope.
type Permission string

// The permissions. Fewer is better: a new one needs a role that lacks it.
const (
	Read       Permission = "read"       // see records that are visible to all
	Report     Permission = "report"     // declare an incident, add notes to it
	Respond    Permission = "respond"    // work on incidents and alerts: acknowledge, mitigate, silence
	Configure  Permission = "configure"  // teams, services, integrations, rules, calendars, channels
	Administer Permission = "administer" // people, roles, tokens of others, backup
	Audit      Permission = "audit"      // evidence: list, export, verify
	Ingest     Permission = "ingest"     // post alerts and heartbeats
	Self       Permission = "self"       // one's own profile, preferences, tokens, sessions
)

// Known asks only for a good credential: to read who one is and what one may
// do. No token can be too narrow for it, so it is no scope and not in
// Permissions.
const Known Permission = ""

// Permissions lists all permissions.
var Permissions = []Permission{Read, Report, Respond, Configure, Administer, Audit, Ingest, Self}

var may = map[Role][]Permission{
	Admin:     {Read, Report, Respond, Configure, Administer, Audit, Ingest, Self},
	Manager:   {Read, Report, Respond, Configure, Audit, Self},
	Responder: {Read, Report, Respond, Self},
	Requester: {Read, Report, Self},
	Auditor:   {Read, Audit, Self},
	Machine:   {Ingest},
}

// Actor is who is acting.
type Actor struct {
	Kind   Kind
	ID     int64 // person id, token id or integration id; 0 for the system
	Person int64 // the person behind it, 0 when there is none
	Role   Role
	Teams  []string     // names of the person's teams
	Scopes []Permission // for tokens: only these; nil = all of the role
	Name   string       // shown to people; never written to evidence
	From   string       // where from: remote address, "cli", a job's name
}

// Job is the product itself, acting under the name of a job or reaction.
func Job(name string) Actor { return Actor{Kind: System, Role: Admin, Name: "Evenkeel", From: name} }

// String is the pseudonymous identity that evidence carries: "user:17",
// "integration:3", "system".
func (a Actor) String() string {
	if a.Kind == System {
		return "system"
	}
	return fmt.Sprintf("%s:%d", a.Kind, a.ID)
}

// May reports whether the actor has the permission.
func (a Actor) May(p Permission) bool {
	if p == Known {
		return true
	}
	if a.Scopes != nil && !slices.Contains(a.Scopes, p) {
		return false
	}
	return slices.Contains(may[a.Role], p)
}

type key struct{}

// With returns a context that acts as a.
func With(ctx context.Context, a Actor) context.Context { return context.WithValue(ctx, key{}, a) }

// From returns the actor of the context; ok is false when nobody is known.
func From(ctx context.Context) (a Actor, ok bool) { a, ok = ctx.Value(key{}).(Actor); return }

// Require is the first line of every service method: it returns the actor if
// it has the permission, else Unauthenticated (nobody known) or Forbidden.
func Require(ctx context.Context, p Permission) (Actor, error) {
	a, ok := From(ctx)
	if !ok {
		return Actor{}, errs.E(errs.Unauthenticated, "sign in, or send an API token")
	}
	if !a.May(p) {
		if a.Scopes != nil && slices.Contains(may[a.Role], p) {
			return a, errs.E(errs.Forbidden, "this token lacks the scope %q; make one that has it", p)
		}
		return a, errs.E(errs.Forbidden, "the role %s may not do this; it needs the permission %q, ask an admin", a.Role, p)
	}
	return a, nil
}
