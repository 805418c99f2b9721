package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// reach is every command that asks the API, as somebody types it.
const reach = `
alert list
alert show ALR-1
alert episodes ALR-1
alert count
alert link ALR-1 INC-1
applies
apply DIR --yes
plan DIR
export DIR/out
change gate --service checkout --ref 4f1c
change preview --service checkout --artefact 5.14.0
change state CHG-1
change again CHG-1
change report started --service checkout --artefact 5.14.0
change upload tests DIR/team.yaml --repository harbour/checkout --ref 4f1c
change upload scan DIR/team.yaml --repository harbour/checkout --ref 4f1c
change upload plan DIR/team.yaml --repository harbour/checkout --ref 4f1c
change list --service checkout
change show CHG-1
change history CHG-1
change decisions CHG-1
change decision DEC-1
change approvals CHG-1
change calls CHG-1
change running checkout
change waiting
change board
change approve CHG-1
change reject CHG-1 -m no
change delegation list
change delegation add jonas --until 2026-12-27
change delegation end 1
change open Swap the disk --service checkout
change edit CHG-1 --title other
change schedule CHG-1
change cancel CHG-1
change start CHG-1
change deployed CHG-1
change finish CHG-1 succeeded
change correct CHG-1 failed -m users-saw-errors
change roll-back CHG-1
change rolled-back CHG-1 CHG-2
change note CHG-1 looks fine
change review CHG-1 was needed
change model list
change model show certificate-renewal
change model create certificate-renewal DIR/team.yaml
change model update certificate-renewal DIR/team.yaml
change model approve certificate-renewal
change model withdraw certificate-renewal -m fails
change model delete certificate-renewal
change settings show
change settings put DIR/team.yaml
change credentials show forge
change credentials set forge --system github --token-file -
change credentials forget forge
change calendar --team payments
change collisions checkout --from 2026-12-24T09:00
change window list
change window show payday
change window preview payday DIR/team.yaml
change window create payday DIR/team.yaml
change window update payday DIR/team.yaml
change window delete payday
change feed
change feed --new
change feed --end
change measures
change measures --records failures
change measures --parts team
change measures --rebuild
change ledger
change ledger --rule peer-review --who peer
change import DIR/team.yaml
change risk quality
change risk list
change risk show RISK-0
change risk propose
change risk accept RISK-1
change risk decline RISK-1
change risk use RISK-0
change verification CHG-1
change suspects
change suspects INC-1
change suspects INC-1 --confirm CHG-1
change suspects INC-1 --reject CHG-1
change suspects INC-1 --reopen CHG-1
change incidents CHG-1
change packet CHG-1
change packet CHG-1 --format json
policy list --change
policy show POLICY-1
policy test --on-server
policy try --change CHG-1
policy backtest --last 100
policy put DIR/x.rego
policy activate POLICY-1
policy shadow none
policy retire POLICY-1
policy diff POLICY-0 POLICY-1
calendar list
calendar show tokyo
calendar create tokyo --zone Asia/Tokyo
calendar update tokyo --zone Asia/Tokyo
calendar delete tokyo
cmdb list --kind database
cmdb show CI-1
cmdb find checkout-db
cmdb history CI-1
cmdb asof CI-1 7d
cmdb diff 7d --service checkout
cmdb impact CI-1
cmdb impact CI-1 database:orders --degraded --exposed
cmdb why CI-1 --down CI-2
cmdb needs CI-1
cmdb contents CI-1 --up
cmdb neighbours CI-1
cmdb reach CI-1 --hard
cmdb path CI-1 CI-2
cmdb roots CI-1 CI-2
cmdb import terraform DIR/team.yaml --scope prod --dry-run
cmdb bulk ours DIR/team.yaml
cmdb plan DIR/team.yaml
cmdb runs
cmdb run RUN-1
cmdb confirm RUN-1
cmdb refuse RUN-1
cmdb refuse PAIR-1
cmdb add database orders size=3 --known-as dns=db-1.harbour.example
cmdb set CI-1 size=4
cmdb unset CI-1 size
cmdb retire CI-1 -m gone
cmdb restore CI-1
cmdb relate CI-1 depends_on CI-2 --strength soft
cmdb unrelate CI-1 depends_on CI-2
cmdb proposals --all
cmdb proposal PAIR-1
cmdb merge PAIR-1
cmdb merge CI-1 CI-2 -m same
cmdb split CI-1 7 -m other
cmdb regroups CI-1
cmdb undo 7
cmdb kinds
cmdb kind show mainframe
cmdb kind create mainframe DIR/team.yaml
cmdb kind update mainframe DIR/team.yaml
cmdb kind delete mainframe
cmdb rules
cmdb rules preview DIR/team.yaml
cmdb rules put DIR/team.yaml
cmdb rules reset
cmdb sources
cmdb source types
cmdb source show clusters
cmdb source create clusters DIR/team.yaml
cmdb source update clusters DIR/team.yaml
cmdb source delete clusters
cmdb source run clusters
cmdb source try clusters
cmdb baselines
cmdb baseline show audit
cmdb baseline take audit
cmdb baseline update audit --title Audit
cmdb baseline move audit
cmdb baseline delete audit
cmdb baseline verify audit
cmdb baseline drift audit
cmdb baseline accept audit all
cmdb baseline decisions audit
cmdb report orphans
cmdb report unowned
cmdb report stale
cmdb report duplicates
cmdb report conflicts
cmdb report dangling
cmdb report edges --csv
channel list
channel show ops
channel create ops email
channel update ops
channel delete ops
channel test ops
contact show
contact set --p1 email
contact list
contact add sms +49401234567
contact code MET-1
contact verify MET-1 123456
contact test MET-1
contact last
contact remove MET-1
evidence status
evidence list
evidence prove 1
evidence checkpoints
evidence checkpoints --size 7
evidence sign
evidence consistency 1
evidence retention
evidence export -
evidence verify
incident list
incident now
incident show INC-1
incident timeline INC-1
incident declare it is broken
incident ack INC-1
incident mitigate INC-1 --how fix
incident resolve INC-1
incident close INC-1
incident reopen INC-1 --reason again
incident cancel INC-1 --reason none
incident note INC-1 seen
incident correct INC-1 1 seen
incident erase INC-1 1 --reason private
incident update INC-1 soon
incident assign INC-1 commander mara
incident reassign INC-1 --team payments
incident join INC-1
incident leave INC-1
incident wait INC-1 supplier
incident continue INC-1
incident merge INC-1 INC-2
incident parent INC-1 INC-2
incident link INC-1 url https://harbour.example
incident link INC-1 url https://harbour.example --remove
incident edit INC-1 --title other
incident restrict INC-1 --person mara
incident measure
incident matrix
incident ladder INC-1
incident escalate INC-1
incident snooze INC-1 30m
incident unsnooze INC-1
incident responder INC-1 --person mara
incident handover INC-1 mara
incident answer INC-1 accept
policy list
policy show payments
policy create payments --step person=mara
policy update payments --title Payments
policy delete payments
policy preview payments
policy preview payments --try person=mara
policy holes
integration list
integration show prom
integration create prom --kind generic
integration update prom
integration rotate prom
integration delete prom
me show
me update --zone UTC
me password
me sessions
me sign-out 1
me sign-out --others
message list
message show MSG-1
message retry MSG-1
message watch
message watchdog
oncall now
oncall mine
oncall holes
oncall health payments --month 2026-10
oncall health payments --pages --person mara --only sleep
oncall feed
oncall feed --end
oncall schedule list
oncall schedule show payments
oncall schedule create payments DIR/team.yaml
oncall schedule update payments DIR/team.yaml
oncall schedule delete payments
oncall schedule shifts payments --for 7d
oncall schedule preview DIR/team.yaml --schedule payments
oncall schedule fairness payments
oncall cover list payments
oncall cover show COV-1
oncall cover add payments --person tom --from 2026-12-24T09:00 --for 3d
oncall cover remove COV-1
oncall absence list
oncall absence add tom --from 2026-12-24 --to 2026-12-27
oncall swap list
oncall swap show COV-1
oncall swap offer payments --for 2d
oncall swap accept COV-1
oncall swap decline COV-1
person list
person show mara
person create mara --display Mara
person update mara --zone UTC
person invite mara
person disable mara
person enable mara
person erase mara --yes
rule list
rule show checkout
rule create checkout
rule update checkout
rule order checkout
rule try prom
rule delete checkout
scorecard list
scorecard show vital
scorecard check checkout
scorecard services vital
scorecard try DIR/team.yaml
scorecard create ours DIR/team.yaml
scorecard update ours DIR/team.yaml
scorecard delete ours
service list
service show checkout
service create checkout --team payments
service update checkout
service retire checkout
silence list
silence show SIL-1
silence create service=checkout -m known
silence create service=checkout --dry-run
silence expire SIL-1
team list
team show payments
team create payments
team update payments
team delete payments
token list
token create ci
token revoke TOK-1`

// unreached are the operations that no command asks for, and why.
var unreached = map[string]string{
	"get-raw-checkpoint": "for programs that follow the log; people have evidence checkpoints --raw",
	"get-tile":           "for programs that follow the log; people have evidence export",
}

// What the API can do, the command line can do: every operation of the
// committed OpenAPI document is asked for by some command, or has a reason
// here. The commands run for real against a server that notes what it is
// asked and answers with next to nothing, so what they print is not looked at.
func TestEveryOperationHasACommand(t *testing.T) {
	route, all := operations(t)
	var mu sync.Mutex
	asked := map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, id := route.Handler(r)
		mu.Lock()
		asked[id] = true
		mu.Unlock()
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("ETag", `"1"`)
		io.WriteString(w, `{"key":"USR-1","name":"checkout","counts":{"created":1},"running":`+map[bool]string{true: "true", false: "false"}[id == "POST /api/v1/evidence/checks"]+`,"result":{"ok":true}}`)
	}))
	defer server.Close()
	dir := t.TempDir()
	for _, name := range []string{"team.yaml", "x.rego"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("kind: Team\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(reach) {
		args := strings.Fields(strings.ReplaceAll(line, "DIR", dir))
		if len(args) == 0 {
			continue
		}
		var out bytes.Buffer
		Run(context.Background(), append([]string{"--server", server.URL, "--token", "ek_x", "-o", "json"}, args...), strings.NewReader("present\nnext\n"), &out, &out)
		if strings.Contains(out.String(), "see evenkeel --help") {
			t.Errorf("evenkeel %s: %s", strings.TrimSpace(line), out.String())
		}
	}
	for pattern, id := range all {
		reason := unreached[id]
		if asked[pattern] && reason != "" {
			t.Errorf("%s has a command after all; take it out of unreached", id)
		}
		if !asked[pattern] && reason == "" {
			t.Errorf("no command asks for %s (%s): add one to internal/cli and to this test, or a reason to unreached", id, pattern)
		}
	}
	for id := range unreached {
		if !slices.Contains(slices.Collect(maps.Values(all)), id) {
			t.Errorf("the API has no operation %s any more; take it out of unreached", id)
		}
	}
}

// operations reads the committed OpenAPI document: a mux that knows which
// operation answers a request, and the operation's id of each of its patterns.
func operations(t *testing.T) (*http.ServeMux, map[string]string) {
	t.Helper()
	data, err := os.ReadFile("../../test/testdata/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	mux, ids := http.NewServeMux(), map[string]string{}
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			var op struct {
				OperationID string `json:"operationId"`
			}
			if json.Unmarshal(raw, &op) != nil || op.OperationID == "" {
				continue // what all methods of a path share
			}
			pattern := strings.ToUpper(method) + " " + path
			ids[pattern] = op.OperationID
			mux.HandleFunc(pattern, func(http.ResponseWriter, *http.Request) {})
		}
	}
	return mux, ids
}
