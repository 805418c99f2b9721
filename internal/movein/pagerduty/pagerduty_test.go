package pagerduty

import (
	"context"
	"testing"
	"time"

	"github.com/evenkeel/evenkeel/internal/movein"
	"github.com/evenkeel/evenkeel/internal/movein/moveintest"
)

var importer = moveintest.Importer[Account]{
	Header: Header("secret"), Authorization: "Token token=secret",
	Read: func(ctx context.Context, f *movein.Fetcher) (*Account, error) {
		return Read(ctx, f, time.Date(2026, 11, 20, 11, 0, 0, 0, time.UTC))
	},
	Map: (*Account).Map,
}

func TestReadAndMap(t *testing.T) { importer.Test(t) }

func FuzzMap(f *testing.F) { importer.Fuzz(f) }
