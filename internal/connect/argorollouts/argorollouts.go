// Package argorollouts aborts a rollout of Argo Rollouts: traffic goes back to
// the version that ran before, at once.
//
// It does what "kubectl argo rollouts abort" does
// (https://github.com/argoproj/argo-rollouts/blob/master/pkg/kubectl-argo-rollouts/cmd/abort/abort.go):
// a merge patch {"status":{"abort":true}} of the rollout's status, or, where the
// cluster's definition has no status of its own, of the rollout itself. The
// service account needs the verb patch on rollouts/status (and rollouts) of the
// group argoproj.io, in the namespaces that may be rolled back, and nothing else.
package argorollouts

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

// abort is the patch.
const abort = `{"status":{"abort":true}}`

// Caller speaks to the API of Kubernetes clusters.
type Caller struct{ guard egress.Guard }

// NewCaller returns a caller behind the guard of outgoing requests.
func NewCaller(g egress.Guard) *Caller { return &Caller{g} }

// Call aborts a rollout; see change.Caller. Saying it again changes nothing.
func (k *Caller) Call(ctx context.Context, c change.Call, r change.Reply, cred change.Credentials) error {
	var t change.RollbackTarget
	if err := json.Unmarshal(c.Target, &t); err != nil || t.Namespace == "" || t.Name == "" {
		return bad("the rollback names no rollout; write argo-rollouts:namespace/name")
	}
	client := k.guard.Client()
	defer client.CloseIdleConnections()
	if cred.CA != "" {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM([]byte(cred.CA)) {
			return bad("the certificates of the Kubernetes API are no PEM")
		}
		client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool}
	}
	address := strings.TrimRight(cred.URL, "/") + "/apis/argoproj.io/v1alpha1/namespaces/" + url.PathEscape(t.Namespace) + "/rollouts/" + url.PathEscape(t.Name)
	err := patch(ctx, client, address+"/status", cred.Token)
	var answer *egress.Answer
	if errors.As(err, &answer) && answer.Status == http.StatusNotFound {
		return patch(ctx, client, address, cred.Token)
	}
	return err
}

func patch(ctx context.Context, c *http.Client, address, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPatch, address, bytes.NewReader([]byte(abort)))
	if err != nil {
		return bad("the address of the Kubernetes API is no URL")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/merge-patch+json")
	req.Header.Set("Accept", "application/json")
	_, err = egress.Do(c, req, token)
	return err
}

// bad is a failure that trying again does not mend.
func bad(format string, args ...any) error {
	return &notify.Failure{Text: fmt.Sprintf(format, args...), Permanent: true}
}
