// Package routing answers one question: to whom does an application from this territory go, and
// why? [Load] reads the providers and the territory codes; [Registry.Route] finds the provider of
// the territory, or of the territory around it, and says the rule in words.
//
//	r, err := routing.Load(schemas.FS)
//	d, err := r.Route(service.ProviderKinds, "593200000", now)
//	// d.Provider.ID == "nk-dep-01", d.Rule == "the department of 593200000 Айыртау ауданы"
package routing

import (
	"time"

	"kopir/gateway/worktime"
	"kopir/xmlsig/reason"
)

// codeTerritoryUnknown is answered when nobody serves a territory; gateway lists it.
const codeTerritoryUnknown reason.Code = "territory_unknown"

// Kinds of offices in the registry. A service centre takes applications in; none is routed to it.
const (
	Department    = "department"
	RuralAkim     = "rural_akim"
	Education     = "education"
	ServiceCentre = "service_centre"
)

// Provider is an office that answers applications.
type Provider struct {
	ID             string
	Kind           string
	NameKk, NameRu string
	Region         string // the two digits its KATO codes begin with: "11"
	Territory      string // KATO; "" while the operator has not supplied it
	Parent         string // KATO of the territory around it
	BIN            string // "" while the operator has not supplied it
	Address        string
	Hours          string // as worktime.ParseHours reads them; "" for the service's
	Phone, Email   string
	ValidFrom      time.Time
	ValidTo        time.Time // zero: open; it works on this day still
	Source         string
	Synthetic      bool // made up for a demonstration or a test
}

// Name is the name in a language, or in the other one.
func (p Provider) Name(lang string) string {
	if lang == "ru" && p.NameRu != "" || p.NameKk == "" {
		return p.NameRu
	}
	return p.NameKk
}

// WorkingHours are the provider's own hours, or the default.
func (p Provider) WorkingHours() (worktime.Hours, error) { return worktime.ParseHours(p.Hours) }

// Works says whether the office exists on that day.
func (p Provider) Works(on time.Time) bool {
	if on.Before(p.ValidFrom) {
		return false
	}
	return p.ValidTo.IsZero() || on.Before(p.ValidTo.AddDate(0, 0, 1))
}

// Territory is one line of the KATO table.
type Territory struct {
	Code, Parent   string
	Kind           string // region, district, city, town, village
	NameKk, NameRu string
	FormerKk       string
	FormerRu       string
	Note           string
	line           int
}

// Decision is where an application goes and why.
type Decision struct {
	Provider Provider
	Rule     string // in words, for the case's history and for `kopir route`
}
