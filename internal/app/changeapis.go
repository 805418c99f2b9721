package app

import (
	"bytes"
	"context"

	"github.com/evenkeel/evenkeel/internal/change/packet/packetweb"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
)

// changeEnvironments are those whose deployments become changes.
func (a *App) changeEnvironments(ctx context.Context) ([]string, error) {
	p, err := a.Changes.Settings(ctx)
	return p.Environments, err
}

// packetPage is the page of a packet for people.
func packetPage(env attest.Envelope) ([]byte, error) {
	var b bytes.Buffer
	err := packetweb.Render(&b, env)
	return b.Bytes(), err
}
