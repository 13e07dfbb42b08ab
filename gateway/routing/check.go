package routing

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// Check reads the registry and tells mistakes, and gaps: what only the operator can supply.
// Regions and kinds say what the catalogue needs: region prefix → kinds of providers.
func Check(fsys fs.FS, needed map[string][]string, on time.Time) []Problem {
	r, problems := load(fsys)
	list := []Problem(problems)
	list = append(list, r.emptyCells()...)
	for _, region := range sortedKeys(needed) {
		list = append(list, r.unserved(region, needed[region], on)...)
	}
	return list
}

// emptyCells counts what is missing, by kind and region: one gap a kind, not one a line.
func (r *Registry) emptyCells() []Problem {
	noBIN, noTerritory := map[string]int{}, map[string]int{}
	for _, p := range r.Providers() {
		if p.Kind == ServiceCentre {
			continue
		}
		group := kindWords[p.Kind] + " in region " + p.Region
		if p.BIN == "" {
			noBIN[group]++
		}
		if p.Territory == "" {
			noTerritory[group]++
		}
	}
	var list []Problem
	for _, group := range sortedKeys(noBIN) {
		list = append(list, gap("%d providers (%s) have no BIN: their results cannot be held against a certificate", noBIN[group], group))
	}
	for _, group := range sortedKeys(noTerritory) {
		list = append(list, gap("%d providers (%s) have no territory: applications go to the territory around theirs", noTerritory[group], group))
	}
	return list
}

// unserved lists the districts and towns of a region no provider of the kinds works in.
func (r *Registry) unserved(region string, kinds []string, on time.Time) []Problem {
	var list []Problem
	for _, kind := range kinds {
		if kind == RuralAkim {
			continue // an okrug without an akim is served by its district
		}
		var without []string
		for _, t := range r.Territories() {
			if strings.HasPrefix(t.Code, region) && (t.Kind == "district" || t.Kind == "city") {
				if _, ok := r.at(t.Code, []string{kind}, on); !ok {
					without = append(without, t.Code+" "+t.NameKk)
				}
			}
		}
		if len(without) > 0 {
			list = append(list, gap("region %s has no %s in %d of its districts and towns: %s", region, kindWords[kind], len(without), strings.Join(without, ", ")))
		}
	}
	return list
}

func gap(format string, args ...any) Problem {
	return Problem{File: "providers", Text: fmt.Sprintf(format, args...), Gap: true}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
