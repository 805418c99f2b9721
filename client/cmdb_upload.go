package client

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// MapUpload says what an upload is, and what does not stand in its file.
type MapUpload struct {
	Source, Scope    string
	Complete, DryRun bool
	MaxShare         float64 // that may turn stale without asking; 0: a fifth
	Provenance       string  // of relations that do not say: declared (default), observed, inferred

	Env, Team, Cluster, Region string
	Columns                    map[string]string // for tables: theirs → ours
}

func (u MapUpload) query() string {
	q := url.Values{}
	for name, v := range map[string]string{"source": u.Source, "scope": u.Scope, "complete": flag(u.Complete), "dry_run": flag(u.DryRun), "max_share": share(u.MaxShare),
		"provenance": u.Provenance, "env": u.Env, "team": u.Team, "cluster": u.Cluster, "region": u.Region} {
		if v != "" {
			q.Set(name, v)
		}
	}
	for theirs, ours := range u.Columns {
		q.Add("columns", theirs+"="+ours)
	}
	if list := q["columns"]; len(list) > 1 {
		q.Set("columns", strings.Join(list, ","))
	}
	return "?" + q.Encode()
}

// upload sends a stream of any size. It has no time limit but ctx and is never
// repeated, because the stream is read once.
func (c *Client) upload(ctx context.Context, path, media, accept string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.Server, "/")+path, io.NopCloser(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", media)
	req.Header.Set("Accept", accept)
	req.Header.Set("User-Agent", "evenkeel-client")
	if c.Agent != "" {
		req.Header.Set("User-Agent", c.Agent)
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	long := &http.Client{}
	if c.HTTP != nil {
		long.Transport, long.Jar = c.HTTP.Transport, c.HTTP.Jar
	}
	res, err := long.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) && ctx.Err() == nil {
			return nil, fmt.Errorf("the server %s %w: %w", c.Server, ErrNoAnswer, u.Err)
		}
		return nil, err
	}
	if res.StatusCode >= 300 {
		defer res.Body.Close()
		return nil, problem(res)
	}
	return res, nil
}

func (c *Client) uploadInto(ctx context.Context, path, media string, body io.Reader, out any) error {
	res, err := c.upload(ctx, path, media, "application/json", body)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(out); err != nil {
		return fmt.Errorf("the server's answer to %s is not understood: %w", path, err)
	}
	return nil
}

// ImportFile sends a file of a source, of any size; the run says what it does.
// A *Problem of status 422 names what is wrong with its place, and then nothing
// changed.
func (c *Client) ImportFile(ctx context.Context, u MapUpload, file io.Reader) (r MapRun, err error) {
	return r, c.uploadInto(ctx, mapPath+"/runs"+u.query(), "application/octet-stream", file, &r)
}

// BulkProgress is how far a bulk upload is.
type BulkProgress struct {
	Run     string `json:"run,omitempty"`
	State   string `json:"state"` // reading, applying
	Records int64  `json:"records"`
	Bytes   int64  `json:"bytes"`
	Applied int    `json:"applied,omitempty"`
	Parts   int    `json:"parts,omitempty"`
}

// ImportLines sends records, one a line as {"item":…} or {"relation":…}.
// progress, if not nil, hears about once a second how far it is.
func (c *Client) ImportLines(ctx context.Context, u MapUpload, lines io.Reader, progress func(BulkProgress)) (r MapRun, err error) {
	const media = "application/x-ndjson"
	path := mapPath + "/bulk" + u.query()
	if progress == nil {
		return r, c.uploadInto(ctx, path, media, lines, &r)
	}
	res, err := c.upload(ctx, path, media, media, lines)
	if err != nil {
		return r, err
	}
	defer res.Body.Close()
	answers := bufio.NewReader(res.Body)
	for {
		line, err := answers.ReadBytes('\n')
		if err != nil {
			return r, fmt.Errorf("the server's answer broke off before the run had ended; look at the runs of %s: %w", u.Source, err)
		}
		var l struct {
			Progress *BulkProgress `json:"progress"`
			Run      *MapRun       `json:"run"`
			Problem  *Problem      `json:"problem"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return r, fmt.Errorf("the server's answer is not understood: %w", err)
		}
		switch {
		case l.Problem != nil:
			return r, l.Problem
		case l.Run != nil:
			return *l.Run, nil
		case l.Progress != nil:
			progress(*l.Progress)
		}
	}
}

// MapPlan is what a plan changes on the map, and what that breaks.
type MapPlan struct {
	FormatVersion string          `json:"format_version,omitempty"`
	Changes       []MapPlanChange `json:"changes"`
	Unchanged     int             `json:"unchanged,omitempty"`
	Causes        []Cause         `json:"causes"`
	Impact        *Impact         `json:"impact,omitempty"` // nil: the map knows none of it
	Remarks       []MapRemark     `json:"remarks,omitempty"`
}

// MapPlanChange is one change of a plan.
type MapPlanChange struct {
	Address string   `json:"address"`
	Type    string   `json:"type,omitempty"`
	Kind    string   `json:"kind,omitempty"`
	Action  string   `json:"action"`
	Reason  string   `json:"reason,omitempty"`
	Level   string   `json:"level,omitempty"`
	Items   []string `json:"items,omitempty"`
	Unknown bool     `json:"unknown,omitempty"`
}

// PlanImpact says what a plan of another system, such as terraform, changes on
// the map; nothing is kept.
func (c *Client) PlanImpact(ctx context.Context, source, scope string, exposed bool, plan io.Reader) (p MapPlan, err error) {
	return p, c.uploadInto(ctx, mapPath+"/plans"+Query("source", source, "scope", scope, "exposed", flag(exposed)), "application/octet-stream", plan, &p)
}
