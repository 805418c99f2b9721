package rollbackhook_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/connect/rollbackhook"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

func TestHook(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef01234567")
	for _, signed := range []bool{true, false} {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			type got struct {
				id, sign, want string
				body           map[string]any
			}
			heard := make(chan got, 2)
			tool := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				g := got{id: r.Header.Get("webhook-id"), sign: r.Header.Get("webhook-signature")}
				mac := hmac.New(sha256.New, key)
				mac.Write([]byte(g.id + "." + r.Header.Get("webhook-timestamp") + "." + string(b)))
				g.want = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
				json.Unmarshal(b, &g.body)
				heard <- g
				w.WriteHeader(202)
			}))
			defer tool.Close()
			p := connecttest.NewPractice(t, d)
			p.Callers = map[change.CallKind]change.Caller{change.CallWebhook: rollbackhook.NewCaller(egress.Guard{Loopback: true}.Client())}
			if signed {
				_, err := p.SetCredentials(connecttest.Admin(), "deployer", change.Credentials{System: "webhook", Secret: "whsec_" + base64.StdEncoding.EncodeToString(key)})
				p.Must(err)
			}
			_, err := p.Ingest(connecttest.Admin(), change.Source{Name: "deployer"}, "", []change.Signal{{Kind: change.SignalDeployment, Commit: connecttest.Commit(1), Deployment: &change.Deployment{
				Key: "1", Phase: change.PhaseSucceeded, Services: []string{"checkout"}, Artefact: "5.14.0", Previous: "5.13.2", RollbackRef: "webhook:" + tool.URL + "/rollback"}}})
			p.Must(err)
			_, err = p.AskRollback(connecttest.As(1), 1, "errors")
			p.Must(err)
			p.Tell()
			if call := p.Call(1); call.State != change.CallSent {
				t.Fatalf("%+v", call)
			}
			g := <-heard
			data := g.body["data"].(map[string]any)
			if g.body["type"] != "change.rollback" || data["change"] != "CHG-1" || data["artefact"] != "5.14.0" || data["return_to"] != "5.13.2" || data["link"] != "https://evenkeel.example.org/changes/CHG-1" || g.id == "" {
				t.Errorf("%v", g.body)
			}
			if signed && g.sign != g.want || !signed && g.sign != "" {
				t.Errorf("signature %q, want %q", g.sign, g.want)
			}
		})
	}
}
