package risk

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/change/fact"
)

var noon = time.Date(2026, 10, 14, 12, 0, 0, 0, time.UTC)

// plain is a small change of a small service about which all is known and well.
func plain() fact.Input {
	return fact.Input{
		Now:        noon,
		Change:     fact.Subject{Type: "normal", Kind: "deploy", Environment: "production", Author: true, Purpose: "feature"},
		Services:   fact.Known([]fact.Service{{Name: "email", Tier: 2, Lifecycle: "live", Team: "growth"}}),
		Blast:      fact.Known(fact.Blast{WorstTier: 2}),
		Size:       fact.Known(fact.Size{Lines: 50, Files: 3}),
		Tests:      fact.Known(fact.Tests{Total: 310, Passed: 310, Suites: 1}),
		Scans:      fact.NotInUse[fact.Scans]("no scanner reports"),
		Reviews:    fact.Known(fact.Reviews{Approved: 1, Merged: true}),
		Windows:    fact.Known(fact.Windows{}),
		Collisions: fact.Known(fact.Collisions{}),
		Incidents:  fact.Known(fact.Incidents{}),
		Budget:     fact.NotInUse[fact.Budget]("service levels are not in use"),
		History:    fact.Known(fact.History{Changes: 60, Failed: 2, Rate: 2.2 / 62}),
		ModelPast:  fact.NotInUse[fact.History]("no model"),
		AuthorPast: fact.Known(fact.History{Changes: 20, Rate: 0.2 / 22}),
		Clock:      fact.Known(fact.Clock{Weekday: 3, Hour: 12, Business: true}),
		Schema:     fact.Known(false),
		Rollback:   fact.Known(fact.Rollback{Plan: true}),
		Model:      fact.NotInUse[fact.Model]("not a standard change"),
		Pending:    fact.Known[[]string](nil),
	}
}

// checkout is the change of the drawing: it collides, its budget is low, and it
// crosses boundaries.
func checkout() fact.Input {
	in := plain()
	in.Services = fact.Known([]fact.Service{{Name: "checkout", Tier: 0, Lifecycle: "live", Team: "payments"}})
	in.Blast = fact.Known(fact.Blast{Services: []string{"payments", "orders-queue"}, Boundaries: 2, WorstTier: 0})
	in.Size = fact.Known(fact.Size{Lines: 412, Files: 19})
	in.Tests = fact.Known(fact.Tests{Total: 1284, Passed: 1284, Suites: 3})
	in.Collisions = fact.Known(fact.Collisions{List: []fact.Collision{{Change: "CHG-316", Service: "payments", Relation: "needs"}}})
	in.Budget = fact.Known(fact.Budget{Left: 0.23, Level: "low", Service: "checkout"})
	in.AuthorPast = fact.Known(fact.History{Changes: 38, Failed: 1, Rate: 1.2 / 40})
	in.History = fact.Known(fact.History{Changes: 200, Failed: 22, Rate: 22.2 / 202})
	in.Rollback = fact.Known(fact.Rollback{Plan: true, Automated: true, Proven: noon.AddDate(0, 0, -8)})
	return in
}

func TestScore(t *testing.T) {
	w := Default()
	low, mid := Score(w, plain()), Score(w, checkout())
	if low.Score > 12 || low.Level != LevelLow {
		t.Errorf("a small plain change scores %d, %s", low.Score, low.Level)
	}
	if mid.Score < Medium || mid.Score >= High || mid.Level != LevelMedium || mid.Model != "RISK-0" {
		t.Errorf("checkout scores %d, %s by %s", mid.Score, mid.Level, mid.Model)
	}
	bad := checkout()
	bad.Tests = fact.Known(fact.Tests{Total: 1284, Passed: 1000, Failed: 284})
	bad.Incidents = fact.Known(fact.Incidents{List: []fact.Incident{{Key: "INC-9", Priority: 3, Service: "checkout", Relation: "same"}, {Key: "INC-10", Priority: 1, Service: "payments", Relation: "needs"}}})
	bad.Schema = fact.Known(true)
	if r := Score(w, bad); r.Level != LevelHigh {
		t.Errorf("with failing tests, a P1 and a schema change: %d", r.Score)
	}
	w.Medium, w.High = 10, 30
	if r := Score(w, checkout()); r.Level != LevelHigh {
		t.Errorf("with other thresholds: %s", r.Level)
	}
	var texts []string
	for _, f := range mid.Factors {
		texts = append(texts, f.Text)
	}
	all := strings.Join(texts, "\n")
	for _, want := range []string{"Any change", "Tier 0 service", "Error budget: 23 % left", "2 service boundaries crossed", "Collision with CHG-316",
		"412 lines in 19 files", "Author: 1 of 38 changes failed", "1,284 tests passed, none failed", "Rollback automated, last proven 6 Oct 2026", "Services: 22 of 200 changes failed", "Reviewed by 1 peer"} {
		if !strings.Contains(all, want) {
			t.Errorf("no factor says %q:\n%s", want, all)
		}
	}
	for i := 2; i < len(mid.Factors); i++ {
		if mid.Factors[i-1].Points < mid.Factors[i].Points {
			t.Errorf("%s stands before %s", mid.Factors[i-1].Text, mid.Factors[i].Text)
		}
	}
}

// Whatever facts and weights say, the points add up to the score, in
// hundredths and in whole numbers.
func TestPointsAddUp(t *testing.T) {
	rnd := rand.New(rand.NewPCG(7, 11))
	states := []fact.State{fact.Value, fact.Value, fact.Unknown, fact.NotAdopted, ""}
	for range 3000 {
		in := plain()
		scramble(rnd, reflect.ValueOf(&in).Elem(), states)
		w := Default()
		w.Base += rnd.NormFloat64() * 3
		for i := range w.Of {
			w.Of[i] += rnd.NormFloat64()
		}
		r := Score(w, in)
		sum, whole := 0, 0
		for _, f := range r.Factors {
			sum += int(math.Round(100 * f.Points))
		}
		for _, p := range Whole(r) {
			whole += p
		}
		if sum != 100*r.Score || whole != r.Score || r.Score < 0 || r.Score > 100 {
			t.Fatalf("score %d, points %d, whole %d: %+v", r.Score, sum, whole, r)
		}
		if raw := w.Raw(Features(&in)); math.Abs(raw-float64(r.Score)) > 0.5+1e-9 {
			t.Fatalf("score %d of %f: the numbers of a fit are not those of the score", r.Score, raw)
		}
		for _, f := range r.Factors {
			if f.Text == "" || strings.ContainsRune(f.Text, 0) {
				t.Fatalf("%s has no words", f.Name)
			}
		}
	}
}

// scramble fills facts with whatever their types can hold.
func scramble(rnd *rand.Rand, v reflect.Value, states []fact.State) {
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			scramble(rnd, v.Field(i), states)
		}
	case reflect.Int:
		v.SetInt(int64(rnd.ExpFloat64()*50) - 3)
	case reflect.Float64:
		v.SetFloat([]float64{rnd.Float64(), -4, 17, math.NaN(), math.Inf(1), 0, 1}[rnd.IntN(7)])
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 0)
	case reflect.String:
		if v.Type() == reflect.TypeFor[fact.State]() {
			v.SetString(string(states[rnd.IntN(len(states))]))
		} else {
			v.SetString([]string{"", "same", "needs", "config", "infrastructure", "flag", "emergency", "fix"}[rnd.IntN(8)])
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rnd.IntN(4), 4))
		for i := range v.Len() {
			scramble(rnd, v.Index(i), states)
		}
	}
}

// The shares are those of the path integral that the package comment names.
func TestSharesAreThePathIntegral(t *testing.T) {
	w, in := Default(), checkout()
	x, r := Features(&in), Score(w, in)
	var sum Vector
	const steps = 20000
	for s := range steps {
		at := (float64(s) + 0.5) / steps
		z := w.Base
		for i, v := range x {
			z += at * w.Of[i] * v
		}
		p := sigmoid(z)
		for i, v := range x {
			sum[i] += 100 * p * (1 - p) * w.Of[i] * v / steps
		}
	}
	for _, f := range r.Factors[1:] {
		if want := sum[byName[f.Name]]; math.Abs(f.Points-want) > 0.006 {
			t.Errorf("%s: %.2f points, the integral says %.4f", f.Name, f.Points, want)
		}
	}
}

// Unknown never scores lower than the best that could be known, and what is
// not adopted never counts.
func TestUnknownAndNotAdopted(t *testing.T) {
	var none fact.Input
	for _, v := range []reflect.Value{reflect.ValueOf(&none).Elem()} {
		for i := range v.NumField() {
			if s := v.Field(i); s.Kind() == reflect.Struct && s.FieldByName("State").IsValid() {
				s.FieldByName("State").SetString(string(fact.NotAdopted))
			}
		}
	}
	if r := Score(Default(), none); len(r.Factors) != 1 || r.Score != 10 {
		t.Errorf("nothing adopted: %+v", r)
	}
	good := Score(Default(), plain()).Score
	fields := reflect.TypeFor[fact.Input]()
	for i := range fields.NumField() {
		in := plain()
		f := reflect.ValueOf(&in).Elem().Field(i)
		if f.Kind() != reflect.Struct || !f.FieldByName("State").IsValid() || fields.Field(i).Name == "Risk" {
			continue
		}
		f.FieldByName("State").SetString(string(fact.Unknown))
		if got := Score(Default(), in).Score; got < good {
			t.Errorf("%s unknown: %d, known to be well: %d", fields.Field(i).Name, got, good)
		}
	}
}

func TestWeightsJSON(t *testing.T) {
	w := Default()
	w.ID, w.Of[Size] = 3, 1.75
	data, err := json.Marshal(w)
	if err != nil {
		t.Fatal(err)
	}
	var back Weights
	if err := json.Unmarshal(data, &back); err != nil || back != w {
		t.Errorf("%v: %+v of %s", err, back, data)
	}
	if err := json.Unmarshal([]byte(`{"of":{"moon":1}}`), &back); err == nil || !strings.Contains(err.Error(), "moon") {
		t.Errorf("a factor that nobody knows: %v", err)
	}
	seen := map[string]bool{}
	for i, f := range Factors {
		if f.Name == "" || f.Title == "" || f.Reads == "" || f.Why == "" || f.Start == 0 || seen[f.Name] {
			t.Errorf("factor %d is not well defined: %+v", i, f)
		}
		seen[f.Name] = true
	}
}

func BenchmarkScore(b *testing.B) {
	w, in := Default(), checkout()
	b.ReportAllocs()
	for b.Loop() {
		Score(w, in)
	}
}
