# Ours, since the outage of last year: the change board looks at every change on
# the order path, whatever its risk. The approval ledger says what that costs and
# whether it helps.
package evenkeel.change

order_path := {"checkout", "payments"}

ask contains {
	"rule": "order-path-board", "who": "board", "count": 1,
	"text": sprintf("%s is on the order path: the change board looks at it", [service.name]),
} if {
	some service in input.services.value
	service.name in order_path
	not standard
}
