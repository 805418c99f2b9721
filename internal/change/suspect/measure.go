package suspect

// Labelled is an incident whose cause is known, with the places at which the
// change stood when it was first listed: 0 when it was not.
type Labelled struct {
	Incident int64
	Change   int64
	Place    int // on the ranked list
	Latest   int // by time alone, the newest first
}

// Measure is how good the ranking was. MRR is the mean reciprocal rank: the mean
// of 1 ÷ place, 0 for a cause that was not listed; 1 means that the first suspect
// was always the cause (Voorhees, TREC-8 question answering track, 1999).
type Measure struct {
	Incidents int     // whose cause is known
	MRR       float64 // of the ranked list
	First     float64 // share of incidents of which the first suspect was a cause
	Three     float64 // … of which one of the first three was
	Missed    int     // whose cause was not on the list
	LatestMRR float64 // of the newest change first, among the same candidates
}

// Enough is how many incidents with a known cause a measure needs before it
// says much: with fewer, a page shows it as not reliable yet.
const Enough = 20

// MeasureOf takes the best of an incident's causes, when there are several.
func MeasureOf(list []Labelled) (m Measure) {
	type best struct{ place, latest int }
	of := map[int64]best{}
	for _, l := range list {
		b := of[l.Incident]
		of[l.Incident] = best{better(b.place, l.Place), better(b.latest, l.Latest)}
	}
	for _, b := range of {
		m.Incidents++
		m.MRR += reciprocal(b.place)
		m.LatestMRR += reciprocal(b.latest)
		switch {
		case b.place == 0:
			m.Missed++
		case b.place == 1:
			m.First++
			fallthrough
		case b.place <= 3:
			m.Three++
		}
	}
	if n := float64(m.Incidents); n > 0 {
		m.MRR, m.LatestMRR, m.First, m.Three = m.MRR/n, m.LatestMRR/n, m.First/n, m.Three/n
	}
	return m
}

func better(a, b int) int {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

func reciprocal(place int) float64 {
	if place == 0 {
		return 0
	}
	return 1 / float64(place)
}
