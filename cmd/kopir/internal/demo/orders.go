package demo

import (
	"kopir/gateway"
	"kopir/xmlsig/testpki"
)

// order is one application of the story and the way it goes.
type order struct {
	service   string
	territory string
	via       gateway.Via
	alg       testpki.Algorithm
	ground    string // a motivated refusal instead of a positive result

	requestNumber string // the portal's
	letters       string // what the cabinet files its letters under
	number        string // Kopir's
}

// story is every electronic service of services.md, both variants of asp-certificate among them.
func story() []*order {
	return []*order{
		{service: "housing-assistance", territory: territoryNorth, via: gateway.ViaSyncSOAP, alg: testpki.GOST512},
		{service: "asp-certificate/north-kazakhstan", territory: territoryNorth, via: gateway.ViaREST, alg: testpki.RSA},
		{service: "asp-certificate/zhambyl", territory: territoryZhambyl, via: gateway.ViaAsyncSOAP, alg: testpki.GOST512},
		{service: "adoption-payment", territory: territoryAkmola, via: gateway.ViaAsyncSOAP, alg: testpki.RSA},
		{service: "disabled-child-home-support", territory: territoryAkmola, via: gateway.ViaSyncSOAP, alg: testpki.GOST512},
		{service: "unemployed-certificate", territory: territoryAkmola, via: gateway.ViaREST, alg: testpki.GOST512, ground: "not_registered"},
	}
}
