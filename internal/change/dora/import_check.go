package dora

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// maxHistory bounds one import; a longer one is sent in parts, in order.
const maxHistory = 250_000

// checkHistory says what is wrong with rows, naming their lines.
func checkHistory(rows []History, now time.Time) error {
	if len(rows) > maxHistory {
		return errs.BadField("rows", "", "send at most 250,000 rows at once, the oldest first")
	}
	var bad errs.Fields
	for i, h := range rows {
		if len(bad) >= 20 {
			break // enough to see what is wrong
		}
		where := "rows[" + strconv.Itoa(i) + "]."
		if h.Line > 0 {
			where = "line " + strconv.Itoa(h.Line) + ": "
		}
		for _, x := range []struct {
			name, value string
			least, most int
		}{{"service", h.Service, 1, 63}, {"environment", h.Environment, 1, 100}, {"artefact", h.Artefact, 0, 500}, {"commit", h.Commit, 0, 100},
			{"title", h.Title, 0, 300}, {"author", h.Author, 0, 200}, {"link", h.Link, 0, 2000}} {
			switch {
			case !utf8.ValidString(x.value) || strings.ContainsRune(x.value, 0):
				bad.Add(where+x.name, x.value, "send valid UTF-8 text without NUL characters")
			case len(strings.TrimSpace(x.value)) < x.least:
				bad.Add(where+x.name, x.value, "it is missing")
			case len(x.value) > x.most:
				bad.Add(where+x.name, x.value, "at most "+strconv.Itoa(x.most)+" bytes")
			}
		}
		if !slices.Contains([]string{"", "succeeded", "failed", "rolled back"}, h.Outcome) {
			bad.Add(where+"outcome", h.Outcome, "use succeeded, failed or rolled back, or leave it empty")
		}
		if !slices.Contains([]string{"", "deploy", "config", "infrastructure", "schema", "flag"}, h.Kind) {
			bad.Add(where+"kind", h.Kind, "use deploy, config, infrastructure, schema or flag")
		}
		switch at := h.DeployedAt; {
		case at.IsZero():
			bad.Add(where+"deployed_at", "", "it is missing; write a time like 2026-03-01T14:30:00Z")
		case at.Year() < 1990 || at.After(now.Add(5*time.Minute)):
			bad.Add(where+"deployed_at", at.Format(time.RFC3339), "give a time between 1990 and now")
		case !h.RecoveredAt.IsZero() && h.RecoveredAt.Before(at):
			bad.Add(where+"recovered_at", h.RecoveredAt.Format(time.RFC3339), "it lies before deployed_at")
		}
	}
	return bad.Err()
}
