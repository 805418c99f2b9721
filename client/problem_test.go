package client_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/evenkeel/evenkeel/client"
)

// A refused edit says who was faster and what differs, field by field.
func TestRefusedEdit(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusConflict)
		w.Write([]byte(`{"type":"https://evenkeel.dev/problems/conflict","title":"","status":409,"detail":"it was changed","record":"TEAM payments","current_etag":"\"3\"",
			"changed_by":"Priya Nair","current":{"name":"payments","title":"Paying","war_room":"https://meet.example.org/pay","description":"",
			"members":[{"person":"USR-2","handle":"jonas","display":"Jonas Vik","role":"lead"}]}}`))
	}))
	defer srv.Close()
	_, err := (&client.Client{Server: srv.URL}).UpdateTeam(t.Context(), "payments", 2, client.TeamEdit{Title: "Payments", Members: []client.MemberEdit{{Person: "USR-2", Role: "lead"}}})
	var p *client.Problem
	if !errors.As(err, &p) || p.CurrentETag != `"3"` || len(p.Differences()) != 2 {
		t.Fatalf("%+v", err)
	}
	want := `it was changed
  changed meanwhile by Priya Nair
  title
    yours:  "Payments"
    theirs: "Paying"
  war_room
    yours:  (empty)
    theirs: "https://meet.example.org/pay"`
	if err.Error() != want {
		t.Errorf("%s\nwant:\n%s", err, want)
	}
}
