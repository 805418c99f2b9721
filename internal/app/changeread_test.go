package app

import (
	"strings"
	"testing"
)

// A log says which tools looked, and a finding without a level is a warning.
func TestScanNamesItsTools(t *testing.T) {
	got, err := sarifScan(strings.NewReader(`{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"scan"}},"results":[{"level":"error","message":{"text":"x"}},{"message":{"text":"y"}}]}]}`))
	if err != nil || got.Tool != "scan" || got.Errors != 1 || got.Warnings != 1 {
		t.Errorf("%+v %v", got, err)
	}
}
