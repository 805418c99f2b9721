package db_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/db/dbtest"
)

// Numbers of every size come through, on both engines; what is no number is an
// error, and the connection serves others afterwards.
func TestInts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		var got []int64
		err := d.Ints(ctx, "SELECT CAST(n AS BIGINT), CAST(n AS BIGINT) * $1 FROM (SELECT 1 AS n UNION ALL SELECT -2 UNION ALL SELECT 300 UNION ALL SELECT 70000) AS v ORDER BY 1",
			func(row []int64) error { got = append(got, row...); return nil }, int64(1<<33))
		if want := []int64{-2, -2 << 33, 1, 1 << 33, 300, 300 << 33, 70000, 70000 << 33}; err != nil || !slices.Equal(got, want) {
			t.Errorf("%v, want %v; %v", got, want, err)
		}
		stop := errors.New("enough")
		if err := d.Ints(ctx, "SELECT CAST(1 AS BIGINT)", func([]int64) error { return stop }); !errors.Is(err, stop) {
			t.Errorf("%v", err)
		}
		if err := d.Ints(ctx, "SELECT 'four'", func([]int64) error { return nil }); err == nil {
			t.Error("a text is no number")
		}
		if err := d.Ints(ctx, "SELECT CAST(1 AS BIGINT)", func([]int64) error { return nil }); err != nil {
			t.Error(err)
		}
	})
}
