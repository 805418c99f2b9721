package ical

import (
	"bytes"
	"strings"
)

// property is one content line, taken apart.
type property struct {
	line   int // of the file, from 1
	name   string
	params map[string]string // first value of each, unquoted
	value  string            // as it stands
}

// properties unfolds a file and takes its lines apart (RFC 5545, 3.1). Lines
// that are no content lines are noted. Bare LF is taken for CRLF.
func properties(file []byte, note func(line int, text string)) []property {
	file = bytes.TrimPrefix(file, []byte("\xEF\xBB\xBF"))
	var out []property
	number, from := 0, 0
	var whole []byte
	flush := func() {
		if len(bytes.TrimSpace(whole)) > 0 {
			if p, ok := parseLine(strings.ToValidUTF8(string(whole), "\uFFFD")); ok {
				p.line = from
				out = append(out, p)
			} else {
				note(from, "this line is no NAME:value and was left out")
			}
		}
		whole = nil
	}
	for raw := range bytes.Lines(file) {
		number++
		text := bytes.TrimRight(raw, "\r\n")
		if len(text) > 0 && (text[0] == ' ' || text[0] == '\t') {
			whole = append(whole, text[1:]...)
			continue
		}
		flush()
		whole, from = append(whole, text...), number
	}
	flush()
	return out
}

// parseLine reads name *(";" param "=" values) ":" value.
func parseLine(s string) (property, bool) {
	p := property{params: map[string]string{}}
	end := strings.IndexAny(s, ";:")
	if end <= 0 || strings.ContainsAny(s[:end], " \t\"") {
		return p, false
	}
	p.name = strings.ToUpper(s[:end])
	for s = s[end:]; s[0] == ';'; {
		eq := strings.IndexAny(s[1:], "=;:") + 1
		if eq <= 0 || s[eq] != '=' {
			return p, false
		}
		name := strings.ToUpper(s[1:eq])
		value, rest, ok := paramValue(s[eq+1:])
		if !ok {
			return p, false
		}
		if _, there := p.params[name]; !there {
			p.params[name] = value
		}
		s = rest
	}
	p.value = s[1:]
	return p, true
}

// paramValue reads a parameter's first value up to the ";" or ":" behind all
// of them; rest begins with that.
func paramValue(s string) (value, rest string, ok bool) {
	quoted, end := false, -1
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case !quoted && c == ',' && end < 0:
			end = i
		case !quoted && (c == ';' || c == ':'):
			if end < 0 {
				end = i
			}
			return strings.Trim(s[:end], `"`), s[i:], true
		}
	}
	return "", "", false
}

// text reads a TEXT value.
func text(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'n' || s[i] == 'N' {
			b.WriteByte('\n')
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
