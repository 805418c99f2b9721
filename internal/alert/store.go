package alert

import (
	"encoding/json"
	"slices"
	"strconv"

	"github.com/evenkeel/evenkeel/internal/db"
)

func policyVersion(q db.Querier) (v int64, err error) {
	err = q.QueryRow("SELECT version FROM alert_policy WHERE id = 1").Scan(&v)
	return v, err
}

func bumpPolicy(tx *db.Tx) error {
	_, err := tx.Exec("UPDATE alert_policy SET version = version + 1 WHERE id = 1")
	return err
}

// loadPolicy reads everything that decides about events.
func loadPolicy(q db.Querier, version int64) (*policy, error) {
	p := &policy{version: version, integrations: map[int64]*Integration{}, tokens: map[[32]byte]tokenOf{}}
	ins, err := db.Collect(q, scanIntegration, "SELECT "+integrationCols+" FROM integration i LEFT JOIN integration_state st ON st.integration_id = i.id")
	if err != nil {
		return nil, err
	}
	for i := range ins {
		p.integrations[ins[i].ID] = &ins[i]
	}
	rows, err := q.Query("SELECT hash, integration_id, expires_at, sealed FROM integration_token")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var hash []byte
		var t tokenOf
		if err := rows.Scan(&hash, &t.integration, &t.expires, &t.sealed); err != nil {
			return nil, err
		}
		if len(hash) == 32 {
			p.tokens[[32]byte(hash)] = t
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	rules, err := listRules(q)
	if err != nil {
		return nil, err
	}
	for i := range rules {
		if !rules[i].Disabled {
			p.rules = append(p.rules, &rules[i])
		}
	}
	sils, err := db.Collect(q, scanSilence, "SELECT "+silenceCols+" FROM silence WHERE next_at > 0 ORDER BY id")
	if err != nil {
		return nil, err
	}
	for i := range sils {
		p.silences = append(p.silences, &sils[i])
	}
	return p, nil
}

// texts are stored lists of strings and matchers.
func texts(list []string) string {
	if list == nil {
		list = []string{}
	}
	b, _ := json.Marshal(list) // texts always encode
	return string(b)
}

func readTexts(stored string) []string {
	var list []string
	json.Unmarshal([]byte(stored), &list) // we stored it
	return list
}

func readMatchers(stored string) ([]Matcher, error) {
	var out []Matcher
	for _, t := range readTexts(stored) {
		m, err := ParseMatcher(t)
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// incidentsOf fills in the incidents that episodes are linked to now.
func incidentsOf(q db.Querier, fs []Firing) error {
	at := map[int64]int{}
	ids := make([]int64, len(fs))
	for i := range fs {
		ids[i], at[fs[i].EpisodeID] = fs[i].EpisodeID, i
	}
	for part := range slices.Chunk(ids, chunk) {
		rows, err := q.Query("SELECT id, incident_id FROM alert_episode WHERE id IN "+db.In(1, padded(len(part))), idArgs(part)...)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id, incident int64
			if err := rows.Scan(&id, &incident); err != nil {
				rows.Close()
				return err
			}
			fs[at[id]].IncidentID = incident
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}

func readLinks(stored string) []Link {
	var out []Link
	json.Unmarshal([]byte(stored), &out) // we stored it
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }
