package alert

import (
	"time"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

const ruleCols = "id, name, description, position, matchers, service, team, priority, group_by, window_s, reopen_s, page, page_on_join, auto_close, quiet, disabled, version"

func scanRule(rows *db.Rows) (r Rule, err error) {
	var matchers, groupBy string
	var window, reopen int64
	err = rows.Scan(&r.ID, &r.Name, &r.Description, &r.Position, &matchers, &r.Service, &r.Team, &r.Priority, &groupBy, &window, &reopen,
		&r.Page, &r.PageOnJoin, &r.AutoClose, &r.Quiet, &r.Disabled, &r.Version)
	if err != nil {
		return r, err
	}
	r.Window, r.Reopen, r.GroupBy = time.Duration(window)*time.Second, time.Duration(reopen)*time.Second, readTexts(groupBy)
	r.Matchers, err = readMatchers(matchers)
	return r, err
}

// listRules returns all rules in the order in which they are tried. There are
// at most maxRules of them.
func listRules(q db.Querier) ([]Rule, error) {
	return db.Collect(q, scanRule, "SELECT "+ruleCols+" FROM alert_rule ORDER BY position, id LIMIT $1", maxRules)
}

func ruleByName(q db.Querier, name string) (Rule, error) {
	list, err := db.Collect(q, scanRule, "SELECT "+ruleCols+" FROM alert_rule WHERE name = $1", name)
	if err != nil {
		return Rule{}, err
	}
	if len(list) == 0 {
		return Rule{}, errs.E(errs.NotFound, "there is no alert rule %q", name).On(ref.S(ref.AlertRule, name).String())
	}
	return list[0], nil
}

func (r *Rule) row() []any {
	return []any{r.ID, r.Name, r.Description, r.Position, texts(Texts(r.Matchers)), r.Service, r.Team, r.Priority, texts(r.GroupBy),
		int64(r.Window / time.Second), int64(r.Reopen / time.Second), r.Page, r.PageOnJoin, r.AutoClose, r.Quiet, r.Disabled, r.Version}
}

func insertRule(tx *db.Tx, r *Rule) error {
	_, err := tx.Exec("INSERT INTO alert_rule ("+ruleCols+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)", r.row()...)
	return err
}

func updateRule(tx *db.Tx, r *Rule) error {
	_, err := tx.Exec(`UPDATE alert_rule SET name = $2, description = $3, position = $4, matchers = $5, service = $6, team = $7, priority = $8, group_by = $9,
		window_s = $10, reopen_s = $11, page = $12, page_on_join = $13, auto_close = $14, quiet = $15, disabled = $16, version = $17 WHERE id = $1`, r.row()...)
	return err
}

func deleteRule(tx *db.Tx, id int64) error {
	_, err := tx.Exec("DELETE FROM alert_rule WHERE id = $1", id)
	return err
}

func movePosition(tx *db.Tx, id int64, position int) error {
	_, err := tx.Exec("UPDATE alert_rule SET position = $2, version = version + 1 WHERE id = $1", id, position)
	return err
}

// lockPolicy keeps two edits of the policy apart: they take turns.
func lockPolicy(tx *db.Tx) error {
	var v int64
	return tx.QueryRow("SELECT version FROM alert_policy WHERE id = 1" + tx.ForUpdate()).Scan(&v)
}
