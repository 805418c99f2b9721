package policy

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// builtins are the functions of OPA that a policy may call: pure, and cheap for
// what they are given. Left out on purpose: all that reaches outside (http.send,
// net.*, opa.runtime), the clock (time.now_ns), randomness (rand.*, uuid.*),
// keys and tokens (crypto.*, io.jwt.*), and what makes much out of little
// (numbers.range, json.*, strings.render_template). limit.go bounds what is left.
var builtins = strings.Fields(`
	eq equal neq lt lte gt gte assign
	plus minus mul div rem abs round ceil floor
	count sum product max min sort
	array.concat array.reverse array.slice array.flatten
	and or minus intersection union
	object.get object.keys object.filter object.remove object.union object.union_n object.subset
	concat contains endswith startswith format_int indexof indexof_n lower upper replace split sprintf
	strings.any_prefix_match strings.any_suffix_match strings.reverse strings.count strings.replace_n substring
	trim trim_left trim_prefix trim_right trim_space trim_suffix
	regex.match regex.is_valid regex.split glob.match
	is_array is_boolean is_null is_number is_object is_set is_string type_name to_number
	semver.compare semver.is_valid
	time.parse_rfc3339_ns time.parse_ns time.parse_duration_ns time.date time.clock time.weekday time.add_date time.diff time.format
	internal.member_2 internal.member_3 internal.print print walk bits.and bits.or graph.reachable`)

// capabilities is what the compiler knows: a function that is not on the list
// does not exist.
func capabilities() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.AllowNet = []string{}
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool { return !slices.Contains(builtins, b.Name) })
	return c
}

// refused says why a function of OPA is not there, and what to do instead;
// empty for names that OPA does not know either.
func refused(name string) string {
	known := slices.ContainsFunc(ast.Builtins, func(b *ast.Builtin) bool { return b.Name == name })
	if !known || slices.Contains(builtins, name) {
		return ""
	}
	switch {
	case name == "time.now_ns":
		return "a policy has no clock, so that a decision can be made again later; use input.now"
	case strings.HasPrefix(name, "http.") || strings.HasPrefix(name, "net."):
		return "a policy reaches nothing outside; what it needs must be a fact in input"
	case strings.HasPrefix(name, "rand.") || strings.HasPrefix(name, "uuid."):
		return "a policy is a pure function: the same facts give the same decision"
	case name == "opa.runtime":
		return "a policy sees nothing of the machine; compare with data.evenkeel.settings"
	}
	return "this function is not on the list of pure ones that a policy may call; see docs/practice/change.md"
}
