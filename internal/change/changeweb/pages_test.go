package changeweb_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
)

// says fails unless a page holds all the words, and none of those after "!".
func (b *bench) says(path string, words ...string) {
	b.Helper()
	status, page := b.get(path)
	if status != http.StatusOK {
		b.Fatalf("%s answers %d", path, status)
	}
	b.holds(path, page, words...)
}

func (b *bench) holds(path, page string, words ...string) {
	b.Helper()
	for _, w := range words {
		if w, not := strings.CutPrefix(w, "!"); not == strings.Contains(page, w) {
			b.Errorf("%s: %q is there: %v", path, w, not)
		}
	}
}

func (b *bench) state(id int64, want change.State) {
	b.Helper()
	c, err := b.Get(by(mara), id)
	b.must(err)
	if c.State != want {
		b.Fatalf("%s is %s, want %s", c.Key(), c.State, want)
	}
}

// TestChange: one page tells where a change stands, what policy said, how it
// fares beside before, what it can hit and who approved.
func TestChange(t *testing.T) {
	b := setup(t)
	b.story()
	b.says("/changes/CHG-1", "18 of 30 min observed", "Needs review: one peer", "Not needed: the change board (risk under 70)", "Met: Priya Nair", "peer-review", "No significant difference so far",
		"before · 1 h", "after · 18 min", "waited 2 h 35 m", "team median 1 h 10 m", "Jonas Berg may not approve: author", "storefront", "P3 open", "Sum", "/changes/CHG-1/rollback", "/changes/decisions/DEC-1", "Tax table matches the finance sheet.")
	b.says("/changes/CHG-1?metric=1", "p95 latency (ms) of checkout", "412 ms")
	b.says("/changes/CHG-3", "This emergency is not reviewed yet.", "it began without", "Record review…")
	b.says("/changes/CHG-4", "Searches took seconds", "Policy was not asked", "!/changes/CHG-4/packet.json\">Read")
	b.who = person(tom)
	b.says("/changes/CHG-3", "!Record review…") // its author
	b.who = person(omar)
	b.says("/changes/CHG-2", "!Approve", "!Cancel…")
}

// TestApproving: an approval holds for the commit that was on the page; who may
// not approve reads why; a refusal needs a reason.
func TestApproving(t *testing.T) {
	b := setup(t)
	b.story()
	b.says("/changes/waiting", "CHG-2", "as owner and peer", "It changes a database schema", "!CHG-1<")
	b.who = person(priya)
	b.says("/changes/CHG-2", "author", "!name=\"commit\"")
	if status, _, _ := b.post("/changes/CHG-2/approve", "commit", sha(2)); status != http.StatusForbidden {
		t.Errorf("the author's approval: %d", status)
	}
	b.who = person(mara)
	if status, _, page := b.post("/changes/CHG-2/approve", "commit", sha(99)); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Another commit came meanwhile") {
		t.Errorf("an approval of another commit: %d", status)
	}
	if status, _, page := b.post("/changes/CHG-2/reject", "reason", ""); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Say why") {
		t.Errorf("a refusal without a reason: %d", status)
	}
	b.state(2, change.Awaiting)
	if status, to, _ := b.post("/changes/CHG-2/approve", "commit", sha(2), "reason", "Tried on a copy", "back", "waiting"); status != http.StatusSeeOther || to != "/changes/waiting" {
		t.Errorf("approving leads to %s with %d", to, status)
	}
	b.says("/changes/CHG-2", "Tried on a copy", "Mara Lindt")
}

// TestByHand: what no pipeline does is opened here, after a look at what the
// gate would say; a preview keeps nothing.
func TestByHand(t *testing.T) {
	b := setup(t)
	b.story()
	b.who = person(jonas)
	form := []string{"services", "search", "title", "Bigger pool", "kind", "config", "type", "normal", "purpose", "fix", "rollback_plan", "Put the old size back", "from", "2026-11-19T10:00"}
	status, _, page := b.post("/changes/new", append(form, "do", "preview")...)
	if status != http.StatusOK {
		t.Fatalf("preview: %d", status)
	}
	b.holds("preview", page, "What the gate would say now", "Nothing at that time", "Bigger pool")
	b.says("/changes?view=all", "!Bigger pool<")
	status, to, page := b.post("/changes/new", append(form, "do", "open")...)
	if status != http.StatusSeeOther {
		t.Fatalf("open: %d\n%s", status, page)
	}
	b.says(to, "Bigger pool", "10:00", "Jonas Berg", "Put the old size back")
	if status, _, page := b.post("/changes/new", "services", "serch", "title", "x", "kind", "config"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "serch") {
		t.Errorf("an unknown service: %d", status)
	}
	if status, _, page := b.post(to+"/plan", "from", "tomorrow"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Give a day and a time") {
		t.Errorf("a plan of no time: %d", status)
	}
	b.who = person(omar)
	if status, _ := b.get("/changes/new"); status != http.StatusForbidden {
		t.Errorf("somebody who only asks opens a change: %d", status)
	}
}

// TestOutcome: a person ends the observation early, and another corrects that,
// with reasons.
func TestOutcome(t *testing.T) {
	b := setup(t)
	b.story()
	if status, _, _ := b.post("/changes/CHG-1/close", "outcome", "failed"); status != http.StatusUnprocessableEntity {
		t.Errorf("closed without a reason: %d", status)
	}
	b.post("/changes/CHG-1/close", "outcome", "failed", "reason", "Taxes are wrong in Malta")
	b.state(1, change.Failed)
	b.post("/changes/CHG-1/correct", "outcome", "succeeded", "reason", "Malta was another fault")
	b.state(1, change.Succeeded)
	b.says("/changes/CHG-1", "Malta was another fault", "Correct the outcome…")
	b.post("/changes/CHG-3/review", "finding", "It was one. The banner has a switch now.")
	b.says("/changes/CHG-3", "The banner has a switch now.", "!This emergency is not reviewed")
	if status, _, _ := b.post("/changes/CHG-1/explode"); status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
		t.Errorf("a verb that is none: %d", status)
	}
}

// TestDecision: a decision shows each fact with what was known of it.
func TestDecision(t *testing.T) {
	b := setup(t)
	b.story()
	b.says("/changes/decisions/DEC-1", "CHG-1", "It stands", "Blast radius", "There is no map of services", "checkout (tier 0", "As policy saw it", "DEC-")
	for path, want := range map[string]int{"/changes/decisions/DEC-999": 404, "/changes/decisions/7": 404, "/changes/CHG-77": 404, "/changes/7": 404} {
		if status, _ := b.get(path); status != want {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestList: views and tokens; a token that is not understood says what would be.
func TestList(t *testing.T) {
	b := setup(t)
	b.story()
	b.says("/changes", "Waits for you", "CHG-1<", "CHG-2<", "!CHG-4<", "Open a change…")
	b.says("/changes?view=bad", "CHG-4<", "!CHG-1<")
	b.says("/changes?view=review", "CHG-3<", "!CHG-1<")
	b.says("/changes?view=bypass", "CHG-3<")
	b.says("/changes?q=service:checkout+is:open", "CHG-1<", "!CHG-2<")
	b.says("/changes?q=state:in-progress", "No change fits")
	b.says("/changes?q=CHG-4", "Bigger pool for the database")
	b.says("/changes?q=colour:red", "is not understood")
}

// TestModels: a model is added, used, withdrawn with a reason, approved again.
func TestModels(t *testing.T) {
	b := setup(t)
	b.story()
	if status, _, page := b.post("/changes/models/new", "name", "Add Capacity", "maxFailureRate", "10"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "lower-case") {
		t.Errorf("a bad name: %d", status)
	}
	if status, to, page := b.post("/changes/models/new", "name", "add-capacity", "title", "Add capacity", "kinds", "infrastructure", "maxFailureRate", "5", "minUses", "20", "businessHours", "on"); status != http.StatusSeeOther || to != "/changes/models/add-capacity" {
		t.Fatalf("adding: %d %s", status, page)
	}
	b.says("/changes/models/add-capacity", "more than 5 % of its changes failed, once 20 were completed", "No data:", "In business hours")
	b.says("/changes/models/add-capacity/edit", "value=\"5\"", "value=\"infrastructure\"")
	if status, _, page := b.post("/changes/models/add-capacity/edit", "version", "1", "title", "More room", "kinds", "all"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Use deploy, config") {
		t.Errorf("a bad kind: %d", status)
	}
	b.post("/changes/models/add-capacity/withdraw", "why", "Two of them broke the cluster")
	b.says("/changes/models/add-capacity", "Two of them broke the cluster", "Pre-approve again")
	b.post("/changes/models/add-capacity/approve")
	b.says("/changes/models", "Add capacity", "Renew a certificate", "!Withdrawn")
	b.who = person(jonas)
	if status, _, _ := b.post("/changes/models/add-capacity/delete"); status != http.StatusForbidden {
		t.Errorf("a responder deletes a model: %d", status)
	}
}

// TestSettings: what is saved comes back; a fault stands at its field; who
// edits an old version sees what stands there now.
func TestSettings(t *testing.T) {
	b := setup(t)
	before, err := b.Settings(by(mara))
	b.must(err)
	form := []string{"version", "1", "environments", "production, live", "unknownService", "refuse", "thresholds.medium", "35", "thresholds.high", "65", "thresholds.peers", "2", "thresholds.board", "1", "thresholds.reviewTier", "0",
		"thresholds.lowBudget", "30", "thresholds.boundaryServices", "5", "thresholds.boundaryTeams", "2", "thresholds.incidentPriority", "2", "approvalExpiry", "P3D", "reviewDays", "5", "remind", "PT15M", "verification", "PT45M",
		"requireRollbackPlan", "medium", "reworkWithin", "P7D", "automaticRollback", "on", "board.people", "lena", "pushes", "harbour/legacy main production",
		"metrics", "Error ratio | sum(rate(e{service=\"{service}\",code=~\"5..|429\"}[1m])) | higher | 20 | 0.005\nOrders | orders{service=\"{service}\"} | lower"}
	if status, _, page := b.post("/changes/settings", form...); status != http.StatusSeeOther {
		t.Fatalf("saving: %d\n%s", status, page)
	}
	got, err := b.Settings(by(mara))
	b.must(err)
	if got.Thresholds.Medium != 35 || got.Thresholds.LowBudget != 0.3 || *got.Thresholds.ReviewTier != 0 || time.Duration(got.Verification) != 45*time.Minute || !got.AutomaticRollback || len(got.Pushes) != 1 || len(got.Metrics) != 2 ||
		got.Metrics[0].Effect != 0.2 || got.Metrics[0].P != 0.005 || !strings.Contains(got.Metrics[0].Query, "5..|429") || got.Metrics[1].Worse != "lower" || got.Version <= before.Version {
		t.Errorf("saved: %+v", got)
	}
	b.says("/changes/settings/default", "5..|429", "P3D", "harbour/legacy main production")
	if status, _, page := b.post("/changes/settings", form...); status != http.StatusUnprocessableEntity || !strings.Contains(page, "look at them again") {
		t.Errorf("an old version: %d", status)
	}
	if status, _, page := b.post("/changes/settings", "version", "2", "verification", "half an hour", "metrics", "no query"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Write it like P7D or PT30M") || !strings.Contains(page, "name and a query") {
		t.Errorf("faults: %d", status)
	}
	b.who = person(jonas)
	b.says("/changes/settings", "!>Save<")
}

// TestAway: who goes away names somebody, until a time.
func TestAway(t *testing.T) {
	b := setup(t)
	b.says("/changes/delegations", "Nobody stands in for anybody")
	b.who = person(jonas)
	if status, _, page := b.post("/changes/delegations", "delegate", "nobody", "until", "2026-12-01T08:00"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "handle") {
		t.Errorf("an unknown delegate: %d", status)
	}
	if status, _, page := b.post("/changes/delegations", "delegate", "priya"); status != http.StatusUnprocessableEntity || !strings.Contains(page, "Say until when") {
		t.Errorf("without an end: %d", status)
	}
	b.post("/changes/delegations", "delegate", "priya", "until", "2026-12-01T08:00", "reason", "Holiday")
	b.says("/changes/delegations", "Priya Nair", "Holiday", "Take back")
	b.post("/changes/delegations/1/end")
	b.says("/changes/delegations", "Over", "!Take back")
}

// TestPacket: the file is handed out as one, its page with a policy of its own.
func TestPacket(t *testing.T) {
	b := setup(t)
	b.ask(1)
	res, err := http.Get(b.url + "/changes/CHG-1/packet.json")
	b.must(err)
	res.Body.Close()
	if got := res.Header.Get("Content-Disposition"); got != `attachment; filename="CHG-1.packet.json"` {
		t.Errorf("the file is %s", got)
	}
	if res, err = http.Get(b.url + "/changes/CHG-1/packet"); err != nil || res.Header.Get("Content-Security-Policy") != "default-src 'none'" {
		t.Errorf("the page has the policy %q, %v", res.Header.Get("Content-Security-Policy"), err)
	}
	res.Body.Close()
}

// TestCount: the badge counts what the viewer can approve, and nobody's own.
func TestCount(t *testing.T) {
	b := setup(t)
	b.story()
	for who, want := range map[int64]int{mara: 1, jonas: 1, priya: 0, omar: 0} {
		if n, err := b.WaitingCount(by(who)); err != nil || n != want {
			t.Errorf("%s can approve %d, want %d (%v)", names[who-1], n, want, err)
		}
	}
}
