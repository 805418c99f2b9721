package packetweb

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/evenkeel/evenkeel/internal/change/packet"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

type signer struct{ key evidence.Key }

func (s signer) Key() evidence.Public              { return s.key.Public() }
func (s signer) SignMessage(message []byte) []byte { return s.key.SignMessage(message) }

// sealed is a packet in a log that holds nothing but its own entry.
func sealed(t *testing.T, c packet.Content) attest.Envelope {
	t.Helper()
	key, err := evidence.NewKey("harbour.example")
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	st := attest.Statement{Type: attest.StatementType, PredicateType: packet.PredicateType, Subject: []attest.Subject{{Name: "harbour/checkout", Digest: map[string]string{"gitCommit": strings.Repeat("1a", 20)}}},
		Predicate: attest.Predicate{Record: "CHG-77", Related: []string{}, Content: text, Entries: []tlog.Hash{}}}
	body, err := st.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	entry, err := evidence.Canonical(nil, evidence.Stamp{Leaf: 1, At: at, Actor: "user:9"}, evidence.Entry{Action: "change.packet", Record: ref.N(ref.Change, 77), Data: map[string]string{"statement": attest.Digest(body)}})
	if err != nil {
		t.Fatal(err)
	}
	cp, err := key.Sign(1, 1, evidence.LeafHash(entry))
	if err != nil {
		t.Fatal(err)
	}
	env, err := attest.Seal(body, signer{key}, attest.Log{Key: key.Public().String(), Checkpoint: cp.Note, Entries: []attest.Entry{{Index: 0, Entry: string(entry), Path: []tlog.Hash{}}}})
	if err != nil {
		t.Fatal(err)
	}
	return env
}

var at = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

func content() packet.Content {
	risk := 62
	later := func(m int) time.Time { return at.Add(time.Duration(m) * time.Minute) }
	return packet.Content{
		Change: packet.Change{Key: "CHG-77", Title: "Retry <payments> once", Type: "normal", Kind: "deploy", Purpose: "feature", State: "rolled back", Services: []string{"checkout", "payments"}, Environment: "production",
			Repository: "harbour/checkout", Commit: strings.Repeat("1a", 20), Artefact: "checkout:2.14.0", Previous: "checkout:2.13.2", Author: "USR-1", Outcome: "needs_review", Risk: &risk, RiskLevel: "medium", Waited: 1815,
			RollbackRef: "github:harbour/checkout/rollback.yml", TakenBackBy: "CHG-78", CreatedAt: at, AssessedAt: at, ApprovedAt: later(31), StartedAt: later(40), DeployedAt: later(44), EndedAt: later(58), EndedBy: "rollback", EndedReason: "Errors rose from 0.1 % to 4.2 %"},
		Decisions: []packet.Decision{{Key: "DEC-410", At: at, Mode: "gate", Policy: packet.Policy{Key: "POLICY-3", Digest: strings.Repeat("9f", 32)}, Weights: "RISK-2", Outcome: "needs_review", Risk: 62,
			Input: json.RawMessage(`{"change":{"type":"normal"},"tests":{"state":"value","value":{"total":412,"passed":412}}}`), Result: json.RawMessage(`{"outcome":"needs_review","reasons":[{"rule":"risk-threshold","effect":"adds","text":"Risk 62 is medium: one peer approves"},{"rule":"error-budget","effect":"none","text":"62 % of the error budget is left"}]}`)}},
		Approvals: []packet.Approval{{Rule: "risk-threshold", Who: "peer", State: "approved", AskedAt: at, DecidedAt: later(31), Person: "USR-2", Via: "page", Commit: strings.Repeat("1a", 20), Reason: "Idempotency keys are in place"}},
		Tests:     []packet.Fact{{Name: "unit", At: at, Data: json.RawMessage(`{"total":412,"passed":410,"failed":0,"skipped":2}`)}}, Scans: []packet.Fact{{Name: "gosec", At: at, Data: json.RawMessage(`{"errors":0,"warnings":3,"notes":1}`)}},
		Reviews: []packet.Review{{Reviewer: 1, Verdict: "approved", Commit: strings.Repeat("1a", 20), At: at}},
		History: []packet.Entry{{N: 1, At: at, Kind: "state", Actor: "integration:3", Text: "Opened by the pipeline"}, {N: 2, At: later(31), Kind: "approval", Actor: "user:2", Text: "Approved"}, {N: 3, At: later(33), Kind: "note", Actor: "user:1"}, {N: 4, At: later(58), Kind: "state", Actor: "integration:3", Text: "Rolled back", Detail: "by CHG-78"}},
		Causes:  []packet.Cause{{Incident: "INC-1042", Rule: "taken back", At: later(58)}},
	}
}

func TestPage(t *testing.T) {
	var out bytes.Buffer
	if err := Render(&out, sealed(t, content())); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Retry &lt;payments&gt; once", "CHG-77.packet.json", "Risk 62 is medium", "INC-1042", "30m15s", "USR-2 by page", "412", "rolled back", "note, left out", "entry #0"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"<script", "style=", "http://", "src=", "href=", "ZgotmplZ", "<no value>"} {
		if strings.Contains(out.String(), never) {
			t.Errorf("the page has %q", never)
		}
	}
	if name := os.Getenv("EVENKEEL_PACKET_PAGE"); name != "" { // to look at it
		if err := os.WriteFile(name, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A page of a packet that does not verify would look as good as any other.
func TestNoPageOfABadPacket(t *testing.T) {
	env := sealed(t, content())
	env.Log.Entries[0].Entry += " "
	var out bytes.Buffer
	if err := Render(&out, env); !errs.Is(err, errs.Conflict) || out.Len() > 0 {
		t.Errorf("%v, %d bytes", err, out.Len())
	}
}

// What is not there is said in words, not shown as empty.
func TestPageOfLittle(t *testing.T) {
	var out bytes.Buffer
	err := Render(&out, sealed(t, packet.Content{Change: packet.Change{Key: "CHG-77", State: "draft", Services: []string{"checkout"}}}))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Policy was not asked", "None was needed", "No test report came", "unknown"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
