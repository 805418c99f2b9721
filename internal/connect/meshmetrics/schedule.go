package meshmetrics

import (
	"context"
	"net/http"
	"time"

	"github.com/evenkeel/evenkeel/internal/cmdb"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Scheduled is the source for discoveries. transport makes the connections
// (nil: any address may be asked); it decides which addresses are allowed.
func Scheduled(transport http.RoundTripper) cmdb.ScheduledSource {
	return cmdb.ScheduledSource{
		Config:  []string{"url", "user", "tenant", "match", "env", "window", "timeout"},
		Need:    []string{"url"},
		Secrets: []string{"token", "password"},
		Check: func(values map[string]string) error {
			o, err := options(values, nil)
			if err == nil {
				_, err = o.client()
			}
			return err
		},
		Read: func(ctx context.Context, c cmdb.Config) (func(cmdb.Emit) ([]cmdb.Remark, error), error) {
			o, err := options(c.Values, c.Secrets)
			if err != nil {
				return nil, err
			}
			o.Transport = transport
			return func(emit cmdb.Emit) ([]cmdb.Remark, error) { return Read(ctx, o, emit) }, nil
		},
	}
}

func options(values, secrets map[string]string) (Options, error) {
	o := Options{URL: values["url"], User: values["user"], Tenant: values["tenant"], Match: values["match"], Env: values["env"],
		Bearer: secrets["token"], Password: secrets["password"]}
	var bad errs.Fields
	span := func(name string, least, most time.Duration) (d time.Duration) {
		text := values[name]
		if text == "" {
			return 0
		}
		d, err := time.ParseDuration(text)
		if err != nil || d < least || d > most {
			bad.Add(name, text, "write a length of time from "+least.String()+" to "+most.String()+", as 5m")
		}
		return d
	}
	o.Window = span("window", time.Minute, 24*time.Hour)
	o.Timeout = span("timeout", time.Second, 10*time.Minute)
	return o, bad.Err()
}
