package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A policy is compiled and tested without a server; what is wrong is named by
// the file as it was given, with its line.
func TestPolicyTestsOffline(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := Run(context.Background(), append([]string{"--server", "http://127.0.0.1:1"}, args...), strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	if code, out := run("policy", "test"); code != 0 || !strings.Contains(out, "tests pass") {
		t.Errorf("the policy of the program: %d %s", code, out)
	}
	write("small.rego", "package evenkeel.change\n\ndecision := {\"outcome\": \"deny\", \"reasons\": []}\n")
	write("small_test.rego", "package evenkeel.change\n\ntest_denied if decision.outcome == \"deny\"\n\ntest_wrong if {\n\tdecision.outcome == \"allow\"\n}\n")
	at := filepath.Join(dir, "small_test.rego")
	if code, out := run("policy", "test", dir); code == 0 || !strings.Contains(out, at+":6") || !strings.Contains(out, "1 of 2 tests pass") {
		t.Errorf("a test that fails: %d %s", code, out)
	}
	write("small.rego", "package evenkeel.change\n\ndecision := {\"outcome\": input.bugdet}\n")
	if code, out := run("policy", "test", dir); code == 0 || !strings.Contains(out, filepath.Join(dir, "small.rego")+":3") {
		t.Errorf("a policy that does not compile: %d %s", code, out)
	}
	write("extra_test.rego", "package evenkeel.change\n\ntest_more if decision.outcome\n")
	if code, out := run("policy", "test", "--default", filepath.Join(dir, "extra_test.rego")); code != 0 {
		t.Errorf("one's own tests of the policy of the program: %d %s", code, out)
	}
}
