package demo

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/change"
)

// taxRules is the change that the outage which unfolds comes from.
const taxRules = "New tax rules for nine countries"

// shipToday is what is going on with changes when the visitor comes in: one of
// each type, what waits for Mara, what is planned and collides, and the release
// of checkout that the story is about.
func (h *history) shipToday(now time.Time) {
	ship := func(ago time.Duration, service, author, reviewer, title string, s voyage) {
		s.yard, s.author, s.reviewer, s.title = h.ships.yards[service], author, reviewer, title
		fillIn(&s)
		h.launch(now.Add(-ago), &s)
	}
	// Two days ago: a failed one, from the change to the incident to the rollback.
	ship(52*time.Hour, "payments", "jonas", "tom", "Settlement file in the new format", voyage{lines: 640, fate: hurts, wait: 40 * time.Minute})
	// Yesterday: an emergency that nobody reviewed yet; what came behind it waits.
	ship(27*time.Hour, "orders-queue", "tom", "", "Consumers hold 50 messages again", voyage{as: change.Emergency, purpose: change.Fix, lines: 6, wait: 3 * time.Minute, plan: "Set the limit back"})
	ship(95*time.Minute, "orders-queue", "jonas", "tom", "Metrics by priority", voyage{lines: 120, fate: asks})
	// This morning: standard changes with nobody asked.
	ship(4*time.Hour+10*time.Minute, "payments", "jonas", "", "Certificate of the acquirer's line", voyage{as: change.Standard, kind: change.Config, purpose: change.Reliability, model: "certificate-renewal", lines: 4})
	ship(3*time.Hour, "storefront", "priya", "", "Opening hours before Christmas", voyage{as: change.Standard, model: "shop-copy", lines: 60})
	// Waits for Mara: the board looks at what is on the order path.
	ship(2*time.Hour+35*time.Minute, "payments", "jonas", "tom", "3-DS retry after a timeout", voyage{lines: 412, wait: never, plan: "Switch the flag threeds-retry off"})
	ship(70*time.Minute, "catalog-api", "lena", "", "Attributes of size and colour get a table of their own", voyage{kind: change.Schema, lines: 310, wait: never, plan: "The old columns stay until the next release; deploy 4.62 again"})
	// Planned: one next week, and two of tomorrow that collide.
	week := weekday(now.AddDate(0, 0, 7)).Truncate(24 * time.Hour)
	ship(6*time.Hour, "search", "lena", "priya", "Reindex with the new analyser", voyage{kind: change.Infrastructure, purpose: change.Reliability, lines: 80, wait: 25 * time.Minute, from: week.Add(8 * time.Hour), to: week.Add(10 * time.Hour)})
	day := weekday(now.AddDate(0, 0, 1)).Truncate(24 * time.Hour)
	ship(26*time.Hour, "checkout", "priya", "mara", "Gift cards can pay a part", voyage{lines: 220, wait: 2 * time.Hour, from: day.Add(12*time.Hour + 30*time.Minute), to: day.Add(13*time.Hour + 30*time.Minute)})
	ship(5*time.Hour+20*time.Minute, "payments", "jonas", "", "Certificate renewal at the second acquirer", voyage{as: change.Standard, kind: change.Config, purpose: change.Reliability, model: "certificate-renewal", lines: 4, from: day.Add(13 * time.Hour), to: day.Add(13*time.Hour + 30*time.Minute)})
	// And the one that went out minutes ago.
	ship(5*time.Hour, "checkout", "mara", "priya", taxRules, voyage{lines: 412, wait: 2*time.Hour + 35*time.Minute, notBefore: now.Add(-16 * time.Minute), plan: "Deploy the version before", auto: h.rollback})
}

// never is how long the visitor is waited for.
const never = 1000 * time.Hour

func fillIn(s *voyage) {
	if s.kind == "" {
		s.kind = change.Deploy
	}
	if s.as == "" {
		s.as = change.Normal
	}
	if s.purpose == "" {
		s.purpose = change.Feature
	}
}

// weekday is the day, or the Monday after it.
func weekday(t time.Time) time.Time {
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return t
}

// reviewLater writes the review of an emergency.
func (h *history) reviewLater(at time.Time, s *voyage) {
	h.add(at, func(ctx context.Context) error {
		who := "mara"
		if s.author == who {
			who = "omar"
		}
		_, err := h.a.Changes.ReviewEmergency(h.as(who)(ctx), s.id, "It could not wait. The limit is now set by a test, so that this needs no emergency again.")
		return err
	})
}
