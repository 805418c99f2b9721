# A standard change follows a model that was approved beforehand: nobody is asked
# again as long as it stays inside the model. What does not fit goes the normal
# way, with a peer at least.
package evenkeel.change

standard if {
	input.change.type == "standard"
	input.model.value.pre_approved == true
	input.model.value.in_scope == true
}

note contains {
	"rule": "standard-model", "effect": "eases",
	"text": sprintf("It fits the pre-approved model %s", [input.model.value.name]),
} if {
	standard
}

ask contains {
	"rule": "standard-model", "who": "peer", "count": 1,
	"text": sprintf("It does not fit the model %s: %s", [input.model.value.name, misfit]),
} if {
	input.change.type == "standard"
	input.model.state == "value"
	not standard
}

unknown contains {
	"rule": "standard-model", "who": "peer", "count": 1,
	"text": "It says that it is a standard change, and its model is unknown",
} if {
	input.change.type == "standard"
	input.model.state != "value"
}

misfit := concat("; ", input.model.value.why) if count(input.model.value.why) > 0

else := "it is not approved now"
