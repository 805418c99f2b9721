package smoke

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

func TestOutageSQLite(t *testing.T)   { outage(t, "") }
func TestOutagePostgres(t *testing.T) { outage(t, dbtest.PostgresURL(t)) }

// organisation is Harbour & Co as code. The three senders tell of the same
// service, so the rule makes one incident of what they say.
const organisation = `apiVersion: evenkeel/v1
kind: Team
metadata: {name: payments}
spec:
  title: Payments
  members: [{person: mara, role: manager}]
---
apiVersion: evenkeel/v1
kind: Service
metadata: {name: checkout}
spec: {team: payments, tier: 0, promise: Customers can pay.}
---
apiVersion: evenkeel/v1
kind: Integration
metadata: {name: alertmanager}
spec: {kind: alertmanager}
---
apiVersion: evenkeel/v1
kind: Integration
metadata: {name: pagerduty}
spec: {kind: pagerduty}
---
apiVersion: evenkeel/v1
kind: Integration
metadata: {name: prometheus}
spec: {kind: prometheus}
---
apiVersion: evenkeel/v1
kind: AlertRule
metadata: {name: by-service}
spec: {position: 1, group_by: [service]}
`

// acknowledgeLink is the button of that verb in a message's text.
var acknowledgeLink = regexp.MustCompile(`(?m)^Acknowledge[^\n]*:\r?\n(http://\S+)`)

func outage(t *testing.T, database string) {
	t.Parallel()
	ctx := context.Background()
	mail, shop := newSink(t), newTarget(t)
	s := serve(t, database, mail)

	// The organisation, as code; a second apply changes nothing.
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "harbour.yaml"), []byte(organisation), 0o600); err != nil {
		t.Fatal(err)
	}
	s.run("apply", dir, "--yes")
	if out := s.run("plan", dir); !strings.Contains(out, "Nothing to do") {
		t.Errorf("a second plan is not empty:\n%s", out)
	}
	token := func(integration string) string {
		var out struct {
			Token string `json:"token"`
		}
		if err := s.api.Do(ctx, "POST", "/api/v1/integrations/"+integration+"/rotate", map[string]string{}, &out); err != nil {
			t.Fatal(err)
		}
		return out.Token
	}
	monitor(t, shop, s.addr, senders{webhook: token("alertmanager"), pagerduty: token("pagerduty"), prometheus: token("prometheus")})

	// The outage begins.
	shop.down.Store(true)
	var key string
	eventually(t, 60*time.Second, "one P1 incident gathers the alerts of all three ways", func() error {
		list, err := s.api.Incidents(ctx, client.IncidentFilter{Open: "true"})
		if err != nil {
			return err
		}
		if len(list.Items) != 1 {
			return missing("%d open incidents", len(list.Items))
		}
		i := list.Items[0]
		key = i.Key
		if i.Alerts != 3 || i.AlertsFiring != 3 || i.Priority != "P1" || i.Service != "checkout" || i.Team != "payments" || i.State != "triggered" {
			return missing("%+v", i)
		}
		return nil
	})

	// Mail asks Mara to acknowledge. Looking at the link changes nothing.
	var page letter
	eventually(t, 30*time.Second, "mail to Mara with a link", func() error {
		for _, l := range mail.letters() {
			if strings.Contains(l.subject, key) && acknowledgeLink.MatchString(l.text) && strings.Contains(strings.Join(l.to, " "), "mara@harbour.example") {
				page = l
				return nil
			}
		}
		return missing("%d letters: %v", len(mail.letters()), mail.letters())
	})
	link := acknowledgeLink.FindStringSubmatch(page.text)[1]
	phone := &http.Client{Timeout: 30 * time.Second} // not signed in: the link alone acts
	if confirm := s.visit(phone, "GET", link); !strings.Contains(confirm, key) || !strings.Contains(confirm, `method="post"`) {
		t.Errorf("the page behind the link does not ask:\n%s", confirm)
	}
	s.is(key, "triggered")
	s.visit(phone, "POST", link)
	if i := s.is(key, "acknowledged"); i.Clocks.Response == nil || i.Clocks.Response.State != "met" {
		t.Errorf("the response clock did not stop: %+v", i.Clocks.Response)
	}

	// Restored: said on the command line, before the alerts know it.
	s.run("incident", "mitigate", key, "--how=failover", "--note=Switched to the standby database")
	s.is(key, "mitigated")

	// The monitors see it, all alerts resolve, and so does the incident.
	shop.down.Store(false)
	eventually(t, 60*time.Second, "the incident resolves by itself", func() error {
		i, err := s.api.Incident(ctx, key)
		if err != nil {
			return err
		}
		if i.State != "resolved" || i.AlertsFiring != 0 {
			return missing("%s with %d firing", i.State, i.AlertsFiring)
		}
		return nil
	})
	if _, err := s.api.IncidentVerb(ctx, key, "close", nil); err != nil {
		t.Fatal(err)
	}
	closed := s.is(key, "closed")
	if closed.How != "failover" || closed.Measures.Acknowledge == nil || closed.Measures.Mitigate == nil {
		t.Errorf("closed as %+v", closed)
	}
	s.told(key, "opened this incident", "joined", "acknowledged", "restored the service by failover", "resolved by itself", "closed")
	eventually(t, 30*time.Second, "mail about the end", func() error {
		for _, l := range mail.letters() {
			if strings.Contains(l.text, "resolved") {
				return nil
			}
		}
		return missing("%d letters", len(mail.letters()))
	})
	if got := mail.letters(); len(got) > 20 {
		t.Errorf("%d letters for one outage", len(got))
	}
	s.proven(key)
}

// visit asks an address as a client and returns the page.
func (s *server) visit(c *http.Client, method, address string) string {
	s.t.Helper()
	req, err := http.NewRequest(method, address, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := c.Do(req)
	return s.read(res, err, address, 200)
}

// is fails unless an incident is in a state now.
func (s *server) is(key, state string) client.IncidentDetail {
	s.t.Helper()
	i, err := s.api.Incident(context.Background(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	if i.State != state {
		s.t.Fatalf("%s is %s, want %s", key, i.State, state)
	}
	return i
}

// told fails unless the timeline tells of all words, in this order.
func (s *server) told(key string, words ...string) {
	s.t.Helper()
	list, err := s.api.Timeline(context.Background(), key, true, "", 200)
	if err != nil {
		s.t.Fatal(err)
	}
	var all strings.Builder
	for _, e := range list.Items {
		all.WriteString(strings.ToLower(e.Kind + " " + e.Text + "\n"))
	}
	rest := all.String()
	for _, w := range words {
		_, after, ok := strings.Cut(rest, w)
		if !ok {
			s.t.Fatalf("the timeline does not tell %q in its place:\n%s", w, all.String())
		}
		rest = after
	}
}

// proven exports the evidence, stops the server, and verifies the export
// offline; then it edits one byte of the export and expects to be caught.
func (s *server) proven(key string) {
	s.t.Helper()
	export := filepath.Join(s.t.TempDir(), "evidence.jsonl")
	s.run("evidence", "verify")
	s.run("evidence", "export", export)
	s.process.stop(s.t)
	if out := s.run("evidence", "verify", export); !strings.Contains(out, "good") || !strings.Contains(out, "every entry is there") {
		s.t.Errorf("verification says:\n%s", out)
	}
	b, err := os.ReadFile(export)
	if err != nil {
		s.t.Fatal(err)
	}
	edited := strings.Replace(string(b), "incident.acknowledge", "incident.Acknowledge", 1)
	if edited == string(b) {
		s.t.Fatalf("the export has no entry about the acknowledgement of %s", key)
	}
	if err := os.WriteFile(export, []byte(edited), 0o600); err != nil {
		s.t.Fatal(err)
	}
	if out, err := s.try("evidence", "verify", export); err == nil {
		s.t.Errorf("an edited export verifies:\n%s", out)
	}
}
