package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// problem replaces huma's error model: each fault names the field, what was
// sent and what would be right. huma echoes whatever was sent; here only a
// short plain value is, and never one that may be secret.
func problem(status int, msg string, details ...error) huma.StatusError {
	p := &Problem{Title: http.StatusText(status), Status: status, Detail: msg, Type: "about:blank"}
	for kind, row := range errs.Table {
		if row.HTTP == status {
			p.Type, p.Title = problemType+row.Name, titles[kind]
		}
	}
	for _, d := range details {
		if d == nil {
			continue
		}
		f := errs.Field{Remedy: d.Error()}
		if dd, ok := d.(huma.ErrorDetailer); ok {
			f = field(dd.ErrorDetail())
		}
		p.Fields = append(p.Fields, f)
	}
	return p
}

func field(d *huma.ErrorDetail) errs.Field {
	f := errs.Field{Name: strings.TrimPrefix(d.Location, "body."), Remedy: remedy(d.Message)}
	value, plain := echo(d.Value)
	switch name, missing := strings.CutPrefix(d.Message, "expected required property "); {
	case missing:
		name = strings.TrimSuffix(name, " to be present")
		f.Name, f.Remedy = strings.TrimPrefix(d.Location+"."+name, "body."), "it is required; give it a value"
	case d.Message == "unexpected property" || d.Message == "unknown query parameter":
		f.Remedy = "there is nothing of this name here; leave it out, or look for the right name in /api/docs"
	case secret(f.Name) || secretValue(value):
		f.Remedy, _, _ = strings.Cut(f.Remedy, ": ") // what follows may quote the value
	case plain:
		f.Value = errs.Short(value)
	}
	return f
}

// echo is a plain value as it was sent; objects and lists, and so the whole
// body, are not repeated.
func echo(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case json.Number:
		return v.String(), true
	case int, int64:
		return fmt.Sprint(v), true
	}
	return "", false
}

// secrets are words in the names of fields that may hold a secret: passwords
// ("current" is the present one), tokens, and addresses to post to, whose path
// is often all that protects them. "body" is a body that could not be read.
var secrets = map[string]bool{"password": true, "passphrase": true, "current": true, "secret": true, "token": true, "key": true, "url": true, "uri": true,
	"authorization": true, "cookie": true, "credential": true, "credentials": true, "body": true}

func secret(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) })
	for _, w := range words {
		if secrets[w] {
			return true
		}
	}
	return false
}

// secretValue knows a secret that was put into the wrong field: an API token,
// a webhook's signing secret, an address.
func secretValue(v string) bool {
	return strings.Contains(v, "ek_") || strings.Contains(v, "whsec_") || strings.Contains(v, "://")
}
