// Package sarif reads the findings of security and static analysis tools in
// SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
//
// Invariants:
//   - A result counts by its level: error, warning, note; absent, it is that of
//     its rule's default configuration, and else warning (section 3.27.10).
//     Kinds other than fail (pass, open, informational, notApplicable, review;
//     section 3.27.9) and results that are suppressed (3.27.23: all suppressions
//     accepted, or none of them under review or rejected) are no findings.
//   - baselineState absent (3.27.24) is a finding that is gone: it does not count.
//   - A log without any run is refused: no tool looked.
//   - Reading streams result by result; size and number are bounded.
package sarif

import (
	"encoding/json"
	"errors"
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Limits of one log.
const (
	MaxBytes   = 64 << 20
	MaxResults = 1_000_000
	maxNamed   = 20
	maxText    = 300
)

// Report is what a log says.
type Report struct {
	Errors, Warnings, Notes int
	Tools                   []string // that ran, each once
	Worst                   []string // rules and texts of the errors, at most 20
}

// Read reads one log. Errors are Invalid, with the place.
func Read(r io.Reader) (out Report, err error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	d := json.NewDecoder(limited)
	p := parser{d: d}
	err = p.object(func(key string) error {
		switch key {
		case "version":
			var v string
			if err := d.Decode(&v); err != nil {
				return err
			}
			if v != "2.1.0" {
				return errs.E(errs.Invalid, "version %q is not taken; write SARIF 2.1.0", errs.Short(v))
			}
			p.version = true
			return nil
		case "runs":
			return p.array(p.run)
		}
		return p.skip()
	})
	var told *errs.Error
	switch {
	case limited.N <= 0:
		return Report{}, errs.E(errs.Invalid, "the log is larger than %d MiB; send the runs one by one", MaxBytes>>20)
	case errors.As(err, &told):
		return Report{}, err
	case err != nil:
		return Report{}, errs.E(errs.Invalid, "byte %d: this is no SARIF: %s", d.InputOffset(), err)
	case !p.version:
		return Report{}, errs.E(errs.Invalid, "version is missing; this is no SARIF 2.1.0")
	case p.runs == 0:
		return Report{}, errs.E(errs.Invalid, "the log has no run: no tool looked, so it says nothing")
	}
	return p.out, nil
}

type parser struct {
	d       *json.Decoder
	out     Report
	version bool
	runs    int
	results int
}

// result is what counts of a result.
type result struct {
	RuleID    string `json:"ruleId"`
	RuleIndex *int   `json:"ruleIndex"`
	Rule      struct {
		ID    string `json:"id"`
		Index *int   `json:"index"`
	} `json:"rule"`
	Kind     string `json:"kind"`
	Level    string `json:"level"`
	Baseline string `json:"baselineState"`
	Message  struct {
		Text string `json:"text"`
	} `json:"message"`
	Suppressions []struct {
		Status string `json:"status"`
	} `json:"suppressions"`
}

// rule is what counts of a rule.
type rule struct {
	ID      string `json:"id"`
	Default struct {
		Level string `json:"level"`
	} `json:"defaultConfiguration"`
}

type tool struct {
	Driver struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	} `json:"driver"`
}

// tally is how often a result without a level of its own stands in a run: which
// level its rule gives may be said only after it.
type tally struct {
	rule  string
	index int
	text  string
}

func (p *parser) run() error {
	p.runs++
	var t tool
	var open []tally
	err := p.object(func(key string) error {
		switch key {
		case "tool":
			return p.d.Decode(&t)
		case "results":
			return p.array(func() error {
				var r result
				if err := p.d.Decode(&r); err != nil {
					return err
				}
				if p.results++; p.results > MaxResults {
					return errs.E(errs.Invalid, "there are more than %d results in one log", MaxResults)
				}
				if !r.counts() {
					return nil
				}
				if r.Level == "" {
					open = append(open, tally{r.id(), r.index(), r.Message.Text})
					return nil
				}
				p.count(r.Level, r.id(), r.Message.Text)
				return nil
			})
		}
		return p.skip()
	})
	if err != nil {
		return err
	}
	if t.Driver.Name == "" {
		return errs.E(errs.Invalid, "runs[%d].tool.driver.name is missing; say which tool ran", p.runs-1)
	}
	p.tool(clip(t.Driver.Name))
	levels := make(map[string]string, len(t.Driver.Rules))
	for _, r := range t.Driver.Rules {
		levels[r.ID] = r.Default.Level
	}
	for _, o := range open {
		level := levels[o.rule]
		if o.index >= 0 && o.index < len(t.Driver.Rules) {
			level = t.Driver.Rules[o.index].Default.Level
		}
		p.count(level, o.rule, o.text)
	}
	return nil
}

func (r result) id() string {
	if r.RuleID != "" {
		return r.RuleID
	}
	return r.Rule.ID
}

func (r result) index() int {
	for _, i := range []*int{r.RuleIndex, r.Rule.Index} {
		if i != nil {
			return *i
		}
	}
	return -1
}

// counts reports whether a result is a finding that stands.
func (r result) counts() bool {
	if r.Kind != "" && r.Kind != "fail" || r.Baseline == "absent" {
		return false
	}
	for _, s := range r.Suppressions {
		if s.Status == "underReview" || s.Status == "rejected" {
			return true
		}
	}
	return len(r.Suppressions) == 0
}

func (p *parser) count(level, rule, text string) {
	switch level {
	case "none":
	case "note":
		p.out.Notes++
	case "error":
		p.out.Errors++
		if len(p.out.Worst) < maxNamed {
			p.out.Worst = append(p.out.Worst, clip(strings.Trim(rule+": "+text, ": ")))
		}
	default: // "warning", absent, and words of no version: not less than the default
		p.out.Warnings++
	}
}

func (p *parser) tool(name string) {
	for _, t := range p.out.Tools {
		if t == name {
			return
		}
	}
	if len(p.out.Tools) < maxNamed {
		p.out.Tools = append(p.out.Tools, name)
	}
}

func clip(s string) string {
	s = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")), " ")
	if r := []rune(s); len(r) > maxText {
		return string(r[:maxText]) + "…"
	}
	return s
}
