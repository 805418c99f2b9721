package cmdb

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Online Boutique, built from the truth derived of its manifests and traces: 17
// declared and 13 observed edges, and exactly the 4 that differ.
func TestEdgesOnlineBoutique(t *testing.T) {
	raw, err := os.ReadFile("../../../shared/data/kubernetes/online-boutique-edges.truth.json")
	if err != nil {
		t.Skip("../shared/data is not here")
	}
	var truth struct {
		Declared [][2]string `json:"declared"`
		Observed [][2]string `json:"observed"`
		Differ   [][2]string `json:"declared_not_observed"`
	}
	ok(t, json.Unmarshal(raw, &truth))
	if len(truth.Declared) != 17 || len(truth.Observed) != 13 || len(truth.Differ) != 4 {
		t.Fatalf("%d declared, %d observed, %d differ", len(truth.Declared), len(truth.Observed), len(truth.Differ))
	}
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		feed := func(source string, how Provenance, edges [][2]string) {
			known := map[string]bool{}
			var items, relations []Record
			for _, e := range edges {
				for _, name := range e {
					if !known[name] {
						known[name] = true
						items = append(items, seen(name, KindApplication, name, Identifier{SchemeServiceName, name}))
					}
				}
				relations = append(relations, Record{Relation: &SeenRelation{From: ByKey(e[0]), To: ByKey(e[1]), Kind: Calls, Provenance: how}})
			}
			observe(t, s, source, "boutique", append(items, relations...)...)
		}
		feed("kubernetes", Declared, truth.Declared)
		feed("otlp", Observed, truth.Observed)
		// Every page size gives the same.
		for _, limit := range []int{1, 3, 100} {
			var got [][2]string
			for cursor := ""; ; {
				page, next, err := s.Edges(mara(), EdgeFilter{}, cursor, limit)
				ok(t, err)
				for _, e := range page {
					if !e.Declared || !slices.Equal(e.By, []string{"kubernetes"}) || !e.LastSeen.IsZero() {
						t.Errorf("%+v", e)
					}
					// Nobody traces the load generator and the cart's calls of its cache.
					if want := e.From.Name == "loadgenerator" || e.From.Name == "cartservice"; e.NoEyes != want {
						t.Errorf("%s → %s: nobody watches: %v", e.From.Name, e.To.Name, e.NoEyes)
					}
					got = append(got, [2]string{e.From.Name, e.To.Name})
				}
				if cursor = next; next == "" {
					break
				}
			}
			slices.SortFunc(got, func(a, b [2]string) int { return strings.Compare(a[0]+a[1], b[0]+b[1]) })
			if diff := cmp.Diff(truth.Differ, got); diff != "" {
				t.Errorf("limit %d: %s", limit, diff)
			}
		}
		if list, _, _ := s.Edges(mara(), EdgeFilter{Undeclared: true}, "", 100); len(list) != 0 {
			t.Errorf("seen and never declared: %+v", list)
		}
		if list, _, _ := s.Edges(mara(), EdgeFilter{Source: "score"}, "", 100); len(list) != 0 {
			t.Errorf("of another source: %+v", list)
		}
		// Not seen for an hour counts as not seen, if one asks so.
		c.add(2 * time.Hour)
		if list, _, _ := s.Edges(mara(), EdgeFilter{For: time.Hour}, "", 100); len(list) != 17 {
			t.Errorf("%d not seen for an hour", len(list))
		}
		// A call that nobody declared; one that is declared between services; and
		// the part of one service.
		observe(t, s, SourceCatalog, "services", seen("shop", KindService, "Shop", Identifier{SchemeService, "frontend"}, Identifier{SchemeService, "shop"}),
			seen("ads", KindService, "Ads", Identifier{SchemeService, "adservice"}), seen("mail", KindService, "Mail", Identifier{SchemeService, "emailservice"}),
			related(ByKey("ads"), DependsOn, ByKey("mail")))
		observe(t, s, "otlp", "boutique", Record{Relation: &SeenRelation{From: ByKey("adservice"), To: ByKey("emailservice"), Kind: Calls, Provenance: Observed}},
			Record{Relation: &SeenRelation{From: ByKey("emailservice"), To: ByKey("adservice"), Kind: Calls, Provenance: Observed, Flow: Flow{PerSecond: 2}}})
		list, _, err := s.Edges(mara(), EdgeFilter{}, "", 100)
		ok(t, err)
		if len(list) != 5 || list[4].From.Name != "emailservice" || list[4].Declared || list[4].Flow.PerSecond != 2 {
			t.Errorf("%+v", list[max(len(list)-2, 0):])
		}
		if _, _, err = s.Edges(mara(), EdgeFilter{Service: "ads"}, "", 100); err != nil && !errs.Is(err, errs.Invalid) {
			t.Error(err)
		}
		if list, _, err = s.Edges(mara(), EdgeFilter{Service: "adservice"}, "", 100); err != nil || len(list) != 1 {
			t.Errorf("of one service: %+v %v", list, err)
		}
		var b bytes.Buffer
		ok(t, s.WriteCSV(mara(), &b, ReportEdges, ReportFilter{}, EdgeFilter{}))
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != 6 || len(rows[0]) != 12 {
			t.Errorf("%v %v", rows, err)
		}
	})
}

func TestReports(t *testing.T) {
	c := newClock()
	dbtest.EachWith(t, c.now, func(t *testing.T, d *db.DB) {
		s := serviceOn(t, d)
		observe(t, s, SourceCatalog, "services", Record{Item: &Seen{Key: "shop", Kind: KindService, Name: "Shop", Team: "payments", Identifiers: []Identifier{{SchemeService, "shop"}}}})
		records := []Record{seen("shop", KindApplication, "shop", Identifier{SchemeServiceName, "shop"}), seen("pod", KindDeployment, "shop"), seen("db", KindDatabase, "orders"),
			related(ByKey("pod"), PartOf, ByKey("shop")), related(ByKey("shop"), StoresIn, ByKey("db")),
			related(ByKey("shop"), DependsOn, By(SchemeQueue, "kafka/mails", KindQueue))}
		for i := range 5 {
			records = append(records, seen(fmt.Sprint("lonely", i), KindHost, fmt.Sprint("=lonely-", i)))
		}
		observe(t, s, "kubernetes", "c1", records...)
		pages := func(limit int, get func(cursor string, limit int) ([]string, string, error)) string {
			var out []string
			for cursor, n := "", 0; ; n++ {
				list, next, err := get(cursor, limit)
				ok(t, err)
				if len(list) > limit {
					t.Errorf("a page of %d for %d", len(list), limit)
				}
				out = append(out, list...)
				if cursor = next; next == "" || n > 50 {
					return strings.Join(out, " ")
				}
			}
		}
		names := func(list []Listed) (out []string) {
			for _, l := range list {
				out = append(out, l.Name)
			}
			return out
		}
		for _, limit := range []int{1, 2, 100} {
			if got := pages(limit, func(cursor string, limit int) ([]string, string, error) {
				list, next, err := s.Orphans(mara(), ReportFilter{}, cursor, limit)
				return names(list), next, err
			}); got != "=lonely-0 =lonely-1 =lonely-2 =lonely-3 =lonely-4" {
				t.Errorf("orphans: %s", got)
			}
			if got := pages(limit, func(cursor string, limit int) ([]string, string, error) {
				list, next, err := s.Ownerless(mara(), ReportFilter{}, cursor, limit)
				return names(list), next, err
			}); got != "orders =lonely-0 =lonely-1 =lonely-2 =lonely-3 =lonely-4" {
				t.Errorf("without owner: %s", got)
			}
			if got := pages(limit, func(cursor string, limit int) ([]string, string, error) {
				list, next, err := s.DanglingRelations(mara(), ReportFilter{}, cursor, limit)
				var out []string
				for _, d := range list {
					out = append(out, fmt.Sprint(d.From, " ", d.FromItem > 0, " ", d.To, " ", d.ToItem))
				}
				return out, next, err
			}); got != "key:shop true [queue]queue=kafka/mails 0" {
				t.Errorf("dangling: %s", got)
			}
		}
		if list, _, err := s.Orphans(mara(), ReportFilter{Source: "terraform"}, "", 10); err != nil || len(list) != 0 {
			t.Errorf("%+v %v", list, err)
		}
		if list, _, err := s.Ownerless(mara(), ReportFilter{Service: "shop"}, "", 10); err != nil || len(list) != 1 || list[0].Sources[0] != "kubernetes" {
			t.Errorf("%+v %v", list, err)
		}
		_, _, err := s.Orphans(mara(), ReportFilter{Service: "nobodys"}, "", 10)
		refused(t, "an unknown service", err, errs.Invalid, "service")
		_, _, err = s.Orphans(mara(), ReportFilter{}, "x", 10)
		refused(t, "a cursor", err, errs.Invalid, "cursor")

		// Conflicts: who says what, since when, and whom the item believes.
		serial := Identifier{"serial", "77"}
		observe(t, s, "netbox", "", Record{Item: &Seen{Key: "1", Kind: KindHost, Name: "box", Env: "test", Identifiers: []Identifier{serial}, Attributes: attrs("ram", "8")}})
		c.add(time.Hour)
		observe(t, s, "aws", "", Record{Item: &Seen{Key: "1", Kind: KindHost, Name: "box", Env: "production", Identifiers: []Identifier{serial}, Attributes: attrs("ram", "16")}})
		conflicts, _, err := s.Conflicts(mara(), ReportFilter{}, "", 10)
		ok(t, err)
		if len(conflicts) != 2 || conflicts[0].Field != "attributes.ram" || conflicts[1].Field != "env" {
			t.Fatalf("%+v", conflicts)
		}
		if l := conflicts[0].Claims; l[0].Source != "aws" || l[0].Used || l[0].Value != "16" || !l[1].Used || l[1].Since.Equal(l[0].Since) {
			t.Errorf("%+v", l)
		}

		// Duplicates: proposals, then namesakes of one source, unless refused.
		observe(t, s, "csv", "", seen("a", KindSupplier, "Bank"), seen("b", KindSupplier, "bank"))
		observe(t, s, "backstage", "", seen("a", KindDatabase, "Orders"))
		for _, limit := range []int{1, 10} {
			if got := pages(limit, func(cursor string, limit int) ([]string, string, error) {
				list, next, err := s.Duplicates(mara(), ReportFilter{}, cursor, limit)
				var out []string
				for _, x := range list {
					out = append(out, fmt.Sprint(x.A.Name, "=", x.B.Name, x.Proposal))
				}
				return out, next, err
			}); got != "orders=Orders1 Bank=bank0" {
				t.Errorf("duplicates: %s", got)
			}
		}
		var b bytes.Buffer
		for _, r := range Reports {
			ok(t, s.WriteCSV(mara(), &b, r, ReportFilter{}, EdgeFilter{}))
		}
		if text := b.String(); strings.Contains(text, ",=lonely") || !strings.Contains(text, ",'=lonely-0,") {
			t.Errorf("a formula in a cell:\n%s", text)
		}
		refused(t, "a report", s.WriteCSV(mara(), &b, "x", ReportFilter{}, EdgeFilter{}), errs.Invalid, "report")
		refused(t, "nobody", s.WriteCSV(t.Context(), &b, ReportStale, ReportFilter{}, EdgeFilter{}), errs.Unauthenticated, "")
	})
}

// Every list reads by an index.
func TestDecisionPlans(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, q := range []string{orphanSQL, ownerlessSQL, namesakeSQL, edgeSQL} {
			dbtest.UsesIndex(t, d, q, 0, 20000, 100)
		}
		for _, q := range []string{staleSQL, conflictsSQL, danglingSQL, openProposalsSQL, allProposalsSQL, proposalsOfFirstSQL, formPageSQL, relationPageSQL} {
			dbtest.UsesIndex(t, d, q, 0, 100)
		}
		dbtest.UsesIndex(t, d, proposalsOfOtherSQL, 1, 100)
		dbtest.UsesIndex(t, d, regroupsSQL, 1, 100, 10)
		for _, q := range []string{listKindsSQL, listBaselinesSQL, listDiscoveriesSQL} {
			dbtest.UsesIndex(t, d, q, "a", 100)
		}
		for _, q := range []string{dueRulesSQL, dueBaselineSQL} {
			dbtest.UsesIndex(t, d, q, 5)
		}
		dbtest.UsesIndex(t, d, dueDiscoveriesSQL, 5, 4)
		for _, q := range candidateSQL {
			dbtest.UsesIndex(t, d, q, 5, 5, 5, 100)
		}
		dbtest.UsesIndex(t, d, pastPageSQL, 1, 2, 3)
		dbtest.UsesIndex(t, d, relationPastPageSQL, 1, 2, 3)
	})
}
