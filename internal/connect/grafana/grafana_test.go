package grafana

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// keys knows one integration that signs, with the token and an older one.
type keys struct{}

func (keys) SigningKeys(_ context.Context, kind alert.Kind, name string) (alert.Integration, []string, error) {
	if name != "grafana-main" {
		return alert.Integration{}, nil, errs.E(errs.Unauthenticated, "no grafana integration of this name takes signatures")
	}
	return alert.Integration{ID: 3, Name: name, Kind: kind}, []string{connecttest.Token, "older"}, nil
}

// documented is the example of Grafana's own pages; nodata is what it makes
// when a rule gives no data.
func TestParse(t *testing.T) {
	for _, name := range []string{"documented", "nodata"} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse(connecttest.Read(t, name+".json"), connecttest.Now)
			if err != nil {
				t.Fatal(err)
			}
			connecttest.Golden(t, name+".golden", m)
		})
	}
}

// sign does what Grafana's round tripper does.
func sign(key, stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(key))
	if stamp != "" {
		mac.Write([]byte(stamp + ":"))
	}
	mac.Write([]byte(body))
	return hex.EncodeToString(mac.Sum(nil))
}

func TestAnswers(t *testing.T) {
	body := string(connecttest.Read(t, "documented.json"))
	at := func(d time.Duration) string { return strconv.FormatInt(connecttest.Now.Add(d).Unix(), 10) }
	signed := func(key, stamp, body string) []string {
		h := []string{signatureHeader, sign(key, stamp, body)}
		if stamp != "" {
			h = append(h, timestampHeader, stamp)
		}
		return h
	}
	named := "/signed/grafana-main"
	bearer := []string{"Authorization", "Bearer " + connecttest.Token}
	for _, tt := range []struct {
		name, path, body string
		header           []string
		fail             error
		status           int
		says             string
		events           int
	}{
		{name: "token in address", path: "/" + connecttest.Token, body: body, status: 200, says: `{"status":"ok","alerts":2}`, events: 2},
		{name: "bearer", body: body, header: bearer, status: 200, events: 2},
		{name: "basic", body: body, header: []string{"Authorization", "Basic Z3JhZmFuYTowMTIzNDU2Nzg5YWJjZGVmMDEyMzQ1Njc4OWFiY2RlZg=="}, status: 200, events: 2},
		{name: "no token", body: body, status: 401, says: "no token was sent"},
		{name: "signed", path: named, body: body, header: signed(connecttest.Token, "", body), status: 200, events: 2},
		{name: "signed with time", path: named, body: body, header: signed(connecttest.Token, at(0), body), status: 200, events: 2},
		{name: "signed by the older token", path: named, body: body, header: signed("older", at(0), body), status: 200, events: 2},
		{name: "signed and token", body: body, header: append(signed(connecttest.Token, at(0), body), bearer...), status: 200, events: 2},
		{name: "wrongly signed and token", body: body, header: append(signed("x", at(0), body), bearer...), status: 401, says: "does not fit"},
		{name: "not signed", path: named, body: body, status: 401, says: "takes signed requests only"},
		{name: "another body", path: named, body: body + " ", header: signed(connecttest.Token, at(0), body), status: 401, says: "does not fit"},
		{name: "time left out", path: named, body: body, header: signed(connecttest.Token, at(0), body)[:2], status: 401, says: "does not fit"},
		{name: "another time", path: named, body: body, header: append(signed(connecttest.Token, at(0), body)[:3], at(time.Second)), status: 401, says: "does not fit"},
		{name: "replayed", path: named, body: body, header: signed(connecttest.Token, at(-6*time.Minute), body), status: 401, says: "6m0s from now"},
		{name: "from the future", path: named, body: body, header: signed(connecttest.Token, at(6*time.Minute), body), status: 401, says: "check the clocks"},
		{name: "no hex", path: named, body: body, header: []string{signatureHeader, "sha256=zz"}, status: 401, says: "no SHA-256 in hex"},
		{name: "another name", path: "/signed/other", body: body, header: signed(connecttest.Token, "", body), status: 401, says: "of this name"},
		{name: "before version 9", body: `{"ruleName":"High latency","state":"alerting"}`, header: bearer, status: 400, says: "before version 9"},
		{name: "custom payload", body: `{"text":"x"}`, header: bearer, status: 400, says: "without a custom payload"},
		{name: "nothing in it", body: `{"alerts":[{}]}`, header: bearer, status: 400, says: "none of the 1 entries"},
		{name: "overload", body: body, header: bearer, fail: errs.E(errs.Unavailable, "busy"), status: 503, says: "busy"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := &connecttest.Alerts{Fail: tt.fail}
			s := connecttest.Server(t, New(connecttest.Door(a), keys{}).Routes)
			status, _, answer := connecttest.Post(t, s.URL+"/integrations/grafana"+tt.path, tt.body, tt.header...)
			if status != tt.status || !strings.Contains(answer, tt.says) {
				t.Errorf("%d %s, want %d %s", status, answer, tt.status, tt.says)
			}
			if len(a.Events) != tt.events {
				t.Errorf("%d events were taken, want %d", len(a.Events), tt.events)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add(connecttest.Read(f, "documented.json"))
	f.Add(connecttest.Read(f, "nodata.json"))
	f.Add([]byte(`{"alerts":[{"labels":{"alertname":"DatasourceNoData","rulename":"\u0000"},"values":{"A":null,"\u0000":[1]},"valueString":"\ud800"}],"orgId":{"a":1}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := Parse(body, connecttest.Now)
		if err != nil && !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		for _, e := range m.Events {
			connecttest.Storable(t, e)
			if e.Dedup == "" {
				t.Error("no identity")
			}
		}
	})
}

func FuzzCheck(f *testing.F) {
	f.Add("", "", []byte("{}"))
	f.Add(sign("k", "1795172400", "{}"), "1795172400", []byte("{}"))
	f.Fuzz(func(t *testing.T, signature, stamp string, body []byte) {
		h := http.Header{}
		h.Set(signatureHeader, signature)
		h.Set(timestampHeader, stamp)
		err := check(h, body, []string{"k"}, true, connecttest.Now)
		if want := sign("k", strings.TrimSpace(stamp), string(body)); err == nil && !strings.EqualFold(strings.TrimSpace(signature), want) {
			t.Errorf("took %q", signature)
		}
	})
}
