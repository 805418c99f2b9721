package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Vocabulary is whose words the screens speak: "Known error" or "documented
// bug with workaround".
type Vocabulary string

// The vocabularies.
const (
	ITIL        Vocabulary = "itil"
	Engineering Vocabulary = "engineering"
)

// Theme is how the pages look.
type Theme string

// The themes; Auto follows the device.
const (
	Auto  Theme = "auto"
	Light Theme = "light"
	Dark  Theme = "dark"
)

// Person is somebody of the organisation.
type Person struct {
	ID         int64
	Handle     string // what they sign in with and are mentioned by; unique, "mara"
	Display    string // "Mara Lindt"
	Email      string // lower case, unique; empty if there is none
	Role       actor.Role
	Zone       string // IANA time zone in which they read times
	Vocabulary Vocabulary
	Theme      Theme
	Version    int64
	Created    time.Time
	Updated    time.Time
	Disabled   time.Time // zero: may sign in
	Erased     time.Time // zero: personal data is still there
	PasswordAt time.Time // when the password was set; zero: none, invited at most

	salt     []byte
	password string // PHC string
}

// Ref is the person's key, USR-17.
func (p Person) Ref() ref.Ref { return ref.N(ref.Person, p.ID) }

// Enabled reports whether the person may sign in and act.
func (p Person) Enabled() bool { return p.Disabled.IsZero() }

// digest is the salted digest of everything about the person that a change is
// evidence of. The password goes in as a hash of its hash, so that a password
// row edited by hand shows.
func (p Person) digest() string {
	pw := ""
	if p.password != "" {
		sum := sha256.Sum256([]byte(p.password))
		pw = hex.EncodeToString(sum[:])
	}
	return evidence.Digest(p.salt, struct {
		ID                                       int64
		Handle, Display, Email, Role, Zone       string
		Vocabulary, Theme, Password              string
		Version, Created, Disabled, Erased, PwAt int64
	}{p.ID, p.Handle, p.Display, p.Email, string(p.Role), p.Zone, string(p.Vocabulary), string(p.Theme), pw,
		p.Version, db.Micros(p.Created), db.Micros(p.Disabled), db.Micros(p.Erased), db.Micros(p.PasswordAt)})
}

// Profile is what people set about themselves.
type Profile struct {
	Display    string
	Zone       string
	Vocabulary Vocabulary
	Theme      Theme
}

// erasedPrefix begins the handle that an erased person is left with.
const erasedPrefix = "erased-"

// PersonEdit is what an admin says about somebody. Empty zone, vocabulary and
// theme take UTC, itil and auto.
type PersonEdit struct {
	Handle, Email string
	Role          actor.Role
	Profile
}

// handleForm keeps handles typable, quotable in YAML and free of "@", which
// tells an e-mail address from a handle at sign-in.
var handleForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,39}$`)

// normalise trims, lowers and fills in defaults, then reports every wrong
// field at once.
func (e *PersonEdit) normalise() error {
	var f errs.Fields
	e.Handle = strings.ToLower(strings.TrimSpace(e.Handle))
	if !handleForm.MatchString(e.Handle) {
		f.Add("handle", e.Handle, "1 to 40 of a-z, 0-9, dot, dash and underscore, beginning with a letter or digit")
	} else if strings.HasPrefix(e.Handle, erasedPrefix) || strings.HasPrefix(e.Handle, "usr-") {
		f.Add("handle", e.Handle, "must not begin with "+erasedPrefix+" or usr-, which have a meaning of their own")
	}
	e.Email = strings.ToLower(strings.TrimSpace(e.Email))
	if e.Email != "" && !emailOK(e.Email) {
		f.Add("email", e.Email, "an address such as mara@example.com, at most 254 bytes, or empty")
	}
	if !slices.Contains(actor.Roles, e.Role) || e.Role == actor.Machine {
		f.Add("role", string(e.Role), "one of admin, manager, responder, requester, auditor; machines use tokens")
	}
	e.Profile.normalise(&f)
	return f.Err()
}

func (p *Profile) normalise(f *errs.Fields) {
	p.Display = strings.TrimSpace(p.Display)
	if !lineOK(p.Display, 1, 100) {
		f.Add("display", p.Display, "a name of 1 to 100 characters on one line")
	}
	if p.Zone == "" {
		p.Zone = "UTC"
	}
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
		f.Add("zone", p.Zone, "an IANA time zone such as Europe/Berlin or UTC")
	}
	if p.Vocabulary == "" {
		p.Vocabulary = ITIL
	}
	if p.Vocabulary != ITIL && p.Vocabulary != Engineering {
		f.Add("vocabulary", string(p.Vocabulary), "itil or engineering")
	}
	if p.Theme == "" {
		p.Theme = Auto
	}
	if p.Theme != Auto && p.Theme != Light && p.Theme != Dark {
		f.Add("theme", string(p.Theme), "auto, light or dark")
	}
}

// emailOK takes a bare address only: no display name, no comment, a domain.
func emailOK(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && a.Name == "" && len(s) <= 254 && !strings.ContainsAny(s, " \t\"<>()")
}

// lineOK reports whether s is one printable line of least to most characters.
func lineOK(s string, least, most int) bool {
	n := utf8.RuneCountInString(s)
	return utf8.ValidString(s) && n >= least && n <= most && !strings.ContainsFunc(s, unprintable)
}

// unprintable also names the invisible characters that turn text around, with
// which a name can pretend to be another.
func unprintable(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}
