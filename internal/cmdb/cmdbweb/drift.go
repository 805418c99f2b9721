package cmdbweb

import (
	"net/http"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
	"github.com/evenkeel/evenkeel/internal/web"
)

// DecideDrift handles POST /map/baselines/{name}/drift: accepts or explains the
// chosen differences.
func (p *Pages) DecideDrift(w http.ResponseWriter, r *http.Request) error {
	if _, err := actor.Require(r.Context(), actor.Configure); err != nil {
		return err
	}
	form, name := web.NewForm(r), r.PathValue("name")
	var list []cmdb.DriftDecision
	for _, s := range form.Values["what"] {
		what, seen, _ := strings.Cut(s, " ")
		list = append(list, cmdb.DriftDecision{What: what, Form: seen, Accept: form.Get("do") == "accept", Note: form.Get("note")})
	}
	err := error(nil)
	if len(list) == 0 {
		err = errs.BadField("what", "", "choose at least one difference")
	} else {
		_, err = p.CMDB.DecideDrift(r.Context(), name, list)
	}
	if form.Refused(err) {
		for i, f := range form.Faults {
			if strings.HasSuffix(f.Name, "note") {
				form.Faults[i].Name = "note"
			}
		}
		return p.showBaseline(w, r, form, http.StatusUnprocessableEntity)
	} else if err != nil {
		return err
	}
	done := "explained"
	if form.Get("do") == "accept" {
		done = "accepted: the baseline means it from now on"
	}
	return web.Redirect(w, r, ref.S(ref.Baseline, name).Path(), web.Plural(len(list), "difference", "differences")+" "+done)
}
