package incident

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/db"
)

// columns of the incident table, in the order of values and scan.
const columns = `id, version, revision, title, summary, state, is_open, priority, impact, urgency, priority_why, alert_priority,
service, team, tier, origin, reporter, rule, group_key, restricted, waiting, how, reason, merged_into, parent, war_room,
commander, operations, communications, scribe,
started_at, triggered_at, acknowledged_at, mitigated_at, resolved_at, closed_at, updated_at,
reopened, reassigned, alerts, alerts_firing, last_alert_at, auto_resolve, updates, persistent, next_at, matrix, steps, entries, trail, salt`

// values are a row as inserted, in the order of columns.
func values(i Incident) []any {
	return []any{i.ID, i.Version, i.Revision, i.Title, i.Summary, string(i.State), i.State.Open(), int(i.Priority), int(i.Impact), int(i.Urgency), i.PriorityWhy, int(i.alertPriority),
		i.Service, i.Team, i.Tier, string(i.Origin), i.Reporter, i.Rule, i.GroupKey, i.Restricted, string(i.Waiting), string(i.How), i.Reason, i.MergedInto, i.Parent, i.WarRoom,
		i.Assigned[0], i.Assigned[1], i.Assigned[2], i.Assigned[3],
		db.Micros(i.StartedAt), db.Micros(i.TriggeredAt), db.Micros(i.AcknowledgedAt), db.Micros(i.MitigatedAt), db.Micros(i.ResolvedAt), db.Micros(i.ClosedAt), db.Micros(i.UpdatedAt),
		i.Reopened, i.Reassigned, i.Alerts, i.AlertsFiring, db.Micros(i.LastAlertAt), i.AutoResolve, i.Updates, i.Persistent, db.Micros(i.NextAt), i.Matrix, encodeSteps(i.Steps), i.Entries, i.Trail, i.salt}
}

const columnCount = 51

type scanner interface{ Scan(dest ...any) error }

func scan(r scanner) (i Incident, err error) {
	var open bool
	var started, triggered, acknowledged, mitigated, resolved, closed, updated, lastAlert, next int64
	var steps string
	err = r.Scan(&i.ID, &i.Version, &i.Revision, &i.Title, &i.Summary, &i.State, &open, &i.Priority, &i.Impact, &i.Urgency, &i.PriorityWhy, &i.alertPriority,
		&i.Service, &i.Team, &i.Tier, &i.Origin, &i.Reporter, &i.Rule, &i.GroupKey, &i.Restricted, &i.Waiting, &i.How, &i.Reason, &i.MergedInto, &i.Parent, &i.WarRoom,
		&i.Assigned[0], &i.Assigned[1], &i.Assigned[2], &i.Assigned[3],
		&started, &triggered, &acknowledged, &mitigated, &resolved, &closed, &updated,
		&i.Reopened, &i.Reassigned, &i.Alerts, &i.AlertsFiring, &lastAlert, &i.AutoResolve, &i.Updates, &i.Persistent, &next, &i.Matrix, &steps, &i.Entries, &i.Trail, &i.salt)
	if err != nil {
		return i, err
	}
	i.StartedAt, i.TriggeredAt, i.AcknowledgedAt, i.MitigatedAt = db.Time(started), db.Time(triggered), db.Time(acknowledged), db.Time(mitigated)
	i.ResolvedAt, i.ClosedAt, i.UpdatedAt, i.LastAlertAt, i.NextAt = db.Time(resolved), db.Time(closed), db.Time(updated), db.Time(lastAlert), db.Time(next)
	i.Commander = i.Assigned[0]
	i.Steps, err = decodeSteps(steps)
	return i, err
}

func scanRow(rows *db.Rows) (Incident, error) { return scan(rows) }

// get reads one incident; lock holds its row until the transaction ends.
// It returns db.ErrNoRows when there is none.
func get(q db.Querier, id int64, lock string) (Incident, error) {
	return scan(q.QueryRow("SELECT "+columns+" FROM incident WHERE id = $1"+lock, id))
}

// getMany reads incidents in the order of their ids, locking in that order.
func getMany(q db.Querier, ids []int64, lock string) (out []Incident, err error) {
	for part := range chunks(ids) {
		list, err := db.Collect(q, scanRow, "SELECT "+columns+" FROM incident WHERE id IN "+db.In(1, len(part))+" ORDER BY id"+lock, db.Args(part)...)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	return out, nil
}

// insert adds new incidents with few statements.
func insert(tx *db.Tx, list []Incident) error {
	rows := make([][]any, len(list))
	for n, i := range list {
		rows[n] = values(i)
	}
	return tx.InsertMany("INSERT INTO incident ("+columns+") VALUES ", "", columnCount, rows)
}

var columnNames = strings.Split(strings.NewReplacer("\n", "", " ", "").Replace(columns), ",")

var saveSQL = func() string {
	var b strings.Builder
	for n, c := range columnNames[1:] {
		b.WriteString(", " + c + " = $" + strconv.Itoa(n+2))
	}
	return "UPDATE incident SET " + b.String()[2:] + " WHERE id = $1"
}()

// save writes back a row that get locked.
func save(tx *db.Tx, i Incident) error {
	n, err := tx.Exec(saveSQL, values(i)...)
	if err == nil && n != 1 {
		err = errors.New("the incident's row is gone")
	}
	return err
}

// tapeStep is a Step as stored: short names and microseconds, since every
// list reads and decodes it.
type tapeStep struct {
	At       int64     `json:"t"`
	Kind     StepKind  `json:"k"`
	Priority int8      `json:"p,omitempty"`
	Waiting  Waiting   `json:"w,omitempty"`
	Until    int64     `json:"u,omitempty"`
	Clock    ClockKind `json:"c,omitempty"`
	Person   int64     `json:"a,omitempty"` // who acted
	Quiet    bool      `json:"q,omitempty"`
}

func encodeSteps(steps []Step) string {
	tape := make([]tapeStep, len(steps))
	for n, s := range steps {
		tape[n] = tapeStep{db.Micros(s.At), s.Kind, int8(s.Priority), s.Waiting, db.Micros(s.Until), s.Clock, s.Person, s.Quiet}
	}
	out, _ := json.Marshal(tape) // strings and numbers always encode
	return string(out)
}

func decodeSteps(text string) ([]Step, error) {
	var tape []tapeStep
	if err := json.Unmarshal([]byte(text), &tape); err != nil {
		return nil, fmt.Errorf("steps of an incident: %w", err)
	}
	steps := make([]Step, len(tape))
	for n, s := range tape {
		steps[n] = Step{db.Time(s.At), s.Kind, Priority(s.Priority), s.Waiting, db.Time(s.Until), s.Clock, s.Person, s.Quiet}
	}
	return steps, nil
}

// chunks cuts ids into lists for IN, at most 256 long. Each is filled up to a
// power of two by repeating its last id, so that there are nine statement
// texts and not one per length.
func chunks(ids []int64) func(yield func([]int64) bool) {
	return func(yield func([]int64) bool) {
		for len(ids) > 0 {
			n, size := min(len(ids), 256), 1
			for size < n {
				size *= 2
			}
			part := make([]int64, size)
			for k := range part {
				part[k] = ids[min(k, n-1)]
			}
			if !yield(part) {
				return
			}
			ids = ids[n:]
		}
	}
}
