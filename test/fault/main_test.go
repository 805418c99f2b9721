package fault

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

// binary builds the program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "evenkeel-fault-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "evenkeel")
	if out, err := exec.Command("go", "build", "-o", path, "github.com/evenkeel/evenkeel").CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %v\n%s", err, out)
	}
	return path, nil
})

// childRole in the environment turns the test binary into a child of a test.
const childRole = "EVENKEEL_FAULT_CHILD"

func TestMain(m *testing.M) {
	switch os.Getenv(childRole) {
	case "":
	case "racer":
		os.Exit(racer())
	case "locker":
		os.Exit(locker())
	default:
		fmt.Fprintln(os.Stderr, "unknown "+childRole)
		os.Exit(2)
	}
	code := m.Run()
	if path, err := binary(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// dice returns the test's source of randomness and logs its seed.
func dice(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("EVENKEEL_FAULT_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("EVENKEEL_FAULT_SEED=%q is no number", s)
		}
		seed = n
	}
	t.Logf("EVENKEEL_FAULT_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// eventually calls check until it returns nil, or fails the test after wait
// with what was missing last.
func eventually(t testing.TB, wait time.Duration, what string, check func() error) {
	t.Helper()
	var last error
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if last = check(); last == nil {
			return
		}
	}
	t.Fatalf("%s: not within %v: %v", what, wait, last)
}

// output collects what a program prints; it may be read while it runs.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
