# A high risk is looked at by the change authority, which by default works
# asynchronously; and whoever is on call knows about it.
package evenkeel.change

high if input.risk.value.score >= data.evenkeel.settings.high

ask contains {
	"rule": "board", "who": "board", "count": data.evenkeel.settings.board,
	"text": sprintf("Risk %d is high (%d and above): the change authority looks at it", [input.risk.value.score, data.evenkeel.settings.high]),
} if {
	high
}

duty contains {"rule": "board", "do": "notify", "whom": ["on-call", "owner"], "text": "A change of high risk starts"} if high
