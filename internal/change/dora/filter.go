package dora

// Filter says whose changes are measured. Empty is all, but an empty
// environment is production; AnyEnvironment is all of them.
type Filter struct {
	Team        string // that owned the main service when the change was made
	Service     string
	Environment string
	Kind        string
}

// AnyEnvironment asks for all environments together.
const AnyEnvironment = "*"

const production = "production"

func (f Filter) environment() string {
	if f.Environment == "" {
		return production
	}
	return f.Environment
}

// passing returns the filter over some columns; false: nothing passes.
func (s *sight) passing(c *columns) (func(i int) bool, bool) {
	type test struct {
		column []uint32
		word   uint32
	}
	var tests []test
	for _, x := range []struct {
		value  string
		column []uint32
	}{{s.filter.Team, c.team}, {s.filter.Kind, c.kind}, {s.filter.environment(), c.environment}} {
		if x.value == "" || x.value == AnyEnvironment {
			continue
		}
		word, ok := c.words.find(x.value)
		if !ok {
			return nil, false
		}
		tests = append(tests, test{x.column, word})
	}
	var service uint32
	var further map[int]bool
	if s.filter.Service != "" {
		word, ok := c.words.find(s.filter.Service)
		if !ok {
			return nil, false
		}
		service, further = word, map[int]bool{}
		for _, o := range c.others {
			if o.service == word {
				further[o.fact] = true
			}
		}
	}
	return func(i int) bool {
		for _, t := range tests {
			if t.column[i] != t.word {
				return false
			}
		}
		return s.filter.Service == "" || c.service[i] == service || further[i]
	}, true
}
