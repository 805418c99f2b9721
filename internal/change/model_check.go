package change

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// check refuses a spec that cannot be meant.
func (s ModelSpec) check() error {
	var bad errs.Fields
	for _, x := range []struct {
		field, text string
		max         int
	}{{"title", s.Title, 100}, {"description", s.Description, 2000}, {"template.title", s.Template.Title, maxTitle}, {"template.summary", s.Template.Summary, maxText},
		{"template.rollbackPlan", s.Template.RollbackPlan, maxText}, {"template.rollbackRef", s.Template.RollbackRef, maxName}} {
		if len(x.text) > x.max {
			bad.Add(x.field, errs.Short(x.text), fmt.Sprintf("use at most %d bytes", x.max))
		}
	}
	if s.Template.Purpose != "" {
		oneOf(&bad, "template.purpose", s.Template.Purpose, Purposes)
	}
	for n, k := range s.Kinds {
		oneOf(&bad, fmt.Sprintf("kinds[%d]", n), k, Kinds)
	}
	for _, x := range []struct {
		field string
		list  []string
	}{{"services", s.Services}, {"teams", s.Teams}, {"environments", s.Environments}} {
		if len(x.list) > 500 {
			bad.Add(x.field, strconv.Itoa(len(x.list)), "name at most 500")
		}
		for n, v := range x.list {
			if strings.TrimSpace(v) == "" || len(v) > maxName {
				bad.Add(fmt.Sprintf("%s[%d]", x.field, n), errs.Short(v), "name one")
			}
		}
	}
	for _, x := range []struct {
		field string
		n     int
	}{{"conditions.maxLines", s.Conditions.MaxLines}, {"conditions.maxFiles", s.Conditions.MaxFiles}, {"conditions.maxResources", s.Conditions.MaxResources}, {"minUses", s.MinUses}} {
		if x.n < 0 {
			bad.Add(x.field, strconv.Itoa(x.n), "use a number of 1 or more, or leave it out")
		}
	}
	if s.MaxFailureRate < 0 || s.MaxFailureRate > 1 {
		bad.Add("maxFailureRate", strconv.FormatFloat(s.MaxFailureRate, 'g', -1, 64), "use a share between 0 and 1, like 0.1")
	}
	if s.Expires != "" {
		if _, err := time.Parse(time.DateOnly, s.Expires); err != nil {
			bad.Add("expires", errs.Short(s.Expires), "use a day, like 2027-03-31")
		}
	}
	return bad.Err()
}
