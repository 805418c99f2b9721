package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/evenkeel/evenkeel/client"
)

// The exit codes of change gate, which no kind of error has. A pipeline goes on
// after 0 and stops after any other.
const (
	exitReview = 10 // it waits for people, or for a time, and --wait was over or not given
	exitDenied = 11
	exitUnsaid = 12 // there was no answer: the server cannot be reached or is not available
)

// GateFlags describe a change.
type GateFlags struct {
	Service      []string `required:"" help:"Service of the catalog, by name or alias; repeat it, the first is the main one."`
	Ref          string   `help:"Commit that ships: the full hash." env:"EVENKEEL_REF,GITHUB_SHA,CI_COMMIT_SHA,GIT_COMMIT" placeholder:"SHA"`
	Artefact     string   `help:"Version, tag or digest that ships; default: the commit."`
	Environment  string   `help:"Where it goes; default: production."`
	Type         string   `help:"standard, normal or emergency." enum:"standard,normal,emergency," default:""`
	Emergency    bool     `help:"The same as --type emergency: one approval by whoever is on call, a review afterwards."`
	Kind         string   `help:"deploy, config, infrastructure, schema or flag." enum:"deploy,config,infrastructure,schema,flag," default:""`
	Purpose      string   `help:"feature, fix, security, reliability or rollback." enum:"feature,fix,security,reliability,rollback," default:""`
	Model        string   `help:"Model of a standard change."`
	Title        string   `help:"One line; default: made from service and artefact."`
	Summary      string   `help:"More about it."`
	Repository   string   `help:"As the forge names it: harbour/checkout." env:"GITHUB_REPOSITORY,CI_PROJECT_PATH"`
	Branch       string   `help:"Branch or tag." env:"GITHUB_REF_NAME,CI_COMMIT_REF_NAME"`
	PullRequest  string   `help:"Address of the pull or merge request."`
	Author       string   `help:"Login or mail address of who made it: cannot approve it." env:"GITHUB_ACTOR,GITLAB_USER_LOGIN"`
	Link         string   `help:"Address of the pipeline's run." env:"CI_JOB_URL,BUILD_URL"`
	Previous     string   `help:"Artefact that runs now."`
	RollbackPlan string   `help:"How it is taken back."`
	RollbackRef  string   `help:"What takes it back by itself: github:owner/repo/workflow.yml@branch, gitlab:group/project@branch, argo-rollouts:namespace/name or webhook:https://…"`
	RollbackOf   string   `help:"Change that this one takes back: CHG-6."`
	From         Moment   `help:"Planned start."`
	To           Moment   `help:"Planned end."`
	Name         string   `help:"Name by which the pipeline knows this step; asked again under it, the same change is found." placeholder:"KEY"`
}

func (f GateFlags) ask() client.GateAsk {
	a := client.GateAsk{Services: f.Service, Environment: f.Environment, Type: f.Type, Kind: f.Kind, Purpose: f.Purpose, Model: f.Model, Title: f.Title, Summary: f.Summary,
		Repository: f.Repository, Commit: strings.ToLower(f.Ref), Branch: f.Branch, PullRequest: f.PullRequest, Artefact: f.Artefact, Previous: f.Previous, Link: f.Link, Author: f.Author,
		RollbackPlan: f.RollbackPlan, RollbackRef: f.RollbackRef, RollbackOf: f.RollbackOf, PlannedFrom: f.From.Time, PlannedTo: f.To.Time, Key: f.Name}
	if f.Emergency {
		a.Type = "emergency"
	}
	if a.Link == "" {
		a.Link = actionsRun()
	}
	return a
}

// actionsRun is the address of the run of GitHub Actions that this is a part of,
// which has no variable of its own:
// https://docs.github.com/en/actions/reference/workflows-and-actions/variables
func actionsRun() string {
	server, repository, run := os.Getenv("GITHUB_SERVER_URL"), os.Getenv("GITHUB_REPOSITORY"), os.Getenv("GITHUB_RUN_ID")
	if server == "" || repository == "" || run == "" {
		return ""
	}
	return server + "/" + repository + "/actions/runs/" + run
}

// ChangeGateCmd asks the gate.
type ChangeGateCmd struct {
	GateFlags
	Wait    Patience      `help:"Wait for people and for windows, so long at most: --wait=2h. Alone it waits 30m."`
	Every   time.Duration `help:"How often it asks while it waits." default:"5s"`
	OnError string        `help:"When there is no answer: block ends with code 12; pass goes on, warns, and notes it for change reconcile." enum:"block,pass" default:"block"`
	Journal string        `help:"File for what passed without an answer." default:"evenkeel-passed.jsonl" type:"path"`
	JSON    bool          `help:"Print the answer as JSON; the same as -o json." name:"json"`
}

// Help is what --help adds.
func (ChangeGateCmd) Help() string {
	return `Prints one line with the reason, and the address of the change.

Exit codes: 0 allowed; 10 needs review that was not given in time, or is allowed only later; 11 denied; 12 no answer.
Others are faults of the question: 2 invalid input, 4 not allowed to ask.`
}

// Patience is a time that may be left out: --wait, --wait=2h.
type Patience time.Duration

const (
	usualWait = 30 * time.Minute
	leastWait = 200 * time.Millisecond // between two questions
)

// IsBool lets the flag stand alone.
func (Patience) IsBool() bool { return true }

// Decode reads the time, if there is one, also behind a blank.
func (p *Patience) Decode(ctx *kong.DecodeContext) error {
	*p = Patience(usualWait)
	next := ctx.Scan.Peek()
	text, ok := next.Value.(string)
	if !ok || next.Type != kong.FlagValueToken && !startsWithDigit.MatchString(text) {
		return nil
	}
	ctx.Scan.Pop()
	if text == "true" || text == "" { // GitHub Actions and the like write what is true
		return nil
	}
	if text == "false" {
		*p = 0
		return nil
	}
	d, err := span(text)
	*p = Patience(d)
	return err
}

var startsWithDigit = regexp.MustCompile(`^[0-9]`)

// Run asks, waits if it shall, and turns the answer into an exit code.
func (c ChangeGateCmd) Run(ctx context.Context, g *Globals) error {
	patience := time.Duration(c.Wait)
	if c.JSON {
		shown := *g
		shown.Output = "json"
		g = &shown
	}
	ask, began := c.ask(), time.Now()
	a, err := g.Client().AskGate(ctx, ask)
	if err == nil && a.Verdict != "allowed" && patience > 0 {
		a, err = c.wait(ctx, g, ask, a, began.Add(patience))
	}
	if unanswered(err) {
		return c.unsaid(g, ask, began, err)
	}
	if err != nil {
		return err
	}
	return g.exitBy(a)
}

// exitBy prints an answer and turns it into the exit code.
func (g *Globals) exitBy(a client.GateAnswer) error {
	if err := g.printGate(a); err != nil {
		return err
	}
	switch a.Verdict {
	case "allowed":
		return nil
	case "waiting":
		return exitCode(exitReview)
	}
	return exitCode(exitDenied)
}

// wait asks again until the answer is final, patience is over, or somebody
// interrupts. A denial that ends by itself (a freeze) is waited for like people.
// A server that goes away meanwhile is asked again until patience is over.
func (c ChangeGateCmd) wait(ctx context.Context, g *Globals, ask client.GateAsk, a client.GateAnswer, until time.Time) (client.GateAnswer, error) {
	said := ""
	every := max(c.Every, leastWait)
	for {
		if a.Verdict == "allowed" || a.Verdict == "denied" && (a.Again == nil || a.Again.After(until)) {
			return a, nil
		}
		if a.Line != said && g.Output == "table" {
			said = a.Line
			fmt.Fprintf(g.Err, "%s: %s %s\n", a.Change.Key, a.Line, gateLink(g, a))
		}
		left := time.Until(until)
		if left <= 0 {
			return a, nil
		}
		select {
		case <-time.After(min(every, left)):
		case <-ctx.Done():
			return a, ctx.Err()
		}
		next, err := g.Client().AskGate(ctx, ask)
		switch {
		case err == nil:
			a = next
		case !unanswered(err) || time.Now().After(until):
			return a, err
		}
	}
}

// unanswered reports whether nobody said anything: the network is down, or the
// server is, or is in front of a database that is.
func unanswered(err error) bool {
	if err == nil {
		return false
	}
	var p *client.Problem
	if errors.As(err, &p) {
		return p.Status >= http.StatusInternalServerError || p.Status == http.StatusTooManyRequests
	}
	return errors.Is(err, client.ErrNoAnswer) || errors.Is(err, context.DeadlineExceeded)
}

// unsaid does what --on-error says: policy was not asked, and the pipeline, not
// Evenkeel, has chosen what that means.
func (c ChangeGateCmd) unsaid(g *Globals, ask client.GateAsk, at time.Time, why error) error {
	if c.OnError == "block" {
		fmt.Fprintln(g.Err, "error: the gate did not answer:", why)
		return exitCode(exitUnsaid)
	}
	if err := appendPassed(c.Journal, passed{At: at.UTC(), Ask: ask, Why: why.Error()}); err != nil {
		fmt.Fprintf(g.Err, "error: the gate did not answer (%v), and %s cannot be written, so it does not pass: %v\n", why, c.Journal, err)
		return exitCode(exitUnsaid)
	}
	fmt.Fprintf(g.Err, "warning: the gate did not answer (%v); going on without it, as --on-error=pass says. It is noted in %s: run evenkeel change reconcile %s later\n", why, c.Journal, c.Journal)
	return nil
}

func gateLink(g *Globals, a client.GateAnswer) string {
	switch {
	case a.URL != "":
		return a.URL
	case a.Path != "":
		return strings.TrimSuffix(g.Server, "/") + a.Path
	}
	return ""
}

// printGate prints the line and the link, and on a page of its own what policy said.
func (g *Globals) printGate(a client.GateAnswer) error {
	if g.Output != "table" {
		return g.Print(a, nil)
	}
	name := a.Change.Key
	if name == "" {
		name = "dry run"
	}
	line := strings.TrimPrefix(a.Line, a.Verdict+": ")
	_, err := fmt.Fprintln(g.Out, strings.TrimSpace(fmt.Sprintf("%s %s: %s %s", a.Verdict, name, line, gateLink(g, a))))
	return err
}

// ChangePreviewCmd is a dry run.
type ChangePreviewCmd struct{ GateFlags }

// Run asks, and shows every reason.
func (c ChangePreviewCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.Client().PreviewGate(ctx, c.ask())
	if err != nil {
		return err
	}
	if err := g.printGate(a); err != nil || a.Decision == nil || g.Output != "table" {
		return err
	}
	return g.Print(a, func() [][]string { return reasonLines(*a.Decision) })
}

func reasonLines(d client.Decision) [][]string {
	lines := [][]string{{"EFFECT", "RULE", "REASON"}}
	for _, r := range d.Reasons {
		lines = append(lines, []string{r.Effect, r.Rule, r.Text})
	}
	return lines
}

// ChangeStateCmd says where the gate stands.
type ChangeStateCmd struct{ ChangeArg }

// Run asks the server, which asks no policy.
func (c ChangeStateCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.Client().GateAnswer(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.exitBy(a)
}

// ChangeAgainCmd asks anew.
type ChangeAgainCmd struct{ ChangeArg }

// Run asks the server.
func (c ChangeAgainCmd) Run(ctx context.Context, g *Globals) error {
	a, err := g.Client().AskAgain(ctx, c.Key)
	if err != nil {
		return err
	}
	return g.printGate(a)
}
