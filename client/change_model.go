package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// ChangeModelSpec is a pre-approved kind of change.
type ChangeModelSpec struct {
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Template    struct {
		Title        string `json:"title,omitempty"`
		Summary      string `json:"summary,omitempty"`
		Purpose      string `json:"purpose,omitempty"`
		RollbackPlan string `json:"rollbackPlan,omitempty"`
		RollbackRef  string `json:"rollbackRef,omitempty"`
	} `json:"template,omitzero"`
	Services     []string `json:"services,omitempty"` // none and no teams: all
	Teams        []string `json:"teams,omitempty"`
	Kinds        []string `json:"kinds,omitempty"`        // none: all
	Environments []string `json:"environments,omitempty"` // none: all
	Conditions   struct {
		MaxLines      int  `json:"maxLines,omitempty"`
		MaxFiles      int  `json:"maxFiles,omitempty"`
		MaxResources  int  `json:"maxResources,omitempty"`
		Tests         bool `json:"tests,omitempty"`
		BusinessHours bool `json:"businessHours,omitempty"`
	} `json:"conditions,omitzero"`
	Expires        string  `json:"expires,omitempty"` // the last day, "2027-03-31"
	MaxFailureRate float64 `json:"maxFailureRate,omitempty"`
	MinUses        int     `json:"minUses,omitempty"`
}

// ChangeModel is a model with its use.
type ChangeModel struct {
	Name string `json:"name"`
	ChangeModelSpec
	State     string    `json:"state"` // approved, withdrawn
	Why       string    `json:"why,omitempty"`
	Used      int       `json:"used"` // completed changes since it was approved
	Failed    int       `json:"failed"`
	Since     time.Time `json:"since,omitzero"`
	Version   int64     `json:"version"`
	Created   time.Time `json:"created,omitzero"`
	Updated   time.Time `json:"updated,omitzero"`
	ManagedBy string    `json:"managed_by,omitempty"`
}

const modelsPath = "/api/v1/change-models"

func modelPath(name string) string { return modelsPath + "/" + url.PathEscape(name) }

// ChangeModels lists models by name.
func (c *Client) ChangeModels(ctx context.Context, cursor string, limit int) (list List[ChangeModel], err error) {
	return list, c.Get(ctx, modelsPath+Query("cursor", cursor, "limit", number(limit)), &list)
}

// ChangeModel returns a model by name.
func (c *Client) ChangeModel(ctx context.Context, name string) (m ChangeModel, err error) {
	return m, c.Get(ctx, modelPath(name), &m)
}

// CreateChangeModel pre-approves a kind of change.
func (c *Client) CreateChangeModel(ctx context.Context, name string, spec ChangeModelSpec) (m ChangeModel, err error) {
	in := struct {
		Name string `json:"name"`
		ChangeModelSpec
	}{name, spec}
	return m, c.Do(ctx, http.MethodPost, modelsPath, in, &m)
}

// UpdateChangeModel replaces what a model says; 409 when version is not the
// present one or it is managed as code.
func (c *Client) UpdateChangeModel(ctx context.Context, name string, version int64, spec ChangeModelSpec) (m ChangeModel, err error) {
	_, err = c.Edit(ctx, http.MethodPut, modelPath(name), etag(version), spec, &m)
	return m, err
}

// ApproveChangeModel pre-approves a model that was withdrawn.
func (c *Client) ApproveChangeModel(ctx context.Context, name string) (m ChangeModel, err error) {
	return m, c.Do(ctx, http.MethodPost, modelPath(name)+"/approve", nil, &m)
}

// WithdrawChangeModel takes a model's pre-approval away.
func (c *Client) WithdrawChangeModel(ctx context.Context, name, reason string) (m ChangeModel, err error) {
	return m, c.Do(ctx, http.MethodPost, modelPath(name)+"/withdraw", map[string]string{"reason": reason}, &m)
}

// DeleteChangeModel removes a model.
func (c *Client) DeleteChangeModel(ctx context.Context, name string) error {
	return c.Do(ctx, http.MethodDelete, modelPath(name), nil, nil)
}

// ChangeSettings is how the organisation works with changes. Spec holds the
// fields of a document of kind ChangePractice.
type ChangeSettings struct {
	Spec      json.RawMessage
	Version   int64
	ManagedBy string
}

// MarshalJSON writes them as the API does.
func (s ChangeSettings) MarshalJSON() ([]byte, error) {
	if len(s.Spec) == 0 {
		return []byte("{}"), nil
	}
	return s.Spec, nil
}

// UnmarshalJSON reads them as the API writes them.
func (s *ChangeSettings) UnmarshalJSON(data []byte) error {
	var head struct {
		Version   int64  `json:"version"`
		ManagedBy string `json:"managed_by"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	s.Spec, s.Version, s.ManagedBy = append(json.RawMessage(nil), data...), head.Version, head.ManagedBy
	return nil
}

const changeSettingsPath = "/api/v1/change-settings"

// ChangeSettings returns the settings, complete with defaults.
func (c *Client) ChangeSettings(ctx context.Context) (s ChangeSettings, err error) {
	return s, c.Get(ctx, changeSettingsPath, &s)
}

// PutChangeSettings replaces the settings; version 0 replaces the defaults.
func (c *Client) PutChangeSettings(ctx context.Context, version int64, spec json.RawMessage) (s ChangeSettings, err error) {
	_, err = c.Edit(ctx, http.MethodPut, changeSettingsPath, etag(version), spec, &s)
	return s, err
}

// PipelineCredentials is by what an integration may call its system. What is
// secret is sent and never shown again.
type PipelineCredentials struct {
	System     string `json:"system"`        // github, gitlab, kubernetes, webhook
	URL        string `json:"url,omitempty"` // of the API; empty: the system's own
	Token      string `json:"token,omitempty"`
	AppID      string `json:"app_id,omitempty"`
	PrivateKey string `json:"private_key,omitempty"`
	Trigger    string `json:"trigger,omitempty"`
	CA         string `json:"ca,omitempty"`
	Secret     string `json:"secret,omitempty"`
}

// PipelineCredentialState says which credentials there are.
type PipelineCredentialState struct {
	Integration string     `json:"integration"`
	System      string     `json:"system,omitempty"`
	URL         string     `json:"url,omitempty"`
	Has         []string   `json:"has"` // token, app, trigger, ca, secret
	Updated     *time.Time `json:"updated,omitempty"`
}

func credentialsPath(name string) string {
	return "/api/v1/integrations/" + url.PathEscape(name) + "/credentials"
}

// PipelineCredentials says which credentials an integration has.
func (c *Client) PipelineCredentials(ctx context.Context, integration string) (s PipelineCredentialState, err error) {
	return s, c.Get(ctx, credentialsPath(integration), &s)
}

// SetPipelineCredentials gives an integration credentials in place of what it had.
func (c *Client) SetPipelineCredentials(ctx context.Context, integration string, in PipelineCredentials) (s PipelineCredentialState, err error) {
	return s, c.Do(ctx, http.MethodPut, credentialsPath(integration), in, &s)
}

// DropPipelineCredentials forgets what an integration had.
func (c *Client) DropPipelineCredentials(ctx context.Context, integration string) error {
	return c.Do(ctx, http.MethodDelete, credentialsPath(integration), nil, nil)
}
