package policy

// Settings are the figures that rules compare with, data.evenkeel.settings in
// Rego. An organisation changes these long before it changes a rule.
type Settings struct {
	Medium           int      `json:"medium"`           // risk score from which a peer reviews, 0 to 100
	High             int      `json:"high"`             // risk score from which the change authority does
	Peers            int      `json:"peers"`            // how many for medium risk
	Board            int      `json:"board"`            // how many of the authority for high risk
	LowBudget        float64  `json:"lowBudget"`        // share of the error budget below which an owner approves
	SpentAllows      []string `json:"spentAllows"`      // purposes that go on when it is spent
	BoundaryServices int      `json:"boundaryServices"` // so many other services are hit: an owner approves
	BoundaryTeams    int      `json:"boundaryTeams"`    // so many other teams are hit: an owner approves
	ReviewTier       int      `json:"reviewTier"`       // services of this tier and below it always get a peer; -1: none
	RollbackFrom     int      `json:"rollbackFrom"`     // risk score from which a way back is needed; above 100: never
	IncidentPriority int      `json:"incidentPriority"` // open incidents of this priority and above it ask an owner
	Verify           string   `json:"verify"`           // how long a deployment is watched, ISO 8601
}

// Defaults are the settings that come with the program. 40 and 70 are the
// borders of the risk score in the documentation; 25 % of an error budget is
// the border at which the SRE workbook's example policy slows down.
func Defaults() Settings {
	return Settings{Medium: 40, High: 70, Peers: 1, Board: 1, LowBudget: 0.25, SpentAllows: []string{"security", "reliability"},
		BoundaryServices: 5, BoundaryTeams: 2, ReviewTier: -1, RollbackFrom: 70, IncidentPriority: 2, Verify: "PT30M"}
}
