package routing

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kopir/xmlsig/reason"
)

// Route finds the provider of one of the kinds for a territory on a day. The territory itself is
// asked first, then the one around it, up to the region; within one territory the order of kinds
// decides. So a rural akim gets an application only where the service names rural akims and the
// registry knows the akim of that very territory; else it goes to the department of the district.
// The error has code territory_unknown.
func (r *Registry) Route(kinds []string, territory string, on time.Time) (Decision, error) {
	if !isKATO(territory) {
		return Decision{}, reason.New(codeTerritoryUnknown, "the territory is not a KATO code of 9 digits")
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	chain := r.chain(territory)
	for i, code := range chain {
		if p, ok := r.at(code, kinds, on); ok {
			return Decision{Provider: p, Rule: r.rule(p, chain[:i+1], kinds)}, nil
		}
	}
	return Decision{}, reason.Newf(codeTerritoryUnknown, "no %s of %s or of a territory around it is in the registry on %s",
		inWords(kinds), r.named(territory), on.Format(time.DateOnly))
}

// at is the provider of exactly this territory.
func (r *Registry) at(code string, kinds []string, on time.Time) (Provider, bool) {
	for _, kind := range kinds {
		for _, id := range r.byTerritory[code] {
			if p := r.byID[id]; p.Kind == kind && p.Works(on) {
				return p, true
			}
		}
	}
	return Provider{}, false
}

// chain is the territory and those around it, nearest first: the parent of the KATO table, else by
// the code's own structure te-ab-cd-hij.
func (r *Registry) chain(territory string) []string {
	var chain []string
	for code := territory; code != "" && !slices.Contains(chain, code); code = r.around(code) {
		chain = append(chain, code)
	}
	return chain
}

// around is the territory around a code, "" for a region.
func (r *Registry) around(code string) string {
	if t, ok := r.territories[code]; ok {
		return t.Parent
	}
	for _, digits := range []int{6, 4, 2} {
		if wider := code[:digits] + strings.Repeat("0", 9-digits); wider != code && code[digits:] != strings.Repeat("0", 9-digits) {
			return wider
		}
	}
	return ""
}

// kindWords name a kind in a rule.
var kindWords = map[string]string{Department: "department", RuralAkim: "akim", Education: "education department", ServiceCentre: "service centre"}

func inWords(kinds []string) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = kindWords[k]
	}
	return strings.Join(words, " or ")
}

// rule says why: chain is the way from the form's territory to the provider's.
func (r *Registry) rule(p Provider, chain []string, kinds []string) string {
	last := chain[len(chain)-1]
	rule := fmt.Sprintf("the %s of %s", kindWords[p.Kind], r.named(last))
	if len(chain) > 1 {
		rule += fmt.Sprintf(", in which %s lies; the registry has no %s of its own for it", r.named(chain[0]), inWords(kinds))
	}
	return rule
}

func (r *Registry) named(code string) string {
	if t, ok := r.territories[code]; ok {
		return code + " " + t.NameKk
	}
	return code
}
