package kubernetes

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// client talks to one API server.
type client struct {
	base      *url.URL
	http      *http.Client
	token     string
	tokenFile string // read for each request: tokens are renewed
	namespace string
}

func (c *client) dial(cfg *tls.Config, proxy string) error {
	t := &http.Transport{TLSClientConfig: cfg, Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, TLSHandshakeTimeout: 15 * time.Second,
		ResponseHeaderTimeout: time.Minute, IdleConnTimeout: 90 * time.Second, DialContext: (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext}
	if proxy != "" {
		u, err := url.Parse(proxy)
		if err != nil || u.Host == "" {
			return errs.BadField("proxy-url", proxy, "use http://host:port")
		}
		t.Proxy = http.ProxyURL(u)
	}
	// The API server does not redirect, and a token must not follow one.
	c.http = &http.Client{Transport: t, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return nil
}

// status is the API's answer to what did not work.
type status struct {
	Code    int    `json:"code"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// answer is an error of the API with its HTTP status.
type answer struct {
	code int
	err  error
}

func (a *answer) Error() string { return a.err.Error() }

func (a *answer) Unwrap() error { return a.err }

// get asks for one address; the caller closes the body.
func (c *client) get(ctx context.Context, path string, query url.Values) (io.ReadCloser, error) {
	u := *c.base
	u.Path = strings.TrimRight(u.Path, "/") + path
	u.RawQuery = query.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, errs.BadField("server", c.base.String(), "use the address of the API server, https://host:port").Because(err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "evenkeel")
	token := c.token
	if c.tokenFile != "" {
		b, err := os.ReadFile(c.tokenFile)
		if err != nil {
			return nil, errs.BadField("tokenFile", c.tokenFile, "name a file that can be read").Because(err)
		}
		token = string(bytes.TrimSpace(b))
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, errs.E(errs.Unavailable, "the API server %s does not answer: %v", c.base.Host, cause(err)).Because(err)
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	defer res.Body.Close()
	var s status
	b, _ := io.ReadAll(io.LimitReader(res.Body, 64<<10)) // what cannot be read is not shown
	_ = json.Unmarshal(b, &s)                            // nor what is no Status
	what := fmt.Sprintf("GET %s: %d %s", path, res.StatusCode, errs.Short(or(s.Message, http.StatusText(res.StatusCode))))
	var e *errs.Error
	switch res.StatusCode {
	case http.StatusUnauthorized:
		e = errs.E(errs.Unauthenticated, "%s; the token or certificate is not, or no longer, valid: %s", what, asAccount)
	case http.StatusForbidden:
		e = errs.E(errs.Forbidden, "%s; allow list and watch on this resource in the ClusterRole of the guide", what)
	case http.StatusNotFound:
		e = errs.E(errs.NotFound, "%s", what)
	case http.StatusTooManyRequests:
		e = errs.E(errs.Limited, "%s", what).After(time.Second)
	default:
		e = errs.E(errs.Unavailable, "%s", what)
	}
	return nil, &answer{res.StatusCode, e}
}

// cause is the innermost reason, without the address that stands in it.
func cause(err error) error {
	if u, ok := err.(*url.Error); ok {
		return u.Err
	}
	return err
}
