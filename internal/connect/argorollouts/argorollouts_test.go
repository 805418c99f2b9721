package argorollouts_test

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect/argorollouts"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// cluster is the API of Kubernetes as far as it is used, over TLS with a
// certificate of its own.
type cluster struct {
	*httptest.Server
	mu      sync.Mutex
	whole   bool // the rollout has no status of its own
	aborted []string
}

func newCluster(t testing.TB, whole bool) *cluster {
	k := &cluster{whole: whole}
	patch := func(w http.ResponseWriter, r *http.Request) {
		k.mu.Lock()
		defer k.mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		var p struct{ Status struct{ Abort bool } }
		switch {
		case r.Header.Get("Authorization") != "Bearer service-account":
			status(w, 401, "Unauthorized")
		case r.Header.Get("Content-Type") != "application/merge-patch+json":
			status(w, 415, "UnsupportedMediaType")
		case r.PathValue("name") != "checkout" || k.whole && strings.HasSuffix(r.URL.Path, "/status"):
			status(w, 404, "NotFound")
		case json.Unmarshal(body, &p) != nil || !p.Status.Abort:
			status(w, 400, "BadRequest")
		default:
			k.aborted = append(k.aborted, r.URL.Path)
			io.WriteString(w, `{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout","status":{"abort":true}}`)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("PATCH /apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/{name}", patch)
	mux.HandleFunc("PATCH /apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/{name}/status", patch)
	k.Server = httptest.NewTLSServer(mux)
	t.Cleanup(k.Close)
	return k
}

func status(w http.ResponseWriter, code int, reason string) {
	w.WriteHeader(code)
	io.WriteString(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"`+reason+`"}`)
}

func TestAbort(t *testing.T) {
	t.Parallel()
	for _, whole := range []bool{false, true} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			p, k := connecttest.NewPractice(t, d), newCluster(t, whole)
			p.Callers = map[change.CallKind]change.Caller{change.CallArgoAbort: argorollouts.NewCaller(egress.Guard{Loopback: true})}
			ca := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: k.Certificate().Raw}))
			_, err := p.SetCredentials(connecttest.Admin(), "cluster-eu", change.Credentials{System: "kubernetes", URL: k.URL, Token: "service-account", CA: ca})
			p.Must(err)
			for n, reference := range map[int]string{1: "argo-rollouts:shop/checkout", 2: "argo-rollouts:shop/other"} {
				rc, err := p.Ingest(connecttest.Admin(), change.Source{Name: "argocd"}, "", []change.Signal{{Kind: change.SignalDeployment, Commit: connecttest.Commit(n), Deployment: &change.Deployment{
					Key: reference, Phase: change.PhaseStarted, Services: []string{"checkout"}, RollbackRef: reference}}})
				p.Must(err)
				_, err = p.AskRollback(connecttest.As(1), rc.Changes[0], "errors")
				p.Must(err)
				p.Tell()
				call := p.Call(rc.Changes[0])
				if want := map[int]change.CallState{1: change.CallSent, 2: change.CallFailed}[n]; call.State != want || call.Source != "cluster-eu" {
					t.Errorf("%s: %+v", reference, call)
				}
			}
			if k.mu.Lock(); len(k.aborted) != 1 || strings.HasSuffix(k.aborted[0], "/status") == whole {
				t.Errorf("aborted %q", k.aborted)
			}
			k.mu.Unlock()
		})
	}
}
