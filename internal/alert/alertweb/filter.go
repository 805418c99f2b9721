package alertweb

import (
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// view is a saved view: a title and the tokens it stands for.
type view struct {
	name, title string
	tokens      []string
}

// The views that everybody has. "mine" is added for people whose teams own
// services.
var views = []view{
	{"", "Firing now", []string{"is:firing"}},
	{"loose", "Not in an incident", []string{"is:loose"}},
	{"unrouted", "Unrouted", []string{"is:unrouted"}},
	{"flapping", "Flapping", []string{"is:flapping"}},
	{"silenced", "Silenced", []string{"is:silenced"}},
	{"resolved", "Resolved", []string{"is:resolved"}},
}

const understood = "Use is:firing, is:resolved, is:loose, is:unrouted, is:flapping, is:silenced, severity:critical, service:checkout, integration:name, incident:INC-1, a label like env=prod, or words of the text"

// tokensOf reads the conditions: a view's, or what q says.
func tokensOf(query url.Values, all []view) (name string, tokens []string) {
	for _, q := range query["q"] {
		tokens = append(tokens, fields(q)...)
	}
	if len(tokens) > 0 {
		return "-", tokens
	}
	name = query.Get("view")
	for _, v := range all {
		if v.name == name {
			return name, v.tokens
		}
	}
	if query.Has("q") && name == "" {
		return "-", nil // all tokens were taken off: everything
	}
	return "", all[0].tokens
}

// fields cuts at spaces outside quotes, so that env="a b" is one token.
func fields(s string) (out []string) {
	quoted, start := false, -1
	for i, r := range s + " " {
		if r == '"' {
			quoted = !quoted
		}
		space := r == ' ' || r == '\t'
		switch {
		case space && !quoted && start >= 0:
			out = append(out, s[start:i])
			start = -1
		case !space && start < 0:
			start = i
		}
	}
	if start >= 0 {
		out = append(out, s[start:])
	}
	return out
}

// filter turns tokens into a filter. A token that is not understood is a
// fault; the others hold.
func filter(tokens []string) (f alert.Filter, fault, typed string) {
	var text []string
	for _, t := range tokens {
		key, value, colon := strings.Cut(t, ":")
		i := strings.IndexAny(t, "=!")
		if i > 0 && (!colon || i < len(key)) {
			m, err := alert.ParseMatcher(t)
			if err != nil {
				fault, typed = err.Error(), errs.Short(t)
				continue
			}
			f.Labels = append(f.Labels, m)
			continue
		}
		if !colon {
			text = append(text, t)
			continue
		}
		good := value != ""
		switch strings.ToLower(key) {
		case "is":
			switch value {
			case "firing", "resolved":
				f.Status = alert.Status(value)
			case "loose":
				f.NoIncident = true
			case "unrouted":
				f.Unrouted = true
			case "flapping":
				f.Flapping = true
			case "silenced":
				f.Silenced = true
			default:
				good = false
			}
		case "severity":
			good = alert.Severity(value).Valid()
			f.Severities = append(f.Severities, alert.Severity(value))
		case "service":
			f.Services = append(f.Services, value)
		case "integration":
			f.Integration = value
		case "incident":
			id, err := ref.ID(ref.Incident, value)
			f.Incident, good = id, err == nil
		default:
			good = false
		}
		if !good {
			fault, typed = "“"+errs.Short(t)+"” is not understood. "+understood, errs.Short(t)
		}
	}
	f.Text = strings.Join(text, " ")
	if fault != "" {
		f = valid(f)
	}
	return f, fault, typed
}

// valid drops severities that do not exist, so that the rest can be shown.
func valid(f alert.Filter) alert.Filter {
	var out []alert.Severity
	for _, s := range f.Severities {
		if s.Valid() {
			out = append(out, s)
		}
	}
	f.Severities = out
	return f
}

// bar is the token bar of the list.
func bar(tokens []string, group string) web.Filter {
	out := web.Filter{Path: "/alerts", Hint: "Add a filter, for example severity:critical"}
	if group != "" {
		out.Keep = []web.Hidden{{Name: "group", Value: group}}
	}
	for i, t := range tokens {
		rest := url.Values{}
		for j, other := range tokens {
			if j != i {
				rest.Add("q", other)
			}
		}
		if len(rest) == 0 {
			rest.Set("q", "")
		}
		if group != "" {
			rest.Set("group", group)
		}
		key, value, ok := strings.Cut(t, ":")
		if i := strings.IndexAny(t, "=!"); i > 0 && (!ok || i < len(key)) {
			key, value, ok = "label", t, true
		}
		if !ok {
			key, value = "text", t
		}
		out.Tokens = append(out.Tokens, web.Token{Key: key, Value: value, Raw: t, Without: "/alerts?" + rest.Encode()})
	}
	return out
}
