# Findings of security scanners that are errors: an owner says whether they
# matter here.
package evenkeel.change

ask contains {
	"rule": "scans", "who": "owner", "count": 1,
	"text": sprintf("Scanners found %d errors and %d warnings in this commit", [input.scans.value.errors, input.scans.value.warnings]),
} if {
	input.scans.value.errors > 0
}

unknown contains {
	"rule": "scans", "who": "owner", "count": 1,
	"text": sprintf("Scans are unknown: %s", [input.scans.why]),
} if {
	input.scans.state == "unknown"
	not standard
}

note contains {
	"rule": "scans",
	"text": sprintf("Scanners found no errors, %d warnings", [input.scans.value.warnings]),
} if {
	input.scans.value.errors == 0
}
