# The way by risk: a low one goes on by itself, a medium one needs a peer
# (peer-review.rego), a high one the change authority (board.rego).
package evenkeel.change

note contains {
	"rule": "risk-threshold", "effect": "eases",
	"text": sprintf("Risk %d is low (below %d): no human is needed for it", [input.risk.value.score, data.evenkeel.settings.medium]),
} if {
	input.risk.value.score < data.evenkeel.settings.medium
}

# Without a score nobody can say that it is low: as if it were high.
unknown contains {
	"rule": "risk-threshold", "who": "board", "count": max([data.evenkeel.settings.board, data.evenkeel.settings.peers]),
	"text": sprintf("Risk is unknown: %s", [input.risk.why]),
} if {
	input.risk.state != "value"
	not standard
}
