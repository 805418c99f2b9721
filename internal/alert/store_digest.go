package alert

import (
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
	"github.com/evenkeel/evenkeel/internal/ref"
)

func digestRow(q db.Querier, id int64) (it *item, episode int64, err error) {
	it = &item{}
	var status string
	err = q.QueryRow("SELECT id, integration_id, severity, episode_id, started_at, acked_at, version, status FROM alert WHERE id = $1", id).
		Scan(&it.id, &it.integration, &it.st.severity, &episode, &it.st.started, &it.st.acked, &it.version, &status)
	if err == db.ErrNoRows {
		return nil, 0, errs.E(errs.NotFound, "there is no such alert").On(ref.N(ref.Alert, id).String())
	}
	it.st.firing = status == string(StatusFiring)
	return it, episode, err
}

func saltOf(q db.Querier, silence int64) (salt []byte, err error) {
	err = q.QueryRow("SELECT salt FROM silence WHERE id = $1", silence).Scan(&salt)
	return salt, err
}
