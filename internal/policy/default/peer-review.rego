# A medium risk needs a peer. A code review counts: an approval by somebody who
# is not the author, of the very commit that is deployed.
package evenkeel.change

ask contains {
	"rule": "peer-review", "who": "peer", "count": data.evenkeel.settings.peers,
	"text": sprintf("Risk %d is medium (%d to %d): a peer reviews", [input.risk.value.score, data.evenkeel.settings.medium, data.evenkeel.settings.high - 1]),
} if {
	medium
	not reviewed
}

note contains {
	"rule": "peer-review", "effect": "eases",
	"text": sprintf("Risk %d is medium, and %d approved this very commit in code review", [input.risk.value.score, input.reviews.value.approved]),
} if {
	medium
	reviewed
}

# Somebody asked for changes and has not approved since.
ask contains {
	"rule": "peer-review", "who": "peer", "count": 1,
	"text": sprintf("In code review %d asked for changes and did not approve since", [input.reviews.value.changes_requested]),
} if {
	input.reviews.value.changes_requested > 0
}

unknown contains {
	"rule": "peer-review", "who": "peer", "count": 1,
	"text": sprintf("Code reviews are unknown: %s", [input.reviews.why]),
} if {
	input.reviews.state == "unknown"
	not standard
}

medium if {
	input.risk.value.score >= data.evenkeel.settings.medium
	input.risk.value.score < data.evenkeel.settings.high
}

reviewed if {
	input.reviews.value.approved >= data.evenkeel.settings.peers
	input.reviews.value.changes_requested == 0
}
