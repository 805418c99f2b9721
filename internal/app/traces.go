package app

import (
	"context"
	"crypto/tls"
	"net"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/connect/otlp"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// openTraces makes the receiver of traces, which says who calls whom.
func (a *App) openTraces() {
	a.traces = otlp.New(tracesSink{a}, otlp.Options{Log: a.log})
	a.workers = append(a.workers, a.traces.Run)
	if a.cfg.OTLPgRPC != "" {
		a.workers = append(a.workers, a.serveTraces)
	}
}

// tracesSink brings edges that traces show onto the map.
type tracesSink struct{ a *App }

func (s tracesSink) Seen(ctx context.Context, source, scope string, records []cmdb.Record) error {
	return s.a.db.Write(ctx, actor.Job("traces"), "calls seen in traces", func(tx *db.Tx) error {
		tx.Unrecorded("calls that were known, seen again")
		_, err := s.a.CMDB.Observe(tx, source, scope, records)
		return err
	})
}

// listenTraces opens the address for OTLP over gRPC.
func (a *App) listenTraces() (err error) {
	if a.cfg.OTLPgRPC == "" {
		return nil
	}
	if a.tracesAt, err = net.Listen("tcp", a.cfg.OTLPgRPC); err != nil {
		return errs.E(errs.Unavailable, "cannot listen on %s for traces; is another program there? name another address with --otlp-grpc", a.cfg.OTLPgRPC).Because(err)
	}
	return nil
}

// serveTraces takes OTLP over gRPC until ctx ends.
func (a *App) serveTraces(ctx context.Context) {
	if a.tracesAt == nil { // the work runs without a server, in tests and imports
		return
	}
	var opts []grpc.ServerOption
	if a.cfg.TLSCert != "" {
		pair := &certificate{cert: a.cfg.TLSCert, key: a.cfg.TLSKey}
		opts = append(opts, grpc.Creds(credentials.NewTLS(&tls.Config{GetCertificate: pair.get, MinVersion: tls.VersionTLS12})))
	}
	server := otlp.NewReceiver(a.traces, a.Door).GRPC(opts...)
	defer context.AfterFunc(ctx, server.Stop)()
	if err := server.Serve(a.tracesAt); err != nil && ctx.Err() == nil {
		a.log.Error("taking traces over gRPC ended", "error", err)
	}
}
