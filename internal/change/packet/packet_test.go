package packet

import (
	"bytes"
	"context"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/audit"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const commit = "8f3c1ad2b6f0c0ffee00112233445566778899aa"

var at = time.Date(2026, 3, 2, 14, 0, 0, 0, time.UTC)

type bench struct {
	*testing.T
	*Service
	d   *db.DB
	key evidence.Key
}

func auditor() context.Context {
	return actor.With(context.Background(), actor.Actor{Kind: actor.User, ID: 9, Person: 9, Role: actor.Auditor})
}

func each(t *testing.T, f func(b *bench)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		key, _, err := audit.LoadKey(t.Context(), d, audit.KeySource{File: filepath.Join(t.TempDir(), "log.key"), Name: "harbour.example"})
		if err != nil {
			t.Fatal(err)
		}
		log, err := audit.New(t.Context(), d, key, audit.Options{})
		if err != nil {
			t.Fatal(err)
		}
		s := New(d, log)
		s.Public = func(_ db.Querier, ids []int64) (map[int64]bool, error) { return map[int64]bool{7: true}, nil }
		f(&bench{t, s, d, key})
	})
}

// story writes the rows of a change that was decided, approved, deployed,
// failed, and caused two incidents, one of which is restricted.
func (b *bench) story() {
	b.Helper()
	us := db.Micros(at)
	err := b.d.Write(b.Context(), actor.Job("test"), "test", func(tx *db.Tx) error {
		for n, action := range []string{"change.create", "change.decide", "change.approve", "change.start", "change.fail"} {
			tx.Record(evidence.Entry{Action: action, Record: ref.N(ref.Change, 7), Version: int64(n + 1), After: evidence.Digest([]byte("salt"), n)})
		}
		tx.Record(evidence.Entry{Action: "change.create", Record: ref.N(ref.Change, 8), Version: 1})
		if err := dbtest.Insert(tx, "change", map[string]any{"id": 7, "version": 5, "title": "Retry <payments> & log", "type": "normal", "kind": "deploy", "state": "failed", "services": `["checkout","payments"]`,
			"service": "checkout", "environment": "production", "repository": "harbour/checkout", "commit_sha": commit, "artefact": "registry.example/checkout@sha256:" + strings.Repeat("0d", 32), "author": "mara-the-login", "author_person": 1,
			"outcome": "needs_review", "risk": 62, "risk_level": "medium", "created_at": us, "started_at": us + 60_000_000, "deployed_at": us + 90_000_000, "ended_at": us + 120_000_000, "outcome_by": "verification", "outcome_reason": "Errors rose from 0.1 % to 4 %"}); err != nil {
			return err
		}
		tx.Record(evidence.Entry{Action: "policy.put", Record: ref.N(ref.Policy, 3), Version: 1, After: "x", Data: map[string]any{"modules": "sha256:ab"}})
		rows := []struct {
			table  string
			values map[string]any
		}{
			{"change_decision", map[string]any{"id": 70, "change_id": 7, "at": us, "mode": "gate", "policy": 3, "weights": 2, "outcome": "needs_review", "risk": 62, "input": `{"change":{"type":"normal"}}`, "result": `{"outcome":"needs_review","reasons":[{"rule":"tier","effect":"adds","text":"Tier 0 < 1"}]}`}},
			{"change_decision", map[string]any{"id": 71, "change_id": 7, "at": us, "mode": "shadow", "policy": 4, "outcome": "deny", "risk": 62, "input": `{}`, "result": `{}`}},
			{"policy_version", map[string]any{"id": 3, "version": 1, "state": "active", "digest": "sha256:ab", "modules": "{}"}},
			{"change_approval", map[string]any{"id": 72, "change_id": 7, "rule": "risk-medium", "who": "peer", "state": "approved", "asked_at": us, "decided_at": us + 30_000_000, "person": 2, "via": "page", "commit_sha": commit, "reason": "Looks right"}},
			{"change_approval", map[string]any{"id": 73, "change_id": 7, "rule": "risk-medium", "who": "peer", "state": "approved", "asked_at": us, "decided_at": us + 30_000_000, "outside": "secret-login", "via": "review", "commit_sha": commit}},
			{"change_commit", map[string]any{"repository": "harbour/checkout", "commit_sha": commit, "kind": "tests", "key": "unit", "at": us, "data": `{"suite":"unit","total":412,"passed":412}`}},
			{"change_commit", map[string]any{"repository": "harbour/checkout", "commit_sha": commit, "kind": "pull", "key": "12", "at": us, "data": `{"number":12,"author":"secret-login","head":"` + strings.Repeat("c", 40) + `"}`}},
			{"change_commit", map[string]any{"repository": "harbour/checkout", "commit_sha": strings.Repeat("c", 40), "kind": "review", "key": "12/secret-login", "at": us, "data": `{"number":12,"reviewer":"secret-login","verdict":"approved"}`}},
			{"change_external", map[string]any{"source": "github", "key": "deployment:1", "change_id": 7}},
			{"change_report", map[string]any{"source": "github", "key": "deployment:1", "phase": "succeeded", "at": us + 90_000_000, "data": "{}"}},
			{"change_entry", map[string]any{"change_id": 7, "n": 1, "at": us, "kind": "state", "actor": "integration:3", "text": "Created"}},
			{"change_entry", map[string]any{"change_id": 7, "n": 2, "at": us, "kind": "note", "actor": "user:1", "text": "A private remark"}},
			{"change_cause", map[string]any{"incident_id": 7, "change_id": 7, "state": "confirmed", "rule": "person", "person": 2, "at": us + 300_000_000, "reasons": "[]"}},
			{"change_cause", map[string]any{"incident_id": 999, "change_id": 7, "state": "confirmed", "rule": "person", "person": 2, "at": us + 300_000_000, "reasons": "[]"}},
		}
		for _, r := range rows {
			if err := dbtest.Insert(tx, r.table, r.values); err != nil {
				return err
			}
		}
		digest, err := change.DecisionDigest(tx, ref.N(ref.Decision, 70))
		tx.Record(evidence.Entry{Action: "change.decision", Record: ref.N(ref.Decision, 70), Version: 1, After: digest, Data: map[string]any{"change": "CHG-7", "policy": "POLICY-3"}})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}

func TestPacket(t *testing.T) {
	each(t, func(b *bench) {
		b.story()
		env, err := b.Issue(auditor(), 7)
		if err != nil {
			b.Fatal(err)
		}
		file, err := env.Bytes()
		if err != nil {
			b.Fatal(err)
		}
		r := attest.Verify(file, attest.Options{Keys: []evidence.Public{b.key.Public()}})
		if !r.OK || r.Record != "CHG-7" || r.Entries != 7 || !r.Pinned || len(r.Subjects) != 2 || r.Subjects[1] != "harbour/checkout gitCommit:"+commit || !strings.HasSuffix(r.Subjects[0], "checkout sha256:"+strings.Repeat("0d", 32)) {
			b.Fatalf("%+v %v", r, r.Bad)
		}
		c, err := Read(r)
		if err != nil {
			b.Fatal(err)
		}
		if c.Change.Title != "Retry <payments> & log" || c.Change.Author != "USR-1" || *c.Change.Risk != 62 || len(c.Decisions) != 1 || c.Decisions[0].Policy.Digest != "sha256:ab" || c.Decisions[0].Policy.Key != "POLICY-3" ||
			len(c.Approvals) != 2 || c.Approvals[0].Person != "USR-2" || c.Approvals[1].Person != "outside" || len(c.Tests) != 1 || len(c.Reviews) != 1 || c.Reviews[0].Reviewer != 1 || len(c.Reports) != 1 ||
			len(c.History) != 2 || c.History[1].Text != "" || len(c.Causes) != 1 || c.Causes[0].Incident != "INC-7" {
			b.Errorf("%+v", c)
		}
		if agree, differ, err := Logged(r); agree != 1 || len(differ) > 0 || err != nil {
			b.Errorf("%d decisions are what was logged, %v are not: %v", agree, differ, err)
		}
		text, _ := json.Marshal(r.Statement)
		for _, secret := range []string{"secret-login", "mara-the-login", "private remark", "INC-999"} {
			if bytes.Contains(text, []byte(secret)) {
				b.Errorf("the packet says %q", secret)
			}
		}

		// Asked for again, the same statement comes, and the log has taken it once.
		again, err := b.Issue(auditor(), 7)
		if err != nil || again.Payload != env.Payload || len(again.Log.Entries) != 8 {
			b.Errorf("%v %d", err, len(again.Log.Entries))
		}
		if second, err := again.Bytes(); err != nil || !attest.Verify(second, attest.Options{}).OK {
			b.Error("the second one is not good")
		}
		// What happens afterwards makes another packet; the first stays good.
		err = b.d.Write(b.Context(), actor.Job("test"), "test", func(tx *db.Tx) error {
			tx.Record(evidence.Entry{Action: "change.correct", Record: ref.N(ref.Change, 7), Version: 6})
			_, err := tx.Exec("UPDATE change SET state = 'rolled back', version = 6 WHERE id = 7")
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		later, err := b.Issue(auditor(), 7)
		if err != nil || later.Payload == env.Payload || len(later.Log.Entries) != 9 {
			b.Errorf("%v %d", err, len(later.Log.Entries))
		}
		if third, _ := later.Bytes(); !attest.Verify(third, attest.Options{}).OK || !attest.Verify(file, attest.Options{}).OK {
			b.Error("one of them is not good any more")
		}
	})
}

func TestNoSuchChange(t *testing.T) {
	each(t, func(b *bench) {
		if _, err := b.Issue(auditor(), 99); !errs.Is(err, errs.NotFound) {
			b.Error(err)
		}
		if _, err := b.Issue(context.Background(), 99); !errs.Is(err, errs.Unauthenticated) {
			b.Error(err)
		}
	})
}

func TestSubjects(t *testing.T) {
	for _, c := range []struct {
		c    Change
		want string
	}{
		{Change{Key: "CHG-1", Artefact: "v2.1.0", Commit: "abc"}, "CHG-1 sha256"},
		{Change{Key: "CHG-1", Commit: commit, Repository: "harbour/checkout", Artefact: "v2"}, "harbour/checkout gitCommit"},
		{Change{Key: "CHG-1", Commit: strings.Repeat("a", 64), Repository: "r"}, "r sha256"},
		{Change{Key: "CHG-1", Artefact: "sha256:" + strings.Repeat("a", 64), Repository: "r"}, "r sha256"},
	} {
		list := subjects(c.c, []byte("{}"))
		for a := range list[0].Digest {
			if got := list[0].Name + " " + a; got != c.want || len(list) != 1 {
				t.Errorf("%+v: %s, want %s", c.c, got, c.want)
			}
		}
	}
}
