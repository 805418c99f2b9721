package incident

// OnIt is the person to ask: the commander, or while nobody commands, who
// acknowledged or took it up again last, or else who restored it; 0 = nobody.
// It is read off the clocks' tape, which every list has at hand. Alerts that
// reopen it ask for somebody anew, and who leaves is no longer on it.
func (i Incident) OnIt() int64 {
	if i.Assigned[0] != 0 {
		return i.Assigned[0]
	}
	var on int64
	for _, s := range i.Steps {
		switch s.Kind {
		case StepAcknowledged, StepResumed:
			if s.Person != 0 {
				on = s.Person
			}
		case StepMitigated, StepResolved:
			if on == 0 {
				on = s.Person
			}
		case StepReopened:
			on = 0
		case StepLeft:
			if s.Person == on {
				on = 0
			}
		}
	}
	return on
}
