package suspect

import "fmt"

// Weight is one line of the table of weights, for people.
type Weight struct{ Text, Points, Why string }

// Weights is what the ranking goes by, in words.
func Weights() []Weight {
	p := func(x float64) string { return fmt.Sprintf("%+.1f", x) }
	return []Weight{
		{"Start of every candidate", p(base), "Before anything is known of it, no change at all is as likely"},
		{"Began while it was being deployed", p(atOnce), "The longer ago, the less: 85 % of faults show with a mean of 20 minutes, the rest with one of 8 hours"},
		{"Started up to 5 minutes after", p(atOnce + late), "Clocks of pipelines and monitors may differ"},
		{"On the service that broke", p(0), "What all other places are compared with"},
		{"On a service that it needs", fmt.Sprintf("%s, then %s a step", p(needsFirst), p(needsStep)), fmt.Sprintf("At most %d steps; %s more when the need is soft or of a redundancy group", MaxSteps, p(softer))},
		{"On a service that needs it", fmt.Sprintf("%s, then %s a step", p(neededFirst), p(neededStep)), "A new version of a caller can overload what it calls"},
		{"Shares something with it", p(sharesPoints), "Both need the same database, host or queue"},
		{"The incident names no service on the map", p(nowherePoints), "Only changes of the last 6 hours are looked at then"},
		{"Schema, configuration, infrastructure, flag", fmt.Sprintf("%s, %s, %s, %s", p(schemaPoints), p(configPoints), p(infraPoints), p(flagPoints)), "31 % of outages were triggered by configuration, 37 % by binaries, of which there are more (SRE workbook, appendix C)"},
		{"Risk score", fmt.Sprintf("%+.2f a point over %d", riskSlope, riskMiddle), "What the gate had said about it"},
		{"Size", fmt.Sprintf("%+.2f for ten times as many lines as %d", sizeSlope, sizeMiddle), fmt.Sprintf("At most %s either way", p(sizeMost))},
		{"Destroyed or replaced resources", p(destroyedPoints), "It cannot simply be undone"},
		{"It failed", p(failedPoints), "Its verification or its pipeline says so"},
		{"It was taken back", p(takenPoints), fmt.Sprintf("%s more when the incident ended within 30 minutes after that", p(recoveredPoints))},
		{"It was found healthy before", p(healthyPoints), "Its verification had ended well when the incident began"},
		{"It started without being allowed", p(bypassPoints), "Somebody went around the gate"},
		{"It was an emergency", p(emergencyPoints), "Made in haste"},
		{"It returned to what ran before", p(returnsPoints), "That had run well"},
	}
}
