package dora

// columns are facts, column by column. Texts are numbers of words.
type columns struct {
	id, at, lead, recovery []int64
	risk                   []int8
	flags                  []flags
	service, team          []uint32
	environment, kind      []uint32
	others                 []other // further services, by fact
	steps                  []step  // by fact
	words                  words
	number                 map[string]uint32 // of words, while facts are added
	some                   []int64           // while a column is unpacked
}

// words are texts one behind the other. Those of a packed day stay packed: most
// looks ask for none of them, and a year has a million.
type words struct {
	text []byte
	ends []int // where each ends
}

func (w words) len() int { return len(w.ends) }

func (w words) at(n uint32) string {
	from := 0
	if n > 0 {
		from = w.ends[n-1]
	}
	return string(w.text[from:w.ends[n]])
}

// find is the number of a word; false: it is not there.
func (w words) find(s string) (uint32, bool) {
	from := 0
	for i, end := range w.ends {
		if end-from == len(s) && string(w.text[from:end]) == s {
			return uint32(i), true
		}
		from = end
	}
	return 0, false
}

// other is a further service of a fact.
type other struct {
	fact    int
	service uint32
}

// step is an approval step of a fact.
type step struct {
	fact      int
	rule, who uint32
	state     uint32 // a word, too
	waited    int64
}

func (c *columns) len() int { return len(c.id) }

func (c *columns) reset() {
	c.id, c.at, c.lead, c.recovery = c.id[:0], c.at[:0], c.lead[:0], c.recovery[:0]
	c.risk, c.flags = c.risk[:0], c.flags[:0]
	c.service, c.team, c.environment, c.kind = c.service[:0], c.team[:0], c.environment[:0], c.kind[:0]
	c.others, c.steps = c.others[:0], c.steps[:0]
	c.words = words{c.words.text[:0], c.words.ends[:0]}
	clear(c.number)
}

func (c *columns) word(s string) uint32 {
	if n, ok := c.number[s]; ok {
		return n
	}
	if c.number == nil {
		c.number = map[string]uint32{}
	}
	n := uint32(c.words.len())
	c.number[s] = n
	c.words.text = append(c.words.text, s...)
	c.words.ends = append(c.words.ends, len(c.words.text))
	return n
}

// add appends a fact; facts come in the order of their times.
func (c *columns) add(f fact) {
	n := len(c.id)
	c.id, c.at, c.lead, c.recovery = append(c.id, f.ID), append(c.at, f.At), append(c.lead, f.Lead), append(c.recovery, f.Recovery)
	c.risk, c.flags = append(c.risk, int8(f.Risk)), append(c.flags, f.Flags)
	c.service, c.team = append(c.service, c.word(f.Service)), append(c.team, c.word(f.Team))
	c.environment, c.kind = append(c.environment, c.word(f.Environment)), append(c.kind, c.word(f.Kind))
	for _, s := range f.Others {
		c.others = append(c.others, other{n, c.word(s)})
	}
	for _, s := range f.Steps {
		c.steps = append(c.steps, step{n, c.word(s.Rule), c.word(s.Who), c.word(s.State), s.Waited})
	}
}
