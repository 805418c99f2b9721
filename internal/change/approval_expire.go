package change

import "slices"

// expireApprovals ends the approvals of a change that nobody gave in time, or
// that were given and not used. The change then needs a new decision; what
// still holds is counted there. It is called when the first of them expires.
func (s *Service) expireApprovals(c *step) error {
	list, err := approvalsOf(c.tx, c.ID)
	if err != nil {
		return err
	}
	waited := false
	for i := range list {
		a := &list[i]
		if (a.State != Waiting && a.State != Given) || a.ExpiresAt.After(c.tx.Now) {
			continue
		}
		waited = waited || a.State == Waiting
		reason := a.Reason
		if a.State == Waiting {
			reason = "nobody answered in time"
		}
		if err := c.decideApproval(a, Expired, reason); err != nil {
			return err
		}
	}
	// Nobody is asked twice for the same answer by a clock: the rest of what
	// waits is withdrawn, and asked for again when somebody asks the gate.
	for i := range list {
		if list[i].State == Waiting {
			if err := c.decideApproval(&list[i], Withdrawn, "another approval was not given in time"); err != nil {
				return err
			}
		}
	}
	text := "What was allowed was not used in time"
	if waited {
		text = "Nobody approved it in time"
	} else if slices.ContainsFunc(list, func(a Approval) bool { return a.State == Expired }) {
		text = "Its approval was not used in time"
	}
	return c.reopen(text)
}
