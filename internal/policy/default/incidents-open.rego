# While something is broken, a change hides what helps to find out why, or it is
# the fix: an owner knows which.
package evenkeel.change

ask contains {
	"rule": "incidents-open", "who": "owner", "count": 1,
	"text": sprintf("%s (P%d) is open on %s", [incident.key, incident.priority, incident.service]),
} if {
	some incident in input.incidents.value.list
	incident.priority <= data.evenkeel.settings.incidentPriority
}

unknown contains {
	"rule": "incidents-open", "who": "owner", "count": 1,
	"text": sprintf("Open incidents are unknown: %s", [input.incidents.why]),
} if {
	input.incidents.state == "unknown"
	not standard
}

unknown contains {
	"rule": "incidents-open", "who": "owner", "count": 1,
	"text": sprintf("%d more incidents are open than are listed", [input.incidents.value.cut]),
} if {
	input.incidents.value.cut > 0
	not standard
}

note contains {"rule": "incidents-open", "text": "No incident is open here or on what this needs"} if input.incidents.value.list == []
