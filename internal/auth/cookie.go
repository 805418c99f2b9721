package auth

import (
	"net/http"
	"time"
)

// Cookie names. The __Host- prefix makes browsers refuse the cookie unless it
// is Secure, for this host alone and for all paths (RFC 6265bis, section
// 4.1.3.2), so no neighbouring host can plant one. Plain http, for trying
// things out, cannot have it.
const (
	secureCookie = "__Host-evenkeel"
	plainCookie  = "evenkeel"
)

func (d *Door) secure(r *http.Request) bool { return d.s.https || r.TLS != nil }

func (d *Door) cookieName(r *http.Request) string {
	if d.secure(r) {
		return secureCookie
	}
	return plainCookie
}

// SetCookie hands the browser its session. SameSite=Lax lets a link in a
// message open a page signed in, and sends the cookie with no form of another
// site.
func (d *Door) SetCookie(w http.ResponseWriter, r *http.Request, in SignedIn) {
	http.SetCookie(w, &http.Cookie{Name: d.cookieName(r), Value: in.Secret, Path: "/", Expires: in.Expires,
		Secure: d.secure(r), HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// ClearCookie makes the browser forget its session, whichever name it has.
func (d *Door) ClearCookie(w http.ResponseWriter, r *http.Request) {
	for _, name := range []string{secureCookie, plainCookie} {
		http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, Expires: time.Unix(1, 0),
			Secure: name == secureCookie, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
}

// Cookie is the session secret that a request carries; empty if none.
func (d *Door) Cookie(r *http.Request) string {
	c, err := r.Cookie(d.cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}
