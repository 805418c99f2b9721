package change

import "github.com/evenkeel/evenkeel/internal/db"

func eraseEntry(tx *db.Tx, id int64, n int) error {
	_, err := tx.Exec("UPDATE change_entry SET text = '', detail = '', erased = TRUE WHERE change_id = $1 AND n = $2", id, n)
	return err
}

// namedAuthor are the changes of a person that still name their author, after
// a number.
func namedAuthor(q db.Querier, person, after int64, limit int) ([]int64, error) {
	return idsOf(q, "SELECT id FROM change WHERE author_person = $1 AND author_person > 0 AND id > $2 AND author <> '' ORDER BY id LIMIT $3", person, after, limit)
}

func eraseAuthor(tx *db.Tx, c Change) error {
	return tx.Later("UPDATE change SET author = '', version = $2 WHERE id = $1", c.ID, c.Version)
}
