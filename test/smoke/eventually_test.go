package smoke

import (
	"fmt"
	"net"
	"testing"
	"time"
)

// eventually calls check until it returns nil, or fails the test after wait
// with what was missing last.
func eventually(t testing.TB, wait time.Duration, what string, check func() error) {
	t.Helper()
	var last error
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if last = check(); last == nil {
			return
		}
	}
	t.Fatalf("%s: not within %v: %v", what, wait, last)
}

// freePort returns an address of this machine that nobody listens on now.
func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// missing says what is not there yet, for eventually.
func missing(format string, args ...any) error { return fmt.Errorf(format, args...) }
