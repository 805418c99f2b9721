package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

const prefsCookie = "ek_prefs"

// Preferences handles POST /preferences: the switches of the viewer's menu.
// For people they go to Profiles, else into a cookie.
func (s *Shell) Preferences(w http.ResponseWriter, r *http.Request) error {
	zone, theme, vocab := r.FormValue("zone"), Theme(r.FormValue("theme")), Vocabulary(r.FormValue("vocabulary"))
	var bad errs.Fields
	if zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			bad.Add("zone", zone, "an IANA zone such as Europe/Stockholm or UTC")
		}
	}
	switch theme {
	case "", Auto, Light, Dark:
	default:
		bad.Add("theme", string(theme), "light, dark or auto")
	}
	switch vocab {
	case "", ITIL, Engineering:
	default:
		bad.Add("vocabulary", string(vocab), "itil or engineering")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	v := s.View(r)
	if v.SignedIn && s.Profiles != nil {
		if err := s.Profiles.SavePreferences(r.Context(), zone, theme, vocab); err != nil {
			return err
		}
	} else {
		p := v.Profile
		if zone != "" {
			p.Zone = zone
		}
		if theme != "" {
			p.Theme = theme
		}
		if vocab != "" {
			p.Vocabulary = vocab
		}
		http.SetCookie(w, &http.Cookie{Name: prefsCookie, Value: strings.Join([]string{p.Zone, string(p.Theme), string(p.Vocabulary)}, "|"),
			Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil})
	}
	return Redirect(w, r, LocalPath(r.FormValue("back"), "/"), "")
}

func prefsFromCookie(r *http.Request, p *Profile) {
	c, err := r.Cookie(prefsCookie)
	if err != nil {
		return
	}
	f := strings.Split(c.Value, "|")
	if len(f) != 3 {
		return
	}
	if _, err := time.LoadLocation(f[0]); err == nil && f[0] != "Local" {
		p.Zone = f[0]
	}
	switch t := Theme(f[1]); t {
	case Light, Dark, Auto:
		p.Theme = t
	}
	switch v := Vocabulary(f[2]); v {
	case ITIL, Engineering:
		p.Vocabulary = v
	}
}

// Choice is one segment of a switch in the viewer's menu.
type Choice struct {
	Name, Value, Title string
	On                 bool
}

// Choice builds the segment and says whether it is the current one.
func (v *View) Choice(name, value, title string) Choice {
	now := map[string]string{"vocabulary": string(v.Vocabulary), "theme": string(v.Theme), "zone": v.Loc.String()}[name]
	return Choice{name, value, title, now == value}
}

// OwnZone is the segment of the viewer's own zone when it is not UTC.
func (v *View) OwnZone() []Choice {
	if v.Loc == time.UTC || v.Loc.String() == "UTC" {
		return nil
	}
	name := v.Loc.String()
	return []Choice{{"zone", name, strings.ReplaceAll(name[strings.LastIndexByte(name, '/')+1:], "_", " ") + ", " + v.HM(v.Now), true}}
}

// FirstName is the viewer's name as the top bar shows it.
func (v *View) FirstName() string { return Person{Name: v.Name, Handle: v.Handle}.Short() }
