package change

import (
	"context"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// conclude ends the verification of a change.
func (s *Service) conclude(ctx context.Context, c Change, now time.Time) error {
	out := Conclusion{Outcome: Succeeded, Reason: "nothing said otherwise"}
	if s.Verifier != nil {
		var err error
		if out, err = s.Verifier.Conclude(ctx, c); err != nil {
			if now.Before(c.VerifyUntil.Add(VerifyPatience)) {
				return err
			}
			out = Conclusion{Outcome: Succeeded, Reason: "the deployment was reported complete; what verification asks did not answer"}
		}
	}
	_, err := s.write(ctx, actor.Job(DueName), "change.verified", c.ID, func(st *step) error {
		if st.State != Verifying || st.VerifyUntil.After(st.tx.Now) { // meanwhile ended, or watched for longer
			return nil
		}
		return st.verified(out)
	})
	return err
}

// verified sets the outcome that verification found.
func (c *step) verified(out Conclusion) error {
	p, err := c.s.settings(c.tx)
	if err != nil {
		return err
	}
	if err := c.finish(out.Outcome, ByVerification, c.tx.Now, out.Reason); err != nil {
		return err
	}
	if out.Outcome != Failed || !p.AutomaticRollback || c.RollbackRef == "" || c.s.TakeBack == nil {
		return nil
	}
	err = c.takeBack("verification found the service unhealthy")
	if errs.Is(err, errs.Invalid) || errs.Is(err, errs.Conflict) { // the outcome stands without it
		c.say(EntryState, "The automated rollback could not be started", errs.As(err).Text)
		return nil
	}
	return err
}

// Judge sets the outcome of a change that is verified before its time is over:
// verification is sure already. It does nothing when the change is no longer
// verified. Call it as the job that judges.
func (s *Service) Judge(ctx context.Context, id int64, out Conclusion) (Change, error) {
	who, err := actor.Require(ctx, actor.Respond)
	if err == nil && out.Outcome != Succeeded && out.Outcome != Failed {
		err = errs.BadField("outcome", string(out.Outcome), "use succeeded or failed")
	}
	if err != nil {
		return Change{}, errs.Wrap("change.judge", err)
	}
	return s.write(ctx, who, "change.verified", id, func(c *step) error {
		if c.State != Verifying {
			return nil
		}
		return c.verified(out)
	})
}
