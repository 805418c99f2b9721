# Two changes at once: when something breaks nobody knows which it was. One that
# runs on the same service is waited for; one that is planned there, or touches
# what depends on it, is looked at.
package evenkeel.change

deny contains {
	"rule": "collision",
	"text": sprintf("%s is %s on %s: wait until it is over", [other.change, other.state, other.service]),
} if {
	some other in input.collisions.value.list
	running(other)
	not emergency
}

duty contains {"rule": "collision", "do": "window", "from": other.to, "text": sprintf("After %s", [other.change])} if {
	some other in input.collisions.value.list
	running(other)
}

ask contains {
	"rule": "collision", "who": "owner", "count": 1,
	"text": sprintf("%s (%s) on %s, %s", [other.change, other.state, other.service, relation(other.relation)]),
} if {
	some other in input.collisions.value.list
	not running(other)
}

unknown contains {
	"rule": "collision", "who": "owner", "count": 1,
	"text": sprintf("Collisions are unknown: %s", [input.collisions.why]),
} if {
	input.collisions.state == "unknown"
}

unknown contains {
	"rule": "collision", "who": "owner", "count": 1,
	"text": sprintf("%d more changes are in the way than are listed", [input.collisions.value.cut]),
} if {
	input.collisions.value.cut > 0
}

note contains {"rule": "collision", "text": "No other change is in the way"} if input.collisions.value.list == []

running(other) if {
	other.relation == "same"
	other.state in {"in progress", "verifying"}
}

relation("same") := "the same service"

relation("needs") := "which this service needs"

relation("needed") := "which needs this service"

relation(other) := "near this service" if not other in {"same", "needs", "needed"}
