# What failed in tests does not go to users. A high risk needs test evidence.
package evenkeel.change

deny contains {
	"rule": "tests-green",
	"text": sprintf("%d of %d tests failed: mend them, or send the reports of the run that passed", [input.tests.value.failed, input.tests.value.total]),
} if {
	input.tests.value.failed > 0
	not emergency
}

deny contains {
	"rule": "tests-green",
	"text": "A high risk needs test evidence and there is none for this commit: send the test reports and ask again",
} if {
	high
	untested
	not emergency
}

ask contains {
	"rule": "tests-green", "who": "peer", "count": 1,
	"text": "No test ran for this commit",
} if {
	input.tests.value.total == 0
}

unknown contains {
	"rule": "tests-green", "who": "peer", "count": 1,
	"text": sprintf("Tests are unknown: %s", [input.tests.why]),
} if {
	input.tests.state == "unknown"
}

note contains {
	"rule": "tests-green",
	"text": sprintf("All of %d tests passed, %d skipped", [input.tests.value.total, input.tests.value.skipped]),
} if {
	input.tests.value.failed == 0
	input.tests.value.total > 0
}

untested if input.tests.state == "unknown"

untested if input.tests.value.total == 0
