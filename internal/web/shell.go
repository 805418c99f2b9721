package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Shell is the frame of all pages. The fields are set once by the wiring,
// before the first request; nil and empty mean "not there", and what is not
// there is not shown.
type Shell struct {
	Org      string    // the organisation's name
	Nav      []NavItem // in order
	Menu     []MenuLink
	Profiles Profiles
	// Badges returns the numbers in the navigation by NavItem.ID; it runs for every page, so it must be cheap.
	Badges func(ctx context.Context) map[string]Badge
	// Duty is one line at the foot of the navigation, "You command INC-1042".
	Duty    func(ctx context.Context) string
	Declare string // path of the declare form
	Search  string // path of the search
	LiveURL string // path of the event stream
	Login   string // where an unknown visitor of a page is sent
	Logout  string // where the sign-out button posts to
	Demo    func(ctx context.Context) string
	Now     func() time.Time // nil = time.Now
	Log     *slog.Logger     // nil = slog.Default()
}

func (s *Shell) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.Default()
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render writes the page with status 200 inside the frame. A request with the
// header Ek-Fragment gets only the main part: that is how live pages refresh.
// A template that fails writes nothing and returns the error.
func (s *Shell) Render(w http.ResponseWriter, r *http.Request, t *Template, data Framed) error {
	return s.RenderStatus(w, r, http.StatusOK, t, data)
}

// RenderStatus is Render with another status, such as 422 for a form with faults.
func (s *Shell) RenderStatus(w http.ResponseWriter, r *http.Request, status int, t *Template, data Framed) error {
	p := data.base()
	if p.V == nil {
		p.V = s.View(r)
	}
	if p.Flash == nil {
		p.Flash = takeFlash(w, r)
	}
	fragment := r.Header.Get("Ek-Fragment") != ""
	name := "layout"
	if fragment {
		name = "main"
		p.Frame = &Frame{}
		if s.Demo != nil {
			p.Frame.Demo = s.Demo(r.Context())
		}
	} else {
		p.Frame = s.frame(r, p)
	}
	p.Frame.RequestID = w.Header().Get("X-Request-Id")
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer buffers.Put(buf)
	if fragment { // the tour stands outside of main and moves on with it
		if err := t.t.ExecuteTemplate(buf, "tour", data); err != nil {
			return errs.Wrap("web.render "+t.Name, err)
		}
	}
	if err := t.t.ExecuteTemplate(buf, name, data); err != nil {
		return errs.Wrap("web.render "+t.Name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Ek-Fragment")
	w.WriteHeader(status)
	_, err := w.Write(buf.Bytes())
	if err != nil {
		s.log().Debug("page not delivered", "page", t.Name, "error", err)
	}
	return nil
}

func (s *Shell) frame(r *http.Request, p *Page) *Frame {
	ctx := r.Context()
	f := &Frame{
		Org: s.Org, Path: r.URL.RequestURI(), Search: s.Search != "" && p.V.SignedIn, Login: s.Login, Logout: s.Logout,
	}
	if p.V.May(actor.Report) {
		f.Declare = s.Declare
	}
	if !p.V.SignedIn {
		return f
	}
	f.LiveURL = s.LiveURL
	var badges map[string]Badge
	if s.Badges != nil {
		badges = s.Badges(ctx)
	}
	if s.Duty != nil {
		f.Duty = s.Duty(ctx)
	}
	if s.Demo != nil {
		f.Demo = s.Demo(ctx)
	}
	group := -1
	for _, it := range s.Nav {
		if it.Need != "" && !p.V.May(it.Need) {
			continue
		}
		l := NavLink{NavItem: it, Label: p.V.Term(it.Title), Hint: p.V.TermHint(it.Title), Badge: badges[it.ID], Current: it.ID == p.Nav}
		if len(f.Groups) == 0 || it.Group != group {
			f.Groups, group = append(f.Groups, nil), it.Group
		}
		f.Groups[len(f.Groups)-1] = append(f.Groups[len(f.Groups)-1], l)
		if it.Tab && len(f.Tabs) < 4 {
			f.Tabs = append(f.Tabs, l)
		}
	}
	for _, m := range s.Menu {
		if m.Need == "" || p.V.May(m.Need) {
			f.Menu = append(f.Menu, m)
		}
	}
	return f
}

// Back is this page's own address, for forms that return to it.
func (f *Frame) Back() string {
	if strings.HasPrefix(f.Path, "/") && !strings.HasPrefix(f.Path, "//") {
		return f.Path
	}
	return "/"
}
