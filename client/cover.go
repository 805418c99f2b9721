package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Cover is an override, swap or absence.
type Cover struct {
	Key      string        `json:"key"`
	Kind     string        `json:"kind"`
	Schedule string        `json:"schedule,omitempty"`
	Person   *OnCallPerson `json:"person,omitempty"`  // who comes
	Instead  *OnCallPerson `json:"instead,omitempty"` // whose shifts, who is away
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Reason   string        `json:"reason,omitempty"`
	By       *OnCallPerson `json:"by,omitempty"`
	Created  time.Time     `json:"created"`
	Removed  time.Time     `json:"removed,omitzero"`
}

// NewCover puts somebody in, or says that somebody is away.
type NewCover struct {
	Person  string    `json:"person,omitempty"`  // handle or key; empty: oneself
	Instead string    `json:"instead,omitempty"` // not for absences; empty: everybody's shifts
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Reason  string    `json:"reason,omitempty"`
}

// Swap is an offered swap.
type Swap struct {
	Key        string        `json:"key"`
	Schedule   string        `json:"schedule"`
	Person     OnCallPerson  `json:"person"`
	To         *OnCallPerson `json:"to,omitempty"`
	From       time.Time     `json:"from"`
	Until      time.Time     `json:"until"`
	ReturnFrom time.Time     `json:"return_from,omitzero"`
	ReturnTo   time.Time     `json:"return_to,omitzero"`
	Note       string        `json:"note,omitempty"`
	State      string        `json:"state"`
	Taker      *OnCallPerson `json:"taker,omitempty"`
	Covers     []string      `json:"covers,omitempty"`
	Created    time.Time     `json:"created"`
	Updated    time.Time     `json:"updated"`
}

// NewSwap offers one's own shifts.
type NewSwap struct {
	To         string    `json:"to,omitempty"` // handle or key; empty: everybody
	From       time.Time `json:"from"`
	Until      time.Time `json:"until"`
	ReturnFrom time.Time `json:"return_from,omitzero"`
	ReturnTo   time.Time `json:"return_to,omitzero"`
	Note       string    `json:"note,omitempty"`
}

// Covers lists overrides, swaps and absences that touch a schedule.
func (c *Client) Covers(ctx context.Context, schedule string, from, to time.Time) (list List[Cover], err error) {
	err = c.Get(ctx, schedulePath(schedule)+"/covers"+between(from, to), &list)
	return list, err
}

// Cover returns a cover.
func (c *Client) Cover(ctx context.Context, key string) (v Cover, err error) {
	err = c.Get(ctx, "/api/v1/oncall/covers/"+url.PathEscape(key), &v)
	return v, err
}

// AddCover puts somebody in for others.
func (c *Client) AddCover(ctx context.Context, schedule string, n NewCover) (v Cover, err error) {
	err = c.Do(ctx, http.MethodPost, schedulePath(schedule)+"/covers", n, &v)
	return v, err
}

// RemoveCover takes a cover or absence back; one that runs ends now.
func (c *Client) RemoveCover(ctx context.Context, key string) error {
	return c.Do(ctx, http.MethodDelete, "/api/v1/oncall/covers/"+url.PathEscape(key), nil, nil)
}

// Absences lists who is away.
func (c *Client) Absences(ctx context.Context, from, to time.Time) (list List[Cover], err error) {
	err = c.Get(ctx, "/api/v1/oncall/absences"+between(from, to), &list)
	return list, err
}

// AddAbsence says that somebody is away.
func (c *Client) AddAbsence(ctx context.Context, n NewCover) (v Cover, err error) {
	n.Instead = ""
	err = c.Do(ctx, http.MethodPost, "/api/v1/oncall/absences", n, &v)
	return v, err
}

// Swaps lists open offers that one made or may accept.
func (c *Client) Swaps(ctx context.Context) (list List[Swap], err error) {
	err = c.Get(ctx, "/api/v1/oncall/swaps", &list)
	return list, err
}

// Swap returns an offer.
func (c *Client) Swap(ctx context.Context, key string) (s Swap, err error) {
	err = c.Get(ctx, "/api/v1/oncall/swaps/"+url.PathEscape(key), &s)
	return s, err
}

// OfferSwap offers one's own shifts.
func (c *Client) OfferSwap(ctx context.Context, schedule string, n NewSwap) (s Swap, err error) {
	err = c.Do(ctx, http.MethodPost, schedulePath(schedule)+"/swaps", n, &s)
	return s, err
}

// AnswerSwap accepts an offer, or declines it; one's own is withdrawn.
func (c *Client) AnswerSwap(ctx context.Context, key string, accept bool) (s Swap, err error) {
	verb := "decline"
	if accept {
		verb = "accept"
	}
	err = c.Do(ctx, http.MethodPost, "/api/v1/oncall/swaps/"+url.PathEscape(key)+"/"+verb, nil, &s)
	return s, err
}
