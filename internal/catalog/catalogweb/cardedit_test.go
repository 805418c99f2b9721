package catalogweb_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/ascode"
	"github.com/evenkeel/evenkeel/internal/catalog/scorecard"
)

func TestScorecardIsWrittenOnAPage(t *testing.T) {
	b, _, _ := home(t)
	b.post("/services/new", 303, "", "name", "checkout", "title", "Checkout", "team", "payments", "tier", "0", "promise", "Kept.")
	b.see("/scorecards", "New scorecard…")
	b.see("/scorecards/new", "runbook.count", "of checkout, now", "promise.written", "Check 1")
	mine := func(more ...string) []string {
		return append(more, "name", "mine", "title", "Ours", "service", "checkout", "checks[0].title", "Promise written", "checks[0].rule", "promise.written", "checks[0].level", "bronze")
	}
	// A try says how the service would come out, and keeps nothing.
	b.post("/scorecards/new", 200, "passes", mine("do", "try")...)
	b.post("/scorecards/new", 200, "does not apply to it", mine("do", "try", "applies", "service.tier > 2")...)
	b.post("/scorecards/new", 200, "does not pass: none", mine("do", "try", "checks[3].title", "Runbook", "checks[3].rule", "runbook.count > 0", "checks[3].level", "gold")...)
	b.post("/scorecards/new", 422, "There is no such service", mine("do", "try", "service", "nothing")...)
	if w := b.do("GET", "/scorecards/mine", nil); w.Code != http.StatusNotFound {
		t.Fatalf("a try is kept: %d", w.Code)
	}
	// Lines come and go, and what is typed stays.
	b.post("/scorecards/new", 200, "Check 2", mine("do", "more")...)
	b.post("/scorecards/new", 200, `value="Second"`, mine("drop", "1", "checks[1].title", "Second", "checks[1].rule", "owner.people > 0")...)
	// What is wrong stands at its field, with line and column, numbered without empty lines.
	b.post("/scorecards/new", 422, `id="f-check-2-rule-fault"`, mine("do", "save", "checks[1].title", "", "checks[2].title", "Wrong", "checks[2].rule", "runbook.cuont > 0")...)
	b.post("/scorecards/new", 422, "Line 1, column 8: there is no fact runbook.cuont", mine("do", "save", "checks[2].title", "Wrong", "checks[2].rule", "runbook.cuont > 0")...)
	b.post("/scorecards/new", 422, "write at least one check", "name", "mine", "do", "save")
	b.post("/scorecards/new", 303, "/scorecards/mine", mine("do", "save", "checks[1].title", "Promise written", "checks[1].rule", "promise.written")...)
	b.see("/scorecards/mine", "promise-written-2", "Edit…", "Copy…", "Delete…")
	b.post("/scorecards/new", 422, "exists already", mine("do", "save")...)
	b.see("/scorecards/new?from=mine", `value="promise-written"`)

	// Two who edit at once: the second sees both versions.
	edit := func(version, title string) []string {
		return []string{"version", version, "title", title, "do", "save", "checks[0].id", "promise-written", "checks[0].title", title, "checks[0].rule", "promise.written", "checks[0].level", "silver"}
	}
	b.see("/scorecards/mine/edit", `name="version" value="1"`, `value="promise-written"`)
	b.post("/scorecards/mine/edit", 303, "/scorecards/mine", edit("1", "First")...)
	b.post("/scorecards/mine/edit", 422, "Now it is: First", edit("1", "Second")...)
	b.post("/scorecards/mine/edit", 303, "/scorecards/mine", edit("2", "Second")...)
	b.post("/scorecards/mine/edit", 422, "open the form again", edit("", "Third")...)

	// One that comes with the program becomes one's own, and comes back.
	b.see("/scorecards/vital", "Make it yours…", "!Delete…")
	b.post("/scorecards/vital/edit", 303, "/scorecards/vital", edit("1", "Ours")...)
	b.post("/scorecards/vital/edit", 422, "version 2", edit("1", "Late")...)
	b.see("/scorecards/vital?delete=1", "takes effect again")
	b.post("/scorecards/vital/delete", 303, "/scorecards/vital")
	b.see("/scorecards/vital", "Comes with Evenkeel")
	b.post("/scorecards/mine/delete", 303, "/scorecards")
	b.post("/scorecards/mine/delete", 404, "")

	b.role = actor.Requester
	b.see("/scorecards/vital", "!Make it yours…", "!Copy…")
	for _, path := range []string{"/scorecards/new", "/scorecards/vital/edit"} {
		if w := b.do("GET", path, nil); w.Code != http.StatusForbidden {
			t.Errorf("GET %s as a requester: %d", path, w.Code)
		}
	}
	b.post("/scorecards/new", 403, "", mine("do", "try")...)
	b.post("/scorecards/vital/delete", 403, "")
}

func TestScorecardInGitIsEditedThere(t *testing.T) {
	b, c, _ := home(t)
	code := ascode.New(b.db, scorecard.AsCode(scorecard.New(b.db, c)))
	admin := actor.With(context.Background(), actor.Actor{Kind: actor.Token, ID: 1, Role: actor.Admin})
	file := ascode.File{Path: "a.yaml", Content: "apiVersion: evenkeel/v1\nkind: Scorecard\nmetadata: {name: mine}\nspec:\n  checks: [{id: a, title: A, rule: promise.written}]\n"}
	if _, err := code.Apply(admin, ascode.Input{Files: []ascode.File{file}, Commit: "0123456789abcdef"}); err != nil {
		t.Fatal(err)
	}
	b.see("/scorecards/mine", "Managed in git, commit 0123456789ab", "!Edit…", "!Delete…", "Copy…")
	if w := b.do("GET", "/scorecards/mine/edit", nil); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "managed in git") {
		t.Errorf("the form of what is managed: %d", w.Code)
	}
	b.post("/scorecards/mine/delete", 409, "managed in git")
}
