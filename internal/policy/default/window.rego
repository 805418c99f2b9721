# Where changes may only start inside a window, they wait for it. Emergencies do
# not.
package evenkeel.change

deny contains {
	"rule": "window",
	"text": sprintf("Outside of %s, inside of which such changes start: next %s", [input.windows.value.required, object.get(input.windows.value, "next", "unknown")]),
} if {
	outside
	not emergency
}

duty contains {"rule": "window", "do": "window", "from": input.windows.value.next, "text": sprintf("Start inside %s", [input.windows.value.required])} if {
	outside
}

note contains {"rule": "window", "text": sprintf("Inside %s", [input.windows.value.required])} if {
	input.windows.value.inside == true
	input.windows.value.required != ""
}

outside if {
	input.windows.value.inside == false
	input.windows.value.required != ""
}
