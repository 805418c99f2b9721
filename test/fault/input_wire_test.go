package fault

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/alert"
)

// TestSlowBodies sends bodies that trickle and never end, many at once, to
// receivers, the API and a form. Each gets an answer or is hung up on within
// the patience of its address, and nobody else notices.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	s := found(t, "")
	p := s.serve()
	x := &target{site: s, p: p, url: p.address()}
	type slow struct {
		path, header string
		atMost       time.Duration
	}
	var list []slow
	for _, r := range x.receivers() {
		patience := 18 * time.Second
		if r.kind == alert.Alertmanager || r.kind == alert.Prometheus {
			patience += 16 * time.Second // a second for each MiB of the limit
		}
		list = append(list, slow{r.path, "", patience})
	}
	bearer := "Authorization: Bearer " + s.api + "\r\n"
	list = append(list,
		slow{"/api/v1/incidents", bearer, 52 * time.Second},
		slow{"/api/v1/incidents", bearer + "Idempotency-Key: slow\r\n", 52 * time.Second},
		slow{"/api/v1/incidents", "", 52 * time.Second},
		slow{"/api/v1/nothing", bearer, 52 * time.Second},
		slow{"/login", "", 52 * time.Second},
		slow{"/setup", "", 52 * time.Second},
		slow{"/heartbeat/" + s.tokens[alert.Heartbeat], "", 52 * time.Second},
	)
	var all sync.WaitGroup
	const each = 8
	for _, l := range list {
		for range each {
			all.Go(func() {
				began := time.Now()
				answer, err := trickle(x.url, l.path, l.header, l.atMost+3*time.Second)
				if took := time.Since(began); took > l.atMost {
					t.Errorf("%.40s: %v for a body that never ends (%.60q, %v)", l.path, took.Round(time.Second), answer, err)
				}
				if strings.HasPrefix(answer, "HTTP/1.1 500") || strings.HasPrefix(answer, "HTTP/1.1 502") {
					t.Errorf("%.40s: %.200q", l.path, answer)
				}
			})
		}
	}
	x.healthy()
	for range 20 { // meanwhile
		if status, answer := s.ask(x.url, "GET", "/api/v1/now", ""); status != http.StatusOK {
			t.Errorf("%d %s", status, answer)
		}
	}
	all.Wait()
	x.healthy()
	p.stop()
}

// trickle sends the head of a request and then a byte of the body every 200 ms,
// until it is answered or hung up on.
func trickle(base, path, header string, atMost time.Duration) (string, error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(atMost))
	kind := "application/json"
	if path == "/login" || path == "/setup" {
		kind = "application/x-www-form-urlencoded"
	}
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\nContent-Length: 100000\r\n%s\r\n", path, kind, header)
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for range tick.C {
			if _, err := c.Write([]byte("{")); err != nil {
				return
			}
		}
	}()
	line, err := bufio.NewReader(c).ReadString('\n')
	c.Close()
	<-done
	return line, err
}

// TestWire sends what is no proper HTTP, or addresses that lead elsewhere.
func TestWire(t *testing.T) {
	t.Parallel()
	s := found(t, "")
	p := s.serve()
	x := &target{site: s, p: p, url: p.address()}
	am := x.tokens[alert.Alertmanager]
	body := x.receivers()[0].alert(`"smuggled"`)
	for _, tt := range []struct{ name, request, want string }{
		{"no HTTP", "hello\r\n\r\n", "400"},
		{"TLS to a plain port", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", ""},
		{"zero bytes", strings.Repeat("\x00", 2000) + "\r\n\r\n", "400"},
		{"a huge header", "GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + strings.Repeat("a", 200_000) + "\r\n\r\n", "431"},
		{"many headers", "GET / HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-Many: a\r\n", 20_000) + "\r\n", "431"},
		{"a huge address", "GET /" + strings.Repeat("a", 200_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", "431"},
		{"an endless first line", strings.Repeat("G", 300_000), "4"},
		{"no host", "GET /livez HTTP/1.1\r\n\r\n", "400"},
		{"two hosts", "GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		{"a bad header", "GET /livez HTTP/1.1\r\nHost: x\r\nBad\x00Name: a\r\n\r\n", "400"},
		{"two lengths", "POST /integrations/alertmanager/" + am + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n" + body, "400"},
		{"a negative length", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", "400"},
		{"an impossible length", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"},
		{"a length of a petabyte", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nContent-Length: 1125899906842624\r\n\r\n{", "413"},
		{"a bad chunk", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "400"},
		{"an unknown coding", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "501"},
		{"a compressed body", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", "400"},
		{"length and chunks", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", "400"},
		{"CONNECT", "CONNECT db:5432 HTTP/1.1\r\nHost: x\r\n\r\n", "4"},
		{"TRACE", "TRACE / HTTP/1.1\r\nHost: x\r\nCookie: secret=1\r\n\r\n", "4"},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
		{"a foreign address", "GET http://example.com/livez HTTP/1.1\r\nHost: x\r\n\r\n", "200"},
		{"no address", "GET  HTTP/1.1\r\nHost: x\r\n\r\n", "400"},
		{"a body that ends early", "POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n{", "400"},
		{"HTTP/0.9", "GET /\r\n", "400"},
		{"HTTP/3.7", "GET / HTTP/3.7\r\nHost: x\r\n\r\n", "505"},
	} {
		answer := x.raw(tt.request)
		status := ""
		if f := strings.Fields(answer); len(f) > 1 {
			status = f[1]
		}
		if !strings.HasPrefix(status, tt.want) || status == "500" || status == "503" {
			t.Errorf("%s: %q, want %s", tt.name, answer, tt.want)
		}
	}
	for _, path := range []string{"/assets/../../../etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd", "/assets/%2e%2e/%2e%2e/etc/passwd", "/assets/%00", "/assets/", "//etc/passwd", "/api/v1/../../metrics", "/api//v1/people", "/api/v1/people/",
		"/integrations/alertmanager/../../api/v1/people", "/integrations/alertmanager/" + am + "/../../../api/v1/people", "/integrations/alertmanager/%2e%2e/%2e%2e/api/v1/people", "/.git/config", "/evenkeel.db", "/%2e/evenkeel.db", "/\\evenkeel.db", "/incidents/INC-1%2f..%2f..%2fpeople",
		"/incidents/%00", "/incidents/%ff", "/incidents/" + strings.Repeat("9", 5000), "/login?next=//example.com", "/login?next=https:%2f%2fexample.com", "/ack/%00", "/l/%ff"} {
		for _, method := range []string{"GET", "HEAD", "POST", "DELETE", "PATCH", "BREW"} {
			answer := x.raw(method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			status := strings.Fields(answer + " - -")[1]
			if status >= "500" || strings.Contains(answer, "root:") || strings.Contains(answer, "SQLite format") || strings.Contains(answer, "mara@") || status == "-" {
				t.Errorf("%s %.60s: %.300q", method, path, answer)
			}
			if location := header(answer, "Location"); strings.HasPrefix(location, "//") || strings.Contains(location, "example.com") && !strings.HasPrefix(location, "/") {
				t.Errorf("%s %.60s leads to %s", method, path, location)
			}
		}
	}
	x.pages()
	x.healthy()
	p.stop()
	s.whole()
	tx, end := s.snapshot()
	defer end()
	if n := number(t, tx, "SELECT COUNT(*) FROM alert WHERE summary = 'smuggled'"); n != 0 {
		t.Error("a smuggled alert was taken")
	}
}

// raw writes bytes on a connection of its own and returns the start of the answer.
func (x *target) raw(request string) string {
	x.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(x.url, "http://"))
	if err != nil {
		x.t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(15 * time.Second))
	go func() {
		io.WriteString(c, request) // the server may hang up in between
		if !strings.Contains(request, "Connection: close") {
			c.(*net.TCPConn).CloseWrite() // else it waits for the next request
		}
	}()
	b, _ := io.ReadAll(io.LimitReader(c, 4000))
	return string(b)
}

func header(answer, name string) string {
	_, rest, ok := strings.Cut(answer, "\r\n"+name+": ")
	if !ok {
		return ""
	}
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// pages walks all pages as Mara with bad words in addresses, queries and forms.
func (x *target) pages() {
	x.t.Helper()
	client := &http.Client{Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.PostForm(x.url+"/login", url.Values{"login": {"mara"}, "password": {"barge-tide-lantern-42"}})
	if err != nil {
		x.t.Fatal(err)
	}
	text(res)
	cookies := res.Cookies()
	if len(cookies) == 0 {
		x.t.Fatalf("cannot sign in: %s", res.Status)
	}
	n, seen := 0, map[int]int{}
	send := func(method, path, body string) {
		req, err := http.NewRequest(method, x.url, strings.NewReader(body))
		if err != nil {
			x.t.Fatal(err)
		}
		path, query, _ := strings.Cut(path, "?")
		req.URL.Opaque, req.URL.RawQuery = "//"+req.URL.Host+path, query
		if method == "POST" {
			req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range cookies {
			req.AddCookie(c)
		}
		res, err := client.Do(req)
		n++
		if err != nil {
			x.t.Errorf("%s %.80s: %v", method, path, err)
			return
		}
		answer := text(res)
		seen[res.StatusCode]++
		if res.StatusCode >= 500 {
			x.t.Errorf("%s %.120s?%.80s %.60q: %s", method, path, query, body, res.Status)
		} else if res.StatusCode >= 400 && len(answer) < 20 {
			x.t.Errorf("%s %.120s %.60q: %s without a word", method, path, body, res.Status)
		}
	}
	for _, pattern := range x.routes {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok || path == "/logout" || strings.Contains(path, "{$}") && method == "POST" {
			continue
		}
		good := goodPath(strings.ReplaceAll(path, "{$}", ""))
		for i := strings.IndexByte(path, '{'); i >= 0 && !strings.Contains(path, "{$}"); i = -1 {
			end := strings.IndexByte(path[i:], '}') + i
			for _, bad := range badWords {
				send(method, goodPath(path[:i]+bad+path[end+1:]), "a=b")
			}
		}
		if method == "GET" {
			for _, q := range []string{"q", "cursor", "state", "team", "service", "from", "priority", "label", "tab", "next", "severity", "status", "sort", "limit", "after", "before", "zone", "key", "integration"} {
				for _, bad := range []string{"%00%ff", "9223372036854775808", "0000-01-01T00:00:00Z", "%"} {
					send(method, good+"?"+q+"="+bad, "")
				}
			}
			continue
		}
		for _, form := range []string{"", "%", "a=%zz", "title=%00&name=%00&handle=%00&text=%00&note=%00&service=%00&team=%00&reason=%00&matchers=%00&summary=%00", "title=%ff&name=%ff&text=%ff&note=%ff", strings.Repeat("a=b&", 50_000), "x=" + strings.Repeat("y", 9<<20)} {
			send(method, good, form)
		}
	}
	x.t.Logf("%d requests to %d pages, answers by status %v", n, len(x.routes), seen)
	if n < 2000 {
		x.t.Error("that is too few")
	}
}
