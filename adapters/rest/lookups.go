package rest

import (
	"time"

	"kopir/adapters/httpserver"
	"kopir/gateway"
)

// lookupsBody tells the provider what state registers said about the applicant: whether they agree with the
// form and what differs, never what they know.
type lookupsBody struct {
	Lookups []lookupBody `json:"lookups,omitempty"`
}

type lookupBody struct {
	Register    string           `json:"register"`
	State       string           `json:"state"`
	Differences []string         `json:"differences,omitempty"`
	Cause       string           `json:"cause,omitempty"`
	Text        httpserver.Words `json:"text"`
	At          time.Time        `json:"at"`
}

func lookupsOf(c gateway.Case) (body lookupsBody) {
	for _, m := range c.Lookups {
		body.Lookups = append(body.Lookups, lookupBody{Register: m.Register, State: string(m.State), Differences: m.Differences,
			Cause: m.Cause, Text: httpserver.LookupWords(m.State), At: moment(m.At)})
	}
	return body
}
