package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/evenkeel/evenkeel/internal/change"
)

// documents are the documents of a file of deploy/, without their comments.
func documents[T any](t *testing.T, name string) (out []T) {
	t.Helper()
	text, err := os.ReadFile("../../deploy/" + name)
	must(t, err)
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var v T
		err := d.Decode(&v)
		if err == io.EOF {
			return out
		}
		must(t, err)
		out = append(out, v)
	}
}

// apiServer stores deployments as the API server of Kubernetes does: each that is
// created or updated goes through the webhooks of the configuration that people
// are told to copy, with a generation that grows when the specification is stored.
type apiServer struct {
	*server
	webhook struct {
		FailurePolicy           string   `yaml:"failurePolicy"`
		AdmissionReviewVersions []string `yaml:"admissionReviewVersions"`
		SideEffects             string   `yaml:"sideEffects"`
		TimeoutSeconds          int      `yaml:"timeoutSeconds"`
		Rules                   []struct {
			Resources, Operations []string
		}
		ClientConfig struct{ URL string } `yaml:"clientConfig"`
	}
	stored map[string]map[string]any
	uid    int
}

func newAPIServer(s *server) *apiServer {
	type config struct {
		Webhooks []yaml.MapSlice
	}
	list := documents[config](s.T, "kubernetes/admission.yaml")
	k := &apiServer{server: s, stored: map[string]map[string]any{}}
	b, err := yaml.Marshal(list[0].Webhooks[0])
	must(s, err)
	must(s, yaml.Unmarshal(b, &k.webhook))
	w := &k.webhook
	if w.SideEffects != "NoneOnDryRun" || len(w.AdmissionReviewVersions) != 1 || w.TimeoutSeconds == 0 || strings.ContainsAny(w.ClientConfig.URL, "?#") {
		s.Fatalf("%+v", *w)
	}
	w.ClientConfig.URL = strings.NewReplacer("https://evenkeel.harbour.example", s.url, "TOKEN", s.kube).Replace(w.ClientConfig.URL)
	return k
}

// result is what kubectl sees.
type result struct {
	stored   bool
	status   int
	message  string
	warnings []string
}

// apply creates or updates a deployment.
func (k *apiServer) apply(name, image string, replicas int, dryRun bool, notes map[string]any) (r result) {
	k.Helper()
	old, there := k.stored[name]
	meta := map[string]any{"name": name, "namespace": "shop", "annotations": notes, "labels": map[string]any{"app.kubernetes.io/name": "checkout"}}
	object := map[string]any{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta, "spec": map[string]any{"replicas": replicas,
		"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "app", "image": image}}}}}}
	op := "CREATE"
	meta["uid"], meta["generation"] = "u-"+name, 1
	if there {
		op = "UPDATE"
		was := old["metadata"].(map[string]any)["generation"].(int)
		meta["generation"] = was
		if fmt.Sprint(old["spec"]) != fmt.Sprint(object["spec"]) {
			meta["generation"] = was + 1
		}
	}
	r = k.review(op, "Deployment", name, object, old, dryRun)
	if r.stored && !dryRun {
		k.stored[name] = object
	}
	r.stored = r.stored && !dryRun
	return r
}

// review calls the webhook as the API server does:
// https://github.com/kubernetes/apiserver/blob/master/pkg/admission/plugin/webhook/validating/dispatcher.go .
func (k *apiServer) review(op, kind, name string, object, old any, dryRun bool) (r result) {
	k.Helper()
	k.uid++
	uid := fmt.Sprintf("705ab4f5-6393-11e8-b7cc-%012d", k.uid)
	body, err := json.Marshal(map[string]any{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/" + k.webhook.AdmissionReviewVersions[0], "request": map[string]any{
		"uid": uid, "kind": map[string]any{"group": "apps", "version": "v1", "kind": kind}, "resource": map[string]any{"group": "apps", "version": "v1", "resource": strings.ToLower(kind) + "s"},
		"requestKind": map[string]any{"group": "apps", "version": "v1", "kind": kind}, "name": name, "namespace": "shop", "operation": op,
		"userInfo": map[string]any{"username": "lena", "groups": []string{"system:authenticated"}}, "object": object, "oldObject": old, "dryRun": dryRun,
		"options": map[string]any{"kind": "UpdateOptions", "apiVersion": "meta.k8s.io/v1"}}})
	must(k, err)
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(k.webhook.TimeoutSeconds)*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, k.webhook.ClientConfig.URL+fmt.Sprintf("?timeout=%ds", k.webhook.TimeoutSeconds), bytes.NewReader(body))
	must(k, err)
	req.Header.Set("Content-Type", "application/json")
	failed := func(why string) result {
		if k.webhook.FailurePolicy == "Ignore" {
			return result{stored: true, warnings: []string{"ignored: " + why}}
		}
		return result{status: 500, message: "failed calling webhook: " + why}
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return failed(err.Error())
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return failed(res.Status)
	}
	var out struct {
		APIVersion, Kind string
		Response         *struct {
			UID              string
			Allowed          bool
			Status           *struct{ Code, Message, Reason any }
			Warnings         []string
			AuditAnnotations map[string]string
		}
	}
	must(k, json.NewDecoder(res.Body).Decode(&out))
	if out.APIVersion != "admission.k8s.io/v1" || out.Kind != "AdmissionReview" || out.Response == nil || out.Response.UID != uid {
		return failed(fmt.Sprintf("the answer is not one: %+v", out))
	}
	for _, w := range out.Response.Warnings {
		if len([]rune(w)) > 120 {
			k.Errorf("a warning has more than 120 characters: %s", w)
		}
	}
	r.warnings, r.stored = out.Response.Warnings, out.Response.Allowed
	if !r.stored {
		r.status = int(out.Response.Status.Code.(float64))
		r.message = fmt.Sprintf("admission webhook \"gate.evenkeel.dev\" denied the request: %v", out.Response.Status.Message)
	}
	return r
}

func TestAdmission(t *testing.T) {
	s := serve(t)
	k := newAPIServer(s)
	expect := func(r result, stored bool, words string) {
		t.Helper()
		if r.stored != stored || !strings.Contains(r.message, words) {
			t.Fatalf("%+v, want stored %v with %q", r, stored, words)
		}
	}

	// A dry run leaves nothing behind; the real one is a change, and warns of what it must do.
	expect(k.apply("checkout", "registry.example/checkout:5.14.0", 2, true, nil), false, "")
	s.none("5.14.0")
	r := k.apply("checkout", "registry.example/checkout:5.14.0", 2, false, nil)
	expect(r, true, "")
	if len(r.warnings) != 1 || !strings.Contains(r.warnings[0], "half an hour") {
		t.Errorf("%q", r.warnings)
	}
	c := s.only("5.14.0")
	if c.State != change.Approved || c.Author != "lena" || c.Source != "cluster" || !strings.Contains(c.Summary, "shop/checkout") {
		t.Errorf("%+v", c)
	}

	// Scaling brings nothing new.
	list := func() int {
		l, _, err := s.Changes.List(s.admin, change.Filter{}, "", 200)
		must(t, err)
		return len(l)
	}
	n := list()
	expect(k.apply("checkout", "registry.example/checkout:5.14.0", 9, false, nil), true, "")

	// Refused until a peer approved; asked again and again it is one change.
	for range 3 {
		expect(k.apply("checkout", "registry.example/checkout:review-1", 9, false, nil), false, "https://evenkeel.harbour.example/changes/CHG-")
	}
	if got := list(); got != n+1 {
		t.Fatalf("%d changes, want %d", got, n+1)
	}
	s.approve("review-1")
	expect(k.apply("checkout", "registry.example/checkout:review-1", 9, false, nil), true, "")
	expect(k.apply("checkout", "registry.example/checkout:deny-1", 9, false, nil), false, "Nothing of this kind ships")

	// What a pipeline asked about is the same change, by artefact and by commit.
	asked, err := s.Changes.Ask(s.peer, change.Ask{Services: []string{"checkout"}, Commit: sha(7), Artefact: "5.15.0"})
	must(t, err)
	expect(k.apply("checkout", "registry.example/checkout:5.15.0", 9, false, nil), true, "")
	if got := s.only("5.15.0"); got.ID != asked.Change.ID {
		t.Errorf("%s is not %s", got.Key(), asked.Change.Key())
	}
	asked, err = s.Changes.Ask(s.peer, change.Ask{Services: []string{"checkout"}, Commit: sha(8)})
	must(t, err)
	expect(k.apply("checkout", "registry.example/checkout@sha256:"+strings.Repeat("ab", 32), 9, false, map[string]any{"evenkeel.dev/commit": sha(8)}), true, "")
	if got := s.only("sha256:" + strings.Repeat("ab", 32)); got.ID != asked.Change.ID {
		t.Errorf("%s is not %s", got.Key(), asked.Change.Key())
	}
	expect(k.apply("checkout", "registry.example/checkout:sha-"+sha(9), 9, false, nil), true, "")
	if got := s.only("sha-" + sha(9)); got.Commit != sha(9) {
		t.Errorf("%+v", got)
	}

	// What cannot be known, and what is not registered, is refused with what to do.
	for _, image := range []string{"registry.example:5000/checkout", "checkout:latest"} {
		expect(k.apply("checkout", image, 9, false, nil), false, "names neither a version nor a digest")
	}
	practice, err := s.Changes.Settings(s.admin)
	must(t, err)
	practice.Settings.UnknownService = change.Refuse
	_, err = s.Changes.Configure(s.admin, practice.Version, practice.Settings)
	must(t, err)
	expect(k.apply("other", "registry.example/other:1.0.0", 1, false, map[string]any{"evenkeel.dev/service": "nobody"}), false, "register it first")

	// Deletion, and what a controller makes for its owner, is not asked about.
	expect(k.review("DELETE", "Deployment", "checkout", nil, k.stored["checkout"], false), true, "")
	owned := map[string]any{"metadata": map[string]any{"name": "checkout-1", "ownerReferences": []any{map[string]any{"kind": "Deployment", "controller": true}}}, "spec": map[string]any{
		"template": map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "app", "image": "x:deny-2"}}}}}}
	expect(k.review("CREATE", "ReplicaSet", "checkout-1", owned, nil, false), true, "")
	pod := map[string]any{"metadata": map[string]any{"name": "debug", "annotations": map[string]any{"evenkeel.dev/service": "checkout"}}, "spec": map[string]any{"containers": []any{map[string]any{"name": "app", "image": "x:deny-3"}}}}
	expect(k.review("CREATE", "Pod", "debug", pod, nil, false), false, "Nothing of this kind ships")

	// Evenkeel is away, or does not know the caller: the cluster's choice counts.
	here := k.webhook.ClientConfig.URL
	for _, away := range []string{nobody + "/x", here[:strings.LastIndexByte(here, '/')+1] + "wrong"} {
		k.webhook.ClientConfig.URL, k.webhook.FailurePolicy = away, "Ignore"
		expect(k.apply("checkout", "registry.example/checkout:deny-1", 9, false, nil), true, "")
		k.webhook.FailurePolicy = "Fail"
		expect(k.apply("checkout", "registry.example/checkout:deny-4", 9, false, nil), false, "failed calling webhook")
	}
}

// analysis is a ClusterAnalysisTemplate as Argo Rollouts reads it.
type analysis struct {
	Metadata struct{ Name string }
	Spec     struct {
		Args    []struct{ Name, Value string }
		Metrics []struct {
			Name, Interval        string
			Count                 int
			FailureLimit          int    `yaml:"failureLimit"`
			InconclusiveLimit     int    `yaml:"inconclusiveLimit"`
			ConsecutiveErrorLimit *int   `yaml:"consecutiveErrorLimit"`
			SuccessCondition      string `yaml:"successCondition"`
			FailureCondition      string `yaml:"failureCondition"`
			Provider              struct {
				Web struct {
					URL      string
					Headers  []struct{ Key, Value string }
					JSONPath string `yaml:"jsonPath"`
				}
			}
		}
	}
}

// analyse measures as the controller of Argo Rollouts does
// (analysis/analysis.go, assessMetricStatus, and metricproviders/webmetric):
// every status but 2xx is an error, which does not count; each other measurement
// counts, whatever it says. between runs between two measurements, in the place
// of the interval.
func (s *server) analyse(name, ref string, between func(n int)) (phase string, measured []string) {
	s.Helper()
	for _, a := range documents[analysis](s.T, "argocd/analysistemplate.yaml") {
		if a.Metadata.Name != name {
			continue
		}
		m := a.Spec.Metrics[0]
		fill := func(text string) string {
			args := map[string]string{"service": "checkout", "ref": ref, "token": s.argocd}
			for _, x := range a.Spec.Args {
				if args[x.Name] == "" {
					args[x.Name] = x.Value
				}
				text = strings.ReplaceAll(text, "{{args."+x.Name+"}}", args[x.Name])
			}
			return strings.Replace(text, "https://evenkeel.harbour.example", s.url, 1)
		}
		limit := 4
		if m.ConsecutiveErrorLimit != nil {
			limit = *m.ConsecutiveErrorLimit
		}
		var count, failed, inconclusive, errors int
		for n := 0; n < 1000; n++ {
			if n > 0 && between != nil {
				between(n)
			}
			req, err := http.NewRequest(http.MethodGet, fill(m.Provider.Web.URL), nil)
			must(s, err)
			for _, h := range m.Provider.Web.Headers {
				req.Header.Set(h.Key, fill(h.Value))
			}
			got := "Error"
			if res, err := http.DefaultClient.Do(req); err == nil {
				var body map[string]any
				if json.NewDecoder(res.Body).Decode(&body) == nil && res.StatusCode/100 == 2 && m.Provider.Web.JSONPath == "{$.data}" {
					got = "Inconclusive"
					switch fmt.Sprintf("result == %q", body["data"]) {
					case m.SuccessCondition:
						got = "Successful"
					case m.FailureCondition:
						got = "Failed"
					}
				}
				res.Body.Close()
			}
			measured = append(measured, got)
			switch got {
			case "Error":
				errors++
			default:
				errors = 0
				count++
			}
			switch got {
			case "Failed":
				failed++
			case "Inconclusive":
				inconclusive++
			}
			switch {
			case failed > m.FailureLimit:
				return "Failed", measured
			case inconclusive > m.InconclusiveLimit:
				return "Inconclusive", measured
			case errors > limit:
				return "Error", measured
			case m.Count > 0 && count >= m.Count:
				return "Successful", measured
			}
		}
	}
	s.Fatalf("the analysis %s does not end", name)
	return "", nil
}

func TestRolloutsGate(t *testing.T) {
	s := serve(t)
	if phase, got := s.analyse("evenkeel-gate", "5.14.0", nil); phase != "Successful" || len(got) != 1 {
		t.Errorf("%s %v", phase, got)
	}
	s.only("5.14.0")
	if phase, got := s.analyse("evenkeel-gate", "deny-1", nil); phase != "Failed" || len(got) != 1 {
		t.Errorf("%s %v", phase, got)
	}
	// It waits for people, is not successful before they said so, and goes on by itself then.
	phase, got := s.analyse("evenkeel-gate", "review-1", func(n int) {
		if n == 3 {
			s.approve("review-1")
		}
	})
	if phase != "Successful" || fmt.Sprint(got) != "[Error Error Error Successful]" {
		t.Errorf("%s %v", phase, got)
	}
	// Nobody approves, or nobody answers: it ends as an error, which aborts.
	if phase, got := s.analyse("evenkeel-gate", "review-2", nil); phase != "Error" || len(got) != 241 {
		t.Errorf("%s after %d measurements", phase, len(got))
	}
	url := s.url
	s.url = nobody
	if phase, _ := s.analyse("evenkeel-gate", "5.14.0", nil); phase != "Error" {
		t.Error(phase)
	}
	s.url = url

	// Without waiting=retry it is inconclusive, which pauses the rollout.
	for path, want := range map[string]string{
		"/gate?service=checkout&ref=review-2":       "Inconclusive",
		"/gate?service=checkout&ref=5.14.0":         "Successful",
		"/metric?service=checkout&ref=review-2":     "Inconclusive",
		"/metric?service=checkout&ref=1.0.0":        "Inconclusive",
		"/metric?service=nobody&ref=1.0.0":          "Inconclusive",
		"/metric?service=checkout&ref=" + sha(1):    "Inconclusive",
		"/metric?service=checkout":                  "400",
		"/gate?ref=5.14.0":                          "400",
		"/gate?service=checkout&commit=abc&ref=5.1": "400",
	} {
		res, err := http.Get(s.url + "/integrations/argocd/" + s.argocd + path)
		must(t, err)
		var body struct{ Data, Line string }
		must(t, json.NewDecoder(res.Body).Decode(&body))
		res.Body.Close()
		if res.StatusCode == 400 {
			body.Data = "400"
		}
		if body.Data != want {
			t.Errorf("%s: %s %s", path, body.Data, body.Line)
		}
	}
	for _, wrong := range []string{"/integrations/argocd/gate?service=checkout&ref=1", "/integrations/argocd/wrong/metric?service=checkout&ref=1"} {
		if res, err := http.Get(s.url + wrong); err != nil || res.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %v %v", wrong, res, err)
		}
	}
}

func TestRolloutsHealth(t *testing.T) {
	s := serve(t)
	tell := func(artefact string, phases ...string) {
		t.Helper()
		for _, p := range phases {
			code, log := s.run(t.TempDir(), map[string]string{"EVENKEEL_SERVER": s.url, "EVENKEEL_TOKEN": s.token}, "evenkeel", "change", "report", p, "--service", "checkout", "--artefact", artefact, "--ref", sha(len(artefact)), "--name", artefact)
			s.says(code, 0, log)
		}
	}
	// Nothing is measured: no reason to stop.
	tell("5.14", "started")
	if phase, got := s.analyse("evenkeel-health", "5.14", nil); phase != "Successful" || got[0] != "Inconclusive" || len(got) != 10 {
		t.Errorf("%s %v", phase, got)
	}
	// It fails on the way: the rollout is taken back at once.
	phase, got := s.analyse("evenkeel-health", "5.14", func(n int) {
		if n == 2 {
			tell("5.14", "failed")
		}
	})
	if phase != "Failed" || fmt.Sprint(got) != "[Inconclusive Inconclusive Failed]" {
		t.Errorf("%s %v", phase, got)
	}
	tell("5.14.1", "started", "succeeded")
	c := s.only("5.14.1")
	_, err := s.Changes.Finish(s.peer, c.ID, change.Outcome{State: change.Succeeded, Reason: "it fares well"})
	must(t, err)
	if phase, got := s.analyse("evenkeel-health", "5.14.1", nil); phase != "Successful" || got[0] != "Successful" {
		t.Errorf("%s %v", phase, got)
	}
}

// TestPreSync runs the hook's container as the kubelet does: its arguments and
// environment, on a read-only root with /tmp, and Argo CD syncs when it ends with 0.
func TestPreSync(t *testing.T) {
	s := serve(t)
	type job struct {
		Metadata struct{ Annotations map[string]string }
		Spec     struct {
			BackoffLimit          int `yaml:"backoffLimit"`
			ActiveDeadlineSeconds int `yaml:"activeDeadlineSeconds"`
			Template              struct {
				Spec struct {
					RestartPolicy string `yaml:"restartPolicy"`
					Containers    []struct{ Args []string }
				}
			}
		}
	}
	j := documents[job](t, "argocd/presync.yaml")[0]
	if j.Metadata.Annotations["argocd.argoproj.io/hook"] != "PreSync" || j.Spec.BackoffLimit != 0 || j.Spec.Template.Spec.RestartPolicy != "Never" || j.Spec.ActiveDeadlineSeconds <= 7200 {
		t.Fatalf("%+v", j)
	}
	sync := func(n int, tag, wait, server, onError string) (int, string) {
		dir := t.TempDir()
		var args []string
		for _, a := range j.Spec.Template.Spec.Containers[0].Args {
			args = append(args, strings.NewReplacer("REVISION", sha(n), "TAG", tag, "--wait=2h", "--wait="+wait, "/tmp/", dir+"/", "--on-error=block", "--on-error="+onError).Replace(a))
		}
		return s.run(dir, map[string]string{"EVENKEEL_SERVER": server, "EVENKEEL_TOKEN": s.token}, "evenkeel", args...)
	}
	code, log := sync(1, "5.14.0", "1s", s.url, "block")
	s.says(code, 0, log, "allowed CHG-")
	code, log = sync(2, "deny-1", "1s", s.url, "block")
	s.says(code, 11, log)
	code, log = sync(3, "review-1", "1s", s.url, "block")
	s.says(code, 10, log)
	code, log = sync(4, "5.15.0", "1s", nobody, "block")
	s.says(code, 12, log)
	code, log = sync(4, "5.15.0", "1s", nobody, "pass")
	s.says(code, 0, log)

	// Argo CD's notification of the same sync is about the same change.
	type configMap struct{ Data map[string]string }
	cm := documents[configMap](t, "argocd/notifications.yaml")[0]
	if !strings.Contains(cm.Data["template.evenkeel"], "{{toJson .app}}") || !strings.Contains(cm.Data["service.webhook.evenkeel"], "/integrations/argocd\n") {
		t.Fatal(cm.Data)
	}
	for _, n := range []int{1, 4} { // what was asked about, and what passed while nobody answered
		now := time.Now().UTC().Add(time.Duration(n-10) * time.Second).Format(time.RFC3339)
		app := fmt.Sprintf(`{"kind":"Application","metadata":{"name":"checkout","namespace":"argocd","annotations":{"evenkeel.dev/service":"checkout"}},"spec":{"source":{"repoURL":"https://git.example/harbour/checkout.git"}},
			"status":{"health":{"status":"Healthy"},"operationState":{"phase":"Succeeded","startedAt":%q,"finishedAt":%q,"syncResult":{"revision":%q}}}}`, now, now, sha(n))
		req := httptest.NewRequest(http.MethodPost, "/integrations/argocd", strings.NewReader(app))
		req.Header.Set("Authorization", "Bearer "+s.argocd)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, req)
		if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "CHG-") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	if c := s.only("5.14.0"); c.Bypass || !c.State.Running() {
		t.Errorf("%s is %s", c.Key(), c.State)
	}
	list, _, err := s.Changes.List(s.admin, change.Filter{}, "", 200)
	must(t, err)
	if i := slices.IndexFunc(list, func(c change.Change) bool { return c.Commit == sha(4) }); i < 0 || !list[i].Bypass {
		t.Error("what passed without an answer is not in the record, or not marked")
	}
}
