# An emergency change is reviewed within five business days; until then the next
# change of its service that is no emergency waits.
package evenkeel.change

deny contains {
	"rule": "pending-review",
	"text": sprintf("%s was an emergency and nobody reviewed it yet: write its review at /changes/%s", [change, change]),
} if {
	some change in input.pending.value
	not emergency
}

unknown contains {
	"rule": "pending-review", "who": "owner", "count": 1,
	"text": sprintf("Whether an emergency change waits for its review is unknown: %s", [input.pending.why]),
} if {
	input.pending.state == "unknown"
}
