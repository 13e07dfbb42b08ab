package demo

import (
	"fmt"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway"
	"kopir/gateway/catalogue"
	"kopir/gateway/routing"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// citizen is somebody who applies: a synthetic IIN and a key of one of the two families.
type citizen struct {
	iin string
	key xmlsig.Key
}

func (w *world) citizen(alg testpki.Algorithm, change func(*testpki.Profile)) (citizen, error) {
	p := testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ ҮЛГІ", Surname: "СЫНАҚОВ", Patronymic: "ҮЛГІҰЛЫ",
		IIN: w.newIIN()}
	if change != nil {
		change(&p)
	}
	key, err := w.pki.Issue(alg, p)
	return citizen{p.IIN, key}, err
}

// newIIN gives every person of the story a number of his own; districts make theirs side by side.
func (w *world) newIIN() string { return simulate.SyntheticIIN(int(w.people.Add(1))) }

// kindOfRole is the kind of certificate the national CA gives to a signer's role.
var kindOfRole = map[string]testpki.Kind{"head": testpki.Head, "sign_right": testpki.SignRight, "employee": testpki.Employee}

// official is the person the service names to sign the provider's results.
func (w *world) official(s *catalogue.Service, p routing.Provider) (xmlsig.Key, error) {
	id := s.Key + "@" + p.ID
	if key, ok := w.officials[id]; ok {
		return key, nil
	}
	kind, ok := kindOfRole[s.SignerRoles()[0]]
	if !ok {
		return xmlsig.Key{}, fmt.Errorf("no certificate kind for role %s", s.SignerRoles()[0])
	}
	key, err := w.pki.Issue(testpki.GOST512, testpki.Profile{Kind: kind, CommonName: "ҚЫЗМЕТКЕРОВ СЫНАҚ", Surname: "ҚЫЗМЕТКЕРОВ",
		IIN: w.newIIN(), BIN: p.BIN, Organization: p.NameKk})
	w.officials[id] = key
	return key, err
}

// syntheticProviders stand in for what the regulations do not give (services.md): education
// departments of Akmola and the districts of Zhambyl. Their names say that they are not real.
func syntheticProviders() []routing.Provider {
	return []routing.Provider{
		{ID: "demo-akmola-education", Kind: "education", Region: "11", Territory: territoryAkmola, Synthetic: true,
			NameKk: "СЫНАҚ: Ақкөл ауданының білім бөлімі", NameRu: "ДЕМО: отдел образования Аккольского района"},
		{ID: "demo-zhambyl-department", Kind: "department", Region: "31", Territory: territoryZhambyl, Synthetic: true,
			NameKk: "СЫНАҚ: Байзақ ауданының жұмыспен қамту бөлімі", NameRu: "ДЕМО: отдел занятости Байзакского района"},
	}
}

// Territories of the story (people.md §3).
const (
	territoryAkmola  = "113200000" // Ақкөл ауданы
	territoryNorth   = "593200000" // Айыртау ауданы
	territoryZhambyl = "313600000" // Байзақ ауданы
)

// register adds the synthetic providers and gives every provider of the story a synthetic BIN.
func (w *world) register(rules gateway.Rules) error {
	if err := rules.Registry.Add(syntheticProviders()...); err != nil {
		return err
	}
	for i, o := range w.orders {
		service, ok := rules.Catalogue.ByKey(o.service)
		if !ok {
			return fmt.Errorf("service %s is not in the catalogue", o.service)
		}
		d, err := rules.Registry.Route(service.ProviderKinds, o.territory, w.now())
		if err != nil {
			return fmt.Errorf("%s: %w", o.service, err)
		}
		p := d.Provider
		if p.BIN == "" {
			p.BIN = simulate.SyntheticBIN(i + 1)
			if err := rules.Registry.Put(p); err != nil {
				return err
			}
		}
	}
	return nil
}
