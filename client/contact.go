package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// ContactMethod is one way to reach a person. Its address is masked.
type ContactMethod struct {
	Key      string     `json:"key"`  // MET-3
	Kind     string     `json:"kind"` // email, sms, voice, webpush, ntfy
	Label    string     `json:"label"`
	Address  string     `json:"address"`
	State    string     `json:"state"` // unverified, new, good, failing
	Verified *time.Time `json:"verified,omitempty"`
	Good     *time.Time `json:"good,omitempty"`
	Bad      *time.Time `json:"bad,omitempty"`
	Answer   string     `json:"answer,omitempty"` // to the last failure
	Failures int        `json:"failures"`         // in a row
	Version  int64      `json:"version"`
	Created  time.Time  `json:"created"`
	Updated  time.Time  `json:"updated"`
}

// NewContactMethod asks for a method.
type NewContactMethod struct {
	Kind    string `json:"kind"`
	Label   string `json:"label,omitempty"`
	Address string `json:"address"`
	Secret  string `json:"secret,omitempty"` // ntfy: access token
}

// ContactResult is what came of a code or a test.
type ContactResult struct {
	Sent    bool    `json:"sent"`
	Error   string  `json:"error,omitempty"`
	Answer  string  `json:"answer,omitempty"`
	Seconds float64 `json:"seconds"`
}

// ContactLeg is one step of a rule: by a method, some time after the notice.
type ContactLeg struct {
	By    string `json:"by"`              // email, webpush, sms, voice, ntfy, with a label sms/Work phone, or channel:ops
	After string `json:"after,omitempty"` // ISO 8601, PT2M
}

// ContactRules are how one is told. A nil list takes the legs of another.
type ContactRules struct {
	P1       []ContactLeg  `json:"p1,omitempty"`
	P2       *[]ContactLeg `json:"p2,omitempty"`
	P3       *[]ContactLeg `json:"p3,omitempty"`
	P4       *[]ContactLeg `json:"p4,omitempty"`
	Other    *[]ContactLeg `json:"other,omitempty"`
	Zone     string        `json:"zone,omitempty"`
	Quiet    *ContactQuiet `json:"quiet,omitempty"`
	SelfTest string        `json:"self_test,omitempty"` // clock time, 08:00
	Managed  string        `json:"managed,omitempty"`   // only in answers
	Version  int64         `json:"version,omitempty"`   // only in answers
}

// ContactQuiet are quiet hours, which P1 and P2 ignore.
type ContactQuiet struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// ContactSelfTest is how the last self-test went.
type ContactSelfTest struct {
	At   *time.Time `json:"at,omitempty"`
	Done bool       `json:"done"`
	Good bool       `json:"good"`
	Legs []struct {
		By      string  `json:"by"`
		State   string  `json:"state"`
		Error   string  `json:"error,omitempty"`
		Seconds float64 `json:"seconds"`
	} `json:"legs"`
}

const contactPath = "/api/v1/me/contact/"

// ContactMethods lists one's own contact methods.
func (c *Client) ContactMethods(ctx context.Context) (List[ContactMethod], error) {
	var list List[ContactMethod]
	err := c.Get(ctx, contactPath+"methods", &list)
	return list, err
}

// AddContactMethod adds one; it is used once its code came back.
func (c *Client) AddContactMethod(ctx context.Context, n NewContactMethod) (ContactMethod, error) {
	var m ContactMethod
	err := c.Do(ctx, http.MethodPost, contactPath+"methods", n, &m)
	return m, err
}

// RemoveContactMethod removes one.
func (c *Client) RemoveContactMethod(ctx context.Context, key string) error {
	return c.Do(ctx, http.MethodDelete, contactPath+"methods/"+url.PathEscape(key), nil, nil)
}

// SendContactCode sends a code to a method.
func (c *Client) SendContactCode(ctx context.Context, key string) (ContactResult, error) {
	var r ContactResult
	err := c.Do(ctx, http.MethodPost, contactPath+"methods/"+url.PathEscape(key)+"/code", nil, &r)
	return r, err
}

// VerifyContactMethod gives the code that arrived.
func (c *Client) VerifyContactMethod(ctx context.Context, key, code string) (ContactMethod, error) {
	var m ContactMethod
	err := c.Do(ctx, http.MethodPost, contactPath+"methods/"+url.PathEscape(key)+"/verify", map[string]string{"code": code}, &m)
	return m, err
}

// TestContactMethod sends a test message by a method.
func (c *Client) TestContactMethod(ctx context.Context, key string) (ContactResult, error) {
	var r ContactResult
	err := c.Do(ctx, http.MethodPost, contactPath+"methods/"+url.PathEscape(key)+"/test", nil, &r)
	return r, err
}

// ContactRules reads how one is told, and its ETag.
func (c *Client) ContactRules(ctx context.Context) (r ContactRules, etag string, err error) {
	etag, err = c.Edit(ctx, http.MethodGet, contactPath+"rules", "", nil, &r)
	return r, etag, err
}

// SetContactRules chooses how one is told; etag is that of what was read.
func (c *Client) SetContactRules(ctx context.Context, etag string, r ContactRules) (ContactRules, error) {
	var out ContactRules
	r.Managed, r.Version = "", 0
	_, err := c.Edit(ctx, http.MethodPut, contactPath+"rules", etag, r, &out)
	return out, err
}

// ContactSelfTest reads how one's last self-test went.
func (c *Client) ContactSelfTest(ctx context.Context) (ContactSelfTest, error) {
	var t ContactSelfTest
	err := c.Get(ctx, contactPath+"self-test", &t)
	return t, err
}
