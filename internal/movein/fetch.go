package movein

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// Limits of reading. An organisation of 10,000 people stays far below.
const (
	maxPage  = 32 << 20 // bytes of one answer
	maxPages = 5_000    // answers of one list
	tries    = 6        // of one request
	maxWait  = 2 * time.Minute
)

// Fetcher reads JSON from another system.
type Fetcher struct {
	Base   string // "https://api.pagerduty.com"
	Header http.Header
	HTTP   *http.Client  // nil: a client with a limit of 60 s for a request
	Say    func(string)  // progress and waiting, for people; nil: nobody
	Pause  time.Duration // first wait when the other side says no time; 0: 1 s

	asked int
}

// Asked is how many requests were sent.
func (f *Fetcher) Asked() int { return f.asked }

// Get reads one answer into v. path begins with "/", or is a whole address
// below Base, as "next" links are. Errors: Invalid for a base that is no
// address; Unauthenticated, NotFound as the other side says; Unavailable when
// it does not answer in spite of trying again.
func (f *Fetcher) Get(ctx context.Context, path string, v any) error {
	address, err := f.address(path)
	if err != nil {
		return err
	}
	wait := f.Pause
	if wait == 0 {
		wait = time.Second
	}
	for try := 1; ; try++ {
		after, err := f.once(ctx, address, v)
		if err == nil || !errors.Is(err, errAgain) || try == tries {
			if errors.Is(err, errAgain) {
				return errs.E(errs.Unavailable, "%s does not answer %s; try again later", f.Base, path).Because(err)
			}
			return err
		}
		if after == 0 {
			after, wait = wait, min(2*wait, maxWait)
		}
		after = min(after, maxWait)
		if f.Say != nil && after >= time.Second {
			f.Say(fmt.Sprintf("%s asks to wait; going on in %s", f.Base, after.Round(time.Second)))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(after):
		}
	}
}

// address joins path to Base and refuses to send the key anywhere else.
func (f *Fetcher) address(path string) (string, error) {
	base, err := url.Parse(strings.TrimSuffix(f.Base, "/"))
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return "", errs.BadField("url", f.Base, "use an address like https://api.example.com")
	}
	if strings.HasPrefix(path, "/") {
		return base.String() + path, nil
	}
	u, err := url.Parse(path)
	if err != nil || u.Host != base.Host || u.Scheme != base.Scheme {
		return "", errs.E(errs.Invalid, "%s answers with a link to another server, %s; the key is not sent there", f.Base, errs.Short(path))
	}
	return u.String(), nil
}

// errAgain marks what may succeed when asked again.
var errAgain = errors.New("try again")

func (f *Fetcher) once(ctx context.Context, address string, v any) (after time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, errs.E(errs.Invalid, "%v", err)
	}
	for k, list := range f.Header {
		req.Header[k] = list
	}
	req.Header.Set("User-Agent", "evenkeel-import")
	hc := f.HTTP
	if hc == nil {
		hc = &http.Client{Timeout: 60 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	f.asked++
	res, err := hc.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		return 0, fmt.Errorf("%w: %w", errAgain, err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxPage+1))
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %w", errAgain, err)
	case len(body) > maxPage:
		return 0, errs.E(errs.Invalid, "%s answers with more than %d MiB at once", req.URL.Path, maxPage>>20)
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500:
		return retryAfter(res.Header, time.Now()), fmt.Errorf("%w: %s", errAgain, res.Status)
	case res.StatusCode == http.StatusUnauthorized || res.StatusCode == http.StatusForbidden:
		return 0, errs.E(errs.Forbidden, "%s refuses the key for %s (%s); use one that may read everything", f.Base, req.URL.Path, res.Status)
	case res.StatusCode == http.StatusNotFound:
		return 0, errs.E(errs.NotFound, "%s knows no %s", f.Base, req.URL.Path)
	case res.StatusCode != http.StatusOK:
		return 0, errs.E(errs.Invalid, "%s answers %s with %s: %s", f.Base, req.URL.Path, res.Status, errs.Short(string(body)))
	}
	if err := json.Unmarshal(body, v); err != nil {
		return 0, errs.E(errs.Invalid, "%s answers %s with something else than expected: %v", f.Base, req.URL.Path, err)
	}
	return 0, nil
}

// retryAfter reads seconds or a date (RFC 9110), or PagerDuty's ratelimit-reset
// in seconds; 0 when nothing is said.
func retryAfter(h http.Header, now time.Time) time.Duration {
	for _, name := range []string{"Retry-After", "Ratelimit-Reset"} {
		text := h.Get(name)
		if n, err := strconv.Atoi(text); err == nil && n > 0 {
			return time.Duration(n) * time.Second
		}
		if at, err := http.ParseTime(text); err == nil && at.After(now) {
			return at.Sub(now)
		}
	}
	return 0
}

// Pages reads a list page by page. next takes one answer and returns the path
// of the following one, "" at the end.
func Pages[P any](ctx context.Context, f *Fetcher, path string, next func(P) string) error {
	seen := map[string]bool{}
	for range maxPages {
		if seen[path] {
			return errs.E(errs.Unavailable, "%s goes in a circle at %s", f.Base, path)
		}
		seen[path] = true
		var page P
		if err := f.Get(ctx, path, &page); err != nil {
			return err
		}
		if path = next(page); path == "" {
			return nil
		}
	}
	return errs.E(errs.Invalid, "%s has more than %d pages of %s", f.Base, maxPages, path)
}
