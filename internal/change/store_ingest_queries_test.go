package change

// IngestQueries are the lookups of ingest and calls, with values in place, for
// the test that an index serves each.
var IngestQueries = []string{
	"SELECT id FROM change_delivery WHERE source = 'a' AND id = 'b'",
	"SELECT repository, data FROM change_commit WHERE kind = 'pull' AND commit_sha IN ('a', 'b') ORDER BY commit_sha, key, repository",
	linkedSQL + "IN ('a', 'b')",
	"SELECT data FROM change_commit WHERE kind = 'review' AND commit_sha IN ('a', 'b') LIMIT 200",
	"SELECT data FROM change_commit WHERE repository = 'a' AND kind = 'pull' AND key = '7' LIMIT 100",
	"SELECT phase FROM change_report WHERE source = 'a' AND key = 'b'",
	"SELECT p.key, p.phase, p.at, p.data FROM change_external e CROSS JOIN change_report p WHERE p.source = e.source AND p.key = e.key AND e.change_id = 3 LIMIT 500",
	"SELECT commit_sha, id FROM change WHERE commit_sha <> '' AND commit_sha IN ('a', 'b') ORDER BY commit_sha, id LIMIT 500",
	"SELECT id FROM change WHERE commit_sha = 'a' AND commit_sha <> '' AND service || '' = 'b' AND environment || '' = 'c' AND id <> 3 AND started_at > 0 ORDER BY id DESC LIMIT 1",
	"SELECT path, service FROM change_repository WHERE repository = 'a' ORDER BY path, service LIMIT 1000",
	"SELECT at FROM change_delivery ORDER BY at LIMIT 1",
	"SELECT source, id FROM change_delivery WHERE at < 5 ORDER BY at LIMIT 1000",
	firstCallSQL,
	"SELECT id FROM change_call WHERE next_at > 0 AND next_at <= 5 ORDER BY next_at LIMIT 20",
	"SELECT target FROM change_call WHERE change_id = 3 AND kind = 'a' AND source = 'b' AND (change_id > 0 OR created_at > 5) ORDER BY id DESC LIMIT 200",
	"SELECT id FROM change_call WHERE change_id = 3 ORDER BY id DESC LIMIT 100",
	"SELECT sealed FROM change_credential WHERE name = 'a'",
	"SELECT 1 FROM change_entry WHERE change_id = 3 AND kind = 'edit' LIMIT 1",
}
