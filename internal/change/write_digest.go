package change

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/evidence"
)

// digest is what evidence says about a change: all of the row but what follows
// from the rest. Values that are unset are left out, so that a column added by
// a later release does not change the digests of older changes.
//
// It is over JSON with sorted names, as encoding/json writes a map of the
// columns. It is written by hand because each decision of a gate needs one, and
// the map takes five times as long.
func digest(c Change, trail string) string {
	salt := c.salt
	c.NextAt, c.Trail, c.salt = time.Time{}, trail, nil
	row := values(c)
	buf := append(make([]byte, 0, 2048), '{')
	for _, k := range digested {
		start := len(buf)
		if start > 1 {
			buf = append(buf, ',')
		}
		buf = append(buf, k.name...)
		var set bool
		if buf, set = appendSet(buf, row[k.column]); !set {
			buf = buf[:start]
		}
	}
	return evidence.DigestBytes(salt, append(buf, '}'))
}

// digested are the columns in the order of their names, which stand there as
// they are written.
var digested = func() (out []digestedColumn) {
	for n, name := range columnNames {
		out = append(out, digestedColumn{n, strconv.Quote(name) + ":"})
	}
	slices.SortFunc(out, func(a, b digestedColumn) int { return strings.Compare(columnNames[a.column], columnNames[b.column]) })
	return out
}()

type digestedColumn struct {
	column int
	name   string
}

// appendSet writes a value as JSON; set is false for one that is left out.
func appendSet(buf []byte, v any) (_ []byte, set bool) {
	switch v := v.(type) {
	case []byte: // the salt
		return buf, false
	case int:
		return strconv.AppendInt(buf, int64(v), 10), v != 0
	case int64:
		return strconv.AppendInt(buf, v, 10), v != 0
	case bool:
		return strconv.AppendBool(buf, v), v
	case string:
		return appendText(buf, v), v != ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		text, _ = json.Marshal("unencodable: " + err.Error()) // never matches
	}
	return append(buf, text...), true
}

// appendText writes a text as encoding/json does. Plain ASCII, which nearly
// every one is, is copied.
func appendText(buf []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // a text always encodes
			return append(buf, text...)
		}
	}
	return append(append(append(buf, '"'), s...), '"')
}
