package demo

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/policy"
)

//go:embed harbour/*.yaml harbour/map harbour/policy
var harbour embed.FS

// Password signs everybody of the demo in.
const Password = "friday-evening-harbour"

// cast are the people of Harbour & Co; the first one signs in.
var cast = []auth.PersonEdit{
	{Handle: "mara", Email: "mara@harbour.example", Role: actor.Admin, Profile: auth.Profile{Display: "Mara"}},
	{Handle: "jonas", Email: "jonas@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Jonas"}},
	{Handle: "priya", Email: "priya@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Priya"}},
	{Handle: "tom", Email: "tom@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Tom"}},
	{Handle: "lena", Email: "lena@harbour.example", Role: actor.Responder, Profile: auth.Profile{Display: "Lena"}},
	{Handle: "omar", Email: "omar@harbour.example", Role: actor.Manager, Profile: auth.Profile{Display: "Omar"}},
}

// org is who and what there is after founding.
type org struct {
	people     map[string]actor.Actor // by handle
	prometheus string                 // tokens of the integrations
	synthetics string
	github     string
}

// found makes the organisation: people through the set-up and invitation
// links, everything else as code.
func found(ctx context.Context, a *app.App) (*org, error) {
	o := &org{people: map[string]actor.Actor{}}
	setup, _, err := a.Door.SetupLink(ctx)
	if err != nil {
		return nil, err
	}
	first, err := a.Door.SetUp(ctx, setup.Secret, cast[0], Password, auth.Client{Address: "127.0.0.1"})
	if err != nil {
		return nil, fmt.Errorf("set-up: %w", err)
	}
	o.people["mara"] = actor.Actor{Kind: actor.User, ID: first.Person.ID, Person: first.Person.ID, Role: actor.Admin, Name: "Mara", From: "demo"}
	ctx = actor.With(ctx, o.people["mara"])
	for _, p := range cast[1:] {
		person, link, err := a.People.CreatePerson(ctx, p)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Handle, err)
		}
		if _, err := a.Door.SetPassword(ctx, link.Secret, Password, auth.Client{Address: "127.0.0.1"}); err != nil {
			return nil, fmt.Errorf("%s: %w", p.Handle, err)
		}
		o.people[p.Handle] = actor.Actor{Kind: actor.User, ID: person.ID, Person: person.ID, Role: p.Role, Name: p.Display, From: "demo"}
	}
	now, err := a.DB().Now(ctx)
	if err != nil {
		return nil, err
	}
	if err := apply(ctx, a, now, "5d41402abc4b2a76b9719d911017c592ae1f2b3c", true); err != nil {
		return nil, err
	}
	return o, o.tokens(ctx, a)
}

// tokens gives the senders new ones.
func (o *org) tokens(ctx context.Context, a *app.App) (err error) {
	for name, token := range map[string]*string{"prometheus": &o.prometheus, "synthetics": &o.synthetics, "github": &o.github} {
		if *token, err = a.Alerts.RotateToken(ctx, name, 0); err != nil {
			return err
		}
	}
	return nil
}

// relative is a day in the files: "@20" is 20 days before they are applied.
var relative = regexp.MustCompile(`"@(-?\d+)"`)

// later are lines that were not there when the organisation was founded.
var later = regexp.MustCompile(`(?m)^.*# later\n`)

// apply writes the organisation as code, as `evenkeel apply` would.
func apply(ctx context.Context, a *app.App, now time.Time, commit string, founding bool) error {
	names, err := fs.Glob(harbour, "harbour/*.yaml")
	if err != nil {
		return err
	}
	in := ascode.Input{Source: "harbour", Commit: commit}
	for _, n := range names {
		text, err := fs.ReadFile(harbour, n)
		if err != nil {
			return err
		}
		content := relative.ReplaceAllStringFunc(string(text), func(at string) string {
			days, _ := strconv.Atoi(strings.Trim(at, `"@`)) // the pattern has digits only
			return strconv.Quote(now.AddDate(0, 0, -days).Format(time.DateOnly))
		})
		content = friday(content, time.Now())
		if founding {
			content = later.ReplaceAllString(content, "")
		}
		in.Files = append(in.Files, ascode.File{Path: n, Content: content})
	}
	rules, err := ownPolicy()
	if err != nil {
		return err
	}
	in.Files = append(in.Files, rules)
	_, err = a.Code.Apply(ctx, in)
	return err
}

// ownPolicy is the policy that comes with the program and the rules in
// harbour/policy beside it, as one document.
func ownPolicy() (ascode.File, error) {
	modules := maps.Clone(policy.Default())
	delete(modules, "policy_test.rego") // what it says of checkout is no longer so; ours are beside our rule
	names, err := fs.Glob(harbour, "harbour/policy/*.rego")
	if err != nil {
		return ascode.File{}, err
	}
	for _, n := range names {
		text, err := fs.ReadFile(harbour, n)
		if err != nil {
			return ascode.File{}, err
		}
		modules[path.Base(n)] = string(text)
	}
	doc, err := json.Marshal(map[string]any{
		"apiVersion": "evenkeel/v1", "kind": "ChangePolicy", "metadata": map[string]string{"name": policy.Name},
		"spec": policy.Spec{Note: "What comes with Evenkeel, and our board for the order path", Modules: modules},
	})
	return ascode.File{Path: "harbour/policy.yaml", Content: string(doc)}, err // JSON is YAML
}

// freezeIn is how many days before the next payday weekend the demo is looked
// at, at least: far enough that nothing of the story is held by it.
const freezeIn = 5

// friday puts days into a file that hang on the present and not on the day of
// the founding: the payday weekends are every fourth one, so that the next is
// near, and those of the past held what came then.
func friday(content string, now time.Time) string {
	day := now.AddDate(0, 0, freezeIn)
	for day.Weekday() != time.Friday {
		day = day.AddDate(0, 0, 1)
	}
	content = strings.ReplaceAll(content, "@freeze", day.AddDate(0, 0, -28*5).Format(time.DateOnly))
	return strings.ReplaceAll(content, "@next", now.AddDate(0, 0, 3).Format(time.DateOnly))
}
