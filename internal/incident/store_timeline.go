package incident

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

const entryColumns = "incident, seq, at, kind, person, subject, tag, public, text, detail, corrects, erased, digest"

func scanEntry(r *db.Rows) (e Entry, err error) {
	var at int64
	err = r.Scan(&e.Incident, &e.Seq, &at, &e.Kind, &e.Person, &e.Subject, &e.Tag, &e.Public, &e.Text, &e.Detail, &e.Corrects, &e.Erased, &e.Digest)
	e.At = db.Time(at)
	return e, err
}

func insertEntries(tx *db.Tx, list []Entry) error {
	rows := make([][]any, len(list))
	for n, e := range list {
		rows[n] = []any{e.Incident, e.Seq, db.Micros(e.At), string(e.Kind), e.Person, e.Subject, string(e.Tag), e.Public, e.Text, e.Detail, e.Corrects, e.Erased, e.Digest}
	}
	return tx.InsertMany("INSERT INTO incident_entry ("+entryColumns+") VALUES ", "", 13, rows)
}

func getEntry(q db.Querier, id int64, seq int) (Entry, error) {
	list, err := db.Collect(q, scanEntry, "SELECT "+entryColumns+" FROM incident_entry WHERE incident = $1 AND seq = $2", id, seq)
	if err == nil && len(list) == 0 {
		err = db.ErrNoRows
	}
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

// entryDigest is what the trail holds of an entry.
func entryDigest(salt []byte, e Entry) string {
	return evidence.Digest(salt, struct {
		Incident        int64
		Seq             int
		At              int64
		Kind            EntryKind
		Person, Subject int64
		Tag             Tag
		Public          bool
		Text, Detail    string
		Corrects        int
	}{e.Incident, e.Seq, db.Micros(e.At), e.Kind, e.Person, e.Subject, e.Tag, e.Public, e.Text, e.Detail, e.Corrects})
}

// extend is the head of the trail after one more entry.
func extend(trail, digest string) string { return evidence.DigestBytes([]byte(trail), []byte(digest)) }

// readTrail recomputes the head over the stored entries: an edited text, a
// removed or an inserted entry gives another head.
func readTrail(q db.Querier, i Incident) (head string, err error) {
	list, err := db.Collect(q, scanEntry, "SELECT "+entryColumns+" FROM incident_entry WHERE incident = $1 ORDER BY seq", i.ID)
	if err != nil {
		return "", err
	}
	for _, e := range list {
		d := e.Digest
		if !e.Erased {
			d = entryDigest(i.salt, e)
		}
		head = extend(head, d)
	}
	return head, nil
}

// eraseEntry removes the text of an entry and keeps its digest.
func eraseEntry(tx *db.Tx, id int64, seq int) error {
	_, err := tx.Exec("UPDATE incident_entry SET text = '', detail = '', erased = TRUE WHERE incident = $1 AND seq = $2", id, seq)
	return err
}

// timelinePage reads entries before (newest first) or after (oldest first) a
// sequence number, all but corrections, which are fetched with what they correct.
func timelinePage(q db.Querier, id int64, f TimelineFilter, from, limit int) ([]Entry, error) {
	where, args := "incident = $1 AND seq < $2 AND corrects = 0", []any{id, from}
	order := " ORDER BY seq DESC"
	if f.OldestFirst {
		where, order = "incident = $1 AND seq > $2 AND corrects = 0", " ORDER BY seq"
	}
	if f.PublicOnly {
		where += " AND public = TRUE"
	}
	if f.People {
		where += " AND kind IN ('note', 'update')"
	}
	if len(f.Kinds) > 0 {
		where += " AND kind IN " + db.In(len(args)+1, len(f.Kinds))
		for _, k := range f.Kinds {
			args = append(args, string(k))
		}
	}
	args = append(args, limit)
	return db.Collect(q, scanEntry, "SELECT "+entryColumns+" FROM incident_entry WHERE "+where+order+" LIMIT $"+itoa(len(args)), args...)
}

// corrections reads the corrections of the given entries, oldest first.
func corrections(q db.Querier, id int64, seqs []int) ([]Entry, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	return db.Collect(q, scanEntry, "SELECT "+entryColumns+" FROM incident_entry WHERE incident = $1 AND corrects IN "+
		db.In(2, len(seqs))+" ORDER BY seq", append([]any{id}, db.Args(seqs)...)...)
}

// latestByPeople reads the newest note or update of each incident.
func latestByPeople(q db.Querier, ids []int64) (map[int64]Entry, error) {
	out := map[int64]Entry{}
	for part := range chunks(ids) {
		list, err := db.Collect(q, scanEntry, `SELECT e.incident, e.seq, e.at, e.kind, e.person, e.subject, e.tag, e.public, e.text, e.detail, e.corrects, e.erased, e.digest
FROM incident i JOIN incident_entry e ON e.incident = i.id AND e.seq =
  (SELECT x.seq FROM incident_entry x WHERE x.incident = i.id AND x.kind IN ('note', 'update') AND x.erased = FALSE ORDER BY x.seq DESC LIMIT 1)
WHERE i.id IN `+db.In(1, len(part)), db.Args(part)...)
		if err != nil {
			return nil, err
		}
		for _, e := range list {
			out[e.Incident] = e
		}
	}
	return out, nil
}
