# In a freeze only what it allows goes on. What it allows by type passes; what it
# allows by purpose an owner confirms, because anybody can call a change a
# security fix.
package evenkeel.change

deny contains {
	"rule": "freeze",
	"text": sprintf("%s until %s: only %s may pass", [freeze.title, freeze.until, allowed(freeze)]),
} if {
	some freeze in input.windows.value.freezes
	not passes(freeze)
}

duty contains {"rule": "freeze", "do": "window", "from": freeze.until, "text": sprintf("Not before the end of %s", [freeze.title])} if {
	some freeze in input.windows.value.freezes
	not passes(freeze)
}

ask contains {
	"rule": "freeze", "who": "owner", "count": 1,
	"text": sprintf("%s lets %s changes pass: an owner confirms that this is one", [freeze.title, input.change.purpose]),
} if {
	some freeze in input.windows.value.freezes
	input.change.purpose in freeze.allows
	not way in freeze.allows
}

unknown contains {
	"rule": "freeze", "who": "owner", "count": 1,
	"text": sprintf("Freezes and windows are unknown: %s", [input.windows.why]),
} if {
	input.windows.state == "unknown"
}

# More freezes than are listed.
unknown contains {
	"rule": "freeze", "who": "owner", "count": 1,
	"text": sprintf("%d more freezes are in force than are listed", [input.windows.value.cut]),
} if {
	input.windows.value.cut > 0
}

note contains {"rule": "freeze", "text": "No freeze is in force"} if input.windows.value.freezes == []

passes(freeze) if way in freeze.allows

passes(freeze) if {
	input.change.purpose in freeze.allows
	input.change.purpose != "rollback" # a return to what ran is never blocked; calling it one opens nothing
}

allowed(freeze) := concat(", ", freeze.allows) if count(freeze.allows) > 0

else := "nothing"
