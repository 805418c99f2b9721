package connect

import (
	"net/http"
	"strings"
)

// Token returns the integration's token of a request: from the path
// ("{token}" of the route), else "Authorization: Bearer", else the password of
// basic authentication (Prometheus and many monitors can send only that; the
// user name is free). Empty when there is none. Query parameters are not read,
// since proxies log them.
func Token(r *http.Request) string {
	if t := r.PathValue("token"); t != "" {
		return t
	}
	scheme, rest, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if ok && strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(rest)
	}
	user, password, ok := r.BasicAuth()
	if ok && password == "" {
		return user
	}
	return password
}
