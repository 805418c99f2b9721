# The error budget: ample, go on; low, an owner approves; spent, only what makes
# the service safer goes on, and an owner confirms that it is that: a pipeline
# that merely says so opens nothing. (SRE workbook, chapter 2, "Error Budget
# Policy".)
package evenkeel.change

deny contains {
	"rule": "budget-guard",
	"text": sprintf("Error budget of %s is spent (%d %% left): only %s changes until it recovers", [input.budget.value.service, percent(input.budget.value.left), concat(", ", data.evenkeel.settings.spentAllows)]),
} if {
	budget_spent
	not spent_allows
	not emergency
}

ask contains {
	"rule": "budget-guard", "who": "owner", "count": 1,
	"text": sprintf("Error budget of %s is spent (%d %% left): an owner confirms that this is a %s change", [input.budget.value.service, percent(input.budget.value.left), input.change.purpose]),
} if {
	budget_spent
	spent_allows
}

ask contains {
	"rule": "budget-guard", "who": "owner", "count": 1,
	"text": sprintf("Error budget of %s is low: %d %% left", [input.budget.value.service, percent(input.budget.value.left)]),
} if {
	budget_low
	not budget_spent
}

unknown contains {
	"rule": "budget-guard", "who": "owner", "count": 1,
	"text": sprintf("Error budget is unknown: %s", [input.budget.why]),
} if {
	input.budget.state == "unknown"
}

note contains {
	"rule": "budget-guard",
	"text": sprintf("Error budget of %s is ample: %d %% left", [input.budget.value.service, percent(input.budget.value.left)]),
} if {
	input.budget.value.level == "ample"
	input.budget.value.left >= data.evenkeel.settings.lowBudget
}

note contains {"rule": "budget-guard", "text": "Error budgets are not in use here"} if input.budget.state == "not_adopted"

budget_spent if input.budget.value.level == "spent"

budget_spent if input.budget.value.left <= 0

budget_low if input.budget.value.level == "low"

budget_low if input.budget.value.left < data.evenkeel.settings.lowBudget

spent_allows if input.change.purpose in data.evenkeel.settings.spentAllows

percent(share) := round(share * 100)
