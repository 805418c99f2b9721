package notify_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/webhook"
)

func TestWebhookIsSignedAndRetried(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		key := b.channel("pager", rc, nil)
		rc.answers(func(n int, w http.ResponseWriter, r *http.Request) {
			switch n {
			case 1:
				w.Header().Set("Retry-After", "90")
				http.Error(w, "busy at "+r.URL.Path, http.StatusServiceUnavailable)
			case 2:
				http.Error(w, "still busy", http.StatusTooManyRequests)
			}
		})
		b.tell(toChannel("k"))
		b.pump()
		d, attempts := b.only()
		if d.State != notify.Queued || d.Attempts != 1 || attempts[0].Outcome != notify.WasFailed {
			b.Fatalf("after a 503: %+v %+v", d, attempts)
		}
		if strings.Contains(d.Error, "SECRETPATH") || !strings.Contains(d.Error, "503") || !strings.Contains(d.Error, "busy at") {
			b.Errorf("error %q must say what came back, without the address", d.Error)
		}
		if wait := d.DueAt.Sub(b.clock.Now()); wait != 90*time.Second {
			b.Errorf("due in %v, want the 90 s asked for", wait)
		}
		b.clock.pass(90 * time.Second)
		b.pump()
		b.clock.pass(5 * time.Second)
		b.pump()
		d, attempts = b.only()
		if d.State != notify.Sent || d.Attempts != 3 || len(attempts) != 3 || d.Error != "" {
			b.Fatalf("at last: %+v %+v", d, attempts)
		}
		bodies, heads := rc.got()
		for i, h := range heads {
			if err := webhook.Verify(h, key, []byte(bodies[i]), time.Now()); err != nil {
				b.Errorf("attempt %d: %v", i+1, err)
			}
			if h.Get("webhook-id") != d.Ref().String() {
				b.Errorf("attempt %d has the id %s, want the same at each: %s", i+1, h.Get("webhook-id"), d.Ref())
			}
		}
		var p webhook.Payload
		if err := json.Unmarshal([]byte(bodies[0]), &p); err != nil || p.Type != "notice.paged" || p.Data.Record != "INC-1042" || !p.Data.Urgent {
			b.Errorf("payload %+v, %v", p, err)
		}
		if strings.Contains(bodies[0], "/do/") {
			b.Error("a channel got a link that acts for a person")
		}
	})
}

func TestRefusedIsDeadAndCanBeRetried(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		rc.answers(func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				http.Error(w, "no such hook", http.StatusNotFound)
			}
		})
		b.tell(toChannel("k"))
		b.pump()
		d, attempts := b.only()
		if d.State != notify.Dead || attempts[0].Outcome != notify.WasRefused || !strings.Contains(d.Error, "404") {
			b.Fatalf("after a 404: %+v %+v", d, attempts)
		}
		w, err := b.s.Watch(b.admin)
		if err != nil || w.Dead != 1 || w.Fine() {
			b.Errorf("watchdog: %+v, %v", w, err)
		}
		if c, _ := b.s.Channel(b.admin, "pager"); c.Health.State() != "failing" || c.Health.Failures != 1 {
			b.Errorf("health %+v", c.Health)
		}
		if err := b.s.Retry(b.admin, d.ID); err != nil {
			b.Fatal(err)
		}
		b.pump()
		if d, _ := b.only(); d.State != notify.Sent || d.Attempts != 2 {
			b.Errorf("after the retry: %+v", d)
		}
		if c, _ := b.s.Channel(b.admin, "pager"); c.Health.State() != "good" || c.Health.Error == "" {
			b.Errorf("health %+v: good again, and still says what the last failure was", c.Health)
		}
		b.mustKind(b.s.Retry(b.admin, d.ID), errs.Conflict, "retry of a sent message")
		b.mustKind(b.s.Retry(b.admin, 999), errs.NotFound, "retry of no message")
		if d := cmp.Diff([]string{"message.queued", "message.dead", "message.retried", "message.sent"}, b.actions("message.")); d != "" {
			b.Errorf("evidence: %s", d)
		}
	})
}

func TestFaults(t *testing.T) {
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close() // nobody listens there now
	setup(t, func(b *bench) {
		hang := make(chan struct{})
		slow := newReceiver(b)
		b.Cleanup(func() { close(hang) })
		slow.answers(func(_ int, w http.ResponseWriter, r *http.Request) {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
		})
		b.courier.SetTimeout(200 * time.Millisecond)
		b.channel("slow", slow, nil)
		b.channel("gone", slow, func(s *notify.ChannelSpec) { s.URL = "http://" + gone.Addr().String() + "/SECRETPATH" })
		b.channel("meta", slow, func(s *notify.ChannelSpec) { s.URL = "http://169.254.169.254/latest/meta-data" })
		b.channel("moved", slow, func(s *notify.ChannelSpec) {
			rc := newReceiver(b)
			rc.answers(func(_ int, w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
			})
			s.URL = rc.URL
		})
		b.post.refuse(func(rcpt string) error {
			if strings.HasPrefix(rcpt, "mara") {
				return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user mara@harbour.example"}
			}
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try later"}
		})
		n := page("k")
		n.Channels = true
		b.tell(n)
		b.pump()
		want := map[string]struct {
			state notify.State
			says  string
		}{
			"channel:slow":  {notify.Queued, "no answer in time"},
			"channel:gone":  {notify.Queued, "connection refused"},
			"channel:meta":  {notify.Dead, "169.254.169.254, which is refused"},
			"channel:moved": {notify.Dead, "redirects are not followed"},
			"person:1":      {notify.Dead, "refuses this recipient (550 5.1.1)"},
			"person:2":      {notify.Queued, "451"},
		}
		for _, d := range b.messages(notify.Filter{}) {
			w := want[d.Dest]
			if d.State != w.state || !strings.Contains(d.Error, w.says) || strings.Contains(d.Error, "SECRETPATH") || strings.Contains(d.Error, "mara@") {
				b.Errorf("%s is %s, %q; want %s, %q", d.Dest, d.State, d.Error, w.state, w.says)
			}
			delete(want, d.Dest)
		}
		if len(want) > 0 {
			b.Errorf("no message for %v", want)
		}
	})
}

// A sender that dies between sending and recording leaves its lease; the
// message is sent again with the same id, and the copy is counted.
func TestCrashBetweenSendAndRecord(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		b.tell(toChannel("k"))
		if n, err := b.courier.SendAndDie(context.Background()); n != 1 || err != nil {
			b.Fatal(n, err)
		}
		other := notify.NewCourier(b.s)
		if n, err := other.Pump(context.Background()); n != 0 || err != nil {
			b.Fatalf("a second courier took a leased message: %d, %v", n, err)
		}
		b.clock.pass(time.Minute + time.Second)
		if n, err := other.Pump(context.Background()); n != 1 || err != nil {
			b.Fatalf("after the lease: %d, %v", n, err)
		}
		d, attempts := b.only()
		if d.State != notify.Sent || len(attempts) != 2 || attempts[1].Outcome != notify.WasUnknown || attempts[0].Outcome != notify.WasSent {
			b.Errorf("%+v %+v", d, attempts)
		}
		_, heads := rc.got()
		if len(heads) != 2 || heads[0].Get("webhook-id") != heads[1].Get("webhook-id") {
			b.Errorf("the receiver cannot tell that it is a copy: %v", heads)
		}
		if got := notify.Snapshot(b.s).Repeats; got != 1 {
			b.Errorf("%d repeats counted, want 1", got)
		}
	})
}

// A process that slept longer than its lease must not send.
func TestOldLeaseDoesNotSend(t *testing.T) {
	setup(t, func(b *bench) {
		rc := newReceiver(b)
		b.channel("pager", rc, nil)
		b.tell(toChannel("k"))
		claimed, sent, err := b.courier.ClaimAndSleep(context.Background())
		if claimed != 1 || sent != 0 || err != nil {
			b.Fatal(claimed, sent, err)
		}
		if bodies, _ := rc.got(); len(bodies) != 0 {
			b.Error("it sent under a lease that may be another's by now")
		}
	})
}
