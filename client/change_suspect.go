package client

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"time"
)

// SuspectEdge is what is said of a change and an incident.
type SuspectEdge struct {
	Incident string     `json:"incident"`
	Change   string     `json:"change"`
	State    string     `json:"state"`          // suggested, confirmed, rejected
	Rule     string     `json:"rule,omitempty"` // ranked, taken back, person
	Person   string     `json:"person,omitempty"`
	At       *time.Time `json:"at,omitempty"`
	Note     string     `json:"note,omitempty"`
	Relation string     `json:"relation,omitempty"` // same, needs, needed by, shares
	Steps    int        `json:"steps,omitempty"`
	Place    int        `json:"place,omitempty"` // when it was first listed
}

// Suspect is a change that may have caused an incident.
type Suspect struct {
	SuspectEdge
	Title       string     `json:"title"`
	Type        string     `json:"type"`
	Kind        string     `json:"kind"`
	ChangeState string     `json:"change_state"`
	Environment string     `json:"environment"`
	Service     string     `json:"service"`
	Risk        *int       `json:"risk"`
	Started     *time.Time `json:"started,omitempty"`
	Deployed    *time.Time `json:"deployed,omitempty"`
	TakenBackBy string     `json:"taken_back_by,omitempty"`
	Score       int        `json:"score"`    // 0 to 100
	Strength    string     `json:"strength"` // strong, fair, weak
	Reasons     []struct {
		Name string `json:"name"`
		Text string `json:"text"`
		Part int    `json:"part"` // of the score
	} `json:"reasons"`
}

// Suspects are those of an incident.
type Suspects struct {
	Items   []Suspect `json:"items"`
	Further int       `json:"further,omitempty"` // that are not listed
}

// CausedIncident is an incident that a change caused, or is suspected of.
type CausedIncident struct {
	SuspectEdge
	Title    string     `json:"title"`
	Priority int        `json:"priority"`
	Open     bool       `json:"open"`
	Began    *time.Time `json:"began,omitempty"`
}

// SuspectQuality is how good the ranking was.
type SuspectQuality struct {
	Incidents int              `json:"incidents"` // whose cause is known
	Reliable  bool             `json:"reliable"`
	MRR       float64          `json:"mrr"`
	First     float64          `json:"first"`
	Three     float64          `json:"three"`
	Missed    int              `json:"missed"`
	LatestMRR float64          `json:"latest_mrr"` // of the newest change first
	Newest    []CausedIncident `json:"newest"`
	Weights   []struct {
		Text   string `json:"text"`
		Points string `json:"points"`
		Why    string `json:"why"`
	} `json:"weights"`
}

// Suspects lists the changes that may have caused an incident.
func (c *Client) Suspects(ctx context.Context, incident string) (s Suspects, err error) {
	return s, c.Get(ctx, incidentPath(incident, "suspects"), &s)
}

// SuspectVerb says what a change has to do with an incident: "confirm",
// "reject", or "reopen" to take that back.
func (c *Client) SuspectVerb(ctx context.Context, incident, change, verb, note string) (e SuspectEdge, err error) {
	return e, c.Do(ctx, http.MethodPost, incidentPath(incident, "suspects")+"/"+url.PathEscape(change)+"/"+url.PathEscape(verb), map[string]string{"note": note}, &e)
}

// ChangeIncidents lists the incidents that a change caused, or is suspected of.
func (c *Client) ChangeIncidents(ctx context.Context, change string) (list List[CausedIncident], err error) {
	return list, c.Get(ctx, changePath(change)+"/incidents", &list)
}

// SuspectQuality says how good the ranking was.
func (c *Client) SuspectQuality(ctx context.Context) (q SuspectQuality, err error) {
	return q, c.Get(ctx, "/api/v1/suspect-quality", &q)
}

// PacketContent returns what the packet of a change says, without issuing one.
func (c *Client) PacketContent(ctx context.Context, change string) (content json.RawMessage, err error) {
	return content, c.Get(ctx, changePath(change)+"/packet", &content)
}

// IssuePacket returns the packet of a change as a file: "dsse", which
// `evidence verify` checks without the server, or "html" for people.
func (c *Client) IssuePacket(ctx context.Context, change, format string) ([]byte, error) {
	res, err := c.send(ctx, http.MethodPost, changePath(change)+"/packet"+Query("format", format), http.Header{}, nil)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	return io.ReadAll(res.Body)
}
