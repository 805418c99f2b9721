package change

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// maxReverts bounds the commits that one push or pull request takes back.
const maxReverts = 20

// What forges and git write into a message or description themselves: git
// revert ("This reverts commit …", also with the "reverting changes made to" of
// a merge), GitHub's button ("Reverts harbour/checkout#12"), GitLab's ("This
// reverts merge request !12").
var (
	revertsCommit = regexp.MustCompile(`(?i)\bthis reverts commit ([0-9a-f]{7,64})\b`)
	revertsPull   = regexp.MustCompile(`(?im)^(?:reverts (?:[\w.-]+/[\w.-]+)?#|this reverts merge request (?:[\w./-]+)?!)(\d{1,9})\b`)
	isCommit      = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
)

// IsCommit reports whether s is a full commit hash, in lower case.
func IsCommit(s string) bool { return isCommit.MatchString(s) }

// Reverted adds to list the commits that a message says it takes back.
func Reverted(list []string, message string) []string {
	for _, m := range revertsCommit.FindAllStringSubmatch(message, maxReverts) {
		if sha := strings.ToLower(m[1]); len(list) < maxReverts && !slices.Contains(list, sha) {
			list = append(list, sha)
		}
	}
	return list
}

// RevertedPull is the number of the pull or merge request that a description
// says it takes back; 0 for none.
func RevertedPull(description string) int64 {
	m := revertsPull.FindStringSubmatch(description)
	if m == nil {
		return 0
	}
	n, _ := strconv.ParseInt(m[1], 10, 64) // nine digits
	return n
}

// Touch adds files to those that a push touched.
func (p *Pushed) Touch(files []string) {
	for _, f := range files {
		p.Migrates = p.Migrates || migration(f)
		if slices.Contains(p.Files, f) {
			continue
		}
		p.FileCount++
		if len(p.Files) < MaxFiles {
			p.Files = append(p.Files, f)
		}
	}
}

// migration reports whether a file looks like a change of a database schema:
// where Rails, Django, Flyway, Liquibase, goose, Prisma and Alembic keep theirs.
func migration(file string) bool {
	file = strings.ToLower(file)
	base, dir := path.Base(file), "/"+path.Dir(file)+"/"
	for _, d := range []string{"/migrations/", "/migrate/", "/db/migration/", "/alembic/versions/", "/db/changelog/"} {
		if strings.Contains(dir, d) && base != "__init__.py" && !strings.HasSuffix(base, ".md") {
			return true
		}
	}
	return base == "schema.sql" || base == "structure.sql" || base == "schema.prisma" || strings.HasSuffix(dir, "/db/") && base == "schema.rb"
}
