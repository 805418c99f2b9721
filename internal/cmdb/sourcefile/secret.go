package sourcefile

import (
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
)

// secretName matches names under which tools keep credentials. It is meant to
// leave out too much rather than too little: what it hits is never stored.
var secretName = regexp.MustCompile(`(?i)(passw(or)?d|passphrase|secret|token|credential|private[_-]?key|access[_-]?key|api[_-]?key|apikey|auth[_-]?key|shared[_-]?key|ssh[_-]?key|signing[_-]?key|encryption[_-]?key|connection[_-]?string|kube_?config|client[_-]?key|master[_-]?(user|auth)|user[_-]?data|custom[_-]?data|certificate_chain|private_pem|_pem$|(^|[_-])(pwd|pass|auth|dsn|sas|hmac)($|[_-]))`)

// SecretName tells whether a field of this name may hold a credential.
func SecretName(name string) bool {
	if known, ok := asked.Load(name); ok {
		return known.(bool)
	}
	secret := secretName.MatchString(name)
	if len(name) < 100 && askedCount.Add(1) < 10_000 {
		asked.Store(name, secret)
	}
	return secret
}

// asked keeps the answers: the same few names come with each of a million
// resources.
var (
	asked      sync.Map // name → bool
	askedCount atomic.Int64
)

// CleanURL returns an address without user, password, query and fragment,
// which may be credentials; empty when it is no address.
func CleanURL(s string) string {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Host == "" {
		return ""
	}
	u.User, u.RawQuery, u.Fragment, u.RawFragment, u.ForceQuery = nil, "", "", "", false
	return u.String()
}

// Repository writes the address of a repository as identifiers have it:
// "github.com/org/repo"; empty when it is none. It understands https, ssh
// (git@host:org/repo.git) and bare "host/org/repo".
func Repository(s string) string {
	s = strings.TrimSpace(s)
	if at, path, ok := strings.Cut(s, ":"); ok && strings.Contains(at, "@") && !strings.Contains(at, "/") {
		s = at[strings.LastIndex(at, "@")+1:] + "/" + path // scp form
	}
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
	}
	s, _, _ = strings.Cut(s, "?")
	s, _, _ = strings.Cut(s, "#")
	host, path, ok := strings.Cut(s, "/")
	host = host[strings.LastIndex(host, "@")+1:]
	for _, mark := range []string{"/-/", "/tree/", "/blob/", "/src/"} { // a folder or file in it
		path, _, _ = strings.Cut(path, mark)
	}
	path = strings.TrimSuffix(strings.Trim(path, "/"), ".git")
	if !ok || path == "" || len(s) > 300 || !strings.Contains(path, "/") || !strings.Contains(host, ".") || strings.ContainsAny(host+path, " \t\n") {
		return ""
	}
	return strings.ToLower(host + "/" + path)
}

// DNS writes a host name as identifiers have it: lower case, no final dot;
// empty when it is no full name.
func DNS(s string) string {
	s = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if !strings.Contains(s, ".") || len(s) > 253 || strings.ContainsAny(s, " /:@?*") {
		return ""
	}
	return s
}
