package catalogue

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Catalogue holds all services in all versions.
type Catalogue struct {
	services []*Service // by key, newest version first
}

// Services lists the newest version of every service, by key.
func (c *Catalogue) Services() []*Service {
	var list []*Service
	for _, s := range c.services {
		if n := len(list); n == 0 || list[n-1].Key != s.Key {
			list = append(list, s)
		}
	}
	return list
}

// ByKey returns the newest version of a service: "asp-certificate/zhambyl".
func (c *Catalogue) ByKey(key string) (*Service, bool) {
	for _, s := range c.services {
		if s.Key == key {
			return s, true
		}
	}
	return nil, false
}

// ByServiceID returns the services the state gateway calls by this name: the variants of one service share it.
func (c *Catalogue) ByServiceID(serviceID string) []*Service {
	var list []*Service
	for _, s := range c.Services() {
		if slices.Contains(s.SHEP.ServiceIDs, serviceID) {
			list = append(list, s)
		}
	}
	return list
}

// ForForm finds the service a signed form asks for: by its root namespace, the variant of the
// territory's region, the version in force on that day. The error has code service_unknown or
// territory_unknown.
func (c *Catalogue) ForForm(namespace, territory string, on time.Time) (*Service, error) {
	return c.choose(shorten(namespace), on, func(s *Service) (string, bool) { return territory, s.Namespace == namespace })
}

// ForDocument finds the service a signed document asks for: in the service's own form, or in the portal's
// as the service's payload maps it. Nothing but the document's octets is read.
func (c *Catalogue) ForDocument(root *xmltree.Element, on time.Time) (*Service, error) {
	return c.choose(shorten(cmp.Or(root.Space(), root.Local())), on, func(s *Service) (string, bool) {
		if root.Space() == s.Namespace {
			return root.Find(s.Fields["territory"]).Text(), true
		}
		if s.mapped == nil || !s.SHEP.Payload.Request.is(root, s.SHEP.Payload.Namespace) {
			return "", false
		}
		return s.mapped.territoryIn(root), true
	})
}

// choose finds the service that is asked for, in force, and offered in the territory it is asked for in.
func (c *Catalogue) choose(namespace string, on time.Time, asked func(*Service) (territory string, ok bool)) (*Service, error) {
	known, current, territory := false, false, ""
	for _, s := range c.services {
		there, ok := asked(s)
		if !ok {
			continue
		}
		territory = there
		known = true
		if !s.InForce(on) {
			continue
		}
		current = true
		if s.Serves(there) {
			return s, nil
		}
	}
	switch {
	case !known:
		return nil, reason.Newf(codeServiceUnknown, "no service has the namespace %q", namespace)
	case !current:
		return nil, reason.Newf(codeServiceUnknown, "the service of %q was not in force on %s", namespace, on.Format(time.DateOnly))
	}
	return nil, reason.Newf(codeTerritoryUnknown, "the service of %q is not offered in territory %q", namespace, shorten(territory))
}

// Serves says whether the service is offered in the region of the territory.
func (s *Service) Serves(territory string) bool {
	if !isDigits(territory, territoryDigits) {
		return false
	}
	return slices.ContainsFunc(s.Regions, func(prefix string) bool { return strings.HasPrefix(territory, prefix) })
}

// order sorts services by key, the newest version first.
func order(list []*Service) {
	slices.SortStableFunc(list, func(a, b *Service) int {
		if d := strings.Compare(a.Key, b.Key); d != 0 {
			return d
		}
		return b.ValidFrom.Compare(a.ValidFrom)
	})
}

// maxShown bounds what is repeated of a caller's text in a detail.
const maxShown = 80

func shorten(s string) string {
	if r := []rune(s); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return s
}
