package kubernetes

import (
	"net/netip"
	"regexp"
	"strings"
)

// mention is a host that a configuration value names. Of the value itself
// nothing is kept: it may hold a password.
type mention struct {
	host   string // lower case, no final dot
	port   string
	scheme bool // stood in a URL
	said   bool // the variable's name says that this is where a peer is
}

// said are the endings of variable names that mean a peer's address.
var said = []string{"_ADDR", "_ADDRESS", "_ADDRS", "_ADDRESSES", "_URL", "_URLS", "_URI", "_URIS", "_HOST", "_HOSTS", "_HOSTNAME", "_ENDPOINT", "_ENDPOINTS",
	"_SERVER", "_SERVERS", "_BROKER", "_BROKERS", "_DSN", "_UPSTREAM"}

// hidden are parts of names whose values are never looked at.
var hidden = []string{"PASSWORD", "PASSWD", "SECRET", "TOKEN", "CREDENTIAL", "PRIVATE", "APIKEY", "API_KEY", "ACCESS_KEY"}

// own are variables that say where the program itself listens or is found.
var own = []string{"LISTEN", "BIND", "ADVERTISE", "POD_", "NODE_", "HOST", "SELF_", "BASE_", "PUBLIC_", "ROOT_", "EXTERNAL_", "SITE_"}

const longest = 256 << 10 // bytes of one value that are looked at

var host = regexp.MustCompile(`^[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9_-]*[a-z0-9])?)*$`)

// variable finds the hosts in the value of an environment variable or the key
// of a ConfigMap.
func variable(name, value string) []mention {
	upper := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
	for _, h := range hidden {
		if strings.Contains(upper, h) {
			return nil
		}
	}
	for _, o := range own {
		if strings.HasPrefix(upper, o) {
			return nil
		}
	}
	is := false
	for _, s := range said {
		if strings.HasSuffix(upper, s) || upper == s[1:] {
			is = true
		}
	}
	if is && !strings.ContainsAny(strings.TrimSpace(value), " \t\n=;") {
		return inList(value, true)
	}
	return inText(value)
}

// inList reads "a:1,b:2" or one address.
func inList(value string, is bool) []mention {
	var out []mention
	for part := range strings.SplitSeq(value, ",") {
		if m, ok := address(part); ok {
			m.said = is
			out = append(out, m)
		}
	}
	return out
}

// inText finds addresses anywhere in arguments and files. They count only
// where they name a Service that is known, so an ordinary word does no harm.
func inText(value string) []mention {
	if len(value) > longest {
		value = value[:longest]
	}
	var out []mention
	for _, w := range strings.FieldsFunc(value, func(r rune) bool {
		return strings.ContainsRune(" \t\r\n,;=\"'`()[]{}<>|", r)
	}) {
		if len(w) < 300 {
			if m, ok := address(w); ok && (m.port != "" || m.scheme || strings.Contains(m.host, ".svc")) {
				out = append(out, m)
			}
		}
	}
	return out
}

// address reads "host", "host:port", "scheme://user:password@host:port/path"
// and "user:password@tcp(host:port)/name". What stands before the last @ is
// never part of the answer.
func address(s string) (mention, bool) {
	var m mention
	s = strings.TrimSpace(s)
	if strings.Contains(s, "$(") || strings.Contains(s, "${") {
		return m, false
	}
	if i := strings.LastIndex(s, "://"); i >= 0 {
		s, m.scheme = s[i+3:], true
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if i := strings.IndexByte(s, '('); i >= 0 {
		s = strings.TrimSuffix(s[i+1:], ")")
		s, _, _ = strings.Cut(s, ")")
	}
	if i := strings.IndexAny(s, "/?#"); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexByte(s, ':'); i >= 0 {
		m.port = s[i+1:]
		s = s[:i]
		if m.port == "" || len(m.port) > 5 || strings.Trim(m.port, "0123456789") != "" {
			return m, false
		}
	}
	m.host = strings.TrimSuffix(strings.ToLower(s), ".")
	if m.host == "localhost" || len(m.host) > 253 || !host.MatchString(m.host) {
		return m, false
	}
	if a, err := netip.ParseAddr(m.host); err == nil {
		return m, !a.IsLoopback() && !a.IsUnspecified()
	}
	return m, strings.ContainsAny(m.host, "abcdefghijklmnopqrstuvwxyz")
}

// inCluster reads a cluster-internal name: "cart", "cart.shop",
// "cart.shop.svc", "cart-0.cart.shop.svc.cluster.local". sure is whether the
// form leaves no doubt.
func inCluster(host, namespace string) (service, ns string, sure, ok bool) {
	host = strings.TrimSuffix(host, ".cluster.local")
	p := strings.Split(host, ".")
	switch {
	case len(p) >= 3 && p[len(p)-1] == "svc":
		return p[len(p)-3], p[len(p)-2], true, true
	case len(p) == 1:
		return p[0], namespace, false, true
	case len(p) == 2:
		return p[0], p[1], false, true
	}
	return "", "", false, false
}
