package api

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// zeros is a body that nobody has to hold.
type zeros struct{ left int }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), z.left)
	z.left -= n
	return n, nil
}

// An upload is larger than any other body may be; all other operations keep
// their bound, and a sender whose upload is refused at its first byte still
// reads why.
func TestUploads(t *testing.T) {
	mux := http.NewServeMux()
	h := New(mux, "test", "")
	type out struct{ Body struct{ Bytes int64 } }
	huma.Register(h, AsUpload(Op("send", http.MethodPost, "/send", "Test", "Send", nil), "application/octet-stream", "Anything"), func(_ context.Context, in *struct {
		Upload
		Refuse bool `query:"refuse"`
	}) (*out, error) {
		if in.Refuse {
			return nil, Err(errs.BadField("body", "", "send something else"))
		}
		n, err := io.Copy(io.Discard, in.Reader())
		o := &out{}
		o.Body.Bytes = n
		return o, Err(err)
	})
	bounded := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		if _, err := io.ReadAll(r.Body); err != nil {
			writeProblem(w, bodyProblem(err))
		}
	})
	server := httptest.NewServer(Uploads(h, mux, bounded))
	defer server.Close()
	post := func(path string, bytes int) (int, string) {
		t.Helper()
		res, err := http.Post(server.URL+path, "application/octet-stream", &zeros{bytes})
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	if code, text := post("/api/v1/send", 3*MaxBody); code != 200 || !strings.Contains(text, "25165824") {
		t.Errorf("%d %s", code, text)
	}
	if code, text := post("/api/v1/send?refuse=true", 3*MaxBody); code != 422 || !strings.Contains(text, "send something else") {
		t.Errorf("%d %s", code, text)
	}
	if code, _ := post("/api/v1/other", MaxBody+1); code != 413 {
		t.Errorf("another operation: %d", code)
	}
	if o := h.OpenAPI().Paths["/api/v1/send"].Post; o.RequestBody.Content["application/octet-stream"] == nil || !strings.Contains(o.Description, "Idempotency-Key") {
		t.Errorf("%+v", o)
	}
}

// A body that breaks off never looks like one that ended.
func TestCutOff(t *testing.T) {
	u := Upload{body: io.MultiReader(bytes.NewReader([]byte("half")), broken{})}
	r := u.Reader()
	for range 2 {
		if _, err := io.ReadAll(r); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "cut off") {
			t.Errorf("%v", err)
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
