package conformance

import (
	"fmt"
	"strings"
	"time"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/gateway/catalogue"
)

// Form makes the unsigned form of an application.
type Form = func(number, iin string, at time.Time) []byte

// CatalogueForm fills in the form of a service of the catalogue.
func CatalogueForm(c *catalogue.Catalogue, serviceID, territory string) (Form, error) {
	services := c.ByServiceID(serviceID)
	if len(services) == 0 {
		return nil, fmt.Errorf("no service of the catalogue has the serviceId %q; name an example of its form by --form", serviceID)
	}
	return func(number, iin string, at time.Time) []byte {
		return simulate.Application{Service: services[0], IIN: iin, Territory: territory, Channel: "portal", RequestNumber: number, At: at}.XML()
	}, nil
}

// Placeholders of an example form.
const (
	placeNumber = "{NUMBER}"
	placeIIN    = "{IIN}"
	placeDate   = "{DATE}"
)

// ExampleForm fills in an example: {NUMBER}, {IIN} and {DATE} in it are replaced. The number must stand
// in it, for two applications must not be the same document.
func ExampleForm(example string) (Form, error) {
	if !strings.Contains(example, placeNumber) {
		return nil, fmt.Errorf("the example form does not hold %s: every application has a number of its own", placeNumber)
	}
	return func(number, iin string, at time.Time) []byte {
		return []byte(strings.NewReplacer(placeNumber, number, placeIIN, iin, placeDate, at.Format(time.RFC3339)).Replace(example))
	}, nil
}
