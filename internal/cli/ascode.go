package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/term"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// DirectoryArgs name a directory as code.
type DirectoryArgs struct {
	Dir    string `arg:"" type:"existingdir" help:"Directory of *.yaml and *.yml files; its sub-directories too."`
	Source string `help:"Name of this directory, when several are applied to one server." default:"main"`
}

// read reads the directory; links are not followed, hidden names are skipped.
func (c DirectoryArgs) read(ctx context.Context) (client.Directory, error) {
	d := client.Directory{Source: c.Source, Files: []client.File{}, Commit: gitCommit(ctx, c.Dir)}
	err := filepath.WalkDir(c.Dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != c.Dir && strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if ext := strings.ToLower(filepath.Ext(p)); !e.Type().IsRegular() || ext != ".yaml" && ext != ".yml" {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(c.Dir, p)
		d.Files = append(d.Files, client.File{Path: filepath.ToSlash(rel), Content: string(text)})
		return err
	})
	if err != nil {
		return d, errs.E(errs.Invalid, "the directory cannot be read: %v", err)
	}
	return d, nil
}

// gitCommit is the commit of the directory, with "+dirty" when files below it
// differ from it; "" outside git or without git.
func gitCommit(ctx context.Context, dir string) string {
	head, err := exec.CommandContext(ctx, "git", "-C", dir, "rev-parse", "HEAD").Output()
	if err != nil {
		return ""
	}
	commit := strings.TrimSpace(string(head))
	status, err := exec.CommandContext(ctx, "git", "-C", dir, "status", "--porcelain", "--", ".").Output()
	if err != nil || len(status) > 0 {
		commit += "+dirty"
	}
	return commit
}

// PlanCmd shows what apply would do.
type PlanCmd struct {
	DirectoryArgs
	ExitCode bool `help:"Exit with code 10 when there are changes, for scripts."`
}

// changesExit is the exit code of plan --exit-code when there are changes; no
// kind of error has it.
const changesExit = 10

// Run asks the server.
func (c PlanCmd) Run(ctx context.Context, g *Globals) error {
	d, err := c.read(ctx)
	if err != nil {
		return err
	}
	p, err := g.Client().Plan(ctx, d)
	if err != nil {
		return err
	}
	if err := g.printPlan(p, "would be "); err != nil {
		return err
	}
	if c.ExitCode && p.Counts.Touched() > 0 {
		return exitCode(changesExit)
	}
	return nil
}

// exitCode ends the program with a code and without a message.
type exitCode int

func (e exitCode) Error() string { return "" }
func (e exitCode) ExitCode() int { return int(e) }

// ApplyCmd makes the server equal to a directory.
type ApplyCmd struct {
	DirectoryArgs
	Yes bool `short:"y" help:"Do not ask."`
}

// Run plans, asks, and applies exactly what was shown.
func (c ApplyCmd) Run(ctx context.Context, g *Globals) error {
	d, err := c.read(ctx)
	if err != nil {
		return err
	}
	p, err := g.Client().Plan(ctx, d)
	if err != nil {
		return err
	}
	if p.Counts.Touched() == 0 {
		return g.printPlan(p, "")
	}
	if !c.Yes {
		if !isTerminal(g.In) {
			return errs.E(errs.Invalid, "nobody can be asked here; look at evenkeel plan, then use --yes")
		}
		shown := *g
		shown.Output = "table"
		if err := shown.printPlan(p, "would be "); err != nil {
			return err
		}
		fmt.Fprint(g.Err, "Apply this? Type yes: ")
		answer, _ := bufio.NewReader(g.In).ReadString('\n')
		if strings.TrimSpace(answer) != "yes" {
			return errs.E(errs.Invalid, "not applied; nothing was changed")
		}
	}
	d.Plan = p.Digest
	done, err := g.Client().Apply(ctx, d)
	if err != nil {
		return err
	}
	return g.printPlan(done, "")
}

func isTerminal(v any) bool {
	f, ok := v.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// printPlan shows a plan: as a coloured difference, or as the API's answer.
func (g *Globals) printPlan(p client.Plan, tense string) error {
	if g.Output != "table" {
		return g.Print(p, nil)
	}
	w := bufio.NewWriter(g.Out)
	color := !g.NoColor && isTerminal(g.Out) && os.Getenv("TERM") != "dumb"
	paint := func(code, s string) string {
		if !color {
			return s
		}
		return "\x1b[" + code + "m" + s + "\x1b[0m"
	}
	marks := map[string][2]string{"create": {"+", "32"}, "change": {"~", "33"}, "adopt": {"@", "36"}, "remove": {"-", "31"}}
	for _, c := range p.Changes {
		mark := marks[c.Action]
		note := ""
		if c.Adopt || c.Action == "adopt" {
			note = "  (managed in git from now on)"
		}
		if c.Where != "" {
			note += "  " + paint("2", c.Where)
		}
		fmt.Fprintln(w, paint(mark[1], mark[0]+" "+c.Kind+" "+c.Name)+note)
		for _, f := range c.Fields {
			switch {
			case f.Before == nil:
				fmt.Fprintf(w, "    %s %s\n", f.Path+":", paint("32", said(f.After)))
			case f.After == nil && c.Action == "remove":
				fmt.Fprintf(w, "    %s %s\n", f.Path+":", paint("31", said(f.Before)))
			case f.After == nil:
				fmt.Fprintf(w, "    %s %s → nothing\n", f.Path+":", paint("31", said(f.Before)))
			default:
				fmt.Fprintf(w, "    %s %s → %s\n", f.Path+":", paint("31", said(f.Before)), paint("32", said(f.After)))
			}
		}
	}
	n := p.Counts
	if n.Touched() == 0 {
		fmt.Fprintf(w, "Nothing to do: all %d records are as the files say.\n", n.Unchanged)
	} else {
		fmt.Fprintf(w, "\n%d %screated, %d changed, %d adopted, %d removed; %d unchanged.\n", n.Created, tense, n.Changed, n.Adopted, n.Removed, n.Unchanged)
	}
	return w.Flush()
}

// said shows a value as JSON, which quotes texts and is one line.
func said(v any) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if enc.Encode(v) != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

// ExportCmd writes all records as files.
type ExportCmd struct {
	Dir   string `arg:"" type:"path" help:"Directory to write; made if it is not there."`
	Force bool   `help:"Write into a directory that holds files already; they are kept, or overwritten by those of the same name."`
}

// Run writes one file a record. A name that leaves the directory is refused.
func (c ExportCmd) Run(ctx context.Context, g *Globals) error {
	if list, err := os.ReadDir(c.Dir); err == nil && len(list) > 0 && !c.Force {
		return errs.E(errs.Conflict, "%s holds files already; export into an empty directory, or use --force", c.Dir)
	}
	files, err := g.Client().Export(ctx)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o755); err != nil {
		return errs.E(errs.Invalid, "the directory cannot be made: %v", err)
	}
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return errs.E(errs.Invalid, "the directory cannot be opened: %v", err)
	}
	defer root.Close()
	for _, f := range files {
		if err := root.MkdirAll(path.Dir(f.Path), 0o755); err != nil {
			return errs.E(errs.Invalid, "%s: %v", f.Path, err)
		}
		if err := root.WriteFile(filepath.FromSlash(f.Path), []byte(f.Content), 0o644); err != nil {
			return errs.E(errs.Invalid, "%s: %v", f.Path, err)
		}
	}
	if len(files) == 1 {
		g.Say("1 file in %s", c.Dir)
	} else {
		g.Say("%d files in %s", len(files), c.Dir)
	}
	return nil
}
