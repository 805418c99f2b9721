package alert

import (
	"strings"
	"testing"
	"time"
)

func TestMatchers(t *testing.T) {
	sub := subject{integration: "prom", service: "checkout", severity: Critical, labels: map[string]string{"alertname": "QueueDepth", "env": "prod"}}
	for text, want := range map[string]bool{
		`env="prod"`: true, `env=prod`: true, ` env = "prod" `: true, `env!="prod"`: false, `missing=""`: true, `missing!=""`: false,
		`alertname=~"Queue.*"`: true, `alertname=~"Queue"`: false, `alertname!~"Queue"`: true, `severity="critical"`: true,
		`service=~"checkout|payments"`: true, `integration="prom"`: true,
	} {
		m, err := ParseMatcher(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := matchAll([]Matcher{m}, &sub) < 0; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
		again, err := ParseMatcher(m.String())
		if err != nil || again.String() != m.String() {
			t.Errorf("%s does not read back: %v", m, err)
		}
	}
	for _, bad := range []string{"", "env", "=x", `env=~"("`, `env="x`, "env=~" + strings.Repeat("a", 2000)} {
		if _, err := ParseMatcher(bad); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func FuzzParseMatcher(f *testing.F) {
	for _, s := range []string{`a="b"`, `a=~"b|c"`, "a!=b", "a!~(", `a="\u0000"`, "é=é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMatcher(s)
		if err != nil {
			return
		}
		again, err := ParseMatcher(m.String())
		if err != nil || again.Name != m.Name || again.Op != m.Op || again.Value != m.Value {
			t.Errorf("%q → %s → %v %v", s, m, again, err)
		}
	})
}

func TestDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{"PT2H30M": 150 * time.Minute, "P1DT1S": 24*time.Hour + time.Second, "P30D": 720 * time.Hour,
		"2h30m": 150 * time.Minute, "PT0S": 0, "": 0, "pt5m": 5 * time.Minute, "7d": 168 * time.Hour, "1d12h": 36 * time.Hour} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil || time.Duration(d) != want {
			t.Errorf("%q: %v %v, want %v", text, time.Duration(d), err, want)
		}
		var again Duration
		if err := again.UnmarshalText([]byte(d.String())); err != nil || again != d {
			t.Errorf("%s does not read back", d)
		}
	}
	for _, bad := range []string{"P", "PT", "P1W", "P1M", "PT5", "5", "-1h", "PT1S1H", "soon", "PT99999999999S", "d", "1dd", "-1d", "1d-2h", "99999d"} {
		var d Duration
		if err := d.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was taken as %v", bad, time.Duration(d))
		}
	}
}
