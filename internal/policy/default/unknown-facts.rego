# Facts that no rule above looks at for itself: they go into the score. One that
# should be there and is not asks a peer.
package evenkeel.change

unknown contains unclear("the services", input.services) if {
	input.services.state == "unknown"
	not standard
}

unknown contains unclear("how earlier changes went", input.history) if {
	input.history.state == "unknown"
	not standard
}

unknown contains unclear("how the author's changes went", input.author_past) if {
	input.author_past.state == "unknown"
	not standard
}

unknown contains unclear("the time of day of the team", input.clock) if {
	input.clock.state == "unknown"
	not standard
}

unclear(what, fact) := {
	"rule": "unknown-facts", "who": "peer", "count": 1,
	"text": sprintf("Unknown: %s: %s", [what, fact.why]),
}
