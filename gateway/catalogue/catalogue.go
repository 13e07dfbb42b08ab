package catalogue

import (
	"slices"
	"strings"
	"time"

	"kopir/xmlsig/reason"
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
	known, current := false, false
	for _, s := range c.services {
		if s.Namespace != namespace {
			continue
		}
		known = true
		if !s.InForce(on) {
			continue
		}
		current = true
		if s.Serves(territory) {
			return s, nil
		}
	}
	switch {
	case !known:
		return nil, reason.Newf(codeServiceUnknown, "no service has the namespace %q", shorten(namespace))
	case !current:
		return nil, reason.Newf(codeServiceUnknown, "the service of %q was not in force on %s", shorten(namespace), on.Format(time.DateOnly))
	}
	return nil, reason.Newf(codeTerritoryUnknown, "the service of %q is not offered in territory %q", shorten(namespace), shorten(territory))
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
