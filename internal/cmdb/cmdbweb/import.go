package cmdbweb

import (
	"context"
	"encoding/base64"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/web"
)

// ImportPage takes a file of a source, first dry.
type ImportPage struct {
	Base
	Form     *web.Form
	Source   web.Field
	Scope    web.Field
	Complete web.Field
	Facts    []web.Field
	Apply    web.Field
	File     string // fault of the file
	Run      *cmdb.Run
	RunPath  string
	Body     web.HTML // what a dry run would change
	Kept     string   // the small file of a dry run, to be applied with one button
	Keep     []web.Hidden
	Command  string
	Curl     string
}

var importPage = web.Parse(files, "import.html", ImportPage{})

// The patience with a file that a browser sends.
const (
	keepMost   = 1 << 20          // a file up to this size need not be chosen twice
	fieldMost  = 4 << 10          // bytes of one field of the form
	sendPause  = time.Minute      // nothing arrives for so long
	drainMost  = 20 * time.Second // of a file that was refused already
	answerSoon = 5 * time.Second  // after that the answer is the page of the run, which shows how far it is
)

// ImportForm handles GET /map/import; the query may fill in the form.
func (p *Pages) ImportForm(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	return p.Shell.Render(w, r, importPage, p.importPage(r, web.NewForm(r)))
}

func (p *Pages) importPage(r *http.Request, form *web.Form) *ImportPage {
	page := &ImportPage{Base: p.base(r, "Import a file", atRuns, web.Crumb{Title: "Imports", Path: atRuns}), Form: form}
	options := []web.Option{{Title: "Choose…"}}
	for _, name := range slices.Sorted(maps.Keys(p.Files)) {
		options = append(options, web.Option{Value: name, Title: sourceTitle(name)})
	}
	form.Default("apply", "dry").Default("complete", "no")
	page.Source = form.Select("source", "What wrote the file", options...).Need().First()
	page.Scope = form.Input("scope", "Scope").Limit(200).Say("prod/eu-west-1").Help("Which part of the world the file is about. The same at each run: then what is gone is noticed.")
	page.Complete = form.Radio("complete", "Does it hold all of the scope?", web.Option{Value: "no", Title: "No, a part", Hint: "What is not in it stays as it is"}, web.Option{Value: "yes", Title: "Yes, all of it", Hint: "What was there before and is not in it turns stale, later retires; nothing is deleted"}).Need()
	page.Facts = []web.Field{
		form.Input("env", "Environment").Limit(200).Say("production").Help("Of what does not name one"), form.Input("team", "Owner").Limit(200).Help("Of what does not name one"),
		form.Input("cluster", "Cluster").Limit(200).Help("For Kubernetes: whose objects these are"), form.Input("region", "Region").Limit(200).Help("Of what does not name one")}
	page.Apply = form.Radio("apply", "What to do", web.Option{Value: "dry", Title: "Look first", Hint: "Says what would change, and changes nothing"}, web.Option{Value: "now", Title: "Apply it now", Hint: "Checked whole before the first item changes"}).Need()
	page.File = faultOf(form, "file")
	page.commands(p.URL, form)
	return page
}

// sourceTitle is a source with what kind of file it reads.
func sourceTitle(name string) string {
	says := map[string]string{"terraform": "Terraform or OpenTofu: show -json", "kubernetes": "Kubernetes manifests, or kubectl get -o json", "backstage": "Backstage catalog files", "netbox": "NetBox dump (JSON)", "compose": "Docker Compose file",
		"csv": "CSV table", "datadog": "Datadog entity definitions", "score": "Score file", "cloudformation": "CloudFormation stack", "aws": "AWS inventory (JSON)", "gcp": "Google Cloud asset inventory", "azure": "Azure resource graph export", "otlp": "OpenTelemetry traces (JSON)"}[name]
	if says == "" {
		return name
	}
	return says
}

// commands are the same import by command line and API.
func (page *ImportPage) commands(server string, form *web.Form) {
	source := form.Get("source")
	if source == "" {
		source = "terraform"
	}
	scope := form.Get("scope")
	if scope == "" {
		scope = "prod/eu-west-1"
	}
	q := url.Values{"source": {source}, "scope": {scope}, "dry_run": {"true"}}
	page.Command = "evenkeel cmdb import " + source + " --scope '" + strings.ReplaceAll(scope, "'", "") + "' --dry-run FILE"
	if form.Get("complete") == "yes" {
		page.Command = strings.Replace(page.Command, " --dry-run", " --complete --dry-run", 1)
		q.Set("complete", "true")
	}
	if server == "" {
		server = "https://evenkeel.example"
	}
	page.Curl = "curl -H \"Authorization: Bearer $EVENKEEL_TOKEN\" -H 'Content-Type: application/octet-stream' \\\n  --data-binary @FILE '" + server + "/api/v1/cmdb/runs?" + q.Encode() + "'"
}

// Import handles POST /map/import. The file is read as it arrives; it is never
// held whole, unless it is small.
func (p *Pages) Import(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	in, err := readUpload(w, r)
	form := &web.Form{Values: in.values}
	if err == nil {
		err = in.check(p.Files)
	}
	var run cmdb.Run
	var done bool
	if err == nil {
		run, done, err = p.take(r, in)
	}
	in.drain()
	if form.Refused(err) {
		for i, f := range form.Faults { // what is wrong in the file stands at the file, with its place
			if f.Where != "" {
				form.Faults[i] = errs.Field{Name: "file", Remedy: f.Where + ": " + f.Name + " " + word(f.Value == "", "", "“"+f.Value+"” ") + "– " + f.Remedy}
			}
		}
		page := p.importPage(r, form)
		if run.ID != 0 {
			page.Run, page.RunPath = &run, run.Ref().Path()
		}
		return p.Shell.RenderStatus(w, r, http.StatusUnprocessableEntity, importPage, page)
	} else if err != nil {
		return err
	}
	if done && run.State == cmdb.RunDry && in.small != nil {
		return p.looked(w, r, form, in, run)
	}
	says := map[cmdb.RunState]string{cmdb.RunApplied: "Applied", cmdb.RunAsking: "It asks before it goes on", cmdb.RunDry: "Nothing was changed; apply it by choosing the file again"}[run.State]
	return web.Redirect(w, r, run.Ref().Path(), says)
}

// looked shows what a dry run would change, with the file kept in the form.
func (p *Pages) looked(w http.ResponseWriter, r *http.Request, form *web.Form, in *upload, run cmdb.Run) (err error) {
	page := p.importPage(r, form)
	page.Run, page.RunPath = &run, run.Ref().Path()
	page.Kept = base64.StdEncoding.EncodeToString(in.small)
	for name, v := range in.values {
		if name != "apply" && name != "kept" && len(v) > 0 {
			page.Keep = append(page.Keep, web.Hidden{Name: name, Value: v[0]})
		}
	}
	slices.SortFunc(page.Keep, func(a, b web.Hidden) int { return strings.Compare(a.Name, b.Name) })
	if page.Body, err = viewOf(run); err != nil {
		return err
	}
	return p.Shell.Render(w, r, importPage, page)
}

// take imports an upload. While the file is read, the run ends with its sender;
// once all of it is here it goes on alone, and after a moment the answer is the
// page on which it can be watched (done is false).
func (p *Pages) take(r *http.Request, in *upload) (run cmdb.Run, done bool, err error) {
	ctx := r.Context()
	free, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, cancel)
	v := in.values
	h := cmdb.RunHeader{Source: v.Get("source"), Scope: strings.TrimSpace(v.Get("scope")), Complete: v.Get("complete") == "yes", DryRun: v.Get("apply") != "now"}
	opt := sourcefile.Options{Scope: h.Scope, Env: strings.TrimSpace(v.Get("env")), Team: strings.TrimSpace(v.Get("team")), Cluster: strings.TrimSpace(v.Get("cluster")), Region: strings.TrimSpace(v.Get("region"))}
	read := p.Files[h.Source]
	type result struct {
		run cmdb.Run
		err error
	}
	here, ended := make(chan struct{}), make(chan result, 1)
	go func() {
		defer cancel()
		run, _, err := p.CMDB.Import(free, h, func(emit cmdb.Emit) ([]cmdb.Remark, error) {
			remarks, err := read(in.file, opt, emit)
			if err == nil {
				_, err = io.Copy(io.Discard, in.file) // what follows may have been cut off
			}
			stop()
			close(here)
			return remarks, err
		})
		ended <- result{run, err}
	}()
	select {
	case x := <-ended: // it never began to read
		return x.run, true, x.err
	case <-here:
	}
	soon := time.NewTimer(answerSoon)
	defer soon.Stop()
	select {
	case x := <-ended:
		return x.run, true, x.err
	case <-soon.C:
	}
	list, _, err := p.CMDB.Runs(ctx, h.Source, 0, 20)
	for _, x := range list {
		if err == nil && x.Scope == h.Scope && x.Dry == h.DryRun {
			return x, false, nil
		}
	}
	x := <-ended
	return x.run, true, x.err
}
