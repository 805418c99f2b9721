// Package client is the Go client of Evenkeel's HTTP API. The command line and
// the API tests use it; it imports nothing internal.
//
// A Client is safe for concurrent use. Every method takes a context and
// returns *Problem for answers that are not a success. POSTs carry an
// Idempotency-Key, so that a repeat after a lost connection is harmless; the
// client repeats by itself when the server is busy (503, 429) or the
// connection breaks, three times at most.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client talks to one server as one token.
type Client struct {
	Server string       // like "https://evenkeel.example.org"; no trailing slash needed
	Token  string       // API token, "ek_…"
	HTTP   *http.Client // nil: a client with a 30 s timeout
	Agent  string       // User-Agent; empty: "evenkeel-client"
}

// ErrNoAnswer is the cause when the server cannot be reached.
var ErrNoAnswer = errors.New("does not answer")

// List is one page of a list; Next is the cursor of the next page, empty on
// the last.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// Get reads path (with its query) into out.
func (c *Client) Get(ctx context.Context, path string, out any) error {
	return c.Do(ctx, http.MethodGet, path, nil, out)
}

// Do sends in as JSON (nil: no body) and reads the answer into out (nil: it is
// dropped).
func (c *Client) Do(ctx context.Context, method, path string, in, out any) error {
	_, err := c.Edit(ctx, method, path, "", in, out)
	return err
}

// Edit is Do with If-Match (empty: not sent); it returns the answer's ETag.
func (c *Client) Edit(ctx context.Context, method, path, ifMatch string, in, out any) (etag string, err error) {
	header := http.Header{}
	if ifMatch != "" {
		header.Set("If-Match", ifMatch)
	}
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return "", err
		}
		header.Set("Content-Type", "application/json")
	}
	res, err := c.send(ctx, method, path, header, body)
	if err != nil {
		if p, ok := err.(*Problem); ok && p.Current != nil {
			p.refuse(method, in, body)
		}
		return "", err
	}
	defer res.Body.Close()
	if out == nil || res.StatusCode == http.StatusNoContent {
		_, err = io.Copy(io.Discard, res.Body)
		return res.Header.Get("ETag"), err
	}
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return "", fmt.Errorf("the server's answer to %s %s is not understood: %w", method, path, err)
	}
	return res.Header.Get("ETag"), nil
}

// Stream reads path and returns the raw body, which the caller closes.
func (c *Client) Stream(ctx context.Context, path string) (io.ReadCloser, error) {
	res, err := c.send(ctx, http.MethodGet, path, http.Header{}, nil)
	if err != nil {
		return nil, err
	}
	return res.Body, nil
}

// tries is how often a request is sent at the most.
const tries = 4

func (c *Client) send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	header.Set("Accept", "application/json")
	if c.Token != "" {
		header.Set("Authorization", "Bearer "+c.Token)
	}
	agent := c.Agent
	if agent == "" {
		agent = "evenkeel-client"
	}
	header.Set("User-Agent", agent)
	if method == http.MethodPost {
		header.Set("Idempotency-Key", rand.Text())
	}
	if u, err := url.Parse(c.Server); err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("server %q is no address: give one like https://evenkeel.example.org", c.Server)
	}
	hc := c.HTTP
	if hc == nil {
		hc = &http.Client{Timeout: 30 * time.Second}
	}
	for try := 1; ; try++ {
		req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Server, "/")+path, bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		req.Header = header
		res, err := hc.Do(req)
		wait := time.Duration(try) * 300 * time.Millisecond
		switch {
		case err != nil:
			var dns *url.Error
			if ctx.Err() != nil || try == tries || method != http.MethodGet && method != http.MethodPost {
				if errors.As(err, &dns) {
					return nil, fmt.Errorf("the server %s %w: %w", c.Server, ErrNoAnswer, dns.Err)
				}
				return nil, err
			}
		case res.StatusCode < 300:
			return res, nil
		case try < tries && (res.StatusCode == 503 || res.StatusCode == 429):
			if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s < 30 {
				wait = time.Duration(s) * time.Second
			}
			res.Body.Close()
		default:
			defer res.Body.Close()
			return nil, problem(res)
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Query builds "?a=b&c=d" from pairs, leaving out empty values.
func Query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Add(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}
