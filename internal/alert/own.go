package alert

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// OwnName is the integration of alerts that Evenkeel raises itself, about what
// it looks after: a map that has drifted from its baseline.
const OwnName = "evenkeel"

// Own applies an event that Evenkeel makes itself, in the transaction of its
// cause. Its integration is made when it is missing; an event of one that was
// switched off is dropped, because somebody does not want to hear it.
func (s *Service) Own(tx *db.Tx, e Event) error {
	pol, err := s.policy.in(tx)
	if err != nil {
		return errs.Wrap("alert.own", err)
	}
	var in *Integration
	for _, i := range pol.integrations {
		if i.Name == OwnName {
			in = i
		}
	}
	if in == nil {
		if e.Action != Trigger {
			return nil // nothing was ever raised
		}
		if pol, in, err = s.makeOwn(tx); err != nil {
			return errs.Wrap("alert.own", err)
		}
	}
	if in.Disabled {
		return nil
	}
	r, err := newRequest(*in, []Event{e})
	if err != nil {
		return errs.Wrap("alert.own", err)
	}
	if err := s.batchBy(tx, pol).apply([]*request{r}); err != nil {
		return errs.Wrap("alert.own", err)
	}
	return r.err
}

// makeOwn makes the integration and returns the policy that has it. The cache
// must not learn of it before the commit, so the policy is read past it.
func (s *Service) makeOwn(tx *db.Tx) (*policy, *Integration, error) {
	made := Integration{Name: OwnName, Kind: Generic, Title: "Evenkeel itself"}
	if _, err := s.createIntegration(tx, &made); err != nil {
		return nil, nil, err
	}
	version, err := policyVersion(tx)
	if err != nil {
		return nil, nil, err
	}
	pol, err := loadPolicy(tx, version)
	if err != nil {
		return nil, nil, err
	}
	return pol, pol.integrations[made.ID], nil
}
