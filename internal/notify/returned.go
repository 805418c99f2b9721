package notify

import (
	"context"
	"errors"
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// Returns books what services report of messages that they had taken: a phone
// that was busy, a text that was not delivered. A returned message is a dead
// letter like one that was refused at once, and the person's next leg is due
// then. Who reports has proved itself with what the service signs (package
// twilio), so there is nobody in the context to ask permission of.
type Returns struct{ s *Service }

// NewReturns returns the book of returns of a service.
func NewReturns(s *Service) *Returns { return &Returns{s} }

// settling is how long a report waits for the sending itself to be recorded: a
// service may report before that is done, and commonly does not ask twice.
const settling = 10 * time.Second

// Report books how a message ended, named by its key: nil for reached, else
// why not. The same report twice, and one for a message that is tried again
// meanwhile, adds a line to its attempts and changes nothing else. Errors:
// NotFound; Unavailable when it is not recorded as sent within 10 s.
func (t *Returns) Report(ctx context.Context, message string, f *Failure) error {
	const op = "notify.returned"
	id, err := ref.ID(ref.Message, message)
	if err != nil {
		return errs.E(errs.NotFound, "there is no message %s", errs.Short(message))
	}
	ctx, cancel := context.WithTimeout(ctx, settling)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		var told []Attempted
		err = t.s.db.Write(ctx, courier, "the service's report", func(tx *db.Tx) (err error) {
			tx.Unrecorded("one more line among the attempts; a returned message is recorded")
			told, err = t.s.returned(tx, id, f)
			return err
		})
		if err == nil {
			t.s.tell(context.WithoutCancel(ctx), told)
			return nil
		}
		if !errors.Is(err, errSending) {
			return errs.Wrap(op, err)
		}
		select {
		case <-ctx.Done():
			return errs.E(errs.Unavailable, "the message is still being sent; report again").On(message)
		case <-time.After(wait):
		}
	}
}

var errSending = errors.New("notify: not recorded as sent yet")

// reached is what the attempt says when the report is good.
const reached = "reached, says the service"

// returned books the report for a message, and for those that went with it.
func (s *Service) returned(tx *db.Tx, id int64, f *Failure) (told []Attempted, err error) {
	r, err := messageByID(tx, id, tx.ForUpdate())
	if err != nil {
		return nil, unknown(err, id)
	}
	if r.State == Sending {
		return nil, errSending
	}
	crowd, err := carriedBy(tx, r)
	if err != nil {
		return nil, err
	}
	var weak []row
	for _, r := range append([]row{r}, crowd...) {
		before := r.digest()
		a := Attempted{Delivery: r.Delivery, Kind: ChannelKind(r.Via), At: tx.Now, Outcome: WasSent, Answer: reached}
		why := ""
		r.Attempts++
		if f != nil {
			a.Outcome, a.Answer, why = WasRefused, f.Text, f.Text
		}
		if err := insertAttempts(tx, [][]any{{r.ID, r.Attempts, db.Micros(tx.Now), string(a.Outcome), why, int64(0), ""}}); err != nil {
			return nil, err
		}
		if f != nil && r.State == Sent {
			r.State, r.Error, r.EndedAt = Dead, f.Text, tx.Now
			recordMessage(tx, r, "message.returned", before)
			tx.After(func() { s.stats.add(func(v *Stats) { v.Dead++ }) })
			a.Final = true
			if r.wantsNext() {
				weak = append(weak, r)
			}
		}
		if err := settle(tx, r); err != nil {
			return nil, err
		}
		a.Delivery = r.Delivery
		told = append(told, a)
	}
	return told, s.failOver(tx, weak)
}
