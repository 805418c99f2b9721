package twilio

import (
	"context"
	"encoding/xml"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/notify"
	"github.com/evenkeel/evenkeel/internal/notify/egress"
	"github.com/evenkeel/evenkeel/internal/secret"
)

var message = notify.Message{ID: "MSG-17", At: time.Now(), Record: "INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042", Urgent: true,
	Title: `INC-1042 P1 Checkout </Say><Dial>+1900</Dial> & "co" is down`, Text: "5xx > 20 %",
	Buttons: []notify.Button{{Verb: "acknowledge", Label: "Acknowledge", URL: "https://ek.harbour.example/do/ACKTOKEN"},
		{Verb: "escalate", Label: "Escalate", URL: "https://ek.harbour.example/do/ESCTOKEN"}, {Label: "Open INC-1042", URL: "https://ek.harbour.example/incidents/INC-1042"}}}

// carrier is the service: it takes texts and calls as the REST API documents
// them, and calls back, signed, following TwiML as a telephone would.
type carrier struct {
	*httptest.Server
	t     *testing.T
	forms []url.Values
	path  string

	status int    // of the next answer; 0 = created
	refuse string // its body
	header http.Header
}

func newCarrier(t *testing.T) *carrier {
	c := &carrier{t: t}
	c.Server = httptest.NewServer(c)
	t.Cleanup(c.Close)
	return c
}

func (c *carrier) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if user, pass, ok := r.BasicAuth(); !ok || user != account1 || pass != token1 {
		w.WriteHeader(http.StatusUnauthorized)
		io.WriteString(w, `{"code": 20003, "message": "Authenticate", "more_info": "https://www.twilio.com/docs/errors/20003", "status": 401}`)
		return
	}
	if c.status != 0 {
		maps.Copy(w.Header(), c.header)
		w.WriteHeader(c.status)
		io.WriteString(w, c.refuse)
		return
	}
	if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		c.t.Error("not a POST of a form")
	}
	need := []string{"To", "Body"}
	if strings.HasSuffix(r.URL.Path, "/Calls.json") {
		need = []string{"To", "From", "Url"}
	}
	for _, n := range need {
		if r.PostForm.Get(n) == "" {
			c.t.Errorf("%s lacks %s", r.URL.Path, n)
		}
	}
	c.path, c.forms = r.URL.Path, append(c.forms, r.PostForm)
	w.WriteHeader(http.StatusCreated)
	io.WriteString(w, `{"sid": "SM00000000000000000000000000000001", "status": "queued", "error_code": null}`)
}

// site is this server's side: transports and callbacks.
type site struct {
	*httptest.Server
	cfg   Config
	box   *secret.Box
	texts *Texts
	calls *Calls

	redeemed []string
	state    notify.LinkState
	err      error
	reports  []string
	failing  error
}

func newSite(t *testing.T, c *carrier) *site {
	box, err := secret.Parse(secret.Generate())
	if err != nil {
		t.Fatal(err)
	}
	s := &site{box: box, state: notify.LinkDone}
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	s.cfg = Config{URL: c.URL, Account: account1, Token: token1, From: "+46700000000", Public: s.URL}
	if err := s.cfg.Check(); err != nil {
		t.Fatal(err)
	}
	(&Callbacks{Config: s.cfg, Box: box, Log: slog.New(slog.DiscardHandler),
		Redeem: func(_ context.Context, token, from string) (notify.LinkView, error) {
			s.redeemed = append(s.redeemed, token)
			return notify.LinkView{State: s.state, Subject: notify.Subject{State: "acknowledged"}}, s.err
		},
		Report: func(_ context.Context, message string, f *notify.Failure) error {
			said := "reached"
			if f != nil {
				said = f.Text
			}
			s.reports = append(s.reports, message+": "+said)
			return s.failing
		}}).Routes(mux)
	s.texts, s.calls = NewTexts(s.cfg, egress.Guard{Loopback: true}, box), NewCalls(s.cfg, egress.Guard{Loopback: true}, box)
	return s
}

// callback posts as the service does.
func callback(t *testing.T, token, address string, form url.Values) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	req.Header.Set(Header, Sign(token, address, form))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body)
}

// spoken is TwiML as a telephone sees it.
type spoken struct {
	XMLName xml.Name `xml:"Response"`
	Gather  *struct {
		Action    string `xml:"action,attr"`
		NumDigits string `xml:"numDigits,attr"`
		Say       string
	}
	Say      string
	Redirect string
	Hangup   *struct{}
	Dial     *struct{}
}

func (c *carrier) fetch(t *testing.T, address string, form url.Values) spoken {
	t.Helper()
	form.Set("CallSid", "CA1")
	form.Set("CallStatus", "in-progress")
	status, body := callback(t, token1, address, form)
	var s spoken
	if err := xml.Unmarshal([]byte(body), &s); status != http.StatusOK || err != nil {
		t.Fatalf("%s: %d %v: %s", address, status, err, body)
	}
	if s.Dial != nil {
		t.Fatalf("words became markup: %s", body)
	}
	return s
}
