package alert

import (
	"encoding/binary"

	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// digest covers the state of an alert that people see and its place in
// history. Texts and the dedup key are left out: they may hold personal data,
// and repeats change them.
func (it *item) digest(episode int64) string {
	buf := make([]byte, 0, 128)
	for _, n := range [...]int64{it.id, it.integration, int64(it.st.severity), episode, it.st.started, it.st.acked, it.version + int64(len(it.steps))} {
		buf = binary.BigEndian.AppendUint64(buf, uint64(n))
	}
	return evidence.DigestBytes(nil, append(buf, it.status()...))
}

// DigestOf is the digest of a record as it stands now, to be compared with its
// last evidence entry: alerts, integrations, rules and silences. Errors:
// NotFound.
func (s *Service) DigestOf(q db.Querier, r ref.Ref) (string, error) {
	switch r.Kind {
	case ref.Integration:
		in, err := integrationByName(q, r.Key)
		if err != nil {
			return "", err
		}
		return in.digest(), nil
	case ref.AlertRule:
		rule, err := ruleByName(q, r.Key)
		if err != nil {
			return "", err
		}
		return rule.digest(), nil
	}
	id, err := ref.ID(r.Kind, r.String())
	if err != nil {
		return "", errs.E(errs.NotFound, "%s", err.Error())
	}
	switch r.Kind {
	case ref.Silence:
		sil, err := silenceByID(q, id)
		if err != nil {
			return "", err
		}
		salt, err := saltOf(q, id)
		return sil.digest(salt), err
	case ref.Alert:
		it, episode, err := digestRow(q, id)
		if err != nil {
			return "", err
		}
		return it.digest(episode), nil
	}
	return "", errs.E(errs.NotFound, "%s is no record of the alert practice", r)
}
