package cli

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// ChangeReportCmd tells what a pipeline did.
type ChangeReportCmd struct {
	Phase string `arg:"" enum:"created,waiting,started,succeeded,failed,canceled,rolled-back" help:"created, waiting, started, succeeded, failed, canceled or rolled-back."`
	GateFlags
	At     Moment `help:"When it happened; default: now."`
	Reason string `help:"Why it failed, was canceled or rolled back."`
}

// Run asks the server.
func (c ChangeReportCmd) Run(ctx context.Context, g *Globals) error {
	r := client.ChangeReport{GateAsk: c.ask(), Phase: strings.ReplaceAll(c.Phase, "-", " "), At: c.At.Time, Reason: c.Reason}
	return g.printReceipt(g.Client().ReportChanges(ctx, "", r))
}

func (g *Globals) printReceipt(r client.ChangeReceipt, err error) error {
	if err != nil {
		return err
	}
	return g.PrintOne(r, func() [][2]string {
		pairs := [][2]string{{"TAKEN", fmt.Sprint(r.Taken)}, {"CHANGES", strings.Join(r.Changes, ", ")}}
		if r.Repeat {
			pairs = [][2]string{{"TAKEN", "before; nothing was done"}}
		}
		for _, n := range r.Notes {
			pairs = append(pairs, [2]string{"NOTE", n})
		}
		return pairs
	})
}

// passed is one line of the file of what passed without an answer.
type passed struct {
	At  time.Time      `json:"at"`
	Ask client.GateAsk `json:"ask"`
	Why string         `json:"why"` // there was no answer
}

// appendPassed adds a line, on disk when it returns: a pipeline's machine may be
// gone a moment later.
func appendPassed(name string, p passed) error {
	line, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n')) // one write, so that jobs that share a file do not mix lines
	if err == nil {
		err = f.Sync()
	}
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}

// ChangeReconcileCmd tells what passed while the gate could not be asked.
type ChangeReconcileCmd struct {
	File  string `arg:"" help:"What change gate --on-error=pass wrote; - reads standard input."`
	Phase string `help:"What became of them: started, succeeded, failed or canceled." enum:"started,succeeded,failed,canceled" default:"succeeded"`
}

// Help is what --help adds.
func (ChangeReconcileCmd) Help() string {
	return `Each line becomes the record of what happened, at its own time, marked as not asked for. Doing it again does no harm.
A deployment that the pipeline's webhooks told of as well is the same change.`
}

// reconcileBatch is how many lines go in one request.
const reconcileBatch = 200

// Run reads all of the file before it tells anything.
func (c ChangeReconcileCmd) Run(ctx context.Context, g *Globals) error {
	list, err := c.read(g)
	if err != nil {
		return err
	}
	var all client.ChangeReceipt
	for len(list) > 0 {
		part := list[:min(len(list), reconcileBatch)]
		list = list[len(part):]
		id, err := json.Marshal(part)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(id)
		r, err := g.Client().ReportChanges(ctx, "reconcile:"+hex.EncodeToString(sum[:16]), part...)
		if err != nil {
			return err
		}
		all.Taken, all.Ignored = all.Taken+r.Taken, all.Ignored+r.Ignored
		all.Changes, all.Notes = append(all.Changes, r.Changes...), append(all.Notes, r.Notes...)
		all.Repeat = r.Repeat
	}
	return g.printReceipt(all, nil)
}

func (c ChangeReconcileCmd) read(g *Globals) (out []client.ChangeReport, err error) {
	var text []byte
	if c.File == "-" {
		text, err = io.ReadAll(g.In)
	} else {
		text, err = os.ReadFile(c.File)
	}
	if err != nil {
		return nil, errs.BadField("file", c.File, "it cannot be read: "+err.Error())
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var p passed
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil || len(p.Ask.Services) == 0 || p.At.IsZero() {
			return nil, errs.BadField("file", fmt.Sprintf("%s:%d", c.File, n), "this line is not what change gate wrote; nothing was told")
		}
		r := client.ChangeReport{GateAsk: p.Ask, Phase: "started", At: p.At, Reason: "the gate did not answer: " + p.Why}
		out = append(out, r)
		if c.Phase != "started" {
			r.Phase = c.Phase
			out = append(out, r)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, errs.BadField("file", c.File, "it cannot be read: "+err.Error())
	}
	if len(out) == 0 {
		return nil, errs.BadField("file", c.File, "there is nothing in it to tell")
	}
	return out, nil
}

// ChangeUploadCmd tells what is known of a commit.
type ChangeUploadCmd struct {
	Tests ChangeTestsCmd `cmd:"" help:"Test reports in JUnit's XML."`
	Scan  ChangeScanCmd  `cmd:"" help:"A scanner's findings in SARIF."`
	Plan  ChangePlanCmd  `cmd:"" help:"What terraform show -json PLANFILE wrote."`
}

// CommitFlags say which commit an upload is about.
type CommitFlags struct {
	Repository string `required:"" help:"As the forge names it: harbour/checkout." env:"GITHUB_REPOSITORY,CI_PROJECT_PATH"`
	Ref        string `required:"" help:"Commit: the full hash." env:"EVENKEEL_REF,GITHUB_SHA,CI_COMMIT_SHA,GIT_COMMIT" placeholder:"SHA"`
	Link       string `help:"Address of the run." env:"CI_JOB_URL,BUILD_URL"`
}

func (f CommitFlags) of(name string) client.CommitUpload {
	u := client.CommitUpload{Repository: f.Repository, Commit: strings.ToLower(f.Ref), Link: f.Link, Name: name}
	if u.Link == "" {
		u.Link = actionsRun()
	}
	return u
}

// ChangeTestsCmd uploads a test report.
type ChangeTestsCmd struct {
	File string `arg:"" help:"The report; - reads standard input."`
	CommitFlags
	Suite string `help:"Name of the report; each name counts once. Default: tests."`
}

// Run streams the file.
func (c ChangeTestsCmd) Run(ctx context.Context, g *Globals) error {
	body := &joined{names: []string{c.File}, in: g.In}
	defer body.Close()
	t, err := g.Client().UploadTests(ctx, c.of(c.Suite), body)
	if err != nil {
		return body.place(err)
	}
	return g.PrintOne(t, func() [][2]string {
		return [][2]string{{"SUITE", t.Suite}, {"TESTS", fmt.Sprintf("%d: %d passed, %d failed, %d skipped", t.Total, t.Passed, t.Failed, t.Skipped)}, {"CHANGES", strings.Join(t.Receipt.Changes, ", ")}}
	})
}

// ChangeScanCmd uploads findings.
type ChangeScanCmd struct {
	File string `arg:"" help:"The log; - reads standard input."`
	CommitFlags
	Tool string `help:"Name of the scanner; default: as the log says."`
}

// Run streams the file.
func (c ChangeScanCmd) Run(ctx context.Context, g *Globals) error {
	body := &joined{names: []string{c.File}, in: g.In}
	defer body.Close()
	s, err := g.Client().UploadScan(ctx, c.of(c.Tool), body)
	if err != nil {
		return body.place(err)
	}
	return g.PrintOne(s, func() [][2]string {
		return [][2]string{{"TOOL", s.Tool}, {"FINDINGS", fmt.Sprintf("%d errors, %d warnings, %d notes", s.Errors, s.Warnings, s.Notes)}, {"CHANGES", strings.Join(s.Receipt.Changes, ", ")}}
	})
}

// ChangePlanCmd uploads a plan.
type ChangePlanCmd struct {
	File string `arg:"" help:"The plan; - reads standard input."`
	CommitFlags
	Workspace string `help:"Each workspace counts once. Default: default."`
}

// Run streams the file.
func (c ChangePlanCmd) Run(ctx context.Context, g *Globals) error {
	body := &joined{names: []string{c.File}, in: g.In}
	defer body.Close()
	p, err := g.Client().UploadPlan(ctx, c.of(c.Workspace), body)
	if err != nil {
		return body.place(err)
	}
	return g.PrintOne(p, func() [][2]string {
		schema := ""
		if p.Schema {
			schema = "it changes a database schema"
		}
		return [][2]string{{"TOOL", p.Tool}, {"RESOURCES", fmt.Sprintf("%d created, %d updated, %d destroyed or replaced", p.Created, p.Updated, p.Destroyed)}, {"SCHEMA", schema}, {"CHANGES", strings.Join(p.Receipt.Changes, ", ")}}
	})
}
