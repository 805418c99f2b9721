package connect_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/connect"
	"github.com/evenkeel/evenkeel/internal/connect/alertmanager"
	"github.com/evenkeel/evenkeel/internal/connect/connecttest"
)

func TestToken(t *testing.T) {
	for _, tt := range []struct{ path, header, want string }{
		{"abc", "Bearer other", "abc"},
		{"", "Bearer  eki_x ", "eki_x"},
		{"", "bearer eki_x", "eki_x"},
		{"", "Basic ZXZlbmtlZWw6c2VrcmV0", "sekret"}, // evenkeel:sekret
		{"", "Basic c2VrcmV0Og==", "sekret"},         // sekret: (the token as user name)
		{"", "Digest x", ""},
		{"", "", ""},
	} {
		r, _ := http.NewRequest("POST", "/", nil)
		r.SetPathValue("token", tt.path)
		r.Header.Set("Authorization", tt.header)
		if got := connect.Token(r); got != tt.want {
			t.Errorf("%q %q: %q, want %q", tt.path, tt.header, got, tt.want)
		}
	}
}

func TestCut(t *testing.T) {
	for limit := 40; limit < 60; limit++ {
		got, cut := connect.Cut(strings.Repeat("é", 100), limit)
		if !cut || len(got) > limit || !utf8.ValidString(got) || !strings.HasSuffix(got, "… [shortened from 200 bytes]") {
			t.Errorf("limit %d: %q", limit, got)
		}
	}
	if got, cut := connect.Cut("short", 5); cut || got != "short" {
		t.Error(got)
	}
}

// A key that does not fit is still an identity of its own.
func TestDedup(t *testing.T) {
	long := strings.Repeat("k", 300)
	a, b := connect.Dedup(long+"a"), connect.Dedup(long+"b")
	if a == b || len(a) > 255 || a != connect.Dedup(long+"a") {
		t.Errorf("%q %q", a, b)
	}
	if connect.Dedup("a\x00") == connect.Dedup("a\uFFFD") {
		t.Error("two keys became one")
	}
}

func TestSeverity(t *testing.T) {
	for word, want := range map[string]alert.Severity{
		"critical": "critical", "PAGE": "critical", "error": "error", "high": "error", "warn": "warning", "ticket": "warning",
		"info": "info", "none": "info", "mauve": "warning", "": "",
	} {
		if got, ok := connect.Severity(word); got != want || ok != (word != "mauve") {
			t.Errorf("%q: %q %v", word, got, ok)
		}
	}
}

// A sender that stops in the middle gets an answer and costs no memory after.
func TestSlowBody(t *testing.T) {
	a := &connecttest.Alerts{}
	d := connecttest.Door(a)
	d.Patience = -15*time.Second - 950*time.Millisecond // with 16 s for the limit of 16 MiB: 50 ms
	s := connecttest.Server(t, alertmanager.New(d).Routes)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /integrations/alertmanager/%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"al", connecttest.Token)
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(res.Body)
	if res.StatusCode != 503 || !strings.Contains(string(b), "too slowly") {
		t.Errorf("%d %s", res.StatusCode, b)
	}
	if n := d.InFlight(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}

// Many unfinished bodies are refused before memory runs out, and none is held
// when they are gone.
func TestBodiesInFlightAreBounded(t *testing.T) {
	d := connecttest.Door(&connecttest.Alerts{})
	part := strings.Repeat(" ", 15<<20)
	var open []*connect.Body
	refused := 0
	for range 8 {
		r, _ := http.NewRequest("POST", "/", strings.NewReader(part))
		b, err := d.Read(httptest.NewRecorder(), r, 16<<20)
		if err != nil {
			refused++
			if connect.Status(err) != 503 {
				t.Error(err)
			}
			continue
		}
		open = append(open, b)
	}
	if refused == 0 || len(open) == 0 {
		t.Errorf("%d refused, %d taken", refused, len(open))
	}
	for _, b := range open {
		b.Close()
		b.Close() // twice is harmless
	}
	if n := d.InFlight(); n != 0 {
		t.Errorf("%d bytes are still held", n)
	}
}
