package change

import (
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// driver is the index a list is read from. Of several filters the most
// selective one drives, and the others are checked row by row. Every index
// ends with the number, so that nothing is sorted or counted.
type driver string

const (
	byNewest  driver = ""
	byIDs     driver = "ids"
	byReview  driver = "review"
	byCommit  driver = "commit_sha"
	byService driver = "service"
	byOpen    driver = "is_open"
	byState   driver = "state"
	byModel   driver = "model"
	byTeam    driver = "team"
	byBad     driver = "bad"
	byBypass  driver = "bypass"
	byAuthor  driver = "author"
)

func (f Filter) driver() driver {
	rare := len(f.States) > 0
	for _, s := range f.States {
		rare = rare && s != Succeeded
	}
	switch {
	case len(f.ids) > 0:
		return byIDs
	case f.Commit != "":
		return byCommit
	case f.Review:
		return byReview
	case f.Service != "":
		return byService
	case f.Open != nil && *f.Open:
		return byOpen
	case f.Author > 0:
		return byAuthor
	case rare:
		return byState
	case f.Bypass:
		return byBypass
	case f.Bad:
		return byBad
	case f.Model != "":
		return byModel
	case f.Team != "":
		return byTeam
	case len(f.States) > 0:
		return byState
	}
	return byNewest
}

// listSQL is the query for the numbers of one page. Columns of indexes that
// shall not be used stand in an expression ("|| ”", "+ 0"), which no index
// serves: neither engine is left to guess.
func listSQL(q db.Querier, f Filter, before int64, limit int) (string, []any) {
	var b strings.Builder
	var args []any
	arg := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	by := f.driver()
	id := "c.id"
	switch by {
	case byService:
		id = "s.change_id"
		b.WriteString("SELECT s.change_id FROM change_service s CROSS JOIN change c WHERE c.id = s.change_id AND s.service = " + arg(f.Service))
	case byIDs:
		in, list := db.InSet(q, 1, f.ids)
		args = list
		b.WriteString("SELECT c.id FROM change c WHERE c.id " + in)
	default:
		b.WriteString("SELECT c.id FROM change c WHERE 1 = 1")
	}
	if by != byService && f.Service != "" {
		b.WriteString(" AND EXISTS (SELECT 1 FROM change_service s WHERE s.change_id = c.id AND s.service = " + arg(f.Service) + ")")
	}
	if before > 0 {
		b.WriteString(" AND " + id + " < " + arg(before))
	}
	switch {
	case f.Open == nil:
	case *f.Open && by == byService:
		b.WriteString(" AND s.is_open = TRUE")
	case *f.Open:
		b.WriteString(" AND c.is_open = TRUE")
	default:
		b.WriteString(" AND c.is_open = FALSE")
	}
	text := func(d driver, column, value string) {
		switch {
		case value == "":
		case by == d:
			b.WriteString(" AND c." + column + " <> '' AND c." + column + " = " + arg(value))
		default:
			b.WriteString(" AND c." + column + " || '' = " + arg(value))
		}
	}
	text(byCommit, "commit_sha", f.Commit)
	text(byModel, "model", f.Model)
	text(byTeam, "team", f.Team)
	text("", "environment", f.Environment)
	text("", "risk_level", f.Level)
	one := func(column string, list []string, drives bool) {
		switch {
		case len(list) == 0:
		case drives:
			b.WriteString(" AND c." + column + " = " + arg(list[0]))
		default:
			names := make([]string, len(list))
			for n, x := range list {
				names[n] = arg(x)
			}
			b.WriteString(" AND c." + column + " || '' IN (" + strings.Join(names, ", ") + ")")
		}
	}
	one("state", texts(f.States), by == byState)
	one("type", texts(f.Types), false)
	one("kind", texts(f.Kinds), false)
	switch {
	case f.Author <= 0:
	case by == byAuthor:
		b.WriteString(" AND c.author_person > 0 AND c.author_person = " + arg(f.Author))
	default:
		b.WriteString(" AND c.author_person + 0 = " + arg(f.Author))
	}
	if f.Review {
		b.WriteString(" AND c.review_due > 0 AND c.reviewed_at = 0")
	}
	if f.Bypass {
		b.WriteString(" AND c.bypass = TRUE")
	}
	if f.Bad {
		b.WriteString(" AND (c.state IN ('failed', 'rolled back') OR c.caused > 0)")
	}
	at := "(CASE WHEN c.started_at > 0 THEN c.started_at WHEN c.planned_from > 0 THEN c.planned_from ELSE c.created_at END)"
	if by == byService {
		at = "s.from_at"
	}
	if !f.From.IsZero() {
		b.WriteString(" AND " + at + " >= " + arg(db.Micros(f.From)))
	}
	if !f.Before.IsZero() {
		b.WriteString(" AND " + at + " < " + arg(db.Micros(f.Before)))
	}
	b.WriteString(" ORDER BY " + id + " DESC LIMIT " + arg(limit))
	return b.String(), args
}

func texts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for n, x := range list {
		out[n] = string(x)
	}
	return out
}
