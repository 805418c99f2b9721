package alert

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Op is how a matcher compares.
type Op string

// The operators, as Alertmanager's: https://prometheus.io/docs/alerting/latest/configuration/#matcher
const (
	Equal    Op = "="
	NotEqual Op = "!="
	Like     Op = "=~"
	NotLike  Op = "!~"
)

// The names that a matcher can use besides labels. They hide a label of the
// same name; "service" is the alert's service before rules.
const (
	fieldSeverity    = "severity"
	fieldIntegration = "integration"
	fieldService     = "service"
	fieldSource      = "source"
	fieldSummary     = "summary"
	fieldDedup       = "dedup"
)

// Matcher is one condition: a label or field, an operator, a value. A missing
// label is the empty text. Regular expressions (RE2) match the whole value.
type Matcher struct {
	Name  string
	Op    Op
	Value string
	re    *regexp.Regexp
}

// maxPattern bounds a regular expression; RE2 is linear, but memory is not free.
const maxPattern = 1024

// ParseMatcher reads `name="value"`, `name!=value`, `name=~"a|b"`, `name!~x`.
func ParseMatcher(text string) (Matcher, error) {
	t := strings.TrimSpace(text)
	i := strings.IndexAny(t, "=!")
	if i <= 0 || !clean(t) {
		return Matcher{}, fmt.Errorf(`%q is no matcher; write it like severity="critical" or job=~"api|web"`, text)
	}
	m := Matcher{Name: strings.TrimSpace(t[:i])}
	rest := t[i:]
	for _, op := range []Op{Like, NotLike, NotEqual, Equal} {
		if after, ok := strings.CutPrefix(rest, string(op)); ok {
			m.Op, rest = op, strings.TrimSpace(after)
			break
		}
	}
	if m.Op == "" {
		return Matcher{}, fmt.Errorf(`%q has no operator; use =, !=, =~ or !~`, text)
	}
	m.Value = rest
	if strings.HasPrefix(rest, `"`) {
		value, err := strconv.Unquote(rest)
		if m.Value = value; err != nil {
			return Matcher{}, fmt.Errorf(`%q has a quote that does not close`, text)
		}
	}
	return m, m.compile()
}

func (m *Matcher) compile() error {
	if m.Name == "" || len(m.Name) > 255 {
		return fmt.Errorf("a matcher needs a name of 1 to 255 bytes")
	}
	if !clean(m.Name) || !clean(m.Value) {
		return fmt.Errorf("a matcher is valid UTF-8 without zero bytes")
	}
	if len(m.Value) > maxPattern {
		return fmt.Errorf("the value of %s is longer than %d bytes", m.Name, maxPattern)
	}
	switch m.Op {
	case Equal, NotEqual:
		return nil
	case Like, NotLike:
		re, err := regexp.Compile("^(?s:" + m.Value + ")$")
		if err != nil {
			return fmt.Errorf("%q is no regular expression (RE2): %v", m.Value, err)
		}
		m.re = re
		return nil
	}
	return fmt.Errorf("%q is no operator; use =, !=, =~ or !~", string(m.Op))
}

// String is the matcher as ParseMatcher reads it.
func (m Matcher) String() string { return fmt.Sprintf("%s%s%q", m.Name, m.Op, m.Value) }

// Match reports whether a value meets the condition.
func (m *Matcher) Match(value string) bool {
	switch m.Op {
	case Equal:
		return value == m.Value
	case NotEqual:
		return value != m.Value
	case Like:
		return m.re.MatchString(value)
	default:
		return !m.re.MatchString(value)
	}
}

// MarshalText and UnmarshalText make matchers strings in JSON and YAML.
func (m Matcher) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads a matcher.
func (m *Matcher) UnmarshalText(b []byte) (err error) {
	*m, err = ParseMatcher(string(b))
	return err
}

// maxMatchers bounds one rule or silence.
const maxMatchers = 32

// ParseMatchers reads a list and reports every fault as name[i].
func ParseMatchers(name string, texts []string, f *errs.Fields) []Matcher {
	if len(texts) > maxMatchers {
		f.Add(name, fmt.Sprint(len(texts)), fmt.Sprintf("use at most %d matchers", maxMatchers))
		return nil
	}
	out := make([]Matcher, 0, len(texts))
	for i, t := range texts {
		m, err := ParseMatcher(t)
		if err != nil {
			f.Add(fmt.Sprintf("%s[%d]", name, i), t, err.Error())
			continue
		}
		out = append(out, m)
	}
	return out
}

// Texts are matchers as ParseMatchers reads them.
func Texts(ms []Matcher) []string {
	out := make([]string, len(ms))
	for i, m := range ms {
		out[i] = m.String()
	}
	return out
}

// subject is what rules and silences look at.
type subject struct {
	integration string
	service     string // the sender's, else the integration's
	severity    Severity
	source      string
	summary     string
	dedup       string
	labels      map[string]string
}

func (s *subject) value(name string) string {
	switch name {
	case fieldSeverity:
		return string(s.severity)
	case fieldIntegration:
		return s.integration
	case fieldService:
		return s.service
	case fieldSource:
		return s.source
	case fieldSummary:
		return s.summary
	case fieldDedup:
		return s.dedup
	}
	return s.labels[name]
}

// matchAll returns the index of the first matcher that does not hold, or -1
// when all do. No matcher at all holds for everything.
func matchAll(ms []Matcher, s *subject) int {
	for i := range ms {
		if !ms[i].Match(s.value(ms[i].Name)) {
			return i
		}
	}
	return -1
}
