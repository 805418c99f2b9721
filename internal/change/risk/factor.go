package risk

// Factor is one number about a change that counts.
type Factor int

// The factors, in the order of a Vector. New ones are added at the end: their
// names, not their places, are what is stored.
const (
	Tier Factor = iota
	Boundaries
	Teams
	Reach
	Size
	Resources
	Destroyed
	SchemaChange
	ConfigChange
	InfrastructureChange
	FlagChange
	FixChange
	Emergency
	PreApproved
	Collision
	Incident
	Budget
	ServicePast
	ModelPast
	AuthorPast
	Newcomer
	OutOfHours
	LastDay
	TestsPassed
	TestsFailed
	ScanErrors
	Approved
	ChangesAsked
	RollbackReady
	Returns

	Count = iota // of factors
)

// Vector is a change in numbers, by Factor.
type Vector [Count]float64

// Definition says what a factor is and why it starts where it does.
type Definition struct {
	Name  string  // stable: kept with fitted weights
	Title string  // for pages
	Reads string  // how the number is made
	Start float64 // the weight that comes with the program, in ln odds
	Why   string  // the reason of the starting weight, with its source
}

const (
	startBase   = -2.2 // σ = 10 %: as DORA's middle clusters fail (2019 to 2024: 5 to 15 %)
	startSlope  = 1
	startOffset = -1 // a guess until a fit has seen outcomes: a score of 50 fails in 27 of 100 cases
	unknownPart = 0.5
	habitual    = 0.10 // the failure rate from which histories are told apart, as fact.History.Rate is smoothed towards it
)

const (
	jit    = "size, spread and fixes predict which changes cause defects (Kamei et al., A large-scale empirical study of just-in-time quality assurance, IEEE TSE 39(6), 2013)"
	mockus = "diffusion of a change and the experience of its author predict failures (Mockus, Weiss: Predicting risk of software changes, Bell Labs Technical Journal 5(2), 2000)"
	sre    = "roughly 70 % of outages are due to changes in a live system (Beyer et al., Site Reliability Engineering, chapter 1)"
	google = "configuration pushes trigger about as many outages as binary pushes (Beyer et al., The Site Reliability Workbook, appendix C)"
)

// Factors defines all factors.
var Factors = [Count]Definition{
	Tier:                 {"tier", "Tier of the service", "1 for tier 0, 0.6 for tier 1, 0.25 for tier 2, 0 for tier 3; the most important service counts; unknown: 0.6", 1.1, "What carries the business costs most when it fails: our judgement, not a finding about how often it fails."},
	Boundaries:           {"boundaries", "Service boundaries crossed", "log2(1 + other services that break with these) ÷ 4, at most 1; unknown: 0.5", 1.4, "Across boundaries " + mockus + "."},
	Teams:                {"teams", "Other teams hit", "log2(1 + other teams that own what breaks) ÷ 3, at most 1", 0.4, "Who must be told makes a failure last longer: our judgement."},
	Reach:                {"reach", "Reaches more important services", "tiers between the services of the change and the most important one that breaks with them, ÷ 3", 0.6, "A small service on which a great one stands hard is as great: our judgement."},
	Size:                 {"size", "Size of the change", "mean of log10(1 + lines) ÷ 4 and log2(1 + files) ÷ 8, each at most 1; unknown: 0.5", 1.2, "In commits, " + jit + "."},
	Resources:            {"resources", "Infrastructure changed", "log2(1 + resources) ÷ 8, at most 1", 0.8, "As size, for infrastructure: our judgement."},
	Destroyed:            {"destroyed", "Infrastructure deleted or replaced", "log2(1 + resources deleted or replaced) ÷ 4, at most 1", 1.4, "What is deleted cannot be rolled back by applying the old state: our judgement."},
	SchemaChange:         {"schema", "Database schema changes", "1 if so; unknown: 0.5", 0.9, "Old code meets the new schema, and data does not roll back with code: our judgement."},
	ConfigChange:         {"config", "Configuration change", "1 if so", 0.3, "In Google's postmortems " + google + "."},
	InfrastructureChange: {"infrastructure", "Infrastructure change", "1 if so", 0.5, "Fewer tests stand before it than before code, and " + sre + "."},
	FlagChange:           {"flag", "Feature flag", "1 if so", -0.4, "It is undone in seconds: our judgement."},
	FixChange:            {"fix", "Mends a fault", "1 if its purpose is a fix", 0.3, "In commits, " + jit + "."},
	Emergency:            {"emergency", "Emergency change", "1 if so", 0.6, "It is made in haste: our judgement."},
	PreApproved:          {"pre-approved", "Within a pre-approved model", "1 if so", -1.2, "It has gone well often enough to be trusted; its own failure rate counts beside this."},
	Collision:            {"collision", "Collides with other changes", "1 − ½ per change on the same services, 1 − 0.7 per change on services around; unknown: 0.5", 1.1, "Two changes at once hide each other's effect: " + sre + "."},
	Incident:             {"incident", "Open incidents", "P1 1, P2 0.8, P3 0.4, P4 0.2, on a needed service 0.7 of that; the worst counts; unknown: 0.5", 1.1, "A system that is degraded has less to spare: our judgement."},
	Budget:               {"budget", "Error budget", "how far less than half of the budget is left: 0 at 50 %, 1 when spent; unknown: 0.5", 1.5, "Error budgets are there to slow changes down when reliability is short (The Site Reliability Workbook, chapter 2)."},
	ServicePast:          {"service-past", "The services' failure rate", "ln odds of the smoothed rate over those of 10 %, between −1.5 and 2", 0.5, "Where changes failed, changes fail; half of what the rate itself would say, because rates return to their mean."},
	ModelPast:            {"model-past", "The model's failure rate", "as the services' failure rate", 0.5, "As the services' failure rate."},
	AuthorPast:           {"author-past", "The author's failure rate here", "as the services' failure rate", 0.3, "Less than the service's: it measures what somebody was given to do more than how well it was done."},
	Newcomer:             {"newcomer", "The author is new here", "exp(−changes to these services ÷ 4)", 0.5, "Experience counts: " + mockus + "."},
	OutOfHours:           {"out-of-hours", "Outside business hours", "1 if so", 0.4, "Fewer people are there to see and to mend: our judgement."},
	LastDay:              {"last-day", "Last afternoon before free days", "1 if so", 0.4, "What breaks late stays broken while nobody looks: our judgement."},
	TestsPassed:          {"tests-passed", "Tests pass on this very commit", "1 if some ran and none failed", -0.35, "Continuous testing goes with fewer failed changes (Forsgren, Humble, Kim: Accelerate, 2018)."},
	TestsFailed:          {"tests-failed", "Tests fail", "0.5 and as much again by the share that fails times ten, at most 1; unknown: 0.5", 1.6, "A red build that is shipped is the plainest warning there is."},
	ScanErrors:           {"scan-errors", "Findings of scanners", "log2(1 + errors) ÷ 5, at most 1", 0.6, "What scanners call an error and nobody looked at: our judgement."},
	Approved:             {"approved", "Reviewed by peers", "1 − ½ per person who approved this commit", -0.5, "Review by peers goes with better delivery than approval by outsiders (Forsgren, Humble, Kim: Accelerate, 2018)."},
	ChangesAsked:         {"changes-asked", "Reviewers asked for changes", "1 if somebody's last word is that", 0.8, "Somebody who read it does not want it shipped."},
	RollbackReady:        {"rollback", "Rollback", "1 if automated and proven within 90 days, 0.6 if automated, 0.3 if there is a plan", -0.6, "What is undone quickly hurts less (DORA: failed deployment recovery time)."},
	Returns:              {"returns", "Returns to what ran before", "1 if that artefact ran successfully here", -2.5, "It is known to work."},
}

// byName finds a factor by its name.
var byName = func() map[string]Factor {
	out := make(map[string]Factor, Count)
	for i, f := range Factors {
		out[f.Name] = Factor(i)
	}
	return out
}()
