# Tests of the policy, and examples of how to write them: `evenkeel policy test`
# runs every rule named test_. In tests, input is the facts of a change with
# nothing against it (data.evenkeel.example); "with" changes what a test is about.
package evenkeel.change

test_quiet_change_needs_nobody if {
	decision.outcome == "allow"
}

test_medium_risk_needs_a_peer if {
	decision.outcome == "needs_review" with input.risk.value.score as 55
		with input.reviews.value.approved as 0
	some review in decision.ask with input.risk.value.score as 55
		with input.reviews.value.approved as 0
	review.who == "peer"
}

test_code_review_counts if {
	decision.outcome == "allow" with input.risk.value.score as 55
		with input.reviews.value.approved as 1
}

test_high_risk_goes_to_the_board if {
	some review in decision.ask with input.risk.value.score as 85
	review.who == "board"
}

test_freeze_lets_only_what_it_names_pass if {
	freeze := {"name": "xmas", "title": "Year-end freeze", "until": "2026-12-27T08:00:00Z", "allows": ["emergency", "security"], "version": 1}
	decision.outcome == "deny" with input.windows.value.freezes as [freeze]
	decision.outcome == "needs_review" with input.windows.value.freezes as [freeze]
		with input.change.purpose as "security"
	decision.outcome == "deny" with input.windows.value.freezes as [freeze]
		with input.change.purpose as "rollback"
}

test_spent_budget_stops_features if {
	spent := {"state": "value", "value": {"left": -0.1, "level": "spent", "service": "checkout"}}
	decision.outcome == "deny" with input.budget as spent
	decision.outcome == "needs_review" with input.budget as spent
		with input.change.purpose as "reliability"
}

test_unknown_asks_and_not_adopted_does_not if {
	decision.outcome == "needs_review" with input.incidents as {"state": "unknown", "why": "the map is loading"}
	decision.outcome == "allow" with input.incidents as {"state": "not_adopted", "why": "incidents are not in use"}
}

test_emergency_asks_one_person_on_call if {
	{review.who | some review in decision.ask} == {"on-call"} with input.change.type as "emergency"
		with input.risk.value.score as 95
		with input.pending.value as ["CHG-7"]
}
