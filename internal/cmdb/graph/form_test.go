package graph

import "testing"

// Closed forms without a revision give way to what is known by revision.
func TestSettleWithoutRevisions(t *testing.T) {
	f := func(rev int64, since, until uint32) form { return form{rec{rev: rev, since: since}, until} }
	for _, c := range []struct{ have, want []form }{
		{[]form{f(3, 20, 0), f(0, 5, 50)}, []form{f(0, 5, 20), f(3, 20, 0)}}, // it ends where the next one begins
		{[]form{f(3, 20, 0), f(0, 20, 50)}, []form{f(3, 20, 0)}},             // the same one, known better
		{[]form{f(3, 20, 0), f(0, 30, 50)}, []form{f(3, 20, 0)}},             // the present one was there
		{[]form{f(3, 90, 0), f(2, 20, 80), f(0, 30, 50)}, []form{f(2, 20, 30), f(0, 30, 50), f(3, 90, 0)}},
		{[]form{f(3, 20, 20), f(2, 10, 0)}, []form{f(2, 10, 20), f(3, 20, 20)}}, // begun and ended in one second: kept, or an earlier one would come back
	} {
		have := settle(append([]form{}, c.have...))
		if len(have) != len(c.want) {
			t.Errorf("%v: %v, want %v", c.have, have, c.want)
			continue
		}
		for i := range have {
			if have[i] != c.want[i] {
				t.Errorf("%v: %v, want %v", c.have, have, c.want)
			}
		}
	}
}
