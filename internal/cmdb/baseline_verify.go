package cmdb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// Verification is what looking at a baseline's digest found.
type Verification struct {
	OK        bool
	Signed    string // the digest that the evidence log holds
	Found     string // the one that history gives now
	Items     int64
	Relations int64
	Wrong     []string // what does not fit, in words; the first 20
}

// Verify works the digest of a baseline out again from history and compares.
// Errors: NotFound; Unavailable while the baseline has no digest yet.
func (s *Service) Verify(ctx context.Context, name string) (v Verification, err error) {
	if _, err := actor.Require(ctx, actor.Read); err != nil {
		return v, errs.Wrap("cmdb.baseline.verify", err)
	}
	err = s.db.Read(ctx, func(q db.Querier) error {
		b, err := getBaseline(q, name, "")
		if err != nil {
			return err
		}
		if b.Base == "" {
			return errs.E(errs.Unavailable, "its digest is being worked out; look again in a moment").On(b.Ref().String()).After(5 * time.Second)
		}
		sum, err := digestAt(q, b.Spec.Service, b.At)
		if err != nil {
			return err
		}
		decisions, err := decisionsOn(q, name)
		if err != nil {
			return err
		}
		v = Verification{Signed: b.Digest, Found: combined(sum.Hash, decisions), Items: sum.Items, Relations: sum.Relations}
		if sum.Hash != b.Base {
			v.Wrong = append(v.Wrong, fmt.Sprintf("history as of %s gives another digest than the one signed then: %d items and %d relations now, %d and %d then",
				b.At.Format(time.RFC3339), sum.Items, sum.Relations, b.Items, b.Relations))
		}
		wrong, err := wrongDecisions(q, decisions)
		v.Wrong = append(v.Wrong, wrong[:min(len(wrong), 20)]...)
		v.OK = len(v.Wrong) == 0 && v.Found == v.Signed
		if !v.OK && len(v.Wrong) == 0 {
			v.Wrong = []string{"what was accepted is not what was signed"}
		}
		return err
	})
	return v, errs.Wrap("cmdb.baseline.verify", err)
}

// wrongDecisions lists what was accepted and is not in history like that.
func wrongDecisions(q db.Querier, decisions map[string]decision) (wrong []string, err error) {
	for what, d := range decisions {
		if d.verb != driftAccepted {
			continue
		}
		form, err := formDigest(q, what, d.at)
		if err != nil {
			return nil, err
		}
		if form != d.form && d.form != "" { // "" is also: it left the part
			wrong = append(wrong, fmt.Sprintf("%s at %s is not what was accepted then", what, d.at.Format(time.RFC3339)))
		}
	}
	slices.Sort(wrong)
	return wrong, nil
}

// formDigest is the digest of one item or relation at a time; empty when it
// was not there.
func formDigest(q db.Querier, what string, at time.Time) (string, error) {
	relation, id, ok := parseKey(what)
	if !ok {
		return "", errs.BadField("what", what, "name it like item:12 or relation:7")
	}
	if relation {
		forms, err := relationFormsAt(q, []int64{id}, at)
		if f, ok := forms[id]; ok && err == nil {
			return f.digest(), nil
		}
		return "", err
	}
	forms, err := formsAt(q, []int64{id}, at)
	if f, ok := forms[id]; ok && err == nil {
		return f.digest(), nil
	}
	return "", err
}
