package notify

import (
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Way is one of the ways in which a person is told, one after the other.
type Way struct {
	Method  int64         // contact method; 0 = the e-mail address of the account, or Channel
	Kind    ChannelKind   // of the method; Email for the account's address
	Channel string        // a team's channel that the person wants instead of a method of their own
	After   time.Duration // how long after the notice, when nobody acknowledged until then
	From    time.Time     // not before: when the person's quiet hours end; zero = any time
}

// ByEmail is everybody's way who chose none, and the last resort.
var ByEmail = Way{Kind: Email}

// Need is what the ways of a person depend on.
type Need struct {
	Urgent   bool   // it wakes people
	Priority string // "P1" to "P4", or ""
}

// Reach is where a contact method leads. It lives only between claiming and
// sending, like Target.
type Reach struct {
	Person int64
	Kind   ChannelKind
	Target Target
	Lack   string // why it cannot be used now; "" = it can
}

// Book answers how people are told. Satisfied by contact.
type Book interface {
	// Ways returns the ways of each person, in their order. Who is missing has
	// chosen nothing and is told by e-mail at once; who has an empty list wants
	// not to be told of something like this.
	Ways(q db.Querier, people []int64, need Need, now time.Time) (map[int64][]Way, error)
	// Reach returns where methods lead; those that are gone are missing.
	Reach(q db.Querier, methods []int64) (map[int64]Reach, error)
}

// dest names a way of a person as a recipient: "person:12" for the account's
// e-mail address, "person:12/method:34" for the others.
func (w Way) dest(person int64) string {
	d := "person:" + strconv.FormatInt(person, 10)
	if w.Method != 0 {
		d += "/method:" + strconv.FormatInt(w.Method, 10)
	}
	return d
}

// Method is the contact method of a message to a person; 0 = the account's
// e-mail address, or no person at all.
func (d Delivery) Method() int64 {
	_, method, _ := strings.Cut(d.Dest, "/method:")
	id, _ := strconv.ParseInt(method, 10, 64) // 0 when there is none
	return id
}

// perKind is how many messages a minute go to people by each kind when the
// configuration does not say. Twilio sends one text a second from a long
// number and starts one call a second
// (https://help.twilio.com/articles/115002943027); a browser's push service
// names no limit.
var perKind = map[ChannelKind]int{Email: maxPerMinute, WebPush: maxPerMinute, SMS: 60, Voice: 60, Ntfy: 600}

// pace is the configured rate of a kind to people.
func (o Options) pace(kind ChannelKind) int {
	if n := o.PerMinute[kind]; n > 0 {
		return n
	}
	if kind == Email && o.EmailPerMinute > 0 {
		return o.EmailPerMinute
	}
	if n := perKind[kind]; n > 0 {
		return n
	}
	return maxPerMinute
}
