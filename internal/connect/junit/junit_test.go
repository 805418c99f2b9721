package junit

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Report
	}{
		"one suite, as gotestsum writes it": {`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0" time="1.5">
 <testsuite tests="3" failures="1" time="1.5" name="harbour/checkout">
  <properties><property name="go.version" value="go1.26"/></properties>
  <testcase classname="harbour/checkout" name="TestTax" time="0.5"></testcase>
  <testcase classname="harbour/checkout" name="TestCart" time="0.75"><failure message="Failed" type="">got 2</failure></testcase>
  <testcase classname="harbour/checkout" name="TestLater" time="0.25"><skipped message="no database"/></testcase>
 </testsuite>
</testsuites>`, Report{Total: 3, Passed: 1, Failed: 1, Skipped: 1, Seconds: 1.5, Failing: []string{"harbour/checkout › TestCart"}}},
		"a suite alone, with nested ones": {`<testsuite name="all"><testsuite name="a"><testcase name="x"/></testsuite><testsuite name="b"><testcase name="y"><error/></testcase></testsuite></testsuite>`,
			Report{Total: 2, Passed: 1, Failed: 1, Failing: []string{"b › y"}}},
		"claims are not believed":         {`<testsuite tests="900" failures="0"><testcase name="x"><failure/></testcase></testsuite>`, Report{Total: 1, Failed: 1, Failing: []string{"x"}}},
		"a retry that passed passed":      {`<testsuite><testcase name="x"><flakyFailure/><system-out>failure</system-out></testcase></testsuite>`, Report{Total: 1, Passed: 1}},
		"failure and error are one":       {`<testsuite><testcase name="x"><failure/><error/></testcase></testsuite>`, Report{Total: 1, Failed: 1, Failing: []string{"x"}}},
		"a failure wins over skipped":     {`<testsuite><testcase name="x"><skipped/><failure/></testcase></testsuite>`, Report{Total: 1, Failed: 1, Failing: []string{"x"}}},
		"words in output are no elements": {`<testsuite><testcase name="x"><system-out><failure/></system-out></testcase></testsuite>`, Report{Total: 1, Passed: 1}},
		"odd times":                       {`<testsuite><testcase name="x" time="1,000.5"/><testcase name="y" time="NaN"/><testcase name="z" time="-3"/></testsuite>`, Report{Total: 3, Passed: 3, Seconds: 1000.5}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(strings.NewReader(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	deep := strings.Repeat("<testsuite>", MaxDepth+1)
	for in, want := range map[string]string{
		``:                        "no element testsuite",
		`{}`:                      "no element testsuite",
		`<html></html>`:           "no element testsuite",
		`<testsuite></testsuite>`: "no test case",
		`<testsuite><testcase>`:   "line 1, column 22: this is no JUnit XML",
		`<testcase/>`:             "outside of every testsuite",
		deep:                      "nested more than",
		`<!DOCTYPE a [<!ENTITY b "c">]><testsuite/>`:                "DOCTYPE",
		"<testsuite>\n<testcase><testcase/></testcase></testsuite>": "line 2, column 22: a testcase stands inside",
		`<testsuite><testcase name="&unknown;"/></testsuite>`:       "this is no JUnit XML",
		`<testsuite><testcase><testsuite/></testcase></testsuite>`:  "inside a testcase",
	} {
		_, err := Read(strings.NewReader(in))
		if !errs.Is(err, errs.Invalid) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%.40q: %v, want %q", in, err, want)
		}
	}
}

func TestFailingIsBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString("<testsuite>")
	for range 100 {
		fmt.Fprintf(&b, `<testcase name="%s"><failure/></testcase>`, strings.Repeat("ä", 1000))
	}
	b.WriteString("</testsuite>")
	r, err := Read(strings.NewReader(b.String()))
	if err != nil || r.Failed != 100 || len(r.Failing) != maxNamed || len([]rune(r.Failing[0])) != maxName+1 {
		t.Fatal(err, r.Failed, len(r.Failing))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`<testsuite><testcase name="x"><failure/></testcase></testsuite>`)
	f.Add(`<testsuites><testsuite/></testsuites>`)
	f.Fuzz(func(t *testing.T, in string) {
		r, err := Read(strings.NewReader(in))
		if err == nil && (r.Total != r.Passed+r.Failed+r.Skipped || r.Total == 0) {
			t.Errorf("%+v does not add up", r)
		}
	})
}
