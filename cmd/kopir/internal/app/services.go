package app

import (
	"kopir/adapters/console"
	"kopir/gateway/catalogue"
	"kopir/gateway/routing"
)

// serviceRows are the catalogue as the console shows it.
func (a *App) serviceRows() []console.ServiceRow {
	var rows []console.ServiceRow
	for _, s := range a.rules.Catalogue.Services() {
		rows = append(rows, console.ServiceRow{Key: s.Key, Title: s.Title, Version: s.Version, Form: s.Form,
			Channels: s.Channels, Terms: terms(s), ProviderKinds: s.ProviderKinds, SignerRoles: s.SignerRoles(),
			ProviderBIN: s.Signer.ProviderBIN, Consent: s.ConsentRequired, Missing: s.Gaps, Documents: titles(s)})
	}
	return rows
}

// titles are the names of a service's documents by code.
func titles(s *catalogue.Service) map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, d := range s.Documents {
		out[d.Code] = d.Title
	}
	return out
}

func terms(s *catalogue.Service) []console.Term {
	var out []console.Term
	for _, channel := range s.Channels {
		l := s.Limit(channel)
		out = append(out, console.Term{Channel: channel, N: l.N, Unit: string(l.Unit)})
	}
	return out
}

// serviceKeys and providerIDs are the closed lists the metrics' labels come from.
func (a *App) serviceKeys() (keys []string) {
	for _, s := range a.rules.Catalogue.Services() {
		keys = append(keys, s.Key)
	}
	return keys
}

func (a *App) providerIDs() (ids []string) {
	for _, p := range a.rules.Registry.Providers() {
		ids = append(ids, p.ID)
	}
	return ids
}

// withoutBIN counts providers whose results cannot be accepted yet: the operator supplies BINs.
func (a *App) withoutBIN() (n int) {
	for _, p := range a.rules.Registry.Providers() {
		if p.BIN == "" && p.Kind != routing.ServiceCentre {
			n++
		}
	}
	return n
}
