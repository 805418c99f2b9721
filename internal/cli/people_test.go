package cli

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/auth/authapi"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// The commands of people, teams and tokens, against a real server.
func TestPeopleCommands(t *testing.T) {
	d := dbtest.SQLite(t)
	s, door, err := auth.New(d, auth.Config{PublicURL: "https://keel.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	authapi.Register(api.New(mux, "test", ""), s)
	srv := httptest.NewServer(door.Middleware(api.Once(d, mux)))
	t.Cleanup(srv.Close)
	ctx := context.Background()
	l, _, err := door.SetupLink(ctx)
	if err == nil {
		_, err = door.SetUp(ctx, l.Secret, auth.PersonEdit{Handle: "mara", Profile: auth.Profile{Display: "Mara Lindt"}}, "three boats at anchor", auth.Client{})
	}
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := s.CreateToken(actor.With(ctx, actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: actor.Admin}), auth.NewToken{Name: "test"})
	if err != nil {
		t.Fatal(err)
	}
	run := func(in string, args ...string) (string, error) {
		var grammar struct {
			Globals
			Me     MeCmd     `cmd:""`
			Person PersonCmd `cmd:""`
			Team   TeamCmd   `cmd:""`
			Tokens TokenCmd  `cmd:"" name:"token"`
		}
		var out bytes.Buffer
		k, err := kong.New(&grammar, kong.Bind(&grammar.Globals), kong.BindTo(ctx, (*context.Context)(nil)))
		if err != nil {
			t.Fatal(err)
		}
		grammar.Globals.Out, grammar.Globals.Err, grammar.Globals.In = &out, &out, strings.NewReader(in)
		parsed, err := k.Parse(append(args, "--server", srv.URL, "--token", secret))
		if err != nil {
			return "", err
		}
		err = parsed.Run()
		return out.String(), err
	}
	for _, c := range []struct {
		in, args, want string // want: a regular expression; "error …": of the error
	}{
		{"", "me", `HANDLE +mara`},
		{"", "me update --zone Europe/Berlin -o json", `"zone": "Europe/Berlin"`},
		{"wrong wrong wrong\nseven grey gulls fly\n", "me password", `error .*not your present password`},
		{"three boats at anchor\nseven grey gulls fly", "me password", `password is changed`},
		{"", "me sessions", `nothing found`},
		{"", "me sign-out", `error .*--others`},
		{"", "me sign-out --others", ``},
		{"", "person create jonas --display Jonas --email jonas@harbour.example", `INVITATION +https://keel.example.com/invite\?token=`},
		{"", "person update jonas --role manager --email=", `ROLE +manager`},
		{"", "person list --role manager", `USR-2 +jonas +Jonas +manager +invited`},
		{"", "person show nobody", `error .*no such person`},
		{"", "person invite jonas", `GOOD UNTIL`},
		{"", "person disable jonas", `STATE +disabled`},
		{"", "person enable USR-2", `STATE +invited`},
		{"", "team create payments --title Payments --member mara:lead --member jonas", `LEAD +Mara Lindt \(mara\)`},
		{"", "team update payments --member jonas:manager", `MANAGER +Jonas`},
		{"", "team show payments -o yaml", `handle: jonas`},
		{"", "team create search --member nobody", `error .*no such person`},
		{"", "team list", `payments +Payments`},
		{"", "team delete payments", ``},
		{"", "token create ci --scope read --days 7", `SECRET +ek_`},
		{"", "token create ci --days 1000", `error .*366`},
		{"", "token list --all", `TOK-2 +ci +USR-1 +admin +read`},
		{"", "token revoke TOK-2", ``},
		{"", "token list", `TOK-2 .*revoked`},
		{"", "person erase jonas", `error .*--yes`},
		{"", "person erase jonas --yes", `STATE +erased`},
	} {
		got, err := run(c.in, strings.Fields(c.args)...)
		if err != nil {
			got = "error " + strings.ReplaceAll(err.Error(), "\n", " ")
		}
		if !regexp.MustCompile(c.want).MatchString(got) || strings.HasPrefix(got, "error") != strings.HasPrefix(c.want, "error") {
			t.Errorf("evenkeel %s:\n%s\nwant %s", c.args, got, c.want)
		}
	}
}
