package test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/app"
	"github.com/evenkeel/evenkeel/internal/auth"
	"github.com/evenkeel/evenkeel/internal/config"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// TestDashboard holds the Grafana dashboard against a program that has just
// sent a message: every metric it asks for is there, with the labels it uses,
// and Prometheus understands every query.
func TestDashboard(t *testing.T) {
	text, err := os.ReadFile("../deploy/grafana/evenkeel.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &board); err != nil {
		t.Fatal(err)
	}
	metrics := scrape(t)
	series := map[string]string{} // name -> every line of it
	for _, line := range strings.Split(metrics, "\n") {
		if name, _, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(line, "#") {
			name, _, _ = strings.Cut(name, "{")
			series[name] += line + "\n"
		}
	}
	name := regexp.MustCompile(`\b(?:evenkeel|process|go)_[a-z_]+`)
	label := regexp.MustCompile(`by \(([a-z, ]+)\)|([a-z]+)(?:=|!=|=~)"`)
	var rules bytes.Buffer
	rules.WriteString("groups:\n- name: dashboard\n  rules:\n")
	asked := map[string]bool{}
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			found := name.FindAllString(q.Expr, -1)
			if len(found) == 0 {
				t.Errorf("%s: %q asks for nothing", p.Title, q.Expr)
			}
			for _, n := range found {
				asked[n] = true
				if series[n] == "" {
					t.Errorf("%s: /metrics has no %s", p.Title, n)
				}
				for _, m := range label.FindAllStringSubmatch(q.Expr, -1) {
					for _, l := range strings.Split(m[1]+m[2], ",") {
						if l = strings.TrimSpace(l); l != "instance" && !strings.Contains(series[n], l+`="`) {
							t.Errorf("%s: %s has no label %s", p.Title, n, l)
						}
					}
				}
			}
			expr := strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(q.Expr)
			fmt.Fprintf(&rules, "  - record: evenkeel:dashboard\n    expr: |\n      %s\n", expr)
		}
	}
	for n := range series { // and nothing of ours is forgotten
		n = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(n, "_sum"), "_count"), "_bucket")
		if strings.HasPrefix(n, "evenkeel_") && !asked[n] && !asked[n+"_count"] {
			t.Errorf("no panel shows %s", n)
		}
	}
	file := filepath.Join(t.TempDir(), "rules.yml")
	if err := os.WriteFile(file, rules.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("promtool", "check", "rules", "--lint=none", file).CombinedOutput(); err != nil {
		t.Errorf("promtool: %v\n%s", err, out)
	}
}

// scrape is /metrics of a program that has sent a message.
func scrape(t *testing.T) string {
	ctx := context.Background()
	sink := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(sink.Close)
	cfg := config.Config{Listen: "127.0.0.1:0", DB: filepath.Join(t.TempDir(), "ek.db"), PublicURL: "http://localhost:8080", KeepDays: 1, Checkpoints: 1e9, SMTPTLS: "none"}
	a, err := app.New(ctx, cfg, slog.New(slog.NewTextHandler(io.Discard, nil)), app.Loopback())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	a.Start()
	srv := httptest.NewServer(a.Handler())
	t.Cleanup(srv.Close)
	link, _, err := a.Door.SetupLink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, err := a.Door.SetUp(ctx, link.Secret, auth.PersonEdit{Handle: "admin", Email: "admin@harbour.example", Role: actor.Admin, Profile: auth.Profile{Display: "Admin"}}, password, auth.Client{Address: "127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	admin := actor.With(ctx, actor.Actor{Kind: actor.User, ID: first.Person.ID, Person: first.Person.ID, Role: actor.Admin, Name: "Admin"})
	if _, err := a.People.CreateTeam(admin, "ops", auth.TeamEdit{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := a.Notify.CreateChannel(admin, "ops", notify.ChannelSpec{Kind: notify.Webhook, Team: "ops", URL: sink.URL}); err != nil {
		t.Fatal(err)
	}
	_, token, err := a.People.CreateToken(admin, auth.NewToken{Name: "prometheus", Scopes: []actor.Permission{actor.Read}})
	if err != nil {
		t.Fatal(err)
	}
	err = a.DB().Write(ctx, actor.Job("test"), "test", func(tx *db.Tx) error {
		return a.Notify.Notify(tx, notify.Notice{Key: "k", Record: ref.N(ref.Incident, 1), Reason: "paged", Urgent: true, Title: "Checkout is down", Team: "ops", Channels: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		req, _ := http.NewRequest("GET", srv.URL+"/metrics", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatalf("%s %v: %s", res.Status, err, body)
		}
		if strings.Contains(string(body), "evenkeel_notify_seconds_count") && strings.Contains(string(body), "evenkeel_http_request_seconds_count") {
			return string(body)
		}
		if time.Now().After(deadline) {
			t.Fatalf("no message was counted:\n%s", body)
		}
	}
}

const chart = "../deploy/helm/evenkeel/"

// TestChart renders the Helm chart with the functions of Helm that it uses and
// looks whether what comes out hangs together. Helm itself is not needed.
func TestChart(t *testing.T) {
	everything := map[string]any{"organisation": "Harbour & Co", "imagePullSecrets": []any{map[string]any{"name": "registry"}},
		"trustedProxies": []any{"10.0.0.0/8", "192.0.2.0/24"}, "publishWebhook": "https://witness.example/in", "replicas": 3,
		"database": map[string]any{"url": "postgres://evenkeel:secret@db:5432/evenkeel"}, "keys": map[string]any{"logKey": "PRIVATE+KEY+x", "secretsKey": "abc"},
		"smtp":     map[string]any{"host": "mail.example", "from": "Evenkeel <evenkeel@example.org>", "user": "evenkeel", "passwordSecret": "mail"},
		"extraEnv": []any{map[string]any{"name": "EVENKEEL_LOG_LEVEL", "value": "debug"}},
		"ingress":  map[string]any{"enabled": true, "className": "nginx", "tlsSecret": "tls"},
		"metrics":  map[string]any{"serviceMonitor": map[string]any{"enabled": true, "tokenSecret": "scrape", "labels": map[string]any{"release": "prometheus"}}},
		"affinity": map[string]any{"nodeAffinity": map[string]any{}}, "nodeSelector": map[string]any{"disk": "ssd"}, "podAnnotations": map[string]any{"note": "1"},
		"tolerations": []any{map[string]any{"key": "x", "operator": "Exists"}}, "persistence": map[string]any{"storageClass": "fast"}}
	for name, c := range map[string]struct {
		values map[string]any
		kinds  string
		env    []string
		no     []string
	}{
		"sqlite": {map[string]any{}, "Service StatefulSet", []string{"EVENKEEL_DB"}, []string{"EVENKEEL_LOG_KEY", "EVENKEEL_SMTP_HOST"}},
		"sqlite with keys apart": {map[string]any{"keys": map[string]any{"existingSecret": "keys"}, "persistence": map[string]any{"storageClass": "fast"}}, "Service StatefulSet",
			[]string{"EVENKEEL_LOG_KEY", "EVENKEEL_SECRETS_KEY"}, nil},
		"postgres": {map[string]any{"replicas": 2, "database": map[string]any{"existingSecret": "pg"}, "keys": map[string]any{"existingSecret": "keys"}},
			"Deployment PodDisruptionBudget Service", []string{"EVENKEEL_DB", "EVENKEEL_LOG_KEY"}, nil},
		"everything": {everything, "Deployment Ingress PodDisruptionBudget Secret Secret Service ServiceMonitor",
			[]string{"EVENKEEL_TRUSTED_PROXY", "EVENKEEL_SMTP_PASSWORD", "EVENKEEL_PUBLISH_WEBHOOK", "EVENKEEL_ORG", "EVENKEEL_LOG_LEVEL"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			objects, err := render(t, c.values)
			if err != nil {
				t.Fatal(err)
			}
			var kinds []string
			made := map[string]bool{}
			for _, o := range objects {
				kinds = append(kinds, o.Kind)
				made[o.Kind+"/"+o.Metadata.Name] = true
				if o.APIVersion == "" || !strings.HasPrefix(o.Metadata.Name, "ek") || o.Metadata.Labels["app.kubernetes.io/instance"] != "ek" {
					t.Errorf("%+v", o)
				}
			}
			slices.Sort(kinds)
			if got := strings.Join(kinds, " "); got != c.kinds {
				t.Errorf("made %s, want %s", got, c.kinds)
			}
			for _, o := range objects {
				if o.Kind == "Deployment" || o.Kind == "StatefulSet" {
					pod(t, o, made, c.env, c.no)
				}
			}
		})
	}
	for want, values := range map[string]map[string]any{
		"needs the log key":                   {"database": map[string]any{"existingSecret": "pg"}},
		"more than one replica needs":         {"replicas": 2},
		"both keys.logKey and":                {"keys": map[string]any{"logKey": "x"}},
		"set smtp.from":                       {"smtp": map[string]any{"host": "mail.example"}},
		"set metrics.serviceMonitor.tokenSec": {"metrics": map[string]any{"serviceMonitor": map[string]any{"enabled": true}}},
	} {
		if _, err := render(t, values); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", values, err, want)
		}
	}
}

// object is what the test looks at of a Kubernetes object.
type object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct {
		Name   string
		Labels map[string]string
	}
	Spec struct {
		Replicas int
		Selector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
		VolumeClaimTemplates []named `yaml:"volumeClaimTemplates"`
		Template             struct {
			Metadata struct{ Labels map[string]string }
			Spec     struct {
				Grace           int `yaml:"terminationGracePeriodSeconds"`
				SecurityContext struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
				} `yaml:"securityContext"`
				Volumes    []struct{ Name string }
				Containers []struct {
					Image           string
					SecurityContext struct {
						ReadOnly bool `yaml:"readOnlyRootFilesystem"`
					} `yaml:"securityContext"`
					Env []struct {
						Name, Value string
						ValueFrom   struct {
							Secret struct{ Name, Key string } `yaml:"secretKeyRef"`
						} `yaml:"valueFrom"`
					}
					VolumeMounts   []struct{ Name string } `yaml:"volumeMounts"`
					LivenessProbe  probe                   `yaml:"livenessProbe"`
					ReadinessProbe probe                   `yaml:"readinessProbe"`
					StartupProbe   probe                   `yaml:"startupProbe"`
				}
			}
		}
	}
}

type named struct{ Metadata struct{ Name string } }

type probe struct {
	HTTPGet struct{ Path, Port string } `yaml:"httpGet"`
}

// pod checks the workload: the program knows every variable, every secret and
// volume is there, and it runs with as little as it needs.
func pod(t *testing.T, o object, made map[string]bool, want, no []string) {
	t.Helper()
	known := map[string]bool{"EVENKEEL_LOG_KEY": true, "EVENKEEL_SECRETS_KEY": true} // the keys themselves; see internal/app
	for f := range reflect.TypeFor[config.Config]().Fields() {
		known[f.Tag.Get("env")] = true
	}
	spec := o.Spec.Template.Spec
	for k, v := range o.Spec.Selector.MatchLabels {
		if o.Spec.Template.Metadata.Labels[k] != v {
			t.Errorf("the selector %s=%s does not find its pods", k, v)
		}
	}
	if len(spec.Containers) != 1 || !spec.SecurityContext.RunAsNonRoot || !spec.Containers[0].SecurityContext.ReadOnly || spec.Grace < 30 {
		t.Fatalf("%+v", spec)
	}
	c := spec.Containers[0]
	env := map[string]bool{}
	for _, e := range c.Env {
		env[e.Name] = true
		if !known[e.Name] {
			t.Errorf("the program knows no %s", e.Name)
		}
		if s := e.ValueFrom.Secret; e.Value == "" && (s.Name == "" || s.Key == "" || strings.HasPrefix(s.Name, "ek-") && !made["Secret/"+s.Name]) {
			t.Errorf("%s has no value: %+v", e.Name, s)
		}
	}
	for _, n := range want {
		if !env[n] {
			t.Errorf("no %s", n)
		}
	}
	for _, n := range no {
		if env[n] {
			t.Errorf("%s is there", n)
		}
	}
	volumes := map[string]bool{}
	for _, v := range spec.Volumes {
		volumes[v.Name] = true
	}
	for _, v := range o.Spec.VolumeClaimTemplates {
		volumes[v.Metadata.Name] = true
	}
	for _, m := range c.VolumeMounts {
		if !volumes[m.Name] {
			t.Errorf("no volume %s", m.Name)
		}
	}
	if c.LivenessProbe.HTTPGet.Path != "/livez" || c.ReadinessProbe.HTTPGet.Path != "/readyz" || c.StartupProbe.HTTPGet.Path != "/livez" {
		t.Errorf("probes: %+v", c)
	}
}

// render makes the objects of the chart, values laid over values.yaml.
func render(t *testing.T, over map[string]any) ([]object, error) {
	t.Helper()
	var meta, values map[string]any
	for file, into := range map[string]any{"Chart.yaml": &meta, "values.yaml": &values} {
		text, err := os.ReadFile(chart + file)
		if err == nil {
			err = yaml.Unmarshal(text, into)
		}
		if err != nil {
			t.Fatal(file, err)
		}
	}
	if err := overlay(values, over, ""); err != nil {
		t.Fatal(err)
	}
	data := map[string]any{"Values": values, "Release": map[string]any{"Name": "ek", "Namespace": "ops", "Service": "Helm"},
		"Chart": map[string]any{"Name": meta["name"], "Version": meta["version"], "AppVersion": meta["appVersion"]}}
	root := template.New("").Option("missingkey=error")
	root.Funcs(helmFuncs(root))
	if _, err := root.ParseGlob(chart + "templates/*"); err != nil {
		t.Fatal(err)
	}
	var out []object
	for _, tmpl := range root.Templates() {
		if !strings.HasSuffix(tmpl.Name(), ".yaml") && !strings.HasSuffix(tmpl.Name(), ".txt") {
			continue
		}
		var text bytes.Buffer
		if err := tmpl.Execute(&text, data); err != nil {
			return nil, err
		}
		if strings.HasSuffix(tmpl.Name(), ".txt") {
			continue
		}
		for _, doc := range strings.Split(text.String(), "\n---\n") {
			if strings.TrimSpace(doc) == "" {
				continue
			}
			var o object
			if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
				t.Fatalf("%s: %v\n%s", tmpl.Name(), err, doc)
			}
			out = append(out, o)
		}
	}
	return out, nil
}

// overlay sets values that values.yaml has; another name is a fault.
func overlay(values, over map[string]any, path string) error {
	for k, v := range over {
		have, ok := values[k]
		if !ok && !strings.HasSuffix(path, "labels.") && path != "nodeSelector." && path != "affinity." && path != "podAnnotations." {
			return fmt.Errorf("values.yaml has no %s%s", path, k)
		}
		m, deep := v.(map[string]any)
		if under, ok := have.(map[string]any); ok && deep {
			if err := overlay(under, m, path+k+"."); err != nil {
				return err
			}
			continue
		}
		values[k] = v
	}
	return nil
}

// helmFuncs are those of Helm's functions that the chart uses
// (https://helm.sh/docs/chart_template_guide/function_list/).
func helmFuncs(root *template.Template) template.FuncMap {
	return template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var b strings.Builder
			err := root.ExecuteTemplate(&b, name, data)
			return b.String(), err
		},
		"default": func(otherwise, v any) any {
			if truth, _ := template.IsTrue(v); truth {
				return v
			}
			return otherwise
		},
		"quote":    func(v any) string { return fmt.Sprintf("%q", fmt.Sprint(v)) },
		"toString": func(v any) string { return fmt.Sprint(v) },
		"toYaml": func(v any) (string, error) {
			b, err := yaml.Marshal(v)
			return strings.TrimSuffix(string(b), "\n"), err
		},
		"nindent": func(n int, s string) string {
			pad := strings.Repeat(" ", n)
			return "\n" + pad + strings.ReplaceAll(s, "\n", "\n"+pad)
		},
		"join": func(sep string, list []any) string {
			var out []string
			for _, v := range list {
				out = append(out, fmt.Sprint(v))
			}
			return strings.Join(out, sep)
		},
		"add": func(a, b any) (n int64, err error) {
			for _, v := range []any{a, b} {
				var i int64
				if _, err := fmt.Sscan(fmt.Sprint(v), &i); err != nil {
					return 0, err
				}
				n += i
			}
			return n, nil
		},
		"fail": func(text string) (string, error) { return "", errors.New(text) },
	}
}

// TestChartValues: every value is used by a template, so that none is a promise.
func TestChartValues(t *testing.T) {
	text, err := os.ReadFile(chart + "values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	var all string
	files, _ := filepath.Glob(chart + "templates/*")
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
	}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		if regexp.MustCompile(`\.Values\.` + regexp.QuoteMeta(path) + `\b`).MatchString(all) {
			if m, ok := v.(map[string]any); !ok || len(m) == 0 || !strings.Contains(all, ".Values."+path+".") {
				return
			}
		} else if m, ok := v.(map[string]any); !ok || len(m) == 0 {
			t.Errorf("no template uses %s", path)
			return
		}
		for k, v := range v.(map[string]any) {
			walk(path+"."+k, v)
		}
	}
	for k, v := range values {
		walk(k, v)
	}
}
