# A change that can take others down crosses a boundary: an owner looks at it,
# and the others hear of it.
package evenkeel.change

ask contains {
	"rule": "boundaries", "who": "owner", "count": 1,
	"text": sprintf("If it fails, %d other services of %d other teams are hit", [input.blast.value.boundaries, input.blast.value.teams]),
} if {
	crosses
}

duty contains {"rule": "boundaries", "do": "notify", "whom": ["on-call"], "text": "A change that can hit other teams starts"} if crosses

unknown contains {
	"rule": "boundaries", "who": "owner", "count": 1,
	"text": sprintf("What breaks if it fails is unknown: %s", [input.blast.why]),
} if {
	input.blast.state == "unknown"
	not standard
}

note contains {
	"rule": "boundaries",
	"text": sprintf("If it fails, %d other services of %d other teams are hit", [input.blast.value.boundaries, input.blast.value.teams]),
} if {
	input.blast.state == "value"
	not crosses
}

crosses if input.blast.value.boundaries >= data.evenkeel.settings.boundaryServices

crosses if input.blast.value.teams >= data.evenkeel.settings.boundaryTeams
