package cmdbapi_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/api"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/cmdb/cmdbapi"
	"github.com/evenkeel/evenkeel/internal/cmdb/graph"
	"github.com/evenkeel/evenkeel/internal/cmdb/sourcefile"
	"github.com/evenkeel/evenkeel/internal/connect/csvfile"
	"github.com/evenkeel/evenkeel/internal/connect/kubernetes"
	"github.com/evenkeel/evenkeel/internal/connect/terraform"
	"github.com/evenkeel/evenkeel/internal/db"
)

// door is the API on a database, and clients of it by role.
type door struct {
	t   *testing.T
	s   *cmdb.Service
	mux http.Handler
}

func open(t *testing.T, d *db.DB) *door {
	t.Helper()
	s := cmdb.New(d, cmdb.Options{})
	t.Cleanup(func() { s.Close() })
	mux := http.NewServeMux()
	h := api.New(mux, "test", "")
	cmdbapi.Register(h, s, cmdbapi.Connectors{
		Files: map[string]cmdbapi.FileReader{
			"terraform": terraform.Read, "csv": csvfile.Read,
			"kubernetes": func(r io.Reader, o sourcefile.Options, emit cmdb.Emit) ([]cmdb.Remark, error) {
				return kubernetes.Read(r, kubernetes.Options{Cluster: o.Cluster, Env: o.Env, Team: o.Team}, emit)
			},
		},
		Plans: map[string]cmdbapi.PlanReader{"terraform": func(r io.Reader, o sourcefile.Options) (cmdbapi.Planned, error) {
			p, err := terraform.ReadPlan(r, o)
			out := cmdbapi.Planned{FormatVersion: p.FormatVersion, Remarks: p.Remarks}
			for _, c := range p.Changes {
				x := cmdbapi.PlannedChange{Address: c.Address, Action: string(c.Action), Items: c.Items}
				if c.Action == terraform.Delete || c.Action == terraform.Replace {
					x.Level = graph.Down
				}
				out.Changes = append(out.Changes, x)
			}
			return out, err
		}},
	})
	return &door{t, s, api.Uploads(h, mux, api.Once(d, mux))}
}

func (d *door) as(role actor.Role) *client.Client {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d.mux.ServeHTTP(w, r.WithContext(actor.With(r.Context(), actor.Actor{Kind: actor.User, ID: 1, Person: 1, Role: role})))
	}))
	d.t.Cleanup(srv.Close)
	return &client.Client{Server: srv.URL}
}

// problem is the status of an error, and where and what is wrong.
func problem(err error) (status int, text string) {
	var p *client.Problem
	if !errors.As(err, &p) {
		return 0, ""
	}
	for _, f := range p.Fields {
		text += f.Where + " " + f.Name + " "
	}
	return p.Status, strings.TrimSpace(text)
}

func status(err error) int { s, _ := problem(err); return s }
