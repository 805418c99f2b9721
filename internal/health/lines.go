package health

import (
	"fmt"
	"strings"
	"time"
)

// Lines is the report in five lines, without names: these stand on the page,
// and go from there when somebody is erased.
func (r *Report) Lines() []string {
	if !r.Known {
		return []string{"Nothing is known of this time: records begin on " + r.Since.In(r.Zone).Format("2 January 2006") + "."}
	}
	return []string{r.lineLoad(), r.lineSleep(), r.lineAnswer(), r.lineTrend(), r.lineAlerts()}
}

func (r *Report) lineLoad() string {
	out := "Load: " + count(r.Pages, "page", "pages") + " to " + count(r.Reached, "person", "people")
	if r.PerWeek >= 0 {
		out += fmt.Sprintf(", %.1f a week", r.PerWeek)
	}
	top := 0
	for _, l := range r.People {
		top = max(top, l.Pages)
	}
	if r.Reached > 1 {
		out += fmt.Sprintf("; the most to one person: %d", top)
	}
	if r.Partly {
		out += ". Known only since " + r.Since.In(r.Zone).Format("2 January")
	}
	return out + "."
}

func (r *Report) lineSleep() string {
	return fmt.Sprintf("Sleep: %s between %d:00 and %02d:00, interrupting %s; %d at weekends.", count(r.Sleep, "page", "pages"), SleepFrom, SleepTo, count(r.Nights, "night", "nights"), r.Weekend)
}

func (r *Report) lineAnswer() string {
	a := r.Acknowledge
	if a.N == 0 {
		return "Time to acknowledge: unknown; no incident was acknowledged."
	}
	return fmt.Sprintf("Time to acknowledge: median %s, mean %s, 90th percentile %s, of %d of %s.", spoken(a.Median), spoken(a.Mean), spoken(a.P90), a.N, count(r.Incidents, "incident", "incidents"))
}

func (r *Report) lineTrend() string {
	out := "Trend: unknown; it takes eight whole weeks"
	if t := r.Trend; t.Known {
		out = fmt.Sprintf("Trend: %s, %.1f pages a week in the last four whole weeks and %.1f in the %d before", t.Word(), t.Recent, t.Ahead, t.Weeks)
	}
	if r.OverGuide == 0 {
		return out + ". Nobody had more than two incidents in 12 hours."
	}
	return out + fmt.Sprintf(". More than two incidents in 12 hours, the guide value of the SRE book: %s.", count(r.OverGuide, "time", "times"))
}

func (r *Report) lineAlerts() string {
	if r.Acted.Of == 0 {
		return "Alerts: unknown how many were acted upon; no incident with alerts is over."
	}
	out := fmt.Sprintf("Alerts: %d %% were acted upon", r.Acted.Percent())
	for _, a := range r.Alerts {
		if a.Advice != Keep {
			return out + fmt.Sprintf("; the noisiest, “%s”, came %s for nothing. %s.", short(a.Summary), count(a.Noise, "time", "times"), a.Advice.Says())
		}
	}
	return out + "; none is noisy."
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return strings.TrimSpace(string(r[:79])) + "…"
	}
	return s
}

// spoken is a duration in the two largest units that matter.
func spoken(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min", d/time.Minute)
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%d days", d/(24*time.Hour))
}
