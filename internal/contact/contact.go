// Package contact knows how a person is reached: by which of their own means,
// in which order, and when better not.
//
// What is real here. A Method is one way to somebody: a number for texts or
// calls, a browser that takes push messages, an ntfy topic, a further e-mail
// address. Everybody has the e-mail address of their account without doing
// anything. Rules say for each priority which methods are tried, and how long
// after the notice each of them: push now, a text after two minutes, a call
// after five. Package notify asks for both through its interface Book, and
// stops what follows when somebody acknowledges.
//
// Invariants:
//   - A method is used only after a code that was sent to it came back: nobody
//     is called at a number that somebody else typed.
//   - Addresses are personal data. They are stored sealed, shown masked, stand
//     in evidence as a salted digest, are in no file as code, and go when the
//     person is erased.
//   - What wakes people always reaches them: where no method of a rule can be
//     used, it is the e-mail address of the account.
//   - Quiet hours hold back what can wait, and P3 and P4; never P1 and P2.
//
// How. A leg names its method by kind, "sms", or by kind and label,
// "sms/Work phone", so that rules can be written as code and stay right when a
// number changes; "webpush" means every browser that takes push messages.
// legs.go and quiet.go are the pure parts. verify.go sends and checks codes,
// book.go answers package notify, health.go hears how attempts went, and
// selftest.go tells a person once a day that it works. holes.go finds who is
// on call and cannot be reached.
package contact

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// Kinds are the kinds of methods a person can add, as they are offered.
var Kinds = []notify.ChannelKind{notify.WebPush, notify.SMS, notify.Voice, notify.Ntfy, notify.Email}

// Most is how many methods a person may have.
const Most = 12

// Method is one way to reach a person. Its address is not here.
type Method struct {
	ID       int64
	Person   int64
	Kind     notify.ChannelKind
	Label    string // "Work phone"; unique for the person and kind
	Masked   string // what may be shown of the address: "+49 ••• 67"
	Verified time.Time
	Good     time.Time // last message that was taken; zero = none yet
	Bad      time.Time // last one that was not
	Answer   string    // what was said to the last failure
	Failures int       // in a row
	CodeSent time.Time // when a code was sent last; zero = none is open
	Version  int64
	Created  time.Time
	Updated  time.Time

	sealed []byte // address
	salt   []byte
	code   string // digest of the code that is open
	tries  int    // at it
	codes  int    // sent within an hour
}

// Ref names the method.
func (m Method) Ref() ref.Ref { return ref.N(ref.Method, m.ID) }

// Usable reports whether messages may go by the method.
func (m Method) Usable() bool { return !m.Verified.IsZero() }

// State says in one word how the method fares: "unverified", "new", "good",
// "failing".
func (m Method) State() string {
	switch {
	case !m.Usable():
		return "unverified"
	case m.Failures > 0:
		return "failing"
	case m.Good.IsZero():
		return "new"
	}
	return "good"
}

// Service keeps methods and rules.
type Service struct {
	db  *db.DB
	box *secret.Box

	// Notify sends codes and tests, and says what became of self-tests; set by
	// app, because it needs this service first.
	Notify *notify.Service
	Kick   func() // wakes the source of self-tests; set by app
	codes  throttle
}

// New returns the service.
func New(d *db.DB, box *secret.Box) *Service { return &Service{db: d, box: box} }

var nobody = errs.E(errs.Invalid, "this token acts for no person, so it has no contact methods; use a token of a person")
