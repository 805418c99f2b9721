package change

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/evenkeel/evenkeel/internal/ref"
)

// link reads the pull requests and pushes of all commits that a batch is
// about, and those of the heads of these pull requests.
func (b *batchOf) link() error {
	commits := map[string]bool{}
	for _, t := range b.todo {
		commits[t.r.told.Commit] = true
	}
	for k := range b.facts {
		commits[k.commit] = true
	}
	b.linked = map[string][]factRow{}
	for range 2 { // the second time: heads, and what they were merged as
		list, err := linkedTo(b.tx, keys(commits))
		if err != nil {
			return err
		}
		for c := range commits {
			b.linked[c] = nil
		}
		clear(commits)
		for _, f := range list {
			b.linked[f.commit] = append(b.linked[f.commit], f)
			if f.pull == nil {
				continue
			}
			for _, c := range []string{f.pull.Head, f.pull.Merged} {
				if _, known := b.linked[c]; c != "" && !known {
					commits[c] = true
				}
			}
		}
	}
	return nil
}

func keys(m map[string]bool) (out []string) {
	for k := range m {
		if k != "" {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// code is what is known about where a commit came from.
type code struct {
	pull    *Pull
	push    *Pushed
	oldest  time.Time // of the commits that it brings
	reverts []string
	pulls   []int64 // numbers of pull requests that it takes back
}

// codeOf puts together what pull requests and pushes say about a commit.
func (b *batchOf) codeOf(repository, commit string) (c code, err error) {
	c, err = b.codeAt(repository, commit)
	if err != nil || c.pull == nil || c.pull.Head == "" || c.pull.Head == commit {
		return c, err
	}
	head, err := b.codeAt(repository, c.pull.Head)
	if !head.oldest.IsZero() && (c.oldest.IsZero() || head.oldest.Before(c.oldest)) {
		c.oldest = head.oldest
	}
	for _, sha := range head.reverts {
		if !slices.Contains(c.reverts, sha) {
			c.reverts = append(c.reverts, sha)
		}
	}
	return c, err
}

func (b *batchOf) codeAt(repository, commit string) (c code, err error) {
	if commit == "" {
		return c, nil
	}
	list, ok := b.linked[commit]
	if !ok {
		if list, err = linkedTo(b.tx, []string{commit}); err != nil {
			return c, err
		}
		b.linked[commit] = list
	}
	var pullAt, pushAt int64
	for _, f := range list {
		if repository != "" && f.repository != repository {
			continue
		}
		if f.pull != nil {
			// One that was merged as this commit counts before others that hold it.
			if merged := f.pull.Merged == commit; c.pull == nil || merged && c.pull.Merged != commit || merged == (c.pull.Merged == commit) && f.at > pullAt {
				c.pull, pullAt = f.pull, f.at
			}
			continue
		}
		p, err := f.pushed()
		if err != nil {
			return c, err
		}
		if c.push == nil || p.Default && !c.push.Default || p.Default == c.push.Default && f.at > pushAt {
			c.push, pushAt = p, f.at
		}
		if !p.Oldest.IsZero() && (c.oldest.IsZero() || p.Oldest.Before(c.oldest)) {
			c.oldest = p.Oldest
		}
	}
	if c.push != nil {
		c.reverts = slices.Clone(c.push.Reverts)
	}
	if c.pull != nil {
		c.reverts = append(c.reverts, c.pull.Reverts...)
		if c.pull.RevertsPR != 0 {
			c.pulls = append(c.pulls, c.pull.RevertsPR)
		}
	}
	slices.Sort(c.reverts)
	c.reverts = slices.Compact(c.reverts)
	return c, nil
}

// describe makes the texts of a change what pipelines say. What a person
// edited stays.
func (b *batchOf) describe(st *step, t told, mine bool) error {
	c, err := b.codeOf(st.Repository, st.Commit)
	if err != nil {
		return err
	}
	n := st.Change
	n.Services = st.Services
	if c.pull != nil {
		fill(&n.PullRequest, c.pull.Link)
	}
	if !c.oldest.IsZero() && (mine || n.CommittedAt.IsZero() || c.oldest.Before(n.CommittedAt)) {
		n.CommittedAt = c.oldest
	}
	if mine {
		b.own(&n, t, c)
	} else {
		fill(&n.Link, t.Link)
		fill(&n.Branch, t.Branch)
		if c.pull != nil {
			fill(&n.Author, c.pull.Author)
		}
	}
	if n.Author != st.Author {
		if n.AuthorPerson, err = b.s.personOf(b.tx, n.Author); err != nil {
			return err
		}
	}
	if err := b.takesBack(&n, t, c); err != nil {
		return err
	}
	return st.become(n)
}

// own are the texts of a change that these signals opened.
func (b *batchOf) own(n *Change, t told, c code) {
	pull, push := Pull{}, Pushed{}
	if c.pull != nil {
		pull = *c.pull
	}
	if c.push != nil {
		push = *c.push
	}
	over(&n.Link, t.Link)
	over(&n.Branch, t.Branch)
	over(&n.Summary, t.Summary)
	over(&n.Previous, t.Previous)
	over(&n.RollbackPlan, t.RollbackPlan)
	over(&n.RollbackRef, t.RollbackRef)
	over(&n.PullRequest, pull.Link)
	over(&n.Author, cmp.Or(pull.Author, push.Author, t.Author))
	if t.Artefact != "" && n.Artefact == n.Commit {
		n.Artefact = t.Artefact
	}
	over(&n.Title, clip(cmp.Or(pull.Title, t.Title, push.Title, n.autoTitle()), maxTitle))
	if t.Purpose == "" && (n.Purpose == Feature || n.Purpose == Fix || n.Purpose == Reliability) {
		n.Purpose = purposeOf(pull.Title, push.Title, pull.Labels)
		if n.Purpose == Feature && (len(c.reverts) > 0 || len(c.pulls) > 0) {
			n.Purpose = Fix
		}
	}
}

// purposeOf reads what a change is for out of a conventional commit's type
// (https://www.conventionalcommits.org/) or a label. Security is not read: it
// passes many freezes, and a title is quickly written.
func purposeOf(pull, push string, labels []string) Purpose {
	for _, title := range []string{pull, push} {
		kind, _, ok := strings.Cut(strings.ToLower(title), ":")
		kind, _, _ = strings.Cut(strings.TrimSuffix(kind, "!"), "(")
		switch {
		case ok && (kind == "fix" || kind == "hotfix" || kind == "revert"):
			return Fix
		case ok && kind == "perf":
			return Reliability
		}
	}
	for _, l := range labels {
		switch strings.ToLower(l) {
		case "bug", "fix", "bugfix", "hotfix":
			return Fix
		case "reliability", "performance":
			return Reliability
		}
	}
	return Feature
}

// takesBack finds the change that this one takes back: the sender names it, or
// a message says so.
func (b *batchOf) takesBack(n *Change, t told, c code) (err error) {
	if n.RollbackOf != 0 {
		return nil
	}
	switch id, bad := ref.ID(ref.Change, t.RollbackOf); {
	case t.RollbackOf == "":
	case bad == nil:
		if _, err := get(b.tx, id, ""); err == nil && id != n.ID {
			n.RollbackOf = id
		}
		return nil
	case IsCommit(t.RollbackOf):
		n.RollbackOf, err = cameBy(b.tx, t.RollbackOf, n.Main(), n.Environment, n.ID)
		return err
	default:
		n.RollbackOf, err = ranBefore(b.tx, n.Main(), n.Environment, t.RollbackOf)
		return err
	}
	reverts := slices.Clone(c.reverts)
	for _, number := range c.pulls {
		merged, err := mergeOf(b.tx, n.Repository, strconv.FormatInt(number, 10))
		if err != nil {
			return err
		}
		if merged != "" {
			reverts = append(reverts, merged)
		}
	}
	for _, sha := range reverts {
		if n.RollbackOf, err = cameBy(b.tx, sha, n.Main(), n.Environment, n.ID); n.RollbackOf != 0 || err != nil {
			return err
		}
	}
	return nil
}

// become takes over what was found out, and does what follows from it.
func (c *step) become(n Change) error {
	n.Services = c.Services
	texts := n.Title != c.Title || n.Summary != c.Summary || n.RollbackPlan != c.RollbackPlan || n.RollbackRef != c.RollbackRef || n.Purpose != c.Purpose
	if texts && !c.fresh {
		by, err := edited(c.tx, c.ID)
		if err != nil {
			return err
		}
		if by {
			n.Title, n.Summary, n.RollbackPlan, n.RollbackRef, n.Purpose = c.Title, c.Summary, c.RollbackPlan, c.RollbackRef, c.Purpose
			texts = false
		}
	}
	if !texts && n.Link == c.Link && n.Branch == c.Branch && n.Previous == c.Previous && n.PullRequest == c.PullRequest && n.Author == c.Author && n.AuthorPerson == c.AuthorPerson &&
		n.Artefact == c.Artefact && n.CommittedAt.Equal(c.CommittedAt) && n.RollbackOf == c.RollbackOf {
		return nil
	}
	late, other := n.RollbackOf != c.RollbackOf && !c.DeployedAt.IsZero(), n.Purpose != c.Purpose && !c.DeployedAt.IsZero()
	c.Change = n
	c.touch()
	if late {
		if err := c.replaces(); err != nil {
			return err
		}
	}
	if !other {
		return nil
	}
	c.Rework = false
	p, err := c.s.settings(c.tx)
	if err != nil {
		return err
	}
	return c.mended(p.Settings)
}

// concerned brings changes up to what a delivery told about their commits, or
// about the head of the pull request that they are the merge of. One that waits
// for a decision is decided anew.
func (b *batchOf) concerned(d *delivery) error {
	commits := map[string]bool{}
	for _, f := range d.facts {
		if f.kind == SignalBuild {
			continue
		}
		commits[f.commit] = true
		for _, l := range b.linked[f.commit] {
			if l.pull != nil && l.pull.Merged != "" {
				commits[l.pull.Merged] = true
			}
		}
	}
	found, err := b.changesOf(keys(commits))
	if err != nil {
		return err
	}
	for _, id := range found {
		st, err := b.s.begin(b.tx, id)
		if err != nil {
			return err
		}
		mine := st.Source == d.in.Name
		var list []report
		if mine {
			if list, err = phasesOfChange(b.tx, id); err != nil {
				return err
			}
		}
		if err := b.describe(st, described(list), mine); err != nil {
			return err
		}
		if st.State == Assessed || st.State == Awaiting {
			st.RecheckAt = b.tx.Now
			st.touch()
			b.tx.After(func() { b.s.kick(DueName) })
		}
		st.fact("integration", d.in.Name)
		if err := st.commit("change.told"); err != nil {
			return err
		}
		if err := b.reviewed(st.Change); err != nil {
			return err
		}
		b.of(d, id)
	}
	return nil
}

// reviewed lets the code reviews that stand count for a change that may still
// need them: those of its commit, and of the pull request's head that it is the
// merge of.
func (b *batchOf) reviewed(c Change) error {
	switch c.State {
	case Assessed, Awaiting, Approved, Scheduled:
	default:
		return nil
	}
	commits := []string{c.Commit}
	for _, l := range b.linked[c.Commit] {
		if l.pull != nil && l.pull.Merged == c.Commit && (c.Repository == "" || l.repository == c.Repository) {
			commits = append(commits, l.pull.Head)
		}
	}
	list, err := reviewsOf(b.tx, commits)
	if err != nil {
		return err
	}
	for _, v := range list {
		if c.Repository == "" || v.repository == c.Repository {
			if err := b.s.ApplyReview(b.tx, c.ID, *v.review); err != nil {
				return err
			}
		}
	}
	return nil
}

// changesOf returns the changes of commits in a fixed order.
func (b *batchOf) changesOf(commits []string) (out []int64, err error) {
	if b.byCommit == nil {
		all := map[string]bool{}
		for c, list := range b.linked {
			all[c] = true
			for _, l := range list {
				if l.pull != nil {
					all[l.pull.Merged] = true
				}
			}
		}
		for k := range b.facts {
			all[k.commit] = true
		}
		if b.byCommit, err = changesOf(b.tx, keys(all)); err != nil {
			return nil, err
		}
	}
	for _, c := range commits {
		out = append(out, b.byCommit[c]...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func (s *Service) kick(source string) {
	if s.Kick != nil {
		s.Kick(source)
	}
}
