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

// readSpec returns the settings as they were written.
func readSpec(q db.Querier, lock string) (spec Settings, version int64, err error) {
	var text string
	err = q.QueryRow("SELECT spec, version FROM change_practice WHERE name = 'default'"+lock).Scan(&text, &version)
	if err == db.ErrNoRows {
		return Settings{}, 0, nil
	}
	if err == nil {
		if err = json.Unmarshal([]byte(text), &spec); err != nil {
			err = fmt.Errorf("the settings for changes: %w", err)
		}
	}
	return spec, version, err
}

func readPractice(q db.Querier) (Practice, error) {
	spec, version, err := readSpec(q, "")
	return Practice{Settings: spec.complete(), Version: version}, err
}

func savePractice(tx *db.Tx, spec Settings, version int64) error {
	text, err := json.Marshal(spec)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO change_practice (name, spec, version, updated_at) VALUES ('default', $1, $2, $3)
ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, version = excluded.version, updated_at = excluded.updated_at`, string(text), version, db.Micros(tx.Now))
	return err
}
