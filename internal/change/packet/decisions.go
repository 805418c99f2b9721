package packet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/evenkeel/evenkeel/internal/evidence"
	"github.com/evenkeel/evenkeel/internal/evidence/attest"
	"github.com/evenkeel/evenkeel/internal/ref"
)

// related are the records of the decisions, whose entries were made with them,
// and of the policies that made them.
func (c Content) related() (out []ref.Ref) {
	add := func(kind ref.Kind, key string) {
		if id, err := ref.ID(kind, key); err == nil && id > 0 && !slices.Contains(out, ref.N(kind, id)) {
			out = append(out, ref.N(kind, id))
		}
	}
	for _, d := range c.Decisions {
		add(ref.Decision, d.Key)
		add(ref.Policy, d.Policy.Key)
	}
	return out
}

// Logged reports how many decisions of a checked packet are, with all that they
// stood on, what the log took when they were made, and which are not. Decisions
// carry no personal data, so their digests have no salt and anybody can compute
// them.
func Logged(r attest.Report) (agree int, differ []string, err error) {
	c, err := Read(r)
	if err != nil {
		return 0, nil, err
	}
	after := map[string]string{}
	for _, f := range r.Facts {
		if f.After != "" {
			after[f.Record] = f.After
		}
	}
	for _, d := range c.Decisions {
		if digest, err := d.digest(c.Change.Key); err == nil && after[d.Key] == digest {
			agree++
		} else {
			differ = append(differ, d.Key)
		}
	}
	return agree, differ, nil
}

// digest is what the log holds of a decision; see Decided.digest of package
// change, with which a test compares it.
func (d Decision) digest(change string) (string, error) {
	var n [4]int64
	for i, key := range []string{d.Key, change, d.Policy.Key, d.Weights} {
		_, number, _ := strings.Cut(key, "-")
		var err error
		if n[i], err = strconv.ParseInt(number, 10, 64); err != nil {
			return "", err
		}
	}
	head := fmt.Sprintf("%d %d %d %s %d %d %d %d %d\n", n[0], n[1], d.At.UnixMicro(), d.Mode, n[2], n[3], d.Windows, d.Settings, d.Risk)
	return evidence.DigestBytes(nil, []byte(head+string(d.Input)+"\n"+string(d.Result))), nil
}
