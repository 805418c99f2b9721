package test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
)

// The committed OpenAPI document is the contract with other programs: a change
// of it is seen in review, and one that takes something away needs a new path.
func TestOpenAPI(t *testing.T) {
	w := start(t)
	res, err := http.DefaultClient.Do(as(t, w, actor.Admin, "GET", "/api/openapi.json"))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, data, "", " "); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	out.WriteByte('\n')
	golden(t, "testdata/openapi.json", out.String())
}
