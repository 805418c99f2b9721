# From some risk on (settings.rollbackFrom; high by default) a change goes on
# only with a way back: a plan in words, or better one that runs by itself.
package evenkeel.change

deny contains {
	"rule": "rollback-plan",
	"text": sprintf("Risk %d needs a way back: write a rollback plan, or name an automated one, and ask again", [input.risk.value.score]),
} if {
	input.risk.value.score >= data.evenkeel.settings.rollbackFrom
	input.rollback.value.plan == false
	input.rollback.value.automated == false
	not emergency
}

unknown contains {
	"rule": "rollback-plan", "who": "peer", "count": 1,
	"text": sprintf("How it would be taken back is unknown: %s", [input.rollback.why]),
} if {
	input.rollback.state == "unknown"
	not standard
}

note contains {"rule": "rollback-plan", "text": "It can be taken back automatically"} if input.rollback.value.automated == true

note contains {"rule": "rollback-plan", "text": "There is a rollback plan in words"} if {
	input.rollback.value.automated == false
	input.rollback.value.plan == true
}
