package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// A POST with an Idempotency-Key takes effect once, however often and however
// concurrently it is sent.
func TestOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		who := actor.Actor{Kind: actor.Token, ID: 7, Role: actor.Admin}
		fail := false
		h := api.Once(d, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			var id int64
			err := d.Write(r.Context(), who, "test", func(tx *db.Tx) (err error) {
				if id, err = tx.NextID(ref.Incident); err != nil {
					return err
				}
				_, err = tx.Exec("INSERT INTO setting (name, value) VALUES ($1, $2)", fmt.Sprint(id), string(body))
				tx.Record(evidence.Entry{Action: "test", Record: ref.N(ref.Incident, id)})
				return err
			})
			if err != nil {
				api.WriteProblem(w, err)
				return
			}
			if fail {
				panic(http.ErrAbortHandler) // the program dies before it answers
			}
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, id)
		}))
		post := func(key, body string) (status int, answer string) {
			r := httptest.NewRequest(http.MethodPost, "/api/v1/things", strings.NewReader(body))
			r.Header.Set("Idempotency-Key", key)
			w := httptest.NewRecorder()
			func() {
				defer func() { recover() }()
				h.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
			}()
			return w.Code, w.Body.String()
		}
		count := func() (n int) {
			d.Read(context.Background(), func(q db.Querier) error {
				return q.QueryRow("SELECT count(*) FROM setting WHERE value LIKE 'thing%'").Scan(&n)
			})
			return n
		}
		s1, a1 := post("k1", "thing one")
		s2, a2 := post("k1", "thing one")
		if s1 != 201 || s2 != 201 || a1 != a2 || count() != 1 {
			t.Errorf("repeat: %d %s, then %d %s, %d effects", s1, a1, s2, a2, count())
		}
		if s, a := post("k1", "thing other"); s != 422 {
			t.Errorf("same key, other body: %d %s", s, a)
		}
		if s, _ := post("k2", "thing two"); s != 201 || count() != 2 {
			t.Errorf("other key: %d, %d effects", s, count())
		}
		fail = true
		post("k3", "thing three")
		fail = false
		if s, a := post("k3", "thing three"); s != 409 || count() != 3 {
			t.Errorf("repeat after a lost answer: %d %s, %d effects", s, a, count())
		}
		if s, _ := post(strings.Repeat("x", 300), "thing"); s != 422 {
			t.Errorf("too long a key: %d", s)
		}
		done := make(chan int, 8)
		for range 8 {
			go func() { s, _ := post("k4", "thing four"); done <- s }()
		}
		for range 8 {
			if s := <-done; s != 201 && s != 409 {
				t.Errorf("concurrent: %d", s)
			}
		}
		if count() != 4 {
			t.Errorf("%d effects of four keys", count())
		}
	})
}

// A repeat that overtakes the first request, at another replica for example,
// leaves its answer; the one that came too late is told so, and its refusal is
// not kept in place of that answer.
func TestOnceOvertaken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		who := actor.Actor{Kind: actor.Token, ID: 7, Role: actor.Admin}
		var h http.Handler
		slow := true
		post := func() (status int, answer, retry string) {
			r := httptest.NewRequest(http.MethodPost, "/api/v1/things", strings.NewReader("thing"))
			r.Header.Set("Idempotency-Key", "k")
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r.WithContext(actor.With(r.Context(), who)))
			return w.Code, w.Body.String(), w.Header().Get("Retry-After")
		}
		h = api.Once(d, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if slow { // found no answer, and is overtaken before it writes
				slow = false
				if status, answer, _ := post(); status != http.StatusCreated || answer != "made" {
					t.Errorf("the faster one: %d %s", status, answer)
				}
			}
			err := d.Write(r.Context(), who, "test", func(tx *db.Tx) error {
				tx.Record(evidence.Entry{Action: "test", Record: ref.N(ref.Incident, 1)})
				return nil
			})
			if err != nil {
				api.WriteProblem(w, err)
				return
			}
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, "made")
		}))
		if status, answer, retry := post(); status != http.StatusConflict || !strings.Contains(answer, "is being handled") || retry == "" {
			t.Errorf("the slower one: %d %s, Retry-After %q", status, answer, retry)
		}
		if status, answer, _ := post(); status != http.StatusCreated || answer != "made" {
			t.Errorf("a repeat: %d %s", status, answer)
		}
	})
}
