package change_test

import (
	"context"
	"testing"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/change"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/secret"
)

// TestIntegrationRemoved holds that an integration which takes the name of one
// that was deleted does not get its credentials.
func TestIntegrationRemoved(t *testing.T) {
	gates(t, func(g *gate) {
		box, err := secret.Parse(secret.Generate())
		if err != nil {
			t.Fatal(err)
		}
		g.Box = box
		ctx := actor.With(context.Background(), actor.Job("test"))
		if _, err := g.SetCredentials(ctx, "github", change.Credentials{System: "github", Token: "not-a-token"}); err != nil {
			t.Fatal(err)
		}
		if c, err := g.Credentials(ctx, "github"); err != nil || len(c.Has) == 0 {
			t.Fatal(c, err)
		}
		remove := func(tx *db.Tx) error {
			tx.Unrecorded("there was nothing to remove")
			return g.IntegrationRemoved(tx, "github")
		}
		for range 2 {
			if err := g.DB.Write(ctx, actor.Job("test"), "integration deleted", remove); err != nil {
				t.Fatal(err)
			}
		}
		if c, err := g.Credentials(ctx, "github"); err != nil || len(c.Has) != 0 {
			t.Errorf("%+v %v", c, err)
		}
	})
}
