package twilio

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
)

const (
	account1 = "AC0123456789abcdef0123456789abcdef"
	token1   = "0123456789abcdef0123456789abcdef"
	mara     = "+46701234567"
)

func TestText(t *testing.T) {
	c := newCarrier(t)
	s := newSite(t, c)
	if err := s.texts.Send(context.Background(), notify.Target{Phone: mara}, message); err != nil {
		t.Fatal(err)
	}
	f := c.forms[0]
	back := f.Get("StatusCallback")
	f.Del("StatusCallback")
	want := url.Values{"To": {mara}, "From": {"+46700000000"}, "ValidityPeriod": {"14400"}, "Body": {message.Title + "\n5xx > 20 %\nAcknowledge: https://ek.harbour.example/do/ACKTOKEN"}}
	if d := cmp.Diff(want, f); d != "" || c.path != "/2010-04-01/Accounts/"+account1+"/Messages.json" {
		t.Errorf("%s (-want +got):\n%s", c.path, d)
	}
	for _, st := range []string{"sent", "delivered"} {
		if status, _ := callback(t, token1, back, url.Values{"MessageSid": {"SM1"}, "MessageStatus": {st}}); status != http.StatusNoContent {
			t.Errorf("%s: %d", st, status)
		}
	}
	callback(t, token1, back, url.Values{"MessageSid": {"SM1"}, "MessageStatus": {"undelivered"}, "ErrorCode": {"30003"}})
	if d := cmp.Diff([]string{"MSG-17: reached", "MSG-17: the phone is off or cannot be reached (error 30003)"}, s.reports); d != "" {
		t.Errorf("reports: %s", d)
	}
}

func TestMessagingService(t *testing.T) {
	c := newCarrier(t)
	s := newSite(t, c)
	s.cfg.From, s.cfg.Caller = "MG1234", ""
	if err := s.cfg.Check(); err != nil {
		t.Fatal(err)
	}
	if err := NewTexts(s.cfg, egress.Guard{Loopback: true}, s.box).Send(context.Background(), notify.Target{Phone: mara}, message); err != nil || c.forms[0].Get("MessagingServiceSid") != "MG1234" || c.forms[0].Has("From") {
		t.Errorf("%v %v", err, c.forms)
	}
	var f *notify.Failure
	if err := NewCalls(s.cfg, egress.Guard{Loopback: true}, s.box).Send(context.Background(), notify.Target{Phone: mara}, message); !errors.As(err, &f) || !strings.Contains(f.Text, "twilio-caller") {
		t.Errorf("%v", err)
	}
}

// TestCall is a call as a person hears it: answered, misheard, acknowledged.
func TestCall(t *testing.T) {
	c := newCarrier(t)
	s := newSite(t, c)
	if err := s.calls.Send(context.Background(), notify.Target{Phone: mara}, message); err != nil {
		t.Fatal(err)
	}
	f := c.forms[0]
	if f.Get("To") != mara || f.Get("From") != "+46700000000" || f.Get("Method") != "POST" || f.Get("StatusCallbackEvent") != "completed" || strings.Contains(f.Encode(), "ACKTOKEN") {
		t.Errorf("%v", f)
	}
	r := c.fetch(t, f.Get("Url"), url.Values{})
	want := `This is Evenkeel. incident 1042 P1 Checkout </Say><Dial>+1900</Dial> & "co" is down. 5xx > 20 %. Press 1 to acknowledge. Press 2 to escalate.`
	if r.Gather == nil || r.Gather.Say != want || r.Gather.NumDigits != "1" {
		t.Fatalf("%+v", r)
	}
	wrong := c.fetch(t, r.Gather.Action, url.Values{"Digits": {"9"}})
	if wrong.Gather == nil || !strings.Contains(wrong.Gather.Say, "That is no choice.") || len(s.redeemed) > 0 {
		t.Fatalf("a wrong digit: %+v", wrong)
	}
	s.err = errs.E(errs.Unavailable, "the database is away")
	if again := c.fetch(t, wrong.Gather.Action, url.Values{"Digits": {"1"}}); again.Gather == nil || !strings.Contains(again.Gather.Say, "try again") {
		t.Errorf("%+v", again)
	}
	s.err, s.redeemed = nil, nil
	for digit, want := range map[string]string{"1": "ACKTOKEN Acknowledged. It is yours now. Goodbye.", "2": "ESCTOKEN Escalated. The next person is being told. Goodbye."} {
		s.redeemed = nil
		end := c.fetch(t, wrong.Gather.Action, url.Values{"Digits": {digit}})
		if got := strings.Join(s.redeemed, " ") + " " + end.Say; got != want || end.Hangup == nil {
			t.Errorf("%s: %q, want %q", digit, got, want)
		}
	}
	for state, want := range map[notify.LinkState]string{notify.LinkUsed: "already", notify.LinkMoot: "not needed", notify.LinkExpired: "too late"} {
		s.state = state
		if end := c.fetch(t, r.Gather.Action, url.Values{"Digits": {"1"}}); !strings.Contains(end.Say, want) || end.Hangup == nil {
			t.Errorf("%s: %+v", state, end)
		}
	}
}

// Silence is answered twice more, wrong keys not for ever.
func TestCallEnds(t *testing.T) {
	c := newCarrier(t)
	s := newSite(t, c)
	if err := s.calls.Send(context.Background(), notify.Target{Phone: mara}, message); err != nil {
		t.Fatal(err)
	}
	r := c.fetch(t, c.forms[0].Get("Url"), url.Values{})
	rounds := 1
	for ; r.Redirect != "" && rounds < 10; rounds++ {
		r = c.fetch(t, r.Redirect, url.Values{})
	}
	if rounds != 3 || r.Hangup == nil || !strings.Contains(r.Say, "Nothing was pressed") {
		t.Errorf("%d rounds, then %+v", rounds, r)
	}
	r = c.fetch(t, c.forms[0].Get("Url"), url.Values{})
	for rounds = 0; r.Gather != nil && rounds < 20; rounds++ {
		r = c.fetch(t, r.Gather.Action, url.Values{"Digits": {"7"}})
	}
	if rounds != mistakes || r.Hangup == nil {
		t.Errorf("%d wrong keys, then %+v", rounds, r)
	}
	plain := message
	plain.Title, plain.Buttons = "Your Evenkeel code is 048213", plain.Buttons[2:]
	if err := s.calls.Send(context.Background(), notify.Target{Phone: mara}, plain); err != nil {
		t.Fatal(err)
	}
	if r := c.fetch(t, c.forms[1].Get("Url"), url.Values{}); r.Gather != nil || r.Hangup == nil || strings.Contains(r.Say, "Press") || strings.Count(r.Say, "0, 4, 8, 2, 1, 3") != 2 {
		t.Errorf("nothing to press: %+v", r)
	}
}

func TestCallStatus(t *testing.T) {
	c := newCarrier(t)
	s := newSite(t, c)
	if err := s.calls.Send(context.Background(), notify.Target{Phone: mara}, message); err != nil {
		t.Fatal(err)
	}
	back := c.forms[0].Get("StatusCallback")
	for _, st := range []string{"ringing", "busy", "no-answer", "failed", "canceled", "completed"} {
		if status, body := callback(t, token1, back, url.Values{"CallStatus": {st}}); status != http.StatusNoContent {
			t.Errorf("%s: %d %s", st, status, body)
		}
	}
	want := []string{"MSG-17: the phone was busy", "MSG-17: nobody answered the call", "MSG-17: the phone could not be reached", "MSG-17: the call was canceled", "MSG-17: reached"}
	if d := cmp.Diff(want, s.reports); d != "" {
		t.Error(d)
	}
	s.failing = errors.New("disk full")
	if status, _ := callback(t, token1, back, url.Values{"CallStatus": {"busy"}}); status != http.StatusServiceUnavailable {
		t.Errorf("a report that was lost is answered %d", status)
	}
	s.failing = errs.E(errs.NotFound, "deleted meanwhile")
	if status, _ := callback(t, token1, back, url.Values{"CallStatus": {"busy"}}); status != http.StatusNoContent {
		t.Errorf("a message that is gone is answered %d", status)
	}
}

// TestStrangers: neither a signature alone nor a ticket alone opens the door.
func TestStrangers(t *testing.T) {
	c := newCarrier(t)
	s := newSite(t, c)
	if err := s.calls.Send(context.Background(), notify.Target{Phone: mara}, message); err != nil {
		t.Fatal(err)
	}
	good := strings.TrimSuffix(c.forms[0].Get("Url"), "/menu")
	press := url.Values{"Digits": {"1"}}
	old := seal(s.box, ticket{Message: "MSG-1", Acknowledge: "OLD", Until: time.Now().Add(-time.Minute).Unix()})
	elsewhere := base64.RawURLEncoding.EncodeToString(s.box.Seal([]byte(`{"m":"MSG-1","a":"X","u":99999999999}`), "channel:ops"))
	for name, c := range map[string]struct {
		token, address string
		want           int
	}{
		"another token":      {strings.Repeat("f", 32), good + "/choice", http.StatusForbidden},
		"a made-up ticket":   {token1, s.URL + "/calls/AAAA/choice", http.StatusNotFound},
		"a changed ticket":   {token1, good[:len(good)-2] + "AA/choice", http.StatusNotFound},
		"an old ticket":      {token1, s.URL + "/calls/" + old + "/choice", http.StatusNotFound},
		"sealed for another": {token1, s.URL + "/calls/" + elsewhere + "/choice", http.StatusNotFound},
	} {
		if status, _ := callback(t, c.token, c.address, press); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	req, _ := http.NewRequest(http.MethodPost, good+"/choice", strings.NewReader("Digits=1"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set(Header, Sign(token1, good+"/choice", url.Values{"Digits": {"2"}}))
	if res, err := http.DefaultClient.Do(req); err != nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("changed fields: %v %v", res.StatusCode, err)
	}
	if res, err := http.Get(good + "/choice"); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %v", res.StatusCode)
	}
	if len(s.redeemed) > 0 {
		t.Errorf("a stranger redeemed %v", s.redeemed)
	}
}

// The example of https://www.twilio.com/docs/usage/security, and the ports.
func TestSignature(t *testing.T) {
	form := url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {"+14158675309"}, "Digits": {"1234"}, "From": {"+14158675309"}, "To": {"+18005551212"}}
	address := "https://mycompany.com/myapp.php?foo=1&bar=2"
	if got := Sign("12345", address, form); got != "RSOYDt4T1cUTdK1PDd93/VVr8B8=" {
		t.Errorf("signature %s", got)
	}
	for _, a := range []string{address, "https://mycompany.com:443/myapp.php?foo=1&bar=2"} {
		for _, b := range []string{address, "https://mycompany.com:443/myapp.php?foo=1&bar=2"} {
			if !signed("12345", b, form, Sign("12345", a, form)) {
				t.Errorf("%s is not %s", a, b)
			}
		}
	}
	if signed("12345", "https://mycompany.com:8443/myapp.php?foo=1&bar=2", form, Sign("12345", address, form)) {
		t.Error("another port counts as the same")
	}
}

func TestRefusals(t *testing.T) {
	c := newCarrier(t)
	s := newSite(t, c)
	body := func(code int) string {
		b, _ := json.Marshal(map[string]any{"code": code, "message": fmt.Sprintf("The 'To' number %s is not right, says %s", mara, token1), "status": 400})
		return string(b)
	}
	c.header = http.Header{"Retry-After": {"7"}}
	for _, x := range []struct {
		status, code         int
		permanent, recipient bool
		says                 string
	}{
		{400, 21211, true, true, "not valid"}, {400, 21610, true, true, "STOP"}, {400, 21614, true, true, "no mobile"}, {400, 21219, true, true, "trial"},
		{400, 21603, true, false, "21603"}, {401, 20003, true, false, "twilio-token"}, {429, 20429, false, false, "20429"}, {500, 20500, false, false, "20500"}, {503, 0, false, false, "503"},
	} {
		c.status, c.refuse = x.status, body(x.code)
		var f *notify.Failure
		err := s.texts.Send(context.Background(), notify.Target{Phone: mara}, message)
		if !errors.As(err, &f) || f.Permanent != x.permanent || f.Recipient != x.recipient || !strings.Contains(f.Text, x.says) || strings.Contains(f.Text, mara) || strings.Contains(f.Text, token1) {
			t.Errorf("%d %d: %+v", x.status, x.code, f)
		}
		if x.status == 429 && f.After != 7*time.Second {
			t.Errorf("429: wait %s", f.After)
		}
	}
	var f *notify.Failure
	if err := s.texts.Send(context.Background(), notify.Target{Phone: "0701234567"}, message); !errors.As(err, &f) || !f.Permanent || !f.Recipient {
		t.Errorf("a local number: %v", err)
	}
	if err := NewTexts(Config{}, egress.Guard{}, s.box).Send(context.Background(), notify.Target{Phone: mara}, message); !errors.As(err, &f) || !strings.Contains(f.Text, "twilio-account") {
		t.Errorf("no account: %v", err)
	}
}

func TestConfig(t *testing.T) {
	ok := Config{Account: account1, Token: token1, From: "+46700000000"}
	for name, change := range map[string]func(*Config){
		"twilio-url": func(c *Config) { c.URL = "api.twilio.com" }, "twilio-account": func(c *Config) { c.Account = "../x" }, "twilio-token": func(c *Config) { c.Token = "" },
		"twilio-from": func(c *Config) { c.From = "0700" }, "twilio-caller": func(c *Config) { c.Caller = "MG1" },
	} {
		c := ok
		change(&c)
		err := c.Check()
		if e := errs.As(err); err == nil || !slices.ContainsFunc(e.Fields, func(f errs.Field) bool { return f.Name == name }) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := ok.Check(); err != nil || ok.URL != "https://api.twilio.com" || ok.Caller != ok.From {
		t.Errorf("%v %+v", err, ok)
	}
}

// Whatever is said, TwiML stays well-formed and speaks for less than a minute.
func FuzzMenu(f *testing.F) {
	f.Add("P1 Checkout & co", "5xx > 20 %")
	f.Add("]]><Dial/>\x00\x08", "\xff\xfe")
	f.Fuzz(func(t *testing.T, title, text string) {
		m := message
		m.Title, m.Text = title, text
		body, err := xml.Marshal(ticketOf(m).menu("", "https://ek.harbour.example/a?b=1&c=2", "https://ek.harbour.example/b"))
		var s spoken
		if err == nil {
			err = xml.Unmarshal(body, &s)
		}
		if err != nil || s.Dial != nil || s.Gather == nil || s.Redirect == "" || len([]rune(s.Gather.Say)) > 450 {
			t.Errorf("%v: %s", err, body)
		}
	})
}
