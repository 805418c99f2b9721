package opsgenie

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// view is an alert as Opsgenie shows it.
type view struct {
	ID             string            `json:"id"`
	TinyID         string            `json:"tinyId"`
	Alias          string            `json:"alias"`
	Message        string            `json:"message"`
	Status         string            `json:"status"` // open, closed
	Acknowledged   bool              `json:"acknowledged"`
	IsSeen         bool              `json:"isSeen"`
	Snoozed        bool              `json:"snoozed"`
	Tags           []string          `json:"tags"`
	Count          int64             `json:"count"`
	CreatedAt      string            `json:"createdAt"`
	UpdatedAt      string            `json:"updatedAt"`
	LastOccurredAt string            `json:"lastOccurredAt"`
	Source         string            `json:"source"`
	Owner          string            `json:"owner"`
	Priority       string            `json:"priority"`
	Responders     json.RawMessage   `json:"responders"`
	Integration    map[string]string `json:"integration"`
	Entity         string            `json:"entity"`
	Description    string            `json:"description"`
	Details        map[string]string `json:"details"`
}

var priorities = map[alert.Severity]string{alert.Critical: "P1", alert.Error: "P2", alert.Warning: "P3", alert.Info: "P4"}

// own are labels that Opsgenie shows in fields of their own.
var own = map[string]bool{"tags": true, "responders": true, "priority": true, "entity": true, "source": true}

func viewOf(in alert.Integration, a *alert.Alert) view {
	key := ref.N(ref.Alert, a.ID).String()
	v := view{ID: key, TinyID: strconv.FormatInt(a.ID, 10), Alias: a.Dedup, Message: a.Summary, Status: "closed", Acknowledged: !a.Acknowledged.IsZero(),
		Tags: []string{}, Count: a.Count, CreatedAt: stamp(a.StartsAt), UpdatedAt: stamp(a.LastSeen), LastOccurredAt: stamp(a.LastSeen), Source: a.Labels["source"],
		Priority: priorities[a.Severity], Responders: json.RawMessage("[]"), Integration: map[string]string{"id": ref.S(ref.Integration, in.Name).String(), "name": in.Name, "type": "API"},
		Entity: a.Labels["entity"], Description: a.Annotations["description"], Details: map[string]string{}}
	if a.Firing() {
		v.Status = "open"
	}
	if p := strings.ToUpper(a.Labels["priority"]); p == "P5" && a.Severity == alert.Info {
		v.Priority = p
	}
	if t := a.Labels["tags"]; t != "" {
		v.Tags = strings.Split(t, ",")
	}
	for name, value := range a.Labels {
		if !own[name] {
			v.Details[name] = value
		}
	}
	var kept struct {
		Responders json.RawMessage `json:"responders"`
	}
	if json.Unmarshal(a.Details, &kept) == nil && len(kept.Responders) > 0 {
		v.Responders = kept.Responders
	}
	return v
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// get shows one alert.
func (rc *Receiver) get(c *call) (answer, error) {
	id, dedup, err := name(c.r)
	if err != nil {
		return answer{}, err
	}
	a, err := rc.alerts.Told(c.ctx, c.in, id, dedup)
	if errs.Is(err, errs.NotFound) {
		return answer{}, errs.E(errs.NotFound, "Alert does not exist")
	}
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, data: viewOf(c.in, &a)}, nil
}

// became is what a request did.
type became struct {
	Success     bool   `json:"success"`
	Action      string `json:"action"`
	ProcessedAt string `json:"processedAt"`
	Integration string `json:"integrationId"`
	IsSuccess   bool   `json:"isSuccess"`
	Status      string `json:"status"`
	AlertID     string `json:"alertId"`
	Alias       string `json:"alias"`
}

// request says what became of an earlier request.
func (rc *Receiver) request(c *call) (answer, error) {
	id := c.r.PathValue("request")
	o, at, ok := readRequest(id)
	if !ok {
		return answer{}, errs.E(errs.NotFound, "Request not found. It might not be processed, yet.")
	}
	b := became{Success: o.success, IsSuccess: o.success, Action: said[o.action][0], Status: said[o.action][1], ProcessedAt: stamp(at),
		Integration: ref.S(ref.Integration, c.in.Name).String()}
	switch {
	case o.alert == 0:
		b.Status = "Alert does not exist"
	case !o.success:
		b.Status = "Alert is already closed"
	}
	if o.alert != 0 {
		a, err := rc.alerts.Told(c.ctx, c.in, o.alert, "")
		if errs.Is(err, errs.NotFound) {
			return answer{}, errs.E(errs.NotFound, "Request not found. It might not be processed, yet.")
		}
		if err != nil {
			return answer{}, err
		}
		b.AlertID, b.Alias = ref.N(ref.Alert, a.ID).String(), a.Dedup
	}
	return answer{status: http.StatusOK, request: id, data: b}, nil
}
