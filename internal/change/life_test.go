package change_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestDrawingIsTheTable(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/practice/change.md")
	if err != nil {
		t.Fatal(err)
	}
	var drawn, table []string
	for _, m := range regexp.MustCompile(`(?m)^ +(\w+) --> (\w+): (\w+)$`).FindAllStringSubmatch(string(text), -1) {
		drawn = append(drawn, m[1]+" --> "+m[2]+": "+m[3])
	}
	for _, x := range change.Transitions {
		table = append(table, strings.ReplaceAll(fmt.Sprintf("%s-->%s:%s", x.From, x.To, x.Verb), " ", "_"))
	}
	for n := range table {
		table[n] = strings.NewReplacer("-->", " --> ", ":", ": ").Replace(table[n])
	}
	slices.Sort(drawn)
	slices.Sort(table)
	if d := cmp.Diff(table, drawn); d != "" {
		t.Errorf("docs/practice/change.md and Transitions differ (-table +drawing):\n%s", d)
	}
}

// From every state that is not over there is a way to the end, nothing leaves
// the table, and every state can be reached.
func TestTableIsWhole(t *testing.T) {
	t.Parallel()
	reached := map[change.State]bool{change.Draft: true}
	for range change.States {
		for _, x := range change.Transitions {
			if reached[x.From] {
				reached[x.To] = true
			}
		}
	}
	for _, s := range change.States {
		if !reached[s] {
			t.Errorf("nothing leads to %s", s)
		}
		if s.Open() && len(change.Can(s)) == 0 {
			t.Errorf("nothing leads out of %s", s)
		}
		if s.Completed() && (s.Open() || s.Running()) || s.Running() && !s.Open() {
			t.Errorf("%s is open and over", s)
		}
	}
	for _, x := range change.Transitions {
		if !slices.Contains(change.States, x.From) || !slices.Contains(change.States, x.To) {
			t.Errorf("%v is between states that do not exist", x)
		}
		if x.From.Completed() && x.To.Open() {
			t.Errorf("%v brings back what is over", x)
		}
	}
}

// A change that goes the usual way says so, and its evidence vouches for it.
func TestLife(t *testing.T) {
	yards(t, func(y *yard) {
		c := y.make(change.Change{Services: []string{"checkout-app", "search"}, Commit: "ABCDEF1234567890", Author: "mara@harbour.example"})
		if c.Key() != "CHG-1" || c.State != change.Draft || c.Main() != "checkout" || c.Team != "payments" || c.Risk != -1 ||
			c.Commit != "abcdef1234567890" || c.Artefact != c.Commit || c.Title != "Deploy checkout and 1 more to abcdef12" {
			y.Fatalf("%+v", c)
		}
		y.clock.pass(time.Minute)
		c, err := y.Do(pipeline(), c.ID, func(s *change.Step) error {
			y.must(s.Decide("needs_review", 50))
			return s.Ask(s.Now().Add(7 * change.Day))
		})
		y.must(err)
		if c.State != change.Awaiting || c.NextAt.Sub(y.clock.Now()) != 7*change.Day {
			y.Fatalf("%s until %s", c.State, c.NextAt)
		}
		y.clock.pass(time.Hour)
		c, err = y.Do(person(jonas), c.ID, func(s *change.Step) error { return s.Approve("looks good", s.Now().Add(change.Day)) })
		y.must(err)
		if c.Waited != time.Hour || c.State != change.Approved {
			y.Fatalf("waited %s, %s", c.Waited, c.State)
		}
		c, err = y.Start(pipeline(), c.ID)
		y.must(err)
		if c.Bypass || !c.StartedAt.Equal(y.clock.Now()) || !c.ExpiresAt.IsZero() {
			y.Fatalf("%+v", c)
		}
		y.clock.pass(4 * time.Minute)
		c, err = y.Deployed(pipeline(), c.ID)
		y.must(err)
		y.clock.pass(29 * time.Minute)
		y.due()
		if c, _ = y.Get(person(mara), c.ID); c.State != change.Verifying {
			y.Fatal(c.State)
		}
		y.clock.pass(time.Minute)
		y.due()
		c, _ = y.Get(person(mara), c.ID)
		if c.State != change.Succeeded || c.OutcomeBy != change.ByVerification || !c.NextAt.IsZero() || c.Bad() {
			y.Fatalf("%+v", c)
		}
		y.sound(c.Ref())
		if got, want := y.told(), "CHG-1 opened, CHG-1 approval asked, CHG-1 approved, CHG-1 started, CHG-1 deployed, CHG-1 ended"; got != want {
			y.Errorf("told %s", got)
		}
		v, err := y.Page(person(jonas), c.ID)
		y.must(err)
		var said []string
		for n, e := range v.Entries {
			said = append(said, e.Text+"/"+e.Name)
			if e.N != n+1 {
				y.Errorf("entry %d has the number %d", n+1, e.N)
			}
		}
		if got := strings.Join(said, ", "); got != "Opened by hand/Mara, Approved/Jonas, Deployment began/, Deployed/, Succeeded/" {
			y.Error(got)
		}
		if !v.Can[change.VerbCorrect] || v.Can[change.VerbCancel] {
			y.Errorf("%v", v.Can)
		}
	})
}

// Whatever is done in whatever order, a change only goes along the table, what
// its row says follows from its state, and evidence vouches for it.
func TestAnyOrder(t *testing.T) {
	yards(t, func(y *yard) {
		r := rand.New(rand.NewPCG(5, 6))
		for range 25 {
			c := y.make(change.Change{Commit: fmt.Sprintf("%040x", r.Uint64())})
			seen := c.State
			for range 12 {
				before := c
				next, err := y.Do(person(jonas), c.ID, func(s *change.Step) error {
					switch r.IntN(9) {
					case 0:
						return s.Decide("deny", 80)
					case 1:
						return s.Ask(s.Now().Add(time.Hour))
					case 2:
						return s.Approve("", time.Time{})
					case 3:
						return s.Reject("no")
					case 4:
						return s.Start(s.Now())
					case 5:
						return s.Deployed(s.Now())
					default:
						to := []change.State{change.Succeeded, change.Failed, change.RolledBack}[r.IntN(3)]
						return s.Finish(to, change.ByPipeline, s.Now(), "")
					}
				})
				if err != nil {
					if !errs.Is(err, errs.Conflict) {
						y.Fatal(err)
					}
					continue
				}
				y.clock.pass(time.Second)
				c = next
				if c.State != before.State && !reaches(before.State, c.State) {
					y.Fatalf("went from %s to %s", before.State, c.State)
				}
				if c.State.Completed() != (!c.EndedAt.IsZero() && c.State != change.Rejected && c.State != change.Canceled) && !c.State.Open() && c.State != change.Rejected {
					y.Fatalf("%s ended at %s", c.State, c.EndedAt)
				}
				if c.State.Running() && c.StartedAt.IsZero() {
					y.Fatalf("%s without a start", c.State)
				}
				seen = c.State
			}
			_ = seen
			y.sound(c.Ref())
		}
	})
}

// reaches: one or two arrows (a deployment that is reported complete also
// starts).
func reaches(from, to change.State) bool {
	for _, x := range change.Transitions {
		if x.From == from && x.To == to {
			return true
		}
		if x.From == from && x.Verb == change.VerbStart && (to == change.Verifying) {
			return true
		}
	}
	return false
}

func TestOpenRefuses(t *testing.T) {
	yards(t, func(y *yard) {
		for want, c := range map[string]change.Change{
			"services: ":       {},
			"services[0]: \"n": {Services: []string{"nowhere"}},
			"type":             {Services: []string{"search"}, Type: "urgent"},
			"model":            {Services: []string{"search"}, Type: change.Standard},
			"planned_to":       {Services: []string{"search"}, PlannedFrom: y.clock.Now().Add(time.Hour), PlannedTo: y.clock.Now()},
			"title":            {Services: []string{"search"}, Title: strings.Repeat("long ", 100)},
		} {
			_, err := y.Open(person(mara), c)
			if !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprintf("%v %v", err, errs.As(err).Fields), strings.Split(want, ":")[0]) {
				y.Errorf("%s: %v", want, err)
			}
		}
		c := change.Change{Services: []string{"search"}, Commit: "abcdef0123456789"}
		first := y.make(c)
		if _, err := y.Open(person(mara), c); !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), first.Key()) {
			y.Error(err)
		}
		if _, err := y.Open(pipeline(), c); !errs.Is(err, errs.Forbidden) {
			y.Error(err)
		}
		if _, err := y.Get(person(mara), 99); !errs.Is(err, errs.NotFound) {
			y.Error(err)
		}
	})
}

func TestEditAndPlan(t *testing.T) {
	yards(t, func(y *yard) {
		c := y.make(change.Change{Title: "Renew the certificate"})
		title, plan := "Renew the certificates", "put the old ones back"
		if _, err := y.Edit(person(mara), c.ID, 7, change.Edit{Title: &title}); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		c, err := y.Edit(person(mara), c.ID, c.Version, change.Edit{Title: &title})
		y.must(err)
		if rows, _, _ := y.List(person(mara), change.Filter{Text: "certificates"}, "", 0); len(rows) != 1 {
			y.Error("the new title is not found")
		}
		if rows, _, _ := y.List(person(mara), change.Filter{Text: "certificate ren"}, "", 0); len(rows) != 0 {
			y.Error("the old title is found")
		}
		from := y.clock.Now().Add(3 * time.Hour)
		c, err = y.Plan(person(mara), c.ID, from, from.Add(time.Hour))
		y.must(err)
		c, err = y.Do(person(jonas), c.ID, func(s *change.Step) error {
			y.must(s.Decide("allow", 10))
			return s.Approve("", s.Now().Add(time.Hour))
		})
		y.must(err)
		if c.State != change.Scheduled || !c.NextAt.Equal(from.Add(-15*time.Minute)) {
			y.Fatalf("%s, next %s", c.State, c.NextAt)
		}
		y.told()
		y.clock.pass(2*time.Hour + 45*time.Minute)
		y.due()
		if got := y.told(); got != c.Key()+" start soon" {
			y.Error(got)
		}
		y.clock.pass(90 * time.Minute)
		y.due()
		if c, _ = y.Get(person(mara), c.ID); c.State != change.Assessed || !strings.Contains(y.told(), "reopened") {
			y.Errorf("%s after its time passed", c.State)
		}
		// What policy decides on asks it again.
		c, err = y.Plan(person(mara), c.ID, time.Time{}, time.Time{})
		y.must(err)
		c, err = y.Do(person(jonas), c.ID, func(s *change.Step) error { return s.Approve("", time.Time{}) })
		y.must(err)
		if c, err = y.Edit(person(mara), c.ID, c.Version, change.Edit{RollbackPlan: &plan}); err != nil || c.State != change.Assessed {
			y.Error(err, c.State)
		}
		_, err = y.Start(person(mara), c.ID)
		y.must(err)
		c, _ = y.Get(person(mara), c.ID)
		if !c.Bypass {
			y.Error("it began without being allowed, and that is not said")
		}
		if _, err = y.Edit(person(mara), c.ID, c.Version, change.Edit{Title: &title}); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		if _, err = y.Cancel(person(mara), c.ID, "late"); !errs.Is(err, errs.Conflict) {
			y.Error(err)
		}
		y.sound(c.Ref())
	})
}
