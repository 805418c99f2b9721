package twilio

import (
	"context"
	"encoding/xml"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// Callbacks answers the service while a call is under way and hears how texts
// and calls ended.
type Callbacks struct {
	Config Config
	Box    *secret.Box
	// Redeem does what a link does, once; satisfied by notify.Links.Do.
	Redeem func(ctx context.Context, token, from string) (notify.LinkView, error)
	// Report hears how a message ended that the service had taken: nil for
	// reached, else why not. The message is named by its key, "MSG-17".
	Report func(ctx context.Context, message string, f *notify.Failure) error
	Log    *slog.Logger
	Now    func() time.Time // nil = time.Now
}

// Routes adds the callbacks. They stand outside of what asks who one is: the
// service has no account here.
func (c *Callbacks) Routes(mux *http.ServeMux) {
	if !c.Config.Enabled() {
		return
	}
	mux.HandleFunc("POST /calls/{ticket}/menu", c.checked(c.menu))
	mux.HandleFunc("POST /calls/{ticket}/choice", c.checked(c.choice))
	mux.HandleFunc("POST /calls/{ticket}/status", c.checked(c.status("CallStatus")))
	mux.HandleFunc("POST /texts/{ticket}/status", c.checked(c.status("MessageStatus")))
}

// checked lets a callback through whose signature and ticket are right. What
// is wrong is not told in detail: nobody honest needs to know.
func (c *Callbacks) checked(next func(http.ResponseWriter, *http.Request, ticket)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
		if err := r.ParseForm(); err != nil {
			http.Error(w, "not a form", http.StatusBadRequest)
			return
		}
		if !signed(c.Config.Token, c.Config.Public+r.URL.RequestURI(), r.PostForm, r.Header.Get(Header)) {
			c.Log.WarnContext(r.Context(), "a callback of a call or text was refused: its signature does not fit; are twilio-token and the public address right?", "route", r.Pattern)
			http.Error(w, "signature does not fit", http.StatusForbidden)
			return
		}
		now := time.Now
		if c.Now != nil {
			now = c.Now
		}
		t, ok := open(c.Box, r.PathValue("ticket"), now())
		if !ok {
			http.Error(w, "unknown or too old", http.StatusNotFound)
			return
		}
		next(w, r, t)
	}
}

// menu handles POST /calls/{ticket}/menu: somebody answered, or pressed nothing.
func (c *Callbacks) menu(w http.ResponseWriter, r *http.Request, t ticket) {
	c.say(w, r, t, "", count(r, "again"), count(r, "wrong"))
}

// say reads the menu for the (n+1)th time.
func (c *Callbacks) say(w http.ResponseWriter, r *http.Request, t ticket, first string, n, wrong int) {
	base := c.Config.Public + "/calls/" + r.PathValue("ticket")
	at := func(page string, n int) string {
		return base + "/" + page + "?again=" + strconv.Itoa(n) + "&wrong=" + strconv.Itoa(wrong)
	}
	again := ""
	if n < repeats {
		again = at("menu", n+1)
	}
	write(w, t.menu(first, at("choice", n), again))
}

// choice handles POST /calls/{ticket}/choice: a key was pressed.
func (c *Callbacks) choice(w http.ResponseWriter, r *http.Request, t ticket) {
	token, done := "", ""
	switch r.PostForm.Get("Digits") {
	case "1":
		token, done = t.Acknowledge, "Acknowledged. It is yours now. Goodbye."
	case "2":
		token, done = t.Escalate, "Escalated. The next person is being told. Goodbye."
	}
	wrong := count(r, "wrong")
	if token == "" {
		if wrong+1 >= mistakes {
			write(w, goodbye("That is no choice. Somebody else will be told. Goodbye."))
			return
		}
		c.say(w, r, t, "That is no choice.", count(r, "again"), wrong+1)
		return
	}
	v, err := c.Redeem(r.Context(), token, "phone call")
	if err != nil {
		e := errs.As(err)
		c.Log.WarnContext(r.Context(), "a key pressed in a call did nothing", "message", t.Message, "err", err)
		if (e.Kind == errs.Unavailable || e.Kind == errs.Conflict) && wrong+1 < mistakes {
			c.say(w, r, t, "That did not work. Please try again.", count(r, "again"), wrong+1)
			return
		}
		write(w, goodbye("That did not work. Please open Evenkeel. Goodbye."))
		return
	}
	write(w, goodbye(outcome(v, done)))
}

// status handles the last word on a text or a call. The service repeats a
// callback that is not answered with success, so a failure to record it is one.
func (c *Callbacks) status(field string) func(http.ResponseWriter, *http.Request, ticket) {
	return func(w http.ResponseWriter, r *http.Request, t ticket) {
		f, done := ended(r.PostForm.Get(field), r.PostForm.Get("ErrorCode"))
		if done && c.Report != nil {
			if err := c.Report(r.Context(), t.Message, f); err != nil && !errs.Is(err, errs.NotFound) {
				c.Log.ErrorContext(r.Context(), "how a message ended cannot be recorded", "message", t.Message, "err", err)
				http.Error(w, "try again", http.StatusServiceUnavailable)
				return
			}
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

func count(r *http.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name)) // signed, so ours
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func write(w http.ResponseWriter, r response) {
	body, err := xml.Marshal(r)
	if err != nil {
		http.Error(w, "no menu", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(append([]byte(xml.Header), body...)) // a caller that hung up is no error of ours
}
