// Package promquery reads metrics from whatever speaks Prometheus' query API:
// Prometheus itself, Thanos, Mimir, VictoriaMetrics.
//
// Metrics stay where they are. Verification of a deployment asks for a few
// queries of at most some hours by the minute, and forgets the answer but for
// what its page shows.
//
// Invariants:
//   - One address, which the operator of this server names; queries are what
//     people configure. Redirects are the client's to follow or not: app hands in
//     one behind the egress guard.
//   - An answer is bounded (MaxBody) and has to come in time (Timeout), because
//     a query can ask for anything.
//   - A query must give one series. Of several, none is the right one, and to add
//     them up may be wrong: whoever wrote the query knows.
//   - Readings that are no numbers (NaN, ±Inf: a ratio of nothing) are left out:
//     nothing was measured then.
//
// API: https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries,
// spoken by client_golang's own client.
package promquery

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/api"
	v1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/evenkeel/evenkeel/internal/change/verify"
	"github.com/evenkeel/evenkeel/internal/errs"
)

const (
	// MaxBody is the largest answer in bytes: 1,440 minutes of one series take 40 kB.
	MaxBody = 8 << 20
	// Timeout is how long one query may take.
	Timeout = 10 * time.Second
	// maxPoints is what Prometheus gives for one query (web/api/v1/api.go, queryRange).
	maxPoints = 11000
)

// Config says where metrics are.
type Config struct {
	Address  string // "https://prometheus.harbour.example", with a path if it has one
	Token    string // bearer; empty: none
	User     string // of basic authentication, with Password; empty: none
	Password string
	Tenant   string // X-Scope-OrgID of Mimir and Cortex; empty: none
}

// Client asks one server. It is safe for concurrent use.
type Client struct{ api v1.API }

// New returns a client that asks through an HTTP client, which is nil for the
// usual one. Invalid when the address is none.
func New(cfg Config, c *http.Client) (*Client, error) {
	u, err := url.Parse(cfg.Address)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errs.BadField("address", errs.Short(cfg.Address), "write an address like http://prometheus:9090")
	}
	if c == nil {
		c = &http.Client{Timeout: Timeout}
	}
	own := *c
	own.Transport = &door{cfg: cfg, next: c.Transport}
	inner, err := api.NewClient(api.Config{Address: cfg.Address, Client: &own})
	if err != nil {
		return nil, errs.BadField("address", errs.Short(cfg.Address), "write an address like http://prometheus:9090")
	}
	return &Client{v1.NewAPI(inner)}, nil
}

// Range returns a query's readings from one time to another, one a step. See
// verify.Metrics. Errors: Invalid for a query that cannot be evaluated or gives
// several series, Unavailable when the server does not answer.
func (c *Client) Range(ctx context.Context, query string, from, to time.Time, step time.Duration) ([]verify.Point, error) {
	if step <= 0 || to.Before(from) {
		return nil, nil
	}
	if to.Sub(from)/step >= maxPoints {
		from = to.Add(-(maxPoints - 1) * step)
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	found, _, _, err := c.api.QueryRange(ctx, query, v1.Range{Start: from, End: to, Step: step})
	if err != nil {
		return nil, explain(query, err)
	}
	matrix, ok := found.(model.Matrix)
	switch {
	case !ok:
		return nil, errs.BadField("query", errs.Short(query), "the answer is a "+found.Type().String()+", no series of numbers")
	case len(matrix) == 0:
		return nil, nil
	case len(matrix) > 1:
		return nil, errs.BadField("query", errs.Short(query), fmt.Sprintf("it gives %d series; let it give one, with sum() or max() around it", len(matrix)))
	}
	out := make([]verify.Point, 0, len(matrix[0].Values))
	for _, v := range matrix[0].Values {
		if x := float64(v.Value); !math.IsNaN(x) && !math.IsInf(x, 0) {
			out = append(out, verify.Point{At: v.Timestamp.Time().UTC(), Value: x})
		}
	}
	return out, nil
}

// Check asks whether the server answers, for doctor.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	_, _, _, err := c.api.Query(ctx, "vector(1)", time.Time{})
	return explain("vector(1)", err)
}

// explain puts a failure into words that name no address and no secret.
func explain(query string, err error) error {
	var said *v1.Error
	var u *url.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &said) && (said.Type == v1.ErrBadData || said.Type == v1.ErrExec):
		return errs.BadField("query", errs.Short(query), "it cannot be evaluated: "+errs.Short(said.Msg))
	case errors.As(err, &said) && said.Type == v1.ErrBadResponse:
		return errs.E(errs.Unavailable, "the metrics server gave no answer that can be read").Because(err)
	case errors.As(err, &said):
		return errs.E(errs.Unavailable, "the metrics server answered: %s", errs.Short(said.Msg)).Because(err)
	case errors.Is(err, context.DeadlineExceeded):
		return errs.E(errs.Unavailable, "the metrics server did not answer within %s", Timeout).Because(err)
	case errors.Is(err, errTooLarge):
		return errs.E(errs.Unavailable, "the metrics server's answer is larger than %d MB", MaxBody>>20)
	case errors.As(err, &u):
		var op *net.OpError
		if errors.As(err, &op) {
			return errs.E(errs.Unavailable, "the metrics server cannot be reached: %v", op.Err).Because(err)
		}
	}
	return errs.E(errs.Unavailable, "the metrics server gave no answer that can be read").Because(err)
}

// door adds credentials and bounds answers.
type door struct {
	cfg  Config
	next http.RoundTripper
}

// RoundTrip sends a copy of the request: the one it gets may be sent again.
func (d *door) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", "Evenkeel (+https://github.com/evenkeel/evenkeel)")
	switch {
	case d.cfg.Token != "":
		r.Header.Set("Authorization", "Bearer "+d.cfg.Token)
	case d.cfg.User != "":
		r.SetBasicAuth(d.cfg.User, d.cfg.Password)
	}
	if d.cfg.Tenant != "" {
		r.Header.Set("X-Scope-OrgID", d.cfg.Tenant)
	}
	next := d.next
	if next == nil {
		next = http.DefaultTransport
	}
	res, err := next.RoundTrip(r)
	if err == nil {
		res.Body = &bounded{res.Body, MaxBody}
	}
	return res, err
}

var errTooLarge = errors.New("answer too large")

// bounded fails a reader that gives more than it may.
type bounded struct {
	io.ReadCloser
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n, errTooLarge
	}
	return n, err
}
