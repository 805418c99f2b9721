package change

import (
	"encoding/json"
	"fmt"

	"github.com/evenkeel/evenkeel/internal/db"
)

// practiceVersion is the version of the settings; 0 while nobody wrote any. It
// only grows: settings that are removed are written as the defaults.
func practiceVersion(q db.Querier) (v int64, err error) {
	err = q.QueryRow("SELECT version FROM change_practice WHERE name = 'default'").Scan(&v)
	if err == db.ErrNoRows {
		return 0, nil
	}
	return v, err
}

// readSpec returns the settings as they were written; written is false while
// nobody wrote any, or after they were removed, which leaves an empty text so
// that the version goes on.
func readSpec(q db.Querier, lock string) (spec Settings, version int64, written bool, err error) {
	var text string
	err = q.QueryRow("SELECT spec, version FROM change_practice WHERE name = 'default'"+lock).Scan(&text, &version)
	if err == db.ErrNoRows {
		return Settings{}, 0, false, nil
	}
	if err != nil || text == "" {
		return Settings{}, version, false, err
	}
	if err = json.Unmarshal([]byte(text), &spec); err != nil {
		err = fmt.Errorf("the settings for changes: %w", err)
	}
	return spec, version, true, err
}

func readPractice(q db.Querier) (Practice, error) {
	spec, version, _, err := readSpec(q, "")
	return Practice{Settings: spec.complete(), Version: version}, err
}

func savePractice(tx *db.Tx, spec Settings, written bool, version int64) error {
	text := ""
	if written {
		raw, err := json.Marshal(spec)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	_, err := tx.Exec(`INSERT INTO change_practice (name, spec, version, updated_at) VALUES ('default', $1, $2, $3)
ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, version = excluded.version, updated_at = excluded.updated_at`, text, version, db.Micros(tx.Now))
	return err
}
