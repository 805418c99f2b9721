# A database schema does not go back by deploying the old code, and neither do
# resources that were destroyed.
package evenkeel.change

ask contains {
	"rule": "schema-migration", "who": "owner", "count": 1,
	"text": "It changes a database schema, which going back to the old code does not undo",
} if {
	input.schema.value == true
}

ask contains {
	"rule": "schema-migration", "who": "owner", "count": 1,
	"text": sprintf("It destroys or replaces %d resources", [input.size.value.destroyed]),
} if {
	input.size.value.destroyed > 0
}

unknown contains {
	"rule": "schema-migration", "who": "owner", "count": 1,
	"text": sprintf("Whether it changes a database schema is unknown: %s", [input.schema.why]),
} if {
	input.schema.state == "unknown"
	not standard
}

unknown contains {
	"rule": "schema-migration", "who": "owner", "count": 1,
	"text": sprintf("Its size is unknown: %s", [input.size.why]),
} if {
	input.size.state == "unknown"
	not standard
}
