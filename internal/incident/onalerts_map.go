package incident

import (
	"github.com/evenkeel/evenkeel/internal/alert"
)

// blast is what the map says of a service's failure, asked once per batch.
type blast struct {
	steps int
	why   string
}

// raises is by how many priorities a firing counts higher because of what its
// service takes down. Warnings and infos say that something may fail, not that
// it did, so they count for themselves alone.
func (w *wave) raises(f alert.Firing, service string) (int, string, error) {
	if w.s.Blast == nil || service == "" || f.Severity.Rank() > alert.Error.Rank() {
		return 0, "", nil
	}
	b, ok := w.blasts[service]
	if !ok {
		var err error
		if b.steps, b.why, err = w.s.Blast.Raise(w.tx, service); err != nil {
			return 0, "", err
		}
		w.blasts[service] = b
	}
	return b.steps, b.why, nil
}

// locate asks the map, once for the batch, where firings belong that name no
// service and may open an incident.
func (w *wave) locate(c *alert.Changes) error {
	if w.s.Map == nil {
		return nil
	}
	var ask []alert.Firing
	for _, list := range [][]alert.Firing{c.Opened, c.Reopened, c.Raised} {
		for _, f := range list {
			if f.Service == "" && f.IncidentID == 0 && f.Routing.Open {
				ask = append(ask, f)
			}
		}
	}
	if len(ask) == 0 {
		return nil
	}
	found, err := w.s.Map.Belong(w.tx, ask)
	if err != nil {
		return err
	}
	w.homes = make(map[int64]Belonging, len(ask))
	for i, f := range ask[:len(found)] {
		w.homes[f.EpisodeID] = found[i]
	}
	return nil
}
