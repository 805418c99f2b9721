package kubernetes

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// api is an API server as far as LIST and WATCH go: typed lists whose items do
// not say their kind, pages with continue tokens that may be out of date,
// watches that go on from a resourceVersion, Status objects for what fails.
type api struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string][]map[string]any // by path of the list
	page    int                         // items per page; 0: what is asked for
	gone    int                         // how many continue tokens are refused
	deny    map[string]int              // path → HTTP status
	version int
	asked   []string
	watches map[string]chan string // path → lines to send
}

const bearer = "service-account-token"

func newAPI(t *testing.T) *api {
	a := &api{objects: map[string][]map[string]any{}, deny: map[string]int{}, watches: map[string]chan string{}, version: 100}
	a.Server = httptest.NewUnstartedServer(http.HandlerFunc(a.serve))
	a.Config.ErrorLog = log.New(io.Discard, "", 0) // connections that the refused configurations end
	a.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	a.StartTLS()
	t.Cleanup(a.Close)
	return a
}

func (a *api) status(w http.ResponseWriter, code int, reason, message string) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason, "code": code})
}

func (a *api) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	a.mu.Lock()
	a.asked = append(a.asked, r.URL.RequestURI())
	deny, gone := a.deny[r.URL.Path], false
	if r.URL.Query().Get("continue") != "" && a.gone > 0 {
		a.gone--
		gone = true
	}
	a.mu.Unlock()
	certified := len(r.TLS.PeerCertificates) == 1 && r.TLS.PeerCertificates[0].Subject.CommonName == "evenkeel"
	switch {
	case r.Header.Get("Authorization") != "Bearer "+bearer && !certified:
		a.status(w, 401, "Unauthorized", "Unauthorized")
	case deny != 0:
		a.status(w, deny, "Denied", "cannot list resource")
	case gone:
		a.status(w, 410, "Expired", "The provided continue parameter is too old")
	case r.URL.Path == "/apis":
		fmt.Fprint(w, `{"kind":"APIGroupList","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1","version":"v1"}]},{"name":"batch","versions":[{"version":"v1"}]},
			{"name":"networking.k8s.io","versions":[{"version":"v1"}]},{"name":"networking.istio.io","versions":[{"version":"v1beta1"}]}]}`)
	case r.URL.Query().Get("watch") == "1":
		a.watch(w, r)
	default:
		a.list(w, r)
	}
}

func (a *api) list(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.objects[r.URL.Path]
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
	if a.page > 0 {
		limit = min(limit, a.page)
	}
	m := map[string]any{"resourceVersion": strconv.Itoa(a.version)}
	to := min(from+limit, len(all))
	if to < len(all) {
		m["continue"] = strconv.Itoa(to)
	}
	var items any // null for none, as the API writes it
	if from < to {
		items = all[from:to]
	}
	_ = json.NewEncoder(w).Encode(struct {
		Kind     string `json:"kind"`
		Version  string `json:"apiVersion"`
		Metadata any    `json:"metadata"`
		Items    any    `json:"items"`
	}{"SomeList", "v1", m, items})
}

func (a *api) lines(path string) chan string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.watches[path] == nil {
		a.watches[path] = make(chan string)
	}
	return a.watches[path]
}

// watch sends lines until "end".
func (a *api) watch(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(200)
	w.(http.Flusher).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case l := <-a.lines(r.URL.Path):
			if l == "end" {
				return
			}
			fmt.Fprintln(w, l)
			w.(http.Flusher).Flush()
		}
	}
}

func (a *api) put(path string, objects ...string) {
	for _, o := range objects {
		var m map[string]any
		if err := json.Unmarshal([]byte(o), &m); err != nil {
			panic(err)
		}
		a.objects[path] = append(a.objects[path], m)
	}
}

func (a *api) ca() string {
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw}))
}

// config writes a kubeconfig for the server.
func (a *api) config(t *testing.T, cluster, user string) Kubeconfig {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: harbour
clusters:
- name: harbour
  cluster: {server: %q, %s}
contexts:
- name: harbour
  context: {cluster: harbour, user: evenkeel}
users:
- name: evenkeel
  user: {%s}
`, a.URL, cluster, user)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Kubeconfig{Path: path}
}

func (a *api) fill(n int) {
	a.put("/api/v1/namespaces", `{"metadata":{"name":"shop","uid":"n1"}}`)
	for i := range n {
		a.put("/apis/apps/v1/deployments", fmt.Sprintf(`{"metadata":{"name":"app-%04d","namespace":"shop","uid":"d%d"},"spec":{"template":{"metadata":{"labels":{"app":"app-%04d"}},"spec":{"containers":[{"env":[{"name":"NEXT_ADDR","value":"app-%04d:80"}]}]}}}}`, i, i, i, (i+1)%n))
		a.put("/api/v1/services", fmt.Sprintf(`{"metadata":{"name":"app-%04d","namespace":"shop"},"spec":{"selector":{"app":"app-%04d"}}}`, i, i))
	}
	a.put("/apis/networking.istio.io/v1beta1/gateways", `{"metadata":{"name":"edge","namespace":"shop"},"spec":{"servers":[{"hosts":["*"]}]}}`)
}

func TestList(t *testing.T) {
	for name, test := range map[string]func(*api) Kubeconfig{
		"token in the file, own authority": func(a *api) Kubeconfig {
			return a.config(t, "certificate-authority-data: "+a.ca(), "token: "+bearer)
		},
		"kubeconfig in JSON": func(a *api) Kubeconfig {
			k := a.config(t, "", "")
			text := fmt.Sprintf(`{"current-context":"c","clusters":[{"name":"c","cluster":{"server":%q,"certificate-authority-data":%q}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],"users":[{"name":"u","user":{"token":%q}}]}`,
				a.URL, a.ca(), bearer)
			if err := os.WriteFile(k.Path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			return k
		},
		"token from a file beside it": func(a *api) Kubeconfig {
			k := a.config(t, "certificate-authority-data: "+a.ca(), "tokenFile: token")
			if err := os.WriteFile(filepath.Join(filepath.Dir(k.Path), "token"), []byte(bearer+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			return k
		},
		"client certificate": func(a *api) Kubeconfig {
			cert, key := clientPair(t)
			return a.config(t, "certificate-authority-data: "+a.ca(), "client-certificate-data: "+cert+", client-key-data: "+key)
		},
		"unchecked on purpose": func(a *api) Kubeconfig {
			k := a.config(t, "insecure-skip-tls-verify: true", "token: "+bearer)
			k.Insecure = true
			return k
		},
		"service account of the pod": func(a *api) Kubeconfig {
			dir := t.TempDir()
			ca, _ := base64.StdEncoding.DecodeString(a.ca())
			for f, b := range map[string][]byte{"ca.crt": ca, "token": []byte(bearer)} {
				if err := os.WriteFile(filepath.Join(dir, f), b, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			u, _ := url.Parse(a.URL)
			t.Setenv("KUBERNETES_SERVICE_HOST", u.Hostname())
			t.Setenv("KUBERNETES_SERVICE_PORT", u.Port())
			return Kubeconfig{account: dir}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI(t)
			a.fill(25)
			a.page, a.gone = 10, 2
			s := seen{items: map[string]cmdb.Seen{}}
			_, err := List(t.Context(), test(a), Options{Cluster: "harbour"}, func(r cmdb.Record) error {
				if r.Item != nil {
					s.items[r.Item.Key] = *r.Item
				} else {
					s.relations = append(s.relations, *r.Relation)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]int{"cluster": 1, "namespace": 1, "deployment": 25, "application": 25, "load-balancer": 1, "runs_on": 26, "part_of": 25, "calls": 25}
			if d := cmp.Diff(want, s.counts()); d != "" {
				t.Error(d)
			}
			for _, u := range a.asked {
				if strings.Contains(u, "secrets") {
					t.Errorf("asked for %s", u)
				}
			}
		})
	}
}

func clientPair(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "evenkeel"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := x509.MarshalECPrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	enc := func(kind string, b []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return enc("CERTIFICATE", der), enc("EC PRIVATE KEY", raw)
}

func TestConfigurationsThatAreRefused(t *testing.T) {
	a := newAPI(t)
	a.fill(1)
	ca := "certificate-authority-data: " + a.ca()
	none := func(cmdb.Record) error { return nil }
	for _, c := range []struct {
		k    Kubeconfig
		want string
	}{
		{a.config(t, ca, "exec: {command: aws}"), "programs are not run"},
		{a.config(t, ca, "auth-provider: {name: gcp}"), "took these out in 1.26"},
		{a.config(t, ca, "username: mara, password: x"), "took passwords out"},
		{a.config(t, ca, "as: admin"), "acting as another"},
		{a.config(t, "insecure-skip-tls-verify: true", "token: x"), "allow an unchecked connection on purpose"},
		{a.config(t, "certificate-authority-data: '!!'", "token: x"), "no base64"},
		{a.config(t, "certificate-authority-data: eA==", "token: x"), "in PEM"},
		{a.config(t, ca, "client-certificate-data: eA=="), "the key that belongs to it"},
		{a.config(t, ca, "token: wrong"), "not, or no longer, valid"},
		{a.config(t, "tls-server-name: other.example", "token: "+bearer), "does not answer"},
		{Kubeconfig{Path: "/nowhere"}, "can be read"},
		{Kubeconfig{account: "/nowhere"}, "name a kubeconfig"},
		{func() Kubeconfig { k := a.config(t, ca, "token: x"); k.Context = "other"; return k }(), "that the kubeconfig has: harbour"},
	} {
		if _, err := List(t.Context(), c.k, Options{}, none); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q in %v", c.want, err)
		}
	}
	a.deny["/apis/apps/v1/statefulsets"] = 403
	if _, err := List(t.Context(), a.config(t, ca, "token: "+bearer), Options{}, none); !errs.Is(err, errs.Forbidden) || !strings.Contains(err.Error(), "ClusterRole") {
		t.Error(err)
	}
	a.deny = map[string]int{"/apis/networking.istio.io/v1beta1/gateways": 404} // no such resource in the group
	if _, err := List(t.Context(), a.config(t, ca, "token: "+bearer), Options{}, none); err != nil {
		t.Error(err)
	}
	a.deny, a.gone, a.page = nil, 1000, 1
	a.put("/api/v1/namespaces", `{"metadata":{"name":"other"}}`)
	if _, err := List(t.Context(), a.config(t, ca, "token: "+bearer), Options{}, none); err == nil || !strings.Contains(err.Error(), "410") {
		t.Errorf("pages that are always out of date: %v", err)
	}
	k := a.config(t, ca, "token: "+bearer)
	k.Namespace, a.gone = "shop", 0
	a.asked = nil
	if _, err := List(t.Context(), k, Options{}, none); err != nil || slices.ContainsFunc(a.asked, func(u string) bool { return strings.Contains(u, "/nodes") }) ||
		!slices.Contains(a.asked, "/apis/apps/v1/namespaces/shop/deployments?limit=500") {
		t.Errorf("%v %v", err, a.asked)
	}
}

func TestWatch(t *testing.T) {
	a := newAPI(t)
	a.fill(2)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	changes := make(chan struct{}, 10)
	done := make(chan error, 1)
	k := a.config(t, "certificate-authority-data: "+a.ca(), "token: "+bearer)
	go func() {
		done <- Watch(ctx, k, Pace{Quiet: 20 * time.Millisecond, Latest: time.Second, Retry: time.Millisecond}, func() { changes <- struct{}{} })
	}()
	const path = "/apis/apps/v1/deployments"
	send := func(lines ...string) {
		t.Helper()
		for _, l := range lines {
			select {
			case a.lines(path) <- l: // taken only by a running watch
			case <-ctx.Done():
				t.Fatalf("nobody watches: %v", a.asked)
			}
		}
	}
	expect := func(what string) {
		t.Helper()
		select {
		case <-changes:
		case <-ctx.Done():
			t.Fatal("not told of " + what)
		}
	}
	same := `"metadata":{"name":"app-0000","namespace":"shop","uid":"d0","resourceVersion":"%d","managedFields":[{}]},"spec":{"template":{"metadata":{"labels":{"app":"app-0000"}},"spec":{"containers":[{"env":[{"name":"NEXT_ADDR","value":"app-0001:80"}]}]}}}`
	// A bookmark and an update of status alone are no change; the watch goes on from the newest version.
	send(`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"120"}}}`,
		fmt.Sprintf(`{"type":"MODIFIED","object":{`+same+`,"status":{"readyReplicas":1}}}`, 121), "end")
	send(fmt.Sprintf(`{"type":"MODIFIED","object":{`+same+`}}`, 122), `{"type":"ADDED","object":{"metadata":{"name":"new","uid":"d9","resourceVersion":"123"},"spec":{}}}`)
	expect("an object that came")
	send(`{"type":"DELETED","object":{"metadata":{"name":"new","uid":"d9","resourceVersion":"124"},"spec":{}}}`)
	expect("one that went")
	send(`{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old resource version"}}`)
	expect("a place that the server forgot")
	send(`{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"130"}}}`, `{"type":"MODI`, "end")
	send("end")
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(changes) != 0 {
		t.Errorf("%d changes too many", len(changes))
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, want := range []string{"resourceVersion=100", "resourceVersion=121", "resourceVersion=130"} {
		if !slices.ContainsFunc(a.asked, func(u string) bool {
			return strings.HasPrefix(u, path+"?allowWatchBookmarks=true&"+want+"&timeoutSeconds=300&watch=1")
		}) {
			t.Errorf("no watch from %s: %v", want, a.asked)
		}
	}
}

func TestWatchEndsWhereItMayNotRead(t *testing.T) {
	a := newAPI(t)
	a.deny["/api/v1/nodes"] = 403
	err := Watch(t.Context(), a.config(t, "certificate-authority-data: "+a.ca(), "token: "+bearer), Pace{}, func() {})
	if !errs.Is(err, errs.Forbidden) {
		t.Error(err)
	}
}
