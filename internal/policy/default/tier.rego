# An organisation may want a peer for every change of its most important
# services, also at low risk: settings.reviewTier. Off by default, because risk
# knows the tier.
package evenkeel.change

ask contains {
	"rule": "tier", "who": "peer", "count": 1,
	"text": sprintf("%s is of tier %d: a peer reviews every change of it", [service.name, service.tier]),
} if {
	data.evenkeel.settings.reviewTier >= 0
	not reviewed
	some service in input.services.value
	service.tier <= data.evenkeel.settings.reviewTier
}
