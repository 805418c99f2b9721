package otlp

import (
	"context"
	"sync/atomic"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	_ "google.golang.org/grpc/encoding/gzip" // what collectors send by default
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/evenkeel/evenkeel/internal/errs"
)

// raw hands messages over as they came, so that gRPC and HTTP share the
// walker. (pdata's own service would build every attribute first.)
type raw struct{}

func (raw) Name() string { return "proto" }

func (raw) Marshal(v any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(v.([]byte))}, nil
}

func (raw) Unmarshal(data mem.BufferSlice, v any) error {
	*v.(*mem.BufferSlice) = data
	data.Ref() // freed by export
	return nil
}

// service is the only method of TraceService:
// opentelemetry/proto/collector/trace/v1/trace_service.proto.
const service = "opentelemetry.proto.collector.trace.v1.TraceService"

// GRPC returns a server of the trace service; give it grpc.Creds(…) for TLS.
// It has the limits of the HTTP addresses; the token comes in the metadata
// "authorization".
func (rc *Receiver) GRPC(opts ...grpc.ServerOption) *grpc.Server {
	streams := int64(max(rc.agg.opt.InFlight/rc.agg.opt.MaxBody, 8))
	var open atomic.Int64
	all := append([]grpc.ServerOption{
		grpc.ForceServerCodecV2(raw{}),
		grpc.MaxRecvMsgSize(int(rc.agg.opt.MaxBody)),
		grpc.MaxConcurrentStreams(uint32(streams)), //nolint:gosec // small
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 10 * time.Minute}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		// Before a byte of a message is read: is there a token at all, and room?
		grpc.InTapHandle(func(ctx context.Context, info *tap.Info) (context.Context, error) {
			if len(info.Header.Get("authorization")) == 0 {
				rc.agg.refused.Add(1)
				return nil, status.Error(codes.Unauthenticated, "no token was sent; set headers: {authorization: \"Bearer ek_…\"} in the exporter")
			}
			if open.Add(1) > streams {
				open.Add(-1)
				rc.agg.refused.Add(1)
				return nil, fault(busy())
			}
			ctx, cancel := context.WithTimeout(ctx, patience)
			context.AfterFunc(ctx, func() { cancel(); open.Add(-1) })
			return ctx, nil
		}),
	}, opts...)
	s := grpc.NewServer(all...)
	s.RegisterService(&grpc.ServiceDesc{ServiceName: service, HandlerType: (*any)(nil), Metadata: "opentelemetry/proto/collector/trace/v1/trace_service.proto",
		Methods: []grpc.MethodDesc{{MethodName: "Export", Handler: func(_ any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			var data mem.BufferSlice
			if err := decode(&data); err != nil {
				rc.agg.refused.Add(1)
				return nil, err
			}
			defer data.Free()
			return rc.export(ctx, data)
		}}}}, rc)
	return s
}

func (rc *Receiver) export(ctx context.Context, data mem.BufferSlice) ([]byte, error) {
	from := ""
	if p, ok := peer.FromContext(ctx); ok {
		from = p.Addr.String()
	}
	authorization := ""
	if v := metadata.ValueFromIncomingContext(ctx, "authorization"); len(v) > 0 {
		authorization = v[0]
	}
	if err := rc.enter(ctx, authorization, from); err != nil {
		rc.agg.refused.Add(1)
		return nil, fault(err)
	}
	b := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer b.Free()
	receipt, err := rc.agg.Take(b.ReadOnlyData())
	if err != nil {
		rc.agg.refused.Add(1)
		return nil, fault(err)
	}
	return receipt.response(), nil
}

// fault is an error with the code that senders understand, and when to come
// again.
func fault(err error) error {
	st := status.New(grpcCode(err), said(err))
	if st.Code() == codes.Unavailable {
		wait := errs.As(err).Retry
		if wait <= 0 {
			wait = 5 * time.Second
		}
		if with, err := st.WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(wait)}); err == nil {
			st = with
		}
	}
	return st.Err()
}
