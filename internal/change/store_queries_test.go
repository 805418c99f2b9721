package change

// Queries are the other lookups of the store, with values in place, for the
// test that an index serves each.
var Queries = []string{
	"SELECT change_id FROM change_service WHERE service = 'a' AND from_at >= 1 ORDER BY from_at DESC, change_id DESC LIMIT 50",
	"SELECT next_at FROM change WHERE next_at > 0 ORDER BY next_at LIMIT 1",
	"SELECT id FROM change WHERE next_at > 0 AND next_at <= 5 ORDER BY next_at LIMIT 100",
	"SELECT id FROM change WHERE service = 'a' AND environment = 'b' AND commit_sha = 'c' AND kind = 'deploy' AND is_open = TRUE AND commit_sha <> ''",
	"SELECT id FROM change WHERE commit_sha = 'c' AND commit_sha <> '' ORDER BY id DESC LIMIT 10",
	"SELECT id FROM change WHERE service = 'a' AND environment = 'b' AND deployed_at > 0 AND state <> 'rolled back' ORDER BY deployed_at DESC LIMIT 1",
	"SELECT id FROM change WHERE service = 'a' AND environment = 'b' AND artefact = 'c' AND state = 'succeeded' ORDER BY ended_at DESC LIMIT 1",
	"SELECT id FROM change WHERE service = 'a' AND environment = 'b' AND recovered_at = 0 AND state = 'failed' AND id <> 3 ORDER BY id LIMIT 50",
	"SELECT change_id FROM change_service WHERE service = 'a' AND is_open = TRUE ORDER BY change_id DESC LIMIT 5",
	"SELECT change_id FROM change_service WHERE service = 'a' AND from_at >= 1 AND from_at < 2 ORDER BY from_at DESC, change_id DESC LIMIT 5",
	"SELECT change_id, n FROM change_entry WHERE change_id = 3 AND n > 4 ORDER BY n LIMIT 5",
	"SELECT source, key FROM change_external WHERE change_id = 3",
	"SELECT change_id FROM change_external WHERE source = 'a' AND key = 'b'",
	"SELECT name FROM change_model WHERE name > 'a' ORDER BY name LIMIT 5",
	"SELECT id FROM change WHERE commit_sha <> '' AND commit_sha >= 'a' AND commit_sha < 'ag' ORDER BY commit_sha, id LIMIT 5",
	"SELECT id FROM change WHERE author_person = 3 AND author_person > 0 AND id > 2 AND author <> '' ORDER BY id LIMIT 5",
	"SELECT deployed_at FROM change WHERE service = 'a' AND environment = 'b' AND deployed_at > 0 AND deployed_at > 3 AND state = 'succeeded' ORDER BY deployed_at LIMIT 1",
	"SELECT name FROM change_past WHERE kind = 'service' AND name IN ('a', 'b')",
}
