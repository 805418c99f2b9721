package risk

import "slices"

// anchor turns ln odds of failing into a score whose thresholds keep their
// meaning: as large a share of the history is medium, and high, as by the
// weights now. What failures teach is the order of changes and their distance;
// how much review an organisation wants is no finding but its own choice.
func anchor(m model, now Weights, samples []Sample) Weights {
	medium, high := now.Levels()
	zs, atMedium, atHigh := make([]float64, len(samples)), 0, 0
	for i := range samples {
		zs[i] = m.logit(&samples[i].X)
		switch score := now.Raw(samples[i].X); {
		case score >= float64(high)-0.5:
			atHigh++
			atMedium++
		case score >= float64(medium)-0.5:
			atMedium++
		}
	}
	slices.Sort(zs)
	cut := func(above int) float64 { // between the last that is below and the first that is above
		at := len(zs) - above
		return (zs[at-1] + zs[at]) / 2
	}
	zm, zh := logit((float64(medium)-0.5)/100), logit((float64(high)-0.5)/100)
	slope, offset := now.Slope, 0.0
	least := max(5, len(zs)/100)
	switch {
	case atHigh >= least && atMedium-atHigh >= least && len(zs)-atMedium >= least && cut(atHigh)-cut(atMedium) > 0.1:
		slope = (cut(atHigh) - cut(atMedium)) / (zh - zm)
		offset = cut(atMedium) - slope*zm
	case atMedium >= least && len(zs)-atMedium >= least:
		offset = cut(atMedium) - slope*zm
	default: // the history says nothing about the thresholds: one in five is medium
		offset = cut(max(len(zs)/5, 1)) - slope*zm
	}
	w := Weights{Base: (m.base - offset) / slope, Slope: slope, Offset: offset}
	for i := range m.of {
		w.Of[i] = m.of[i] / slope
	}
	return w
}
