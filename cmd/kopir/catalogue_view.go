package main

import (
	"time"

	"kopir/gateway/catalogue"
)

// serviceView is a service as --json prints it.
type serviceView struct {
	Key           string            `json:"key"`
	Version       int               `json:"version"`
	ValidFrom     string            `json:"valid_from"`
	ValidTo       string            `json:"valid_to,omitempty"`
	Namespace     string            `json:"namespace"`
	Title         map[string]string `json:"title"`
	Form          string            `json:"form"`
	Channels      []string          `json:"channels"`
	Regions       []string          `json:"regions"`
	ProviderKinds []string          `json:"provider_kinds"`
	ServiceIDs    []string          `json:"service_ids"`
	Routes        []string          `json:"routes"`
	Transport     string            `json:"transport,omitempty"`
	Terms         map[string]string `json:"terms"`
	SignerRoles   []string          `json:"signer_roles"`
	Consent       bool              `json:"consent"`
	Revocation    string            `json:"revocation"`
	Approved      string            `json:"approved,omitempty"`
	Fields        map[string]string `json:"fields"`
	Schema        []fieldView       `json:"schema"`
	Documents     []documentView    `json:"documents"`
	Steps         []stepView        `json:"steps"`
	Refusals      []textView        `json:"refusals"`
	Notes         []string          `json:"notes,omitempty"`
	Gaps          []string          `json:"gaps,omitempty"`
}

type fieldView struct {
	Path     string            `json:"path"`
	Type     string            `json:"type"`
	Required bool              `json:"required"`
	Values   []string          `json:"values,omitempty"`
	Label    map[string]string `json:"label"`
}

type documentView struct {
	Code     string            `json:"code"`
	Channels []string          `json:"channels"`
	Optional bool              `json:"optional,omitempty"`
	Shown    bool              `json:"shown,omitempty"`
	OneOf    string            `json:"one_of,omitempty"`
	Title    map[string]string `json:"title"`
}

type stepView struct {
	Channel string            `json:"channel"`
	Order   int               `json:"order"`
	Code    string            `json:"code"`
	Role    string            `json:"role"`
	Limit   string            `json:"limit,omitempty"`
	Text    map[string]string `json:"text"`
	Ends    map[string]string `json:"ends,omitempty"`
}

type textView struct {
	Code string            `json:"code"`
	Text map[string]string `json:"text"`
}

func viewOf(s *catalogue.Service) serviceView {
	v := serviceView{
		Key: s.Key, Version: s.Version, ValidFrom: s.ValidFrom.Format(time.DateOnly), Namespace: s.Namespace, Title: s.Title,
		Form: s.Form, Channels: s.Channels, Regions: s.Regions, ProviderKinds: s.ProviderKinds, ServiceIDs: s.SHEP.ServiceIDs,
		Routes: s.SHEP.Routes, Transport: s.SHEP.Transport, Terms: map[string]string{}, SignerRoles: s.SignerRoles(), Consent: s.ConsentRequired,
		Fields: s.Fields, Schema: []fieldView{}, Documents: []documentView{}, Steps: []stepView{}, Refusals: []textView{},
		Notes: s.Notes, Gaps: s.Gaps, Revocation: s.Revocation.String(), Approved: s.Revocation.Approved.String(),
	}
	if !s.ValidTo.IsZero() {
		v.ValidTo = s.ValidTo.Format(time.DateOnly)
	}
	for _, c := range s.Channels {
		v.Terms[c] = s.Limit(c).String()
	}
	for _, f := range s.Schema {
		v.Schema = append(v.Schema, fieldView{f.Path, f.Type, f.Required, f.Values, f.Label})
	}
	for _, d := range s.Documents {
		v.Documents = append(v.Documents, documentView{d.Code, d.Channels, d.Optional, d.Shown, d.OneOf, d.Title})
	}
	for _, st := range s.Steps {
		v.Steps = append(v.Steps, stepView{st.Channel, st.Order, st.Code, st.Role, st.Limit.String(), st.Text, st.Ends})
	}
	for _, g := range s.Refusals {
		v.Refusals = append(v.Refusals, textView{g.Code, g.Text})
	}
	return v
}
