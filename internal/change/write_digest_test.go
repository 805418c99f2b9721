package change

import (
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// TestDigestIsOfSortedColumns compares the digest that is written by hand with
// that of a map of the columns, which is what it has been from the beginning.
func TestDigestIsOfSortedColumns(t *testing.T) {
	at := time.Date(2026, 11, 20, 14, 4, 0, 0, time.UTC)
	for name, c := range map[string]Change{
		"empty": {},
		"plain": {ID: 7, Version: 3, Title: "Deploy checkout to 4be2a91", State: Approved, Services: []string{"checkout"}, Risk: 12, Returns: true, CreatedAt: at, ApprovedAt: at, NextAt: at, Trail: "x", Waited: time.Hour, Entries: 4, salt: []byte("pepper")},
		"odd":   {ID: 8, Title: "Größe <b> & \"quoted\" \\ \u2028 line\nend", Summary: "bad \xff byte", Services: []string{"a", "b<c"}, Risk: -1, salt: []byte{0, 1}},
	} {
		row, content := c, map[string]any{}
		row.NextAt, row.Trail, row.salt = time.Time{}, "trail", nil
		for n, v := range values(row) {
			switch v := v.(type) {
			case []byte:
			case int:
				if v != 0 {
					content[columnNames[n]] = v
				}
			case int64:
				if v != 0 {
					content[columnNames[n]] = v
				}
			case string:
				if v != "" {
					content[columnNames[n]] = v
				}
			case bool:
				if v {
					content[columnNames[n]] = v
				}
			default:
				content[columnNames[n]] = v
			}
		}
		if got, want := digest(c, "trail"), evidence.Digest(c.salt, content); got != want {
			t.Errorf("%s: digest %s, that of the map is %s", name, got, want)
		}
	}
}
