package connect

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// Details bounds a sender's own structure. One that is too large becomes
// {"shortened": "…", "bytes": n} with its beginning as text, and a note.
func Details(raw json.RawMessage, notes *Notes) json.RawMessage {
	if len(raw) <= MaxDetails {
		return raw
	}
	notes.Add("details were shortened from %d to %d bytes", len(raw), MaxDetails)
	start, _ := Cut(string(raw), MaxDetails/2) // quoting may double its length
	b, err := json.Marshal(map[string]string{"shortened": Clean(start), "bytes": strconv.Itoa(len(raw))})
	if err != nil { // a map of two strings: cannot happen
		return nil
	}
	return b
}

var errFound = errors.New("found")

// Member returns the text of one member of a JSON object; empty when raw is no
// object or the member is absent or no text.
func Member(raw json.RawMessage, name string) string {
	if len(raw) == 0 || raw[0] != '{' || !bytes.Contains(raw, []byte(`"`+name+`"`)) {
		return ""
	}
	r := NewReader(raw)
	var value string
	_, err := r.Object(func(n []byte) error {
		if string(n) != name || r.Kind() != '"' {
			return r.Skip()
		}
		value, _ = r.Text()
		return errFound
	})
	if err != errFound {
		return ""
	}
	return value
}
