package contact

import (
	"os"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
)

// Apply applies rules as code does.
func Apply(s *Service, tx *db.Tx, handle string, spec Spec) error {
	return s.apply(tx, handle, spec, "")
}

// MigrateSQL is the statement of the migration that keeps old preferences.
func MigrateSQL(t testing.TB) string {
	text, err := os.ReadFile("../db/migrations/0012_contact.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "INSERT INTO contact_rule")
	statement, _, ok := strings.Cut(rest, ";")
	if !ok {
		t.Fatal("the migration has no such statement")
	}
	return "INSERT INTO contact_rule" + statement
}

// Queries are the queries of lists, with arguments, for the query-plan test.
func Queries() map[string][]any {
	return map[string][]any{
		methodsSQL + db.In(1, 2) + ` ORDER BY person, id`: {int64(1), int64(2)},
		methodByIDSQL + db.In(1, 2):                       {int64(1), int64(2)},
		nextTestSQL:                                       nil,
		dueTestSQL:                                        {int64(1), 50},
	}
}
