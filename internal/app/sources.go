package app

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/connect/aws"
	"github.com/evenkeel/evenkeel/internal/connect/azure"
	"github.com/evenkeel/evenkeel/internal/connect/backstage"
	"github.com/evenkeel/evenkeel/internal/connect/cloudformation"
	"github.com/evenkeel/evenkeel/internal/connect/compose"
	"github.com/evenkeel/evenkeel/internal/connect/csvfile"
	"github.com/evenkeel/evenkeel/internal/connect/datadog"
	"github.com/evenkeel/evenkeel/internal/connect/gcp"
	"github.com/evenkeel/evenkeel/internal/connect/kubernetes"
	"github.com/evenkeel/evenkeel/internal/connect/meshmetrics"
	"github.com/evenkeel/evenkeel/internal/connect/netbox"
	"github.com/evenkeel/evenkeel/internal/connect/otlp"
	"github.com/evenkeel/evenkeel/internal/connect/score"
	"github.com/evenkeel/evenkeel/internal/connect/terraform"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// FileSources are the sources of configuration items that read files, by the
// name that runs, rules and commands use.
var FileSources = map[string]func(io.Reader, sourcefile.Options, cmdb.Emit) ([]cmdb.Remark, error){
	"terraform":      terraform.Read,
	"cloudformation": cloudformation.Read,
	"backstage":      backstage.Read,
	"datadog":        datadog.Read,
	"score":          score.Read,
	"compose":        compose.Read,
	"csv":            csvfile.Read,
	"kubernetes": func(r io.Reader, o sourcefile.Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
		return kubernetes.Read(r, kubernetes.Options{Cluster: o.Cluster, Env: o.Env, Team: o.Team}, emit)
	},
	"netbox": func(r io.Reader, o sourcefile.Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
		return netbox.Read(r, netbox.Options{Env: o.Env}, emit)
	},
	"aws": func(r io.Reader, o sourcefile.Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
		return aws.Read(r, aws.Options{Env: o.Env, Team: o.Team}, emit)
	},
	"gcp": func(r io.Reader, o sourcefile.Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
		return gcp.Read(r, gcp.Options{Env: o.Env, Team: o.Team}, emit)
	},
	"azure": func(r io.Reader, o sourcefile.Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
		return azure.Read(r, azure.Options{Env: o.Env, Team: o.Team}, emit)
	},
	otlp.Source: func(r io.Reader, o sourcefile.Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
		return otlp.ReadFile(r, otlp.Options{Scope: o.Scope}, emit)
	},
}

// scheduledSources are the sources that run by themselves: every file source
// by an address or a file of the discovery directory, and what is asked live.
func (a *App) scheduledSources(guard egress.Guard) map[string]cmdb.ScheduledSource {
	out := map[string]cmdb.ScheduledSource{}
	client := guard.Client()
	client.Timeout = 10 * time.Minute // a large export; the run's context ends it earlier
	for name, read := range FileSources {
		out[name] = cmdb.ScheduledSource{Config: []string{"url", "file", "env", "team", "region", "cluster"}, Secrets: []string{"token"}, Check: a.checkPlace,
			Read: func(ctx context.Context, c cmdb.Config) (func(cmdb.Emit) ([]cmdb.Remark, error), error) {
				opt := sourcefile.Options{Scope: c.Scope, Env: c.Values["env"], Team: c.Values["team"], Region: c.Values["region"], Cluster: c.Values["cluster"]}
				return func(emit cmdb.Emit) ([]cmdb.Remark, error) {
					f, err := a.openPlace(ctx, client, c)
					if err != nil {
						return nil, err
					}
					defer f.Close()
					return read(f, opt, emit)
				}, nil
			}}
	}
	manifests := out["kubernetes"]
	out["kubernetes"] = cmdb.ScheduledSource{
		Config: append(manifests.Config, "kubeconfig", "context", "namespace", "insecure", "without", "watch"), Secrets: manifests.Secrets,
		Check: func(v map[string]string) error {
			if v["url"] != "" || v["file"] != "" {
				return a.checkPlace(v)
			}
			_, err := a.discoveryFile("config.kubeconfig", v["kubeconfig"])
			return err
		},
		Read: func(ctx context.Context, c cmdb.Config) (func(cmdb.Emit) ([]cmdb.Remark, error), error) {
			if c.Values["url"] != "" || c.Values["file"] != "" {
				return manifests.Read(ctx, c)
			}
			k, err := a.kubeconfig(c)
			if err != nil {
				return nil, err
			}
			opt := kubernetes.Options{Cluster: c.Values["cluster"], Env: c.Values["env"], Team: c.Values["team"]}
			return func(emit cmdb.Emit) ([]cmdb.Remark, error) { return kubernetes.List(ctx, k, opt, emit) }, nil
		},
		Watch: func(ctx context.Context, c cmdb.Config, changed func()) error {
			if c.Values["url"] != "" || c.Values["file"] != "" {
				return errs.E(errs.Invalid, "a file cannot be watched; leave url and file out to ask the cluster itself")
			}
			k, err := a.kubeconfig(c)
			if err != nil {
				return err
			}
			return kubernetes.Watch(ctx, k, kubernetes.Pace{}, changed)
		}}
	out[meshmetrics.Source] = meshmetrics.Scheduled(client.Transport)
	return out
}

// kubeconfig is how a discovery reaches its cluster.
func (a *App) kubeconfig(c cmdb.Config) (kubernetes.Kubeconfig, error) {
	path, err := a.discoveryFile("config.kubeconfig", c.Values["kubeconfig"])
	return kubernetes.Kubeconfig{Path: path, Context: c.Values["context"], Namespace: c.Values["namespace"], Insecure: c.Values["insecure"] == "true",
		Without: strings.FieldsFunc(c.Values["without"], func(r rune) bool { return r == ',' || r == ' ' })}, err
}

// checkPlace checks where a file source finds its file.
func (a *App) checkPlace(v map[string]string) error {
	switch {
	case (v["url"] == "") == (v["file"] == ""):
		return errs.BadField("config.url", v["url"], "name either url, an https address, or file, a path below --discovery-dir")
	case v["file"] != "":
		_, err := a.discoveryFile("config.file", v["file"])
		return err
	}
	u, err := url.Parse(v["url"])
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errs.BadField("config.url", "", "write a whole address that begins with https://") // it may hold a signature: not repeated
	}
	return nil
}

// discoveryFile is a file that sources may read. Whoever may configure sources
// must not thereby read this machine: only what the operator put into the
// discovery directory can be named.
func (a *App) discoveryFile(field, name string) (string, error) {
	switch {
	case name == "":
		return "", nil
	case a.cfg.DiscoveryDir == "":
		return "", errs.BadField(field, name, "this server reads no files: an operator names their directory with --discovery-dir")
	case !filepath.IsLocal(name):
		return "", errs.BadField(field, name, "write a path relative to the server's discovery directory, without ..")
	}
	return filepath.Join(a.cfg.DiscoveryDir, name), nil
}

// openPlace opens what a discovery names.
func (a *App) openPlace(ctx context.Context, client *http.Client, c cmdb.Config) (io.ReadCloser, error) {
	if name := c.Values["file"]; name != "" {
		if _, err := a.discoveryFile("config.file", name); err != nil {
			return nil, err
		}
		root, err := os.OpenRoot(a.cfg.DiscoveryDir) // links out of it are not followed
		if err != nil {
			return nil, errs.E(errs.Unavailable, "the discovery directory cannot be read").Because(err)
		}
		defer root.Close()
		f, err := root.Open(name)
		if err != nil {
			return nil, errs.BadField("config.file", name, "there is no such file in the discovery directory, or it cannot be read").Because(err)
		}
		return f, nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.Values["url"], nil)
	if err != nil {
		return nil, errs.BadField("config.url", "", "write a whole address that begins with https://")
	}
	if token := c.Secrets["token"]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := client.Do(r)
	if err != nil {
		var refused *egress.Refused
		if errors.As(err, &refused) {
			return nil, errs.E(errs.Forbidden, "%s", refused.Error())
		}
		return nil, errs.E(errs.Unavailable, "%s does not answer", r.URL.Host).Because(err)
	}
	if res.StatusCode != http.StatusOK {
		res.Body.Close()
		return nil, errs.E(errs.Unavailable, "%s answers %s", r.URL.Host, res.Status)
	}
	return res.Body, nil
}
