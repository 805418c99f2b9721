package change

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/evenkeel/evenkeel/internal/actor"
	"github.com/evenkeel/evenkeel/internal/catalog"
	"github.com/evenkeel/evenkeel/internal/db"
	"github.com/evenkeel/evenkeel/internal/errs"
)

// How a pipeline's words lead to services. A repository deploys the services
// whose entries in the catalog link to it, with the folder that the link names;
// in a monorepo the longest folder that holds the path wins.

// known returns what a name means in the catalog, and proposes what it does
// not have where settings say so. Errors: NotFound with how to register it.
func (b *batchOf) known(d *delivery, name, repository string, named bool) (catalog.Known, error) {
	k, ok, err := b.s.Catalog.Lookup(b.tx, name)
	if ok || err != nil {
		return k, err
	}
	switch proposes := b.practice.UnknownService == Propose; {
	case proposes && d.in.Team != "":
		if !named {
			d.note("the service " + name + " was not in the catalog and is proposed to " + d.in.Team)
		}
		return b.s.Catalog.Propose(b.tx, slug(name), d.in.Team, "integration "+d.in.Name)
	case proposes && b.s.Unregistered != nil:
		if err := b.s.Unregistered(b.tx, slug(name), repository); err != nil {
			return k, err
		}
		if k, ok, err = b.s.Catalog.Lookup(b.tx, slug(name)); ok || err != nil {
			return k, err
		}
	}
	return k, errs.E(errs.NotFound, "there is no service %s in the catalog; add it, or the word as an alias or the repository %s as a link of a service, or give the integration %s a team, which then owns what it proposes",
		errs.Short(name), errs.Short(repository), errs.Short(d.in.Name)).On("SVC " + errs.Short(name))
}

// deploys returns the services that a repository, and a folder in it, deploys.
func (s *Service) deploys(q db.Querier, repository, folder string) ([]string, error) {
	if repository == "" {
		return nil, nil
	}
	type asked struct{ repository string }
	byFolder, err := db.Remember(q, asked{repository}, func() (map[string][]string, error) { return servicesOfRepository(q, repository) })
	if err != nil || len(byFolder) == 0 {
		return nil, err
	}
	if folder = strings.Trim(folder, "/"); folder != "" {
		for at := folder; ; {
			if list := byFolder[at]; len(list) > 0 {
				return slices.Clone(list), nil
			}
			if at == "" {
				break
			}
			at = at[:max(strings.LastIndexByte(at, '/'), 0)]
		}
	}
	var all []string
	for _, list := range byFolder {
		all = append(all, list...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	return all[:min(len(all), maxServices)], nil
}

// OnService keeps which repositories a service is deployed from, in the
// transaction that changes its entry in the catalog.
func (s *Service) OnService(tx *db.Tx, svc catalog.Service, _ []string) error {
	var rows [][]any
	if svc.Lifecycle != catalog.Retired {
		for _, l := range svc.Links {
			if repository, folder, ok := repositoryOf(l.URL); ok && (l.Kind == catalog.Repository || forge(l.URL)) {
				rows = append(rows, []any{repository, folder, svc.Name})
			}
		}
	}
	return saveRepositories(tx, svc.Name, rows)
}

// forge reports whether an address without a kind is surely a repository's.
func forge(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains([]string{"github.com", "gitlab.com"}, u.Hostname())
}

// repositoryOf reads "https://github.com/harbour/shop/tree/main/services/checkout"
// as harbour/shop and services/checkout. GitLab puts "-/" before tree and lets
// groups hold groups.
func repositoryOf(address string) (repository, folder string, ok bool) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", false
	}
	p := strings.Trim(u.Path, "/")
	for _, mark := range []string{"/-/tree/", "/-/blob/", "/tree/", "/blob/"} {
		if before, after, found := strings.Cut(p, mark); found {
			_, folder, _ = strings.Cut(after, "/") // what stands before is the branch
			p = before
			break
		}
	}
	p = strings.ToLower(strings.TrimSuffix(p, ".git"))
	return p, strings.Trim(folder, "/"), strings.Contains(p, "/") && len(p) <= maxName
}

func lastPart(repository string) string {
	return repository[strings.LastIndexByte(repository, '/')+1:]
}

// slug makes a name that the catalog takes of a word: a-z, 0-9 and -.
func slug(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(s))
	return strings.Trim(s[:min(len(s), 63)], "-")
}

// SyncRepositories reads the repositories of all services out of the catalog,
// unless some are known already: at the first start with this practice, and
// after a restore. OnService keeps them from then on.
func (s *Service) SyncRepositories(ctx context.Context) error {
	who, err := actor.Require(ctx, actor.Configure)
	if err != nil {
		return errs.Wrap("change.repositories", err)
	}
	known := false
	if err := s.DB.Read(ctx, func(q db.Querier) (err error) { known, err = anyRepository(q); return err }); err != nil || known {
		return errs.Wrap("change.repositories", err)
	}
	return errs.Wrap("change.repositories", s.DB.Write(ctx, who, "repositories of services", func(tx *db.Tx) error {
		tx.Unrecorded("read out of the catalog, whose services are evidence")
		return catalog.EachService(tx, func(svc catalog.Service) error { return s.OnService(tx, svc, nil) })
	}))
}
