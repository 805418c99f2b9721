package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// RiskModel is a version of the weights of the risk score.
type RiskModel struct {
	Key       string       `json:"key"`   // "RISK-2"; "RISK-0" comes with the program
	State     string       `json:"state"` // proposed, used, declined
	InUse     bool         `json:"in_use"`
	Parent    string       `json:"parent"`
	MadeBy    string       `json:"made_by,omitempty"`
	DecidedBy string       `json:"decided_by,omitempty"`
	Reason    string       `json:"reason,omitempty"`
	Created   *time.Time   `json:"created,omitempty"`
	Decided   *time.Time   `json:"decided,omitempty"`
	Version   int64        `json:"version"`
	Base      float64      `json:"base"`
	Medium    int          `json:"medium"` // the score from which risk is medium
	High      int          `json:"high"`
	Factors   []RiskFactor `json:"factors,omitempty"` // not in lists
	Report    *RiskReport  `json:"report,omitempty"`  // what a fit stands on
}

// RiskFactor is a number about a change that counts.
type RiskFactor struct {
	Name   string  `json:"name"`
	Title  string  `json:"title"`
	Weight float64 `json:"weight"` // in ln odds
	Start  float64 `json:"start"`  // that comes with the program
	Reads  string  `json:"reads"`
	Why    string  `json:"why"`
}

// RiskReport says how much better fitted weights are. All figures are of
// changes that a fit had not seen.
type RiskReport struct {
	N        int             `json:"n"`
	Failed   int             `json:"failed"`
	From     time.Time       `json:"from"`
	To       time.Time       `json:"to"`
	Folds    int             `json:"folds"`
	Before   RiskMeasure     `json:"before"`
	Proposed RiskMeasure     `json:"proposed"`
	Rate     RiskMeasure     `json:"rate"` // everybody given the same chance
	Gain     float64         `json:"gain"` // of AUC
	P        float64         `json:"p"`    // that the gain is chance
	Weights  json.RawMessage `json:"weights,omitempty"`
	Verdict  string          `json:"verdict"`
}

// RiskMeasure says how good predictions are.
type RiskMeasure struct {
	AUC     float64   `json:"auc"`
	Brier   float64   `json:"brier"`
	LogLoss float64   `json:"log_loss"`
	Bins    []RiskBin `json:"bins,omitempty"`
}

// RiskBin is one dot of the calibration plot.
type RiskBin struct {
	N        int     `json:"n"`
	Failed   int     `json:"failed"`
	Expected float64 `json:"expected"`
	Observed float64 `json:"observed"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// RiskQuality is how good the weights in force are.
type RiskQuality struct {
	At       time.Time       `json:"at"`
	Weights  string          `json:"weights"`
	Changes  int             `json:"changes"`
	Failed   int             `json:"failed"`
	Measure  RiskMeasure     `json:"measure"`
	Levels   []RiskLevelRate `json:"levels"`
	Learning RiskLearning    `json:"learning"`
}

// RiskLevelRate is how often changes of a level fail.
type RiskLevelRate struct {
	Level  string  `json:"level"`
	N      int     `json:"n"`
	Failed int     `json:"failed"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
}

// RiskLearning is how far the history is from a fit.
type RiskLearning struct {
	Changes int    `json:"changes"`
	Failed  int    `json:"failed"`
	Missing string `json:"missing,omitempty"`
}

const risksPath = "/api/v1/risk-models"

// RiskModels lists the versions of the weights, newest first.
func (c *Client) RiskModels(ctx context.Context, cursor string, limit int) (list List[RiskModel], err error) {
	return list, c.Get(ctx, risksPath+Query("cursor", cursor, "limit", number(limit)), &list)
}

// RiskModel returns a version with its factors and report.
func (c *Client) RiskModel(ctx context.Context, key string) (m RiskModel, err error) {
	return m, c.Get(ctx, risksPath+"/"+url.PathEscape(key), &m)
}

// ProposeRiskModel fits weights to the organisation's own history; 409 says
// what lacks.
func (c *Client) ProposeRiskModel(ctx context.Context) (m RiskModel, err error) {
	return m, c.Do(ctx, http.MethodPost, risksPath, nil, &m)
}

// RiskModelVerb decides about a version: "accept" or "decline" a proposal, or
// "use" an earlier one again.
func (c *Client) RiskModelVerb(ctx context.Context, key, verb, reason string) (m RiskModel, err error) {
	return m, c.Do(ctx, http.MethodPost, risksPath+"/"+url.PathEscape(key)+"/"+url.PathEscape(verb), map[string]string{"reason": reason}, &m)
}

// RiskQuality says how good the weights in force are.
func (c *Client) RiskQuality(ctx context.Context) (q RiskQuality, err error) {
	return q, c.Get(ctx, "/api/v1/risk-quality", &q)
}

// Verification is how a service fared after a change.
type Verification struct {
	Change   string             `json:"change"`
	Service  string             `json:"service"`
	Done     bool               `json:"done"`
	Deployed *time.Time         `json:"deployed,omitempty"`
	Until    *time.Time         `json:"until,omitempty"`
	Looked   *time.Time         `json:"looked,omitempty"`
	Looks    int                `json:"looks"`
	Result   VerificationResult `json:"result"`
	Error    string             `json:"error,omitempty"`
}

// VerificationResult is the comparison with before.
type VerificationResult struct {
	Verdict string            `json:"verdict"` // healthy, unhealthy, inconclusive, no data
	Reason  string            `json:"reason"`
	Rows    []VerificationRow `json:"rows"`
}

// VerificationRow is one metric's comparison.
type VerificationRow struct {
	Name    string             `json:"name"`
	Before  VerificationFigure `json:"before"`
	After   VerificationFigure `json:"after"`
	Change  float64            `json:"change"` // share by which it got worse; below 0: better
	Chance  float64            `json:"chance"` // p of its being no worse
	Verdict string             `json:"verdict"`
	Why     string             `json:"why"`
}

// VerificationFigure sums up readings.
type VerificationFigure struct {
	N    int     `json:"n"`
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Verification returns how a service fared after a change; 404 when nobody
// looked.
func (c *Client) Verification(ctx context.Context, change string) (v Verification, err error) {
	return v, c.Get(ctx, changePath(change)+"/verification", &v)
}
