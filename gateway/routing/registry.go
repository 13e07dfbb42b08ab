package routing

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"kopir/gateway/worktime"
)

// Registry holds the providers and the territories. It may be asked and added to at the same time.
type Registry struct {
	mu          sync.RWMutex
	byID        map[string]Provider
	byTerritory map[string][]string // ids by KATO, in the order they were added
	territories map[string]Territory
}

// New makes an empty registry.
func New() *Registry {
	return &Registry{byID: map[string]Provider{}, byTerritory: map[string][]string{}, territories: map[string]Territory{}}
}

// Load reads providers/*.tsv and kato.tsv of fsys. The error is a *[ProblemList] with file and
// line of every mistake; gaps are no mistakes, see [Check].
func Load(fsys fs.FS) (*Registry, error) {
	r, problems := load(fsys)
	if len(problems) > 0 {
		return nil, &problems
	}
	return r, nil
}

// Add adds providers; an id that is there already is refused, and nothing is added.
func (r *Registry) Add(list ...Provider) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	seen := map[string]bool{}
	for _, p := range list {
		if err := p.check(); err != nil {
			return err
		}
		if _, twice := r.byID[p.ID]; twice || seen[p.ID] {
			return fmt.Errorf("provider %s is there already", p.ID)
		}
		seen[p.ID] = true
	}
	for _, p := range list {
		r.put(p)
	}
	return nil
}

// Put adds a provider or replaces the one with its id: the operator supplies a BIN, a territory.
func (r *Registry) Put(p Provider) error {
	if err := p.check(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old, there := r.byID[p.ID]; there {
		ids := r.byTerritory[old.Territory]
		r.byTerritory[old.Territory] = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == p.ID })
	}
	r.put(p)
	return nil
}

func (r *Registry) put(p Provider) {
	r.byID[p.ID] = p
	if p.Territory != "" {
		r.byTerritory[p.Territory] = append(r.byTerritory[p.Territory], p.ID)
	}
}

// Provider returns one provider by its id.
func (r *Registry) Provider(id string) (Provider, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	p, ok := r.byID[id]
	return p, ok
}

// Providers lists all providers by id.
func (r *Registry) Providers() []Provider {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(r.byID), func(a, b Provider) int { return strings.Compare(a.ID, b.ID) })
}

// Territory returns a line of the KATO table. A code below a district need not be in it.
func (r *Registry) Territory(code string) (Territory, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t, ok := r.territories[code]
	return t, ok
}

// Territories lists the KATO table by code.
func (r *Registry) Territories() []Territory {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(r.territories), func(a, b Territory) int { return strings.Compare(a.Code, b.Code) })
}

// check says what is wrong with a provider; what is empty is a gap and no mistake.
func (p Provider) check() error {
	switch {
	case p.ID == "":
		return fmt.Errorf("a provider has no id")
	case !slices.Contains([]string{Department, RuralAkim, Education, ServiceCentre}, p.Kind):
		return fmt.Errorf("provider %s: kind %q is none of department, rural_akim, education, service_centre", p.ID, p.Kind)
	case p.Territory != "" && !isKATO(p.Territory):
		return fmt.Errorf("provider %s: territory %q is not a KATO code of 9 digits", p.ID, p.Territory)
	case p.Parent != "" && !isKATO(p.Parent):
		return fmt.Errorf("provider %s: parent %q is not a KATO code of 9 digits", p.ID, p.Parent)
	case p.BIN != "" && !isDigits(p.BIN, 12):
		return fmt.Errorf("provider %s: the BIN is not 12 digits", p.ID)
	case p.NameKk == "" && p.NameRu == "":
		return fmt.Errorf("provider %s has no name", p.ID)
	case !p.ValidTo.IsZero() && p.ValidTo.Before(p.ValidFrom):
		return fmt.Errorf("provider %s: valid_to lies before valid_from", p.ID)
	}
	if _, err := worktime.ParseHours(p.Hours); err != nil {
		return fmt.Errorf("provider %s: %w", p.ID, err)
	}
	return nil
}

func isKATO(s string) bool { return isDigits(s, 9) }

func isDigits(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789") == ""
}
