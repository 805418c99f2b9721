package cmdbweb

import "fmt"

// paints are the roles of a picture that stands alone, in a theme: what the
// style sheet's map.css says with classes, with the colours of tokens.css and
// dark.css.
func paints(dark bool) map[string]string {
	c := map[string]string{"surface": "#ffffff", "sunken": "#f3f5f8", "line": "#e2e7ec", "line2": "#c9d1da", "ink": "#17202b", "ink2": "#445162", "ink3": "#5c6979", "accent": "#0f5f8c",
		"red": "#c4232b", "redsoft": "#fdecec", "redink": "#a5171f", "orange": "#d4611a", "orangesoft": "#fdeee3", "orangeink": "#96400c", "amber": "#b98400", "ambersoft": "#fcf3d6", "amberink": "#765100",
		"green": "#1f8a54", "greyline": "#8b97a5", "t0": "#b5d3e4", "t1": "#d2e4ef", "t2": "#e6eff5",
		"hue0": "#ffffff", "hue1": "#dbe7f0", "hue2": "#e6e1f3", "hue3": "#dfece2", "hue4": "#f3e5d8", "hue5": "#f4dfe6", "hue6": "#dcebe9"}
	if dark {
		c = map[string]string{"surface": "#161d25", "sunken": "#1b232c", "line": "#27313b", "line2": "#3b4754", "ink": "#e7ecf1", "ink2": "#b5bfca", "ink3": "#94a0ae", "accent": "#74bde9",
			"red": "#ef5b5f", "redsoft": "#35191c", "redink": "#ffa09f", "orange": "#ea7f38", "orangesoft": "#35210f", "orangeink": "#ffb681", "amber": "#dfa62a", "ambersoft": "#30270f", "amberink": "#f0cb66",
			"green": "#35a56c", "greyline": "#8f9bab", "t0": "#28536c", "t1": "#1f4156", "t2": "#183341",
			"hue0": "#161d25", "hue1": "#203a4c", "hue2": "#312a52", "hue3": "#1c3a2a", "hue4": "#432f1b", "hue5": "#47212f", "hue6": "#17403c"}
	}
	rect := func(fill, stroke, width string) string {
		return fmt.Sprintf(`fill="%s" stroke="%s" stroke-width="%s"`, c[fill], c[stroke], width)
	}
	text := func(fill, size, weight string) string {
		return fmt.Sprintf(`fill="%s" font-size="%s" font-weight="%s"`, c[fill], size, weight)
	}
	dashed := ` stroke-dasharray="4 3"`
	out := map[string]string{
		"ground": fmt.Sprintf(`fill="%s"`, c["surface"]), "title": text("ink", "16", "650"), "name": text("ink", "12.5", "550"), "sub": text("ink3", "10.5", "450"),
		"says-": text("ink2", "12", "500"), "says-down": text("redink", "12", "600"), "says-degraded": text("orangeink", "12", "600"), "says-risk": text("amberink", "12", "600"), "column": text("ink3", "11", "450"),
		"b-plain": rect("surface", "line2", "1.2"), "b-quiet": rect("surface", "line", "1.2"), "b-frame": rect("sunken", "line2", "1"), "b-group": rect("sunken", "greyline", "1.3") + dashed,
		"b-group-risk": rect("sunken", "amber", "1.3") + dashed, "b-group-down": rect("sunken", "red", "1.3") + dashed, "b-group-degraded": rect("sunken", "orange", "1.3") + dashed,
		"b-down": rect("redsoft", "red", "1.3"), "b-degraded": rect("orangesoft", "orange", "1.3"), "b-risk": rect("surface", "amber", "1.3") + dashed, "b-exposed": rect("sunken", "greyline", "1.2"),
		"b-tier-0": rect("t0", "accent", "1.6"), "b-tier-1": rect("t1", "line2", "1.2"), "b-tier-2": rect("t2", "line2", "1.2"), "b-tier-3": rect("surface", "line2", "1.2"),
		"more": rect("surface", "line2", "1.2"), "focus": fmt.Sprintf(`fill="none" stroke="%s" stroke-width="2.4"`, c["accent"]),
		"line": fmt.Sprintf(`stroke="%s" stroke-width="1.2"`, c["greyline"]), "line-hit": fmt.Sprintf(`stroke="%s" stroke-width="1.8"`, c["orange"]),
		"arrow": fmt.Sprintf(`fill="%s"`, c["greyline"]), "arrow-hit": fmt.Sprintf(`fill="%s"`, c["orange"]),
	}
	for i := range 7 {
		out[fmt.Sprint("b-hue-", i)] = rect(fmt.Sprint("hue", i), "line2", "1.2")
	}
	for glyph, colour := range map[string]string{fine: "green", degraded: "orange", down: "red", "risk": "amber", "exposed": "ink3", unknown: "ink3", "none": "greyline"} {
		out["g-"+glyph] = fmt.Sprintf(`color="%s"`, c[colour])
	}
	return out
}
