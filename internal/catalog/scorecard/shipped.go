package scorecard

// shipped are the cards that come with the program. Their version moves when
// they change.
var shipped = []Card{
	{Name: "vital", Version: 1, Shipped: true, Spec: Spec{
		Title: "Carries the business", Description: "Services of tier 0 and 1: whoever is woken must be able to act, and what is lost must come back.",
		Applies: `service.tier <= 1 && service.lifecycle in ["live", "deprecated"]`,
		Checks: []Check{
			{"owner", "Owned by a team with people", "owner.people >= 1", "bronze", "Somebody has to be told, and to decide.", "Add people to the team, or give the service another owner.", "/services/{service}/edit"},
			{"promise", "Promise written", "promise.written", "bronze", "Without a promise nobody can say whether it is broken.", "Write one sentence that a user understands.", "/services/{service}/edit"},
			{"policy", "Escalation policy set", "oncall.policy", "bronze", "Alerts of a vital service must not end with a mail to a team.", "Let an escalation policy serve the team or the service.", "/oncall/policies"},
			{"covered", "Somebody on call, 7 days ahead", "oncall.gap_hours == 0", "bronze", "An hour without anybody is when it breaks.", "Close the gaps in the schedules that the policy names.", "/oncall"},
			{"runbook", "Runbook there", "runbook.count >= 1", "bronze", "At night the first thing looked for is the runbook.", "Link a runbook: how to see that it is down, how to restart it, whom to call.", "/services/{service}/edit"},
			{"two-on-call", "Two or more people on call", "oncall.people >= 2", "silver", "One person cannot be on call for ever, and can be ill.", "Add people to the schedule.", "/oncall/schedules"},
			{"runbook-fresh", "Runbook read in the last 90 days", "runbook.age_days < 90", "silver", "A runbook that nobody reads describes a service that is no more.", "Read it against the service, mend it, and note the day.", "/services/{service}/edit"},
			{"needs", "Dependencies declared", "dependencies.count >= 1", "silver", "Impact is worked out from what is declared and seen.", "Declare what it needs, hard or soft; or that it needs nothing, by a check of your own.", "/services/{service}/edit"},
			{"needs-known", "Dependencies exist", "dependencies.dangling == 0", "silver", "A dependency on nothing hides a real one.", "Correct the names, or add the services that are missing.", "/services/{service}/edit"},
			{"slo", "SLO with burn alerts", "slo.count >= 1 && slo.alerting >= 1", "silver", "A promise that nobody measures is a wish.", "Define an objective for the promise.", ""},
			{"map", "Map matches traces", "map.differences == 0", "silver", "Declared and seen dependencies that differ: one of them is wrong.", "Go through the edges that were declared and never seen, and the other way round.", "/map/reports/edges"},
			{"overdue", "No overdue action items", "work.overdue == 0", "silver", "What an incident taught is lost when nobody does it.", "Do them, or set another day and say why.", ""},
			{"certificates", "Certificates over 30 days", "certificates.days_left > 30", "silver", "Certificates expire on public holidays.", "Renew them, better by a machine.", "/map/items"},
			{"rollback", "Rollback automated", "rollback.automated", "gold", "The quickest way to restore is back.", "Let the pipeline take a release back by itself.", ""},
			{"restore", "Restore tested in the last 90 days", "restore.tested_days < 90", "gold", "A backup that was never restored is a hope.", "Restore into an empty place and time it.", ""},
			{"accountable", "Accountabilities written", "raci.count >= 1", "gold", "In an outage nobody looks for who decides.", "Write who is accountable for releases, access, data and costs.", "/services/{service}/edit"},
			{"repository", "Source linked", "repository.count >= 1", "gold", "Who comes to help has to find the code.", "Name its repositories.", "/services/{service}/edit"},
		}}},
	{Name: "standard", Version: 1, Shipped: true, Spec: Spec{
		Title: "Well kept", Description: "Services of tier 2 and 3: owned, described, and found by those who look.",
		Applies: `service.tier >= 2 && service.lifecycle in ["live", "deprecated"]`,
		Checks: []Check{
			{"owner", "Owned by a team with people", "owner.people >= 1", "bronze", "Somebody has to be told, and to decide.", "Add people to the team, or give the service another owner.", "/services/{service}/edit"},
			{"promise", "Promise written", "promise.written", "bronze", "Without a promise nobody can say whether it is broken.", "Write one sentence that a user understands.", "/services/{service}/edit"},
			{"runbook", "Runbook there", "runbook.count >= 1", "silver", "Who is called to help needs a place to start.", "Link a runbook.", "/services/{service}/edit"},
			{"needs-known", "Dependencies exist", "dependencies.dangling == 0", "silver", "A dependency on nothing hides a real one.", "Correct the names, or add the services that are missing.", "/services/{service}/edit"},
			{"overdue", "No overdue action items", "work.overdue == 0", "silver", "What an incident taught is lost when nobody does it.", "Do them, or set another day and say why.", ""},
			{"certificates", "Certificates over 30 days", "certificates.days_left > 30", "silver", "Certificates expire on public holidays.", "Renew them, better by a machine.", "/map/items"},
			{"policy", "Escalation policy set", "oncall.policy", "gold", "Somebody should hear of it the next morning.", "Let an escalation policy serve the team or the service.", "/oncall/policies"},
			{"runbook-fresh", "Runbook read in the last 180 days", "runbook.age_days < 180", "gold", "A runbook that nobody reads describes a service that is no more.", "Read it against the service, mend it, and note the day.", "/services/{service}/edit"},
			{"repository", "Source linked", "repository.count >= 1", "gold", "Who comes to help has to find the code.", "Name its repositories.", "/services/{service}/edit"},
		}}},
}

// shippedCard finds a card that comes with the program.
func shippedCard(name string) (Card, bool) {
	for _, c := range shipped {
		if c.Name == name {
			return c, true
		}
	}
	return Card{}, false
}
