// Package junit reads test reports in the XML form that JUnit made common and
// that nearly every test runner can write.
//
// There is no standard; what is read here is what runners agree on: testsuite
// elements, alone, nested or within testsuites, with testcase elements of which
// each has at most one of failure, error and skipped as a child. Sources:
// https://github.com/testmoapp/junitxml (a description of the common form) and
// https://github.com/windyroad/JUnit-Schema (Apache Ant's schema).
//
// Invariants:
//   - Test cases are counted; the totals that a report claims about itself are
//     not believed, because runners disagree on whether nested suites, retries
//     and skipped tests count into them. A report without any test case is
//     refused, for a run that tested nothing must not look like one that passed.
//   - Retries (rerunFailure, flakyFailure of Maven Surefire) do not count as
//     failures: the last word counts.
//   - Reading streams and is bounded in size, depth and number; entities and
//     document types are refused, so a report cannot grow when it is read.
package junit

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Limits of one report.
const (
	MaxBytes = 64 << 20
	MaxDepth = 32
	MaxCases = 1_000_000
	maxNamed = 20
	maxName  = 300
)

// Report is what a report says.
type Report struct {
	Total, Passed, Failed, Skipped int
	Seconds                        float64  // that the cases took, added up; 0: not said
	Failing                        []string // "suite › test" of those that failed, at most 20
}

// Read reads one report. Errors are Invalid, with the line.
func Read(r io.Reader) (out Report, err error) {
	limited := &io.LimitedReader{R: r, N: MaxBytes + 1}
	d := xml.NewDecoder(limited)
	d.Strict = true
	p := parser{d: d}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if limited.N <= 0 {
			return Report{}, errs.E(errs.Invalid, "the report is larger than %d MiB; send the suites one by one", MaxBytes>>20)
		}
		if err != nil {
			return Report{}, p.bad("this is no JUnit XML: %s", plain(err))
		}
		if err := p.take(tok); err != nil {
			return Report{}, err
		}
	}
	if p.suites == 0 {
		return Report{}, errs.E(errs.Invalid, "this is no JUnit XML: it has no element testsuite")
	}
	if p.out.Total == 0 {
		return Report{}, errs.E(errs.Invalid, "the report has no test case; a run that tested nothing is no test evidence")
	}
	return p.out, nil
}

type parser struct {
	d      *xml.Decoder
	out    Report
	depth  int
	suites int
	suite  []string // names of the suites around
	inside bool     // a test case
	at     int      // its depth
	name   string
	result string // failure, error, skipped, or empty
}

func (p *parser) take(tok xml.Token) error {
	switch t := tok.(type) {
	case xml.Directive:
		return p.bad("document types are not taken; write the report without DOCTYPE")
	case xml.StartElement:
		p.depth++
		if p.depth > MaxDepth {
			return p.bad("elements are nested more than %d deep", MaxDepth)
		}
		return p.start(t)
	case xml.EndElement:
		p.end(t.Name.Local)
		p.depth--
	}
	return nil
}

func (p *parser) start(t xml.StartElement) error {
	switch t.Name.Local {
	case "testsuites", "testsuite":
		if p.inside {
			return p.bad("a testsuite stands inside a testcase")
		}
		p.suites++
		p.suite = append(p.suite, attr(t, "name"))
	case "testcase":
		if p.inside {
			return p.bad("a testcase stands inside another one")
		}
		if len(p.suite) == 0 {
			return p.bad("a testcase stands outside of every testsuite")
		}
		if p.out.Total++; p.out.Total > MaxCases {
			return p.bad("there are more than %d test cases in one report", MaxCases)
		}
		p.inside, p.at, p.result = true, p.depth, ""
		p.name = p.label(t)
		p.out.Seconds += seconds(attr(t, "time"))
	case "failure", "error", "skipped":
		if p.inside && p.depth == p.at+1 && p.result != "failure" && p.result != "error" {
			p.result = t.Name.Local
		}
	}
	return nil
}

func (p *parser) end(name string) {
	switch {
	case name == "testcase" && p.inside:
		p.inside = false
		switch p.result {
		case "":
			p.out.Passed++
		case "skipped":
			p.out.Skipped++
		default:
			p.out.Failed++
			if len(p.out.Failing) < maxNamed {
				p.out.Failing = append(p.out.Failing, p.name)
			}
		}
	case (name == "testsuite" || name == "testsuites") && len(p.suite) > 0:
		p.suite = p.suite[:len(p.suite)-1]
	}
}

// label names a test case: its class, or else the suite around it, and its name.
func (p *parser) label(t xml.StartElement) string {
	of := attr(t, "classname")
	if of == "" {
		of = p.suite[len(p.suite)-1]
	}
	name := strings.ToValidUTF8(strings.Trim(of+" › "+attr(t, "name"), " ›"), "\uFFFD")
	if r := []rune(name); len(r) > maxName {
		name = string(r[:maxName]) + "…"
	}
	return name
}

func (p *parser) bad(format string, args ...any) error {
	line, column := p.d.InputPos()
	return errs.E(errs.Invalid, "line %d, column %d: "+format, append([]any{line, column}, args...)...)
}

func plain(err error) string {
	var s *xml.SyntaxError
	if errors.As(err, &s) {
		return s.Msg
	}
	return err.Error()
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
