package smoke

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
)

// TestOpsgenie moves an Alertmanager over from Opsgenie: only api_url changes.
// One alert goes from firing to closed, and its texts follow.
func TestOpsgenie(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := serve(t, "", newSink(t))
	made := s.run("integration", "create", "opsgenie", "--kind=opsgenie", "--output=json")
	var in struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal([]byte(made), &in); err != nil || in.Token == "" {
		t.Fatalf("%s: %v", made, err)
	}
	dir, addr := t.TempDir(), freePort(t)
	config := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, `
route: {receiver: opsgenie, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1m}
receivers:
- name: opsgenie
  opsgenie_configs:
  - api_url: http://%s/
    api_key: %s
    update_alerts: true
    message: '{{ .CommonAnnotations.summary }}'
    priority: '{{ if eq .CommonLabels.severity "critical" }}P1{{ else }}P3{{ end }}'
    responders: [{type: team, name: payments}]
`, s.addr, in.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	am := start(t, "alertmanager", nil, find(t, "prometheus-alertmanager", "on Debian: apt-get install prometheus-alertmanager"), "--config.file="+config,
		"--storage.path="+filepath.Join(dir, "am"), "--cluster.listen-address=", "--web.listen-address="+addr)
	ready(t, am, "http://"+addr+"/-/ready")

	tell := func(summary string, more string) {
		t.Helper()
		body := fmt.Sprintf(`[{"labels":{"alertname":"CheckoutDown","service":"checkout","severity":"critical"},"annotations":{"summary":%q}%s}]`, summary, more)
		res, err := http.Post("http://"+addr+"/api/v2/alerts", "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 200 {
			t.Fatalf("Alertmanager answers %s", res.Status)
		}
	}
	await := func(what, summary, status string) {
		t.Helper()
		eventually(t, 60*time.Second, what, func() error {
			list, err := s.api.Alerts(ctx, client.AlertFilter{Integration: "opsgenie"}, "", 10)
			if err != nil {
				return err
			}
			if len(list.Items) != 1 {
				return missing("%d alerts", len(list.Items))
			}
			if a := list.Items[0]; a.Summary != summary || a.Status != status || a.Severity != "critical" || a.Service != "checkout" {
				return missing("%+v", a)
			}
			return nil
		})
	}
	tell("Checkout does not answer", "")
	await("the alert fires", "Checkout does not answer", "firing")
	// Alertmanager tells a group again when another alert joins it.
	tell("Checkout lost its database", "")
	body := `[{"labels":{"alertname":"CheckoutDown","service":"checkout","severity":"critical","pod":"b"},"annotations":{"summary":"Checkout lost its database"}}]`
	res, err := http.Post("http://"+addr+"/api/v2/alerts", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	await("its text follows", "Checkout lost its database", "firing")
	end := fmt.Sprintf(`,"endsAt":%q`, time.Now().UTC().Format(time.RFC3339))
	tell("Checkout lost its database", end)
	res, err = http.Post("http://"+addr+"/api/v2/alerts", "application/json", strings.NewReader(strings.Replace(body, `}}]`, `}`+end+`}]`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	await("the alert is closed", "Checkout lost its database", "resolved")
}
