package webpush

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/notify/webpush/webpushtest"
)

var message = notify.Message{ID: "MSG-17", At: time.UnixMilli(1764000000000), Record: "INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042", Urgent: true,
	Title: "P1 Checkout is down", Text: "5xx > 20 %", Buttons: []notify.Button{
		{Verb: "acknowledge", Label: "Acknowledge", URL: "https://ek.harbour.example/do/TOKEN"}, {Label: "Open INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042"}}}

const subject = "ops@harbour.example"

// service is a push service with the sender that its browser knows.
type service struct {
	*webpushtest.Service
	key Key
}

func newService(t *testing.T) *service {
	k := NewKey()
	return &service{webpushtest.New(t, k.Public, "mailto:"+subject), k}
}

// read is what the browser read so far.
func (s *service) read(t *testing.T) (got []Payload, how []string) {
	t.Helper()
	for {
		select {
		case m := <-s.Got:
			var p Payload
			if err := json.Unmarshal(m.Data, &p); err != nil {
				t.Fatal(err)
			}
			got, how = append(got, p), append(how, m.TTL+" "+m.Urgency)
		default:
			return got, how
		}
	}
}

func (s *service) transport() *Transport {
	return New(egress.Guard{Loopback: true}, s.key, subject)
}

func TestSend(t *testing.T) {
	s := newService(t)
	to := notify.Target{Push: s.Subscription()}
	quiet := message
	quiet.Urgent, quiet.Buttons = false, nil
	for _, m := range []notify.Message{message, quiet} {
		if err := s.transport().Send(context.Background(), to, m); err != nil {
			t.Fatal(err)
		}
	}
	want := Payload{ID: "MSG-17", Record: "INC-1042", Title: "P1 Checkout is down", Text: "5xx > 20 %", URL: message.URL, Urgent: true, At: 1764000000000,
		Do: []Action{{"acknowledge", "Acknowledge", "https://ek.harbour.example/do/TOKEN"}}}
	other := want
	other.Urgent, other.Do = false, nil
	got, how := s.read(t)
	if d := cmp.Diff([]Payload{want, other}, got); d != "" {
		t.Errorf("what the browser reads (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string{"14400 high", "86400 normal"}, how); d != "" {
		t.Errorf("TTL and urgency: %s", d)
	}
}

// What is too long is cut until it fits, whatever it is made of.
func TestPayloadFits(t *testing.T) {
	s := newService(t)
	for _, of := range []string{"ä", "<", "\x01", "😀", strings.Repeat("x", 50)} {
		m := message
		m.Title, m.Text = strings.Repeat(of, 3000), strings.Repeat(of, 9000)
		m.Buttons = append(m.Buttons, notify.Button{Verb: "escalate", Label: strings.Repeat(of, 100), URL: "https://ek.harbour.example/do/" + strings.Repeat("t", 2500)})
		if err := s.transport().Send(context.Background(), notify.Target{Push: s.Subscription()}, m); err != nil {
			t.Errorf("%.5q: %v", of, err)
		}
	}
	got, _ := s.read(t)
	for _, p := range got {
		if p.Title == "" || p.URL == "" {
			t.Errorf("title or address were lost: %+v", p)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := newService(t)
	s.Header = http.Header{"Retry-After": {"120"}}
	for _, c := range []struct {
		status               int
		permanent, recipient bool
		after                time.Duration
		says                 string
	}{
		{404, true, true, 0, "subscribe again"}, {410, true, true, 0, "subscribe again"}, {403, true, true, 0, "key"}, {401, true, true, 0, "key"},
		{400, true, false, 0, "refuses this message"}, {413, true, false, 0, "refuses this message"},
		{429, false, false, 2 * time.Minute, "429"}, {500, false, false, 2 * time.Minute, "500"}, {503, false, false, 2 * time.Minute, "503"},
	} {
		s.Status, s.Body = c.status, `{"reason":"/push/SECRETPATH"}`
		err := s.transport().Send(context.Background(), notify.Target{Push: s.Subscription()}, message)
		var f *notify.Failure
		if !errors.As(err, &f) || f.Permanent != c.permanent || f.Recipient != c.recipient || !c.permanent && f.After != c.after || !strings.Contains(f.Text, c.says) || strings.Contains(f.Text, "SECRETPATH") {
			t.Errorf("%d: %+v", c.status, f)
		}
	}
	s.Close()
	var f *notify.Failure
	if err := s.transport().Send(context.Background(), notify.Target{Push: s.Subscription()}, message); !errors.As(err, &f) || f.Permanent {
		t.Errorf("a push service that is away: %v", err)
	}
}

// A subscription names an address that this server then dials: not its own.
func TestSubscriptionIsGuarded(t *testing.T) {
	s := newService(t)
	tr := New(egress.Guard{}, s.key, subject)
	var f *notify.Failure
	if err := tr.Send(context.Background(), notify.Target{Push: s.Subscription()}, message); !errors.As(err, &f) || !f.Permanent || len(s.Got) > 0 {
		t.Errorf("%v", err)
	}
}

func TestParse(t *testing.T) {
	s := newService(t)
	good := string(s.Subscription())
	if sub, err := Parse(json.RawMessage(good)); err != nil || sub.Host() != "127.0.0.1" {
		t.Errorf("%v %s", err, sub.Host())
	}
	var keys struct{ Keys struct{ P256dh, Auth string } }
	json.Unmarshal([]byte(good), &keys)
	for name, raw := range map[string]string{
		"nothing": ``, "no JSON": `hello`, "a list": `[]`, "empty": `{}`,
		"in the clear": strings.Replace(good, s.URL, "http://push.example.org", 1),
		"file":         strings.Replace(good, s.URL, "file://x", 1),
		"password":     strings.Replace(good, s.URL, "https://a:b@push.example.org", 1),
		"off curve":    strings.Replace(good, keys.Keys.P256dh, base64.RawURLEncoding.EncodeToString(append([]byte{4}, make([]byte, 64)...)), 1),
		"short auth":   strings.Replace(good, keys.Keys.Auth, "AAAA", 1),
	} {
		if _, err := Parse(json.RawMessage(raw)); err == nil {
			t.Errorf("%s is taken", name)
		}
		var f *notify.Failure
		if err := s.transport().Send(context.Background(), notify.Target{Push: json.RawMessage(raw)}, message); !errors.As(err, &f) || !f.Permanent || !f.Recipient {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"endpoint":"https://push.example.org/x","keys":{"p256dh":"BA","auth":"AA=="}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if s, err := Parse(raw); err == nil && s.Host() == "" {
			t.Errorf("taken without a host: %q", raw)
		}
	})
}

func TestKey(t *testing.T) {
	k := NewKey()
	again, err := ParseKey(k.Private)
	if err != nil || again != k {
		t.Errorf("%v: %v, want %v", err, again, k)
	}
	for _, bad := range []string{"", "x", "AAAA", base64.RawURLEncoding.EncodeToString(make([]byte, 32))} {
		if _, err := ParseKey(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}
