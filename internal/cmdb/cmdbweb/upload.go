package cmdbweb

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// upload is what a browser sent: the fields before the file, and the file.
type upload struct {
	values url.Values
	file   io.Reader
	small  []byte // all of the file when it is small
	slow   *slowly
}

// readUpload reads up to the file.
func readUpload(w http.ResponseWriter, r *http.Request) (*upload, error) {
	in := &upload{values: url.Values{}}
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" || params["boundary"] == "" {
		return in, nil // no file was sent, and check says so
	}
	in.slow = &slowly{r: r.Body, c: http.NewResponseController(w)}
	m := multipart.NewReader(in.slow, params["boundary"])
	for {
		part, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			return in, nil
		}
		if err != nil {
			return in, errs.BadField("file", "", "the upload was cut off; choose it again").Because(err)
		}
		name := part.FormName()
		if name != "file" && name != "kept" {
			text, err := io.ReadAll(io.LimitReader(part, fieldMost+1))
			if err != nil || len(text) > fieldMost {
				return in, errs.BadField(name, "", "it is too long")
			}
			in.values.Set(name, string(text))
			continue
		}
		var src io.Reader = part
		if name == "kept" {
			src = base64.NewDecoder(base64.StdEncoding, part)
		} else if part.FileName() == "" {
			continue // nothing was chosen
		}
		head, err := io.ReadAll(io.LimitReader(src, keepMost+1))
		if err != nil {
			return in, errs.BadField("file", "", "the upload was cut off; choose it again").Because(err)
		}
		if len(head) <= keepMost {
			in.small = head
		}
		in.file = io.MultiReader(bytes.NewReader(head), cutOff{src})
		return in, nil
	}
}

// check reports what is missing before anything is read.
func (in *upload) check(files map[string]FileSource) error {
	var bad errs.Fields
	source := in.values.Get("source")
	if _, ok := files[source]; !ok {
		bad.Add("source", source, "choose what wrote the file")
	}
	if in.file == nil || in.small != nil && len(bytes.TrimSpace(in.small)) == 0 {
		bad.Add("file", "", "choose a file that is not empty")
	}
	return bad.Err()
}

// drain takes what is still coming of a refused file, for a while: a browser
// that is still sending when the connection closes does not see the answer.
func (in *upload) drain() {
	if in.slow == nil || in.slow.err != nil {
		return
	}
	in.slow.until = time.Now().Add(drainMost)
	_, _ = io.Copy(io.Discard, in.slow)
}

// slowly moves the deadline of a body with each part that arrives.
type slowly struct {
	r     io.Reader
	c     *http.ResponseController
	until time.Time
	err   error
}

func (s *slowly) Read(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	d := time.Now().Add(sendPause)
	if !s.until.IsZero() && d.After(s.until) {
		d = s.until
	}
	_ = s.c.SetReadDeadline(d) // a recorder of a test has none
	n, err := s.r.Read(b)
	if s.err = err; err == io.EOF {
		_ = s.c.SetReadDeadline(time.Time{}) // the server reads ahead while the handler works
	}
	return n, err
}

// cutOff says of a file that did not arrive whole that it is the sender's to
// send again.
type cutOff struct{ r io.Reader }

func (c cutOff) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	if err == nil || err == io.EOF {
		return n, err
	}
	says := "the upload was cut off; nothing was changed, choose the file again"
	if errors.Is(err, os.ErrDeadlineExceeded) {
		says = "nothing arrived for a minute; nothing was changed, choose the file again"
	}
	return n, errs.BadField("file", "", says).Because(err)
}
