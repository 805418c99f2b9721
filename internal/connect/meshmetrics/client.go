package meshmetrics

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// maxAnswer is the most bytes of one answer.
const maxAnswer = 128 << 20

func (o Options) client() (api.Client, error) {
	u, err := url.Parse(o.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errs.BadField("url", o.URL, "give the address of Prometheus, as https://prometheus.harbour.example")
	}
	if u.User != nil {
		return nil, errs.BadField("url", u.Redacted(), "give user and password apart from the address")
	}
	if o.Bearer != "" && o.User != "" {
		return nil, errs.BadField("token", "…", "give a token or a user with password, not both")
	}
	c, err := api.NewClient(api.Config{Address: o.URL, RoundTripper: door{o}})
	if err != nil {
		return nil, errs.BadField("url", o.URL, "give the address of Prometheus, as https://prometheus.harbour.example").Because(err)
	}
	return c, nil
}

// door adds the credential and bounds the answer. The client follows
// redirects; the credential goes to the configured host only.
type door struct{ o Options }

var errLarge = fmt.Errorf("the answer is larger than %d MiB", maxAnswer>>20)

func (d door) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if u, err := url.Parse(d.o.URL); err == nil && u.Host == r.URL.Host && u.Scheme == r.URL.Scheme {
		switch {
		case d.o.Bearer != "":
			r.Header.Set("Authorization", "Bearer "+d.o.Bearer)
		case d.o.User != "":
			r.SetBasicAuth(d.o.User, d.o.Password)
		}
		if d.o.Tenant != "" {
			r.Header.Set("X-Scope-OrgID", d.o.Tenant)
		}
	}
	transport := d.o.Transport
	if transport == nil {
		transport = api.DefaultRoundTripper
	}
	res, err := transport.RoundTrip(r)
	if err == nil {
		res.Body = &limited{res.Body, maxAnswer}
	}
	return res, err
}

type limited struct {
	io.ReadCloser
	left int
}

func (l *limited) Read(p []byte) (int, error) {
	if l.left <= 0 {
		return 0, errLarge
	}
	n, err := l.ReadCloser.Read(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// explain says what to do about an error of the API.
func (o Options) explain(ctx context.Context, err error) error {
	var e *v1.Error
	switch {
	case errors.Is(err, errLarge):
		return o.tooMany(0).Because(err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return errs.E(errs.Unavailable, "Prometheus at %s did not answer within %s; narrow the matchers or shorten the window", o.host(), o.Timeout).Because(err)
	case ctx.Err() != nil:
		return errs.E(errs.Unavailable, "the question to Prometheus was given up").Because(err)
	case !errors.As(err, &e):
		why := err
		var u *url.Error
		if errors.As(err, &u) {
			why = u.Err // without the address, which is said already
		}
		return errs.E(errs.Unavailable, "Prometheus at %s cannot be reached (%s); check the address, the network and its certificate", o.host(), errs.Short(why.Error())).Because(err)
	}
	switch {
	case e.Type == v1.ErrBadData:
		return errs.BadField("match", o.Match, "give label matchers as in PromQL, cluster=\"harbour-1\"; Prometheus says: "+errs.Short(e.Msg)).Because(err)
	case e.Type == v1.ErrClient && strings.HasSuffix(e.Msg, "401"):
		return errs.E(errs.Unauthenticated, "Prometheus at %s refuses the credential (401); check the token, or user and password", o.host()).Because(err)
	case e.Type == v1.ErrClient && strings.HasSuffix(e.Msg, "403"):
		return errs.E(errs.Forbidden, "Prometheus at %s does not allow this credential to ask (403)", o.host()).Because(err)
	case e.Type == v1.ErrClient:
		return errs.E(errs.Invalid, "%s does not answer as Prometheus's API (%s); give the address before /api/v1", o.host(), errs.Short(e.Msg)).Because(err)
	case e.Type == v1.ErrBadResponse:
		return o.nonsense(err)
	}
	return errs.E(errs.Unavailable, "Prometheus at %s failed: %s", o.host(), errs.Short(e.Msg)).Because(err)
}

func (o Options) nonsense(err error) *errs.Error {
	return errs.E(errs.Unavailable, "%s does not answer as Prometheus's API does; check the address", o.host()).Because(err)
}

func (o Options) tooMany(n int) *errs.Error {
	how := fmt.Sprintf("more than %d MiB", maxAnswer>>20)
	if n > 0 {
		how = fmt.Sprintf("%d series", n)
	}
	return errs.BadField("match", o.Match, "the answer has "+how+"; ask for one cluster or namespace at a time, as match: source_workload_namespace=\"shop\"")
}

func (o Options) host() string {
	if u, err := url.Parse(o.URL); err == nil {
		return u.Host
	}
	return o.URL
}
