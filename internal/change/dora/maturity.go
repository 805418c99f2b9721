package dora

import (
	"fmt"
	"time"
)

// Maturity is how mature change enablement is by its results (DOMAIN.md): the
// worse of the level by mean recovery time and the level by failure rate.
//
//	ad hoc     recovery over 6 h,   failure rate over 20 %
//	defined    up to 6 h,           up to 20 %
//	managed    up to 3 h,           under 10 %
//	optimised  under 1 h,           under 5 %
type Maturity struct {
	Level string // one of Levels; empty: unknown
	Says  string
}

// Levels are the levels, the least first.
var Levels = []string{"ad hoc", "defined", "managed", "optimised"}

// leastCompleted is how many completed changes say something about maturity.
const leastCompleted = 20

// MaturityOf judges figures.
func MaturityOf(f Figures) Maturity {
	if f.Completed < leastCompleted {
		return Maturity{Says: "Fewer than 20 completed changes in this period: too few to say."}
	}
	byRate := 0
	switch share := f.Failed.Share; {
	case share < 0.05:
		byRate = 3
	case share < 0.10:
		byRate = 2
	case share <= 0.20:
		byRate = 1
	}
	if f.Failed.N == 0 {
		return Maturity{Levels[byRate], "No change failed, so that there was nothing to recover from."}
	}
	if f.Recovery.N == 0 {
		return Maturity{Says: "It is not known when users were served well again after a failure."}
	}
	byTime := 0
	switch mean := f.Recovery.Mean; {
	case mean < time.Hour:
		byTime = 3
	case mean <= 3*time.Hour:
		byTime = 2
	case mean <= 6*time.Hour:
		byTime = 1
	}
	says := "By the failure rate " + percent(f.Failed.Share) + " and the mean recovery time " + inWords(f.Recovery.Mean) + "."
	return Maturity{Levels[min(byRate, byTime)], says}
}

// inWords is a duration in hours and minutes.
func inWords(d time.Duration) string {
	minutes := int(d.Round(time.Minute).Minutes())
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}
