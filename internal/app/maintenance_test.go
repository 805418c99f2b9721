package app

import (
	"slices"
	"strings"
	"testing"

	"github.com/evenkeel/evenkeel/internal/alert"
	"github.com/evenkeel/evenkeel/internal/errs"
)

func TestNamedBy(t *testing.T) {
	for text, want := range map[string]string{
		`service="checkout"`:                    "checkout",
		`service=~"checkout|orders-queue"`:      "checkout orders-queue",
		`service=~"check.*"`:                    "",
		`service!="checkout"`:                   "",
		`service="checkout" instance=db-1 x!=y`: "checkout instance=db-1",
	} {
		var f errs.Fields
		list := alert.ParseMatchers("matchers", strings.Fields(text), &f)
		if len(f) > 0 {
			t.Fatal(f)
		}
		services, labels := namedBy(list)
		got := slices.Clone(services)
		for k, v := range labels {
			got = append(got, k+"="+v)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s: %q, want %q", text, s, want)
		}
	}
}
