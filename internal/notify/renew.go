package notify

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/evidence"
)

// Renew seals every channel's address and secret anew that an earlier key
// sealed, so that the earlier key can be dropped. It returns how many channels
// it did. Links of unsent messages are left: they end within a day.
func (s *Service) Renew(tx *db.Tx) (n int, err error) {
	for after := ""; ; {
		list, err := listChannels(tx, after, 200)
		if err != nil || len(list) == 0 {
			return n, err
		}
		for _, c := range list {
			after = c.Name
			before := c.digest()
			url, one := s.o.Box.Renew(c.url, "url:"+c.Name)
			secret, two := s.o.Box.Renew(c.secret, "secret:"+c.Name)
			if !one && !two {
				continue
			}
			c.url, c.secret, c.Version, c.UpdatedAt = url, secret, c.Version+1, tx.Now
			tx.Record(evidence.Entry{Action: "channel.sealed", Record: c.Ref(), Version: c.Version, Before: before, After: c.digest()})
			if err := putChannel(tx, c); err != nil {
				return n, err
			}
			n++
		}
	}
}
