package cmdbapi_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/client"
	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// lines makes records as they are read, so that the test holds none of them.
type lines struct {
	n, items int
	note     string
	rest     []byte
}

func (l *lines) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		if l.n == l.items {
			return 0, io.EOF
		}
		l.rest = fmt.Appendf(l.rest[:0], `{"item":{"key":"vm-%d","kind":"host","name":"vm-%d","attributes":{"note":%q}}}`+"\n", l.n, l.n, l.note)
		l.n++
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// A hundred megabytes are read as they come: neither the file nor its records
// are ever in memory together.
func TestLargeUpload(t *testing.T) {
	door := open(t, dbtest.SQLite(t))
	machine := door.as(actor.Machine)
	const items, note = 26_000, 4000 // 4 kB a line
	body := &lines{items: items, note: strings.Repeat("n", note)}

	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	go func() {
		defer close(stopped)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak.Store(max(peak.Load(), m.HeapInuse))
			}
		}
	}()
	var heard atomic.Int64
	r, err := machine.ImportLines(t.Context(), client.MapUpload{Source: "bulk", DryRun: true}, body, func(client.BulkProgress) { heard.Add(1) })
	close(stop)
	<-stopped
	if err != nil || r.State != "dry" || r.Counts.Items != items || r.Counts.Created != items {
		t.Fatalf("%+v %v", r, err)
	}
	grown := int64(peak.Load()) - int64(before.HeapInuse)
	t.Logf("%d MB sent, heap grew by %d MB at most, %d lines of progress", items*(note+80)>>20, grown>>20, heard.Load())
	if grown > 64<<20 {
		t.Errorf("the heap grew by %d MB for an upload of 100 MB", grown>>20)
	}
}

// An upload that breaks off changes nothing, however it breaks, and the next
// one is free to go.
func TestTruncatedUpload(t *testing.T) {
	door := open(t, dbtest.SQLite(t))
	mara := door.as(actor.Manager)
	u, err := url.Parse(mara.Server)
	if err != nil {
		t.Fatal(err)
	}
	line := `{"item":{"key":"a","kind":"host","name":"a"}}` + "\n"
	for name, sent := range map[string]string{
		"less than announced":    fmt.Sprintf("Content-Length: %d\r\n\r\n%s", 2*len(line), line),
		"no last chunk":          fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(line), line),
		"in the midst of a line": fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(line), line[:20]),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", u.Host)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c, "POST /api/v1/cmdb/bulk?source=bulk HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-ndjson\r\n%s", u.Host, sent)
			if err := c.(*net.TCPConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			res, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err == nil {
				text, _ := io.ReadAll(res.Body)
				if res.StatusCode < 400 {
					t.Errorf("%s %s", res.Status, text)
				}
			}
			c.Close()
			l, err := mara.Items(t.Context(), client.ItemFilter{All: true}, "", 10)
			if err != nil || len(l.Items) != 0 {
				t.Errorf("%+v %v", l, err)
			}
		})
	}
	r, err := mara.ImportLines(t.Context(), client.MapUpload{Source: "bulk"}, strings.NewReader(line), nil)
	if err != nil || r.State != "applied" || r.Counts.Created != 1 {
		t.Errorf("%+v %v", r, err)
	}
	runs, err := mara.MapRuns(t.Context(), "bulk", "", 10)
	if err != nil || len(runs.Items) != 4 {
		t.Fatalf("%+v %v", runs, err)
	}
	for _, x := range runs.Items[1:] {
		if x.State != "refused" && x.State != "failed" || x.Finished == nil {
			t.Errorf("%s is %s: %s", x.Key, x.State, x.Why)
		}
	}
}

// Two uploads of one scope do not mix: the second is refused while the first is
// under way, and says which that is.
func TestTwoUploads(t *testing.T) {
	door := open(t, dbtest.SQLite(t))
	mara := door.as(actor.Manager)
	line := `{"item":{"key":"a","kind":"host","name":"a"}}` + "\n"
	r, w := io.Pipe()
	first := make(chan error, 1)
	go func() {
		run, err := mara.ImportLines(t.Context(), client.MapUpload{Source: "bulk", Scope: "east"}, r, nil)
		if err == nil && run.State != "applied" {
			err = fmt.Errorf("%+v", run)
		}
		first <- err
	}()
	if _, err := io.WriteString(w, line); err != nil {
		t.Fatal(err)
	}
	for { // until the first one has begun
		l, err := mara.MapRuns(t.Context(), "bulk", "", 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(l.Items) == 1 && l.Items[0].State == "reading" {
			break
		}
	}
	_, err := mara.ImportLines(t.Context(), client.MapUpload{Source: "bulk", Scope: "east"}, strings.NewReader(line), nil)
	if status(err) != 409 || !strings.Contains(err.Error(), "RUN-1") {
		t.Errorf("the second: %v", err)
	}
	if _, err := mara.ImportLines(t.Context(), client.MapUpload{Source: "bulk", Scope: "west"}, strings.NewReader(line), nil); err != nil {
		t.Errorf("another scope: %v", err)
	}
	w.Close()
	if err := <-first; err != nil {
		t.Errorf("the first: %v", err)
	}
}

// What is wrong is named with its line, in either form of the answer, and the
// sender of a long upload reads it although it is still sending.
func TestRefusedUploads(t *testing.T) {
	door := open(t, dbtest.SQLite(t))
	mara, tom, ctx := door.as(actor.Manager), door.as(actor.Responder), t.Context()
	up := client.MapUpload{Source: "bulk"}
	good := `{"item":{"key":"a","kind":"host","name":"a"}}` + "\n"
	for body, want := range map[string]string{
		"":                                 "body",
		good + "\n" + `{"item":{"key":"b"`: "line 3 record",
		good + `{"item":{"key":"b","kind":"starship","name":"b"}}`:      "line 2 item.kind",
		good + `{"item":{"key":"b","kind":"host","name":"b","size":3}}`: "line 2 size",
		good + `{"item":{"key":7,"kind":"host","name":"b"}}`:            "line 2 item.key",
		good + "\xff\xfe": "line 2 record",
		`{"relation":{"from":{"key":"a"},"to":{"key":"b"},"kind":"eats"}}`: "line 1 relation.kind",
		good + good: "key",
	} {
		for _, progress := range []func(client.BulkProgress){nil, func(client.BulkProgress) {}} {
			_, err := mara.ImportLines(ctx, up, strings.NewReader(body), progress)
			if status, text := problem(err); status != 422 || strings.TrimSpace(text) != want {
				t.Errorf("%q: %d %q, want %q: %v", body, status, text, want, err)
			}
		}
	}
	big := io.MultiReader(strings.NewReader("nonsense\n"), &lines{items: 10_000, note: strings.Repeat("n", 1000)})
	if _, err := mara.ImportLines(ctx, up, big, nil); status(err) != 422 {
		t.Errorf("ten megabytes after the fault: %v", err)
	}
	if _, err := tom.ImportLines(ctx, up, strings.NewReader(good), nil); status(err) != 403 {
		t.Errorf("a responder: %v", err)
	}
	if _, err := mara.ImportFile(ctx, client.MapUpload{Source: "punchcards"}, strings.NewReader("")); status(err) != 422 || !strings.Contains(err.Error(), "terraform") {
		t.Errorf("an unknown source: %v", err)
	}
	if _, err := mara.ImportFile(ctx, client.MapUpload{Source: "csv", Columns: map[string]string{"Hostname": ""}}, strings.NewReader("")); status(err) != 422 {
		t.Errorf("a wrong column: %v", err)
	}
	if l, err := mara.Items(ctx, client.ItemFilter{All: true}, "", 10); err != nil || len(l.Items) != 0 {
		t.Errorf("%+v %v", l, err)
	}
}
