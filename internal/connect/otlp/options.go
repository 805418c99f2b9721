package otlp

import (
	"log/slog"
	"time"
)

// Options are the limits and clocks; zero fields get the default named here.
type Options struct {
	Scope    string        // of the observations; "traces"
	Wait     time.Duration // for the other side of a span; 10 s
	Window   time.Duration // over which rates are worked out; 1 min
	Flush    time.Duration // how often edges are told; 10 s
	Again    time.Duration // how often an unchanged edge is told; 1 h
	MaxBody  int64         // bytes of one request, unpacked; 4 MiB
	InFlight int64         // bytes of all requests at once; 64 MiB
	MaxHeld  int           // spans waiting; 1,048,576 of 64 to 128 bytes each
	MaxNodes int           // applications, databases, queues, peers; 20,000
	MaxEdges int           // 100,000
	MaxTell  int           // records of one flush; 5,000: the rest comes next time
	Log      *slog.Logger
	Now      func() time.Time
}

func (o Options) filled() Options {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	size := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	if o.Scope == "" {
		o.Scope = "traces"
	}
	set(&o.Wait, 10*time.Second)
	set(&o.Window, time.Minute)
	set(&o.Flush, 10*time.Second)
	set(&o.Again, time.Hour)
	if o.MaxBody <= 0 {
		o.MaxBody = 4 << 20
	}
	if o.InFlight <= 0 {
		o.InFlight = max(64<<20, 4*o.MaxBody)
	}
	size(&o.MaxHeld, 1<<20)
	size(&o.MaxNodes, 20_000)
	size(&o.MaxEdges, 100_000)
	size(&o.MaxTell, 5_000)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}
