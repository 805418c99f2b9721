package web

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// HandlerFunc answers a page request or returns an error that Shell.Handle
// turns into a page. It must not write and return an error.
type HandlerFunc func(w http.ResponseWriter, r *http.Request) error

// ErrorPage is shown when a handler returns an error.
type ErrorPage struct {
	Page
	Status     int
	What       string       // what happened, safe for users
	Todo       string       // what to do about it
	Fields     []errs.Field // which inputs were wrong
	Record     string       // the record it is about, when one can open it
	RecordPath string
}

var errorPage = Parse(shared, "pages/error.html", ErrorPage{})

// Handle is the one adapter from our handlers to net/http.
func (s *Shell) Handle(h HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if w.Header().Get("X-Request-Id") == "" {
			w.Header().Set("X-Request-Id", rand.Text()[:16])
		}
		if err := h(w, r); err != nil {
			s.Error(w, r, err)
		}
	})
}

// NotFound is the handler for paths that do not exist.
func (s *Shell) NotFound(http.ResponseWriter, *http.Request) error {
	return errs.E(errs.NotFound, "there is no page at this address")
}

// Error writes an error as a page. An unknown visitor who asked for a page is
// sent to sign in and comes back.
func (s *Shell) Error(w http.ResponseWriter, r *http.Request, err error) {
	e := errs.As(err)
	if e.Kind == errs.Unauthenticated && s.Login != "" && r.Header.Get("HX-Request") != "" {
		w.Header().Set("HX-Redirect", s.Login+"?next="+url.QueryEscape(r.URL.RequestURI()))
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if e.Kind == errs.Unauthenticated && s.Login != "" && r.Method == http.MethodGet {
		http.Redirect(w, r, s.Login+"?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
		return
	}
	id := w.Header().Get("X-Request-Id")
	level := s.log().Info
	if e.Kind == errs.Internal {
		level = s.log().Error
	}
	level("page failed", "route", r.Pattern, "kind", e.Kind.String(), "request", id, "error", err)
	if e.Retry > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(int(e.Retry.Seconds()+0.999)))
	}
	row := errs.Table[e.Kind]
	p := &ErrorPage{Page: s.Page(r, titles[e.Kind], ""), Status: row.HTTP, What: sentence(e.Text), Todo: remedies[e.Kind], Fields: e.Fields}
	if r, perr := ref.Parse(e.Record); perr == nil && e.Kind != errs.NotFound {
		p.Record, p.RecordPath = e.Record, r.Path()
	}
	if rerr := s.RenderStatus(w, r, row.HTTP, errorPage, p); rerr != nil {
		s.log().Error("error page failed", "error", errors.Join(rerr, err))
		http.Error(w, p.Title, row.HTTP)
	}
}

var titles = map[errs.Kind]string{
	errs.Internal: "That did not work", errs.Invalid: "Something in the form is not right", errs.Unauthenticated: "Please sign in",
	errs.Forbidden: "You may not do this", errs.NotFound: "Not found", errs.Conflict: "Somebody was faster",
	errs.Limited: "Too many requests", errs.Unavailable: "Not now",
}

var remedies = map[errs.Kind]string{
	errs.Internal:        "Nothing was changed. Try again; if it fails again, give the request number below to whoever runs Evenkeel.",
	errs.Invalid:         "Go back, correct what is named here, and send it again. Nothing was changed.",
	errs.Unauthenticated: "Sign in and come back.",
	errs.Forbidden:       "Ask an admin for the permission that is named here, or somebody who has it to do it.",
	errs.NotFound:        "Check the address, or search for the record by its key or a word of its title.",
	errs.Conflict:        "Open the record again, look at what changed, and decide anew. Nothing was changed by you.",
	errs.Limited:         "Wait a moment and try again.",
	errs.Unavailable:     "Wait a moment and try again. What was confirmed before is safe.",
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

const flashCookie = "ek_flash"

// Redirect answers a successful form: 303 to path, where the flash text is
// shown once. An empty flash shows nothing. The text is fixed program text or
// the person's own input, and always escaped.
func Redirect(w http.ResponseWriter, r *http.Request, path, flash string) error {
	if flash != "" {
		http.SetCookie(w, &http.Cookie{Name: flashCookie, Value: base64.RawURLEncoding.EncodeToString([]byte(errs.Short(flash))),
			Path: "/", MaxAge: 30, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}

func takeFlash(w http.ResponseWriter, r *http.Request) *Flash {
	c, err := r.Cookie(flashCookie)
	if err != nil {
		return nil
	}
	http.SetCookie(w, &http.Cookie{Name: flashCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil || len(b) == 0 || len(b) > 400 {
		return nil
	}
	return &Flash{Kind: "ok", Text: errs.Short(string(b))}
}

// LocalPath returns p if it is a path on this server, else fallback; for "next"
// parameters, which must not lead elsewhere.
func LocalPath(p, fallback string) string {
	if !strings.HasPrefix(p, "/") || strings.HasPrefix(p, "//") || strings.HasPrefix(p, `/\`) || strings.ContainsAny(p, "\r\n") {
		return fallback
	}
	return p
}
