package changeapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/change"
)

// SettingsRecord is how the organisation works with changes, complete with defaults.
type SettingsRecord struct {
	change.Settings
	Version   int64  `json:"version" doc:"0: nobody wrote any"`
	ManagedBy string `json:"managed_by,omitempty" doc:"From where they are managed as code"`
}

type settingsOut struct {
	ETag string `header:"ETag"`
	Body SettingsRecord
}

func answerSettings(p change.Practice, err error) (*settingsOut, error) {
	if err != nil {
		return nil, api.Err(err)
	}
	return &settingsOut{api.ETag(p.Version), SettingsRecord{p.Settings, p.Version, p.Managed}}, nil
}

func (h *handlers) settings(a huma.API) {
	huma.Register(a, op("get-change-settings", http.MethodGet, "/change-settings", "Read how the organisation works with changes", listing),
		func(ctx context.Context, _ *struct{}) (*settingsOut, error) { return answerSettings(h.s.Settings(ctx)) })
	put := op("update-change-settings", http.MethodPut, "/change-settings", "Replace how the organisation works with changes", api.Editing)
	put.Description = `If-Match "0" replaces the defaults. What is absent, or equals its default, follows the default.`
	huma.Register(a, put, func(ctx context.Context, in *struct {
		IfMatch string `header:"If-Match"`
		Body    change.Settings
	}) (*settingsOut, error) {
		v, err := version(in.IfMatch)
		if err != nil {
			return nil, api.Err(err)
		}
		return answerSettings(h.s.Configure(ctx, v, in.Body))
	})
}

// version is api.Version that lets "0" stand for what comes with the program.
func version(ifMatch string) (int64, error) {
	if strings.Trim(strings.TrimPrefix(strings.TrimSpace(ifMatch), "W/"), `"`) == "0" {
		return 0, nil
	}
	return api.Version(ifMatch)
}

// CredentialState says which credentials an integration has. They are never shown.
type CredentialState struct {
	Integration string     `json:"integration"`
	System      string     `json:"system,omitempty"`
	URL         string     `json:"url,omitempty"`
	Has         []string   `json:"has" doc:"token, app, trigger, ca, secret"`
	Updated     *time.Time `json:"updated,omitempty"`
}

func credentialsOf(c change.CredentialState) CredentialState {
	out := CredentialState{c.Integration, c.System, c.URL, c.Has, api.When(c.Updated)}
	if out.Has == nil {
		out.Has = []string{}
	}
	return out
}

func (h *handlers) credentials(a huma.API) {
	const path = "/integrations/{name}/credentials"
	huma.Register(a, op("get-pipeline-credentials", http.MethodGet, path, "Say by what an integration may call its system", reading),
		func(ctx context.Context, in *NameIn) (*answer[CredentialState], error) {
			c, err := h.s.Credentials(ctx, in.Name)
			c.Integration = in.Name
			return &answer[CredentialState]{credentialsOf(c)}, api.Err(err)
		})
	huma.Register(a, op("set-pipeline-credentials", http.MethodPut, path, "Give an integration what it needs to call its system, in place of what it had", []int{401, 403, 422, 503}),
		func(ctx context.Context, in *struct {
			NameIn
			Body change.Credentials
		}) (*answer[CredentialState], error) {
			c, err := h.s.SetCredentials(ctx, in.Name, in.Body)
			return &answer[CredentialState]{credentialsOf(c)}, api.Err(err)
		})
	huma.Register(a, op("delete-pipeline-credentials", http.MethodDelete, path, "Forget by what an integration may call its system", listing),
		func(ctx context.Context, in *NameIn) (*struct{}, error) {
			return nil, api.Err(h.s.DropCredentials(ctx, in.Name))
		})
}
