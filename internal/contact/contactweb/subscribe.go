package contactweb

import (
	"encoding/json"
	"net/http"

	"github.com/evenkeel/evenkeel/internal/contact"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/web"
)

// subscribed is what the phone page's script is told.
type subscribed struct {
	Path     string `json:"path"`     // of the method
	Verified bool   `json:"verified"` // false: a message is on its way to the browser, a tap on it leads to the button
	Said     string `json:"said,omitempty"`
}

// Subscribe handles POST /profile/contact/webpush: a browser hands its
// subscription over, at first and whenever the phone page is opened, because it
// may have made a new one. The same browser keeps its method.
func (p *Pages) Subscribe(w http.ResponseWriter, r *http.Request) error {
	form := web.NewForm(r)
	m, err := p.Contacts.Add(r.Context(), contact.NewMethod{Kind: notify.WebPush, Label: form.Get("label"), Address: form.Get("subscription")})
	if err != nil {
		return err
	}
	out := subscribed{Path: m.Ref().Path(), Verified: m.Usable()}
	if !out.Verified {
		res, err := p.Contacts.SendCode(r.Context(), m.ID)
		switch {
		case errs.Is(err, errs.Limited): // the one before is on its way
		case err != nil:
			return err
		case !res.Sent:
			out.Said = "The message that proves it did not go out: " + res.Error
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	return json.NewEncoder(w).Encode(out)
}
