# Run with `evenkeel policy test`. The input is Evenkeel's example, a quiet change
# of checkout, with what a test says about it.
package evenkeel.change

test_order_path_goes_to_the_board if {
	decision.outcome == "needs_review"
	some a in decision.ask
	a.rule == "order-path-board"
	a.who == "board"
}

test_others_do_not if {
	decision.outcome == "allow" with input.services.value as [{"name": "search", "tier": 1, "team": "discovery"}]
}
