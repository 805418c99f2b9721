package web

import "testing"

func TestParses(t *testing.T) {
	if len(all.list) == 0 {
		t.Fatal("no template was parsed")
	}
}
