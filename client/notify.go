package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Channel is where a team's notices are posted. Its URL and secret are never
// answered.
type Channel struct {
	Name      string        `json:"name"`
	Kind      string        `json:"kind"` // email, slack, teams, ntfy, webhook
	Team      string        `json:"team"`
	Urgency   string        `json:"urgency"` // all, urgent, quiet
	Disabled  bool          `json:"disabled"`
	Addresses []string      `json:"addresses,omitempty"`
	PerMinute int           `json:"per_minute,omitempty"`
	Host      string        `json:"host,omitempty"` // of the URL
	HasSecret bool          `json:"has_secret"`
	Missing   string        `json:"missing,omitempty"` // what it lacks before it can deliver
	Health    ChannelHealth `json:"health"`
	Managed   string        `json:"managed,omitempty"`
	Version   int64         `json:"version"`
	Created   time.Time     `json:"created"`
	Updated   time.Time     `json:"updated"`
}

// ChannelHealth is what delivery last saw of a channel.
type ChannelHealth struct {
	State    string     `json:"state"` // new, good, failing
	Good     *time.Time `json:"good,omitempty"`
	Bad      *time.Time `json:"bad,omitempty"`
	Error    string     `json:"error,omitempty"`
	Failures int        `json:"failures"` // in a row
}

// ChannelEdit is what can be set about a channel. An empty URL or Secret in an
// edit leaves the stored one.
type ChannelEdit struct {
	Kind      string   `json:"kind"`
	Team      string   `json:"team"`
	Urgency   string   `json:"urgency,omitempty"`
	Disabled  bool     `json:"disabled,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	URL       string   `json:"url,omitempty"`
	Secret    string   `json:"secret,omitempty"`
	PerMinute int      `json:"per_minute,omitempty"`
}

// NewChannel asks for a channel.
type NewChannel struct {
	Name string `json:"name"`
	ChannelEdit
}

// CreatedChannel is a new channel, with the signing secret if the server made
// one; it is shown once.
type CreatedChannel struct {
	Channel Channel `json:"channel"`
	Secret  string  `json:"secret,omitempty"`
}

// ChannelTest is what came of a test message.
type ChannelTest struct {
	Sent    bool    `json:"sent"`
	Error   string  `json:"error,omitempty"`
	Seconds float64 `json:"seconds"`
}

// Fact is one line of the small table in a message.
type Fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Message is one notice for one recipient.
type Message struct {
	Key        string     `json:"key"` // MSG-17
	Record     string     `json:"record"`
	Reason     string     `json:"reason"`
	To         string     `json:"to"` // person:17, channel:ops, nobody:payments
	Name       string     `json:"name,omitempty"`
	Via        string     `json:"via,omitempty"`
	Team       string     `json:"team,omitempty"`
	Urgent     bool       `json:"urgent"`
	Priority   string     `json:"priority,omitempty"`
	Leg        int        `json:"leg,omitempty"` // 0: the first message of its notice to the person
	Restricted bool       `json:"restricted,omitempty"`
	Title      string     `json:"title"`
	Text       string     `json:"text,omitempty"`
	Facts      []Fact     `json:"facts,omitempty"`
	State      string     `json:"state"` // queued, sending, sent, dead, canceled
	Queued     time.Time  `json:"queued"`
	Promised   time.Time  `json:"promised"`
	Due        *time.Time `json:"due,omitempty"`
	Ended      *time.Time `json:"ended,omitempty"`
	Attempts   int        `json:"attempts"`
	Error      string     `json:"error,omitempty"`
	Tries      []Attempt  `json:"tries,omitempty"` // only when one message is read
}

// Attempt is one try to deliver a message.
type Attempt struct {
	N       int       `json:"n"`
	At      time.Time `json:"at"`
	Outcome string    `json:"outcome"` // sent, failed, refused, unknown
	Error   string    `json:"error,omitempty"`
	Answer  string    `json:"answer,omitempty"` // of the other side when it took the message
	Seconds float64   `json:"seconds"`
}

// DeliveryWatch is what the watchdog of delivery sees.
type DeliveryWatch struct {
	At      time.Time `json:"at"`
	Fine    bool      `json:"fine"`
	Overdue []Message `json:"overdue"`
	Missing []struct {
		Key    string    `json:"key"`
		Record string    `json:"record"`
		Since  time.Time `json:"since"`
	} `json:"missing"`
	Dead   int           `json:"dead"`   // counted up to 100
	Queued int           `json:"queued"` // counted up to 100
	Mail   ChannelHealth `json:"mail"`
}

// Channels lists channels by name.
func (c *Client) Channels(ctx context.Context, cursor string, limit int) (List[Channel], error) {
	var list List[Channel]
	err := c.Get(ctx, "/api/v1/channels"+Query("cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// Channel reads a channel and its ETag.
func (c *Client) Channel(ctx context.Context, name string) (ch Channel, etag string, err error) {
	etag, err = c.Edit(ctx, http.MethodGet, "/api/v1/channels/"+url.PathEscape(name), "", nil, &ch)
	return ch, etag, err
}

// CreateChannel adds a channel.
func (c *Client) CreateChannel(ctx context.Context, n NewChannel) (CreatedChannel, error) {
	var out CreatedChannel
	err := c.Do(ctx, http.MethodPost, "/api/v1/channels", n, &out)
	return out, err
}

// EditChannel changes a channel that has the given ETag.
func (c *Client) EditChannel(ctx context.Context, name, etag string, e ChannelEdit) (Channel, error) {
	var ch Channel
	_, err := c.Edit(ctx, http.MethodPut, "/api/v1/channels/"+url.PathEscape(name), etag, e, &ch)
	return ch, err
}

// DeleteChannel deletes a channel.
func (c *Client) DeleteChannel(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, "/api/v1/channels/"+url.PathEscape(name), nil, nil)
}

// TestChannel sends a test message now.
func (c *Client) TestChannel(ctx context.Context, name string) (ChannelTest, error) {
	var t ChannelTest
	err := c.Do(ctx, http.MethodPost, "/api/v1/channels/"+url.PathEscape(name)+"/test", nil, &t)
	return t, err
}

// Messages lists messages, newest first; state and record may be empty.
func (c *Client) Messages(ctx context.Context, state, record, cursor string, limit int) (List[Message], error) {
	var list List[Message]
	err := c.Get(ctx, "/api/v1/messages"+Query("state", state, "record", record, "cursor", cursor, "limit", number(limit)), &list)
	return list, err
}

// Message reads a message and its attempts.
func (c *Client) Message(ctx context.Context, key string) (Message, error) {
	var m Message
	err := c.Get(ctx, "/api/v1/messages/"+url.PathEscape(key), &m)
	return m, err
}

// RetryMessage sends a dead message again, or a waiting one now.
func (c *Client) RetryMessage(ctx context.Context, key string) (Message, error) {
	var m Message
	err := c.Do(ctx, http.MethodPost, "/api/v1/messages/"+url.PathEscape(key)+"/retry", nil, &m)
	return m, err
}

// WatchMessages compares what should have been sent with what was.
func (c *Client) WatchMessages(ctx context.Context) (DeliveryWatch, error) {
	var w DeliveryWatch
	err := c.Get(ctx, "/api/v1/messages-watch", &w)
	return w, err
}
