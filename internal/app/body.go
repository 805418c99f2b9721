package app

import (
	"io"
	"net/http"
	"time"
)

// bodyPatience is how long the body of a request may take to arrive: 8 MiB, the
// most that the API takes, over a line of 2 Mbit/s. Receivers are less patient
// and set their own.
const bodyPatience = 40 * time.Second

// patiently gives the body of a request a deadline, so that one that never
// ends holds a connection only so long. net/http waits for the rest of a body
// also where the handler has not read it. Once all is there the deadline goes:
// the server reads ahead while the handler works, and an old deadline would
// cancel the request then.
func patiently(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	c := http.NewResponseController(w)
	if c.SetReadDeadline(time.Now().Add(bodyPatience)) == nil { // a recorder of a test has none
		r.Body = &body{r.Body, c}
	}
}

type body struct {
	io.ReadCloser
	c *http.ResponseController
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.c.SetReadDeadline(time.Time{}) // it was possible before
	}
	return n, err
}
