package notifyweb

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// LinkPage is behind a link in a message: it says what the link would do, and
// does it when the button is pressed.
type LinkPage struct {
	web.Page
	Link  notify.LinkView
	Head  string
	Says  string
	Path  string // where the form posts to
	Ready bool
}

var linkPage = web.Parse(files, "link.html", LinkPage{})

// private keeps the token in the address from leaking.
func private(w http.ResponseWriter) {
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
}

// Link handles GET and HEAD /do/{token}. It never acts.
func (p *Pages) Link(w http.ResponseWriter, r *http.Request) error {
	private(w)
	v, err := p.Links.Look(r.Context(), r.PathValue("token"), p.from(r))
	if err != nil {
		return p.failedLink(w, r, err)
	}
	return p.showLink(w, r, v)
}

// Act handles POST /do/{token}.
func (p *Pages) Act(w http.ResponseWriter, r *http.Request) error {
	private(w)
	v, err := p.Links.Do(r.Context(), r.PathValue("token"), p.from(r))
	if err != nil {
		return p.failedLink(w, r, err)
	}
	return p.showLink(w, r, v)
}

func (p *Pages) showLink(w http.ResponseWriter, r *http.Request, v notify.LinkView) error {
	key := v.Record.String()
	page := &LinkPage{Page: p.Shell.Page(r, key, ""), Link: v, Path: "/do/" + r.PathValue("token"), Ready: v.State == notify.LinkReady}
	page.Narrow = true
	status := http.StatusOK
	switch v.State {
	case notify.LinkReady:
		page.Head = v.Label + " " + key + "?"
		page.Says = "Nothing has happened yet. Press the button to do it in your name."
	case notify.LinkDone:
		page.Head = "Done"
		page.Says = key + " is now " + v.Subject.State + ". You can close this page."
	case notify.LinkUsed:
		page.Head = "You have used this link"
		page.Says = "It works once. " + key + " is now " + v.Subject.State + "."
	case notify.LinkExpired:
		page.Head = "This link is too old"
		page.Says = "Links in messages end after a while. " + key + " is now " + v.Subject.State + "; open it to act."
		status = http.StatusGone
	case notify.LinkMoot:
		page.Head = "Nothing to do"
		page.Says = key + " is " + v.Subject.State + " already, so this link is not needed any more."
	}
	return p.Shell.RenderStatus(w, r, status, linkPage, page)
}

// failedLink shows an error itself, because the shell would log the address,
// and in it a token that may still be good.
func (p *Pages) failedLink(w http.ResponseWriter, r *http.Request, err error) error {
	e := errs.As(err)
	if e.Kind == errs.Internal {
		slog.ErrorContext(r.Context(), "link failed", "record", e.Record, "err", err)
	}
	row := errs.Table[e.Kind]
	page := &LinkPage{Page: p.Shell.Page(r, "Link", ""), Head: "That did not work", Says: strings.ToUpper(e.Text[:1]) + e.Text[1:] + "."}
	page.Narrow = true
	if record, perr := ref.Parse(e.Record); perr == nil {
		page.Link.Record = record
	}
	return p.Shell.RenderStatus(w, r, row.HTTP, linkPage, page)
}

// Known reports whether the page knows its record.
func (p *LinkPage) Known() bool { return p.Link.Record != (ref.Ref{}) }
