// Package catalogue holds everything that differs between services as data: names, channels,
// form fields, documents, steps and limits, who signs, what may be refused (DESIGN §3 rule 10).
//
//	c, err := catalogue.Load(schemas.FS)
//	s, err := c.ForForm("urn:kopir:service:housing-assistance:1", "593200000", now)
//	form, err := s.Read(root, "portal")
//
// One YAML file is one service, or one regional variant of it. Files are read strictly: a field
// that is not known is a mistake with file and line. [Check] also tells gaps: what only the
// operator can supply.
package catalogue

import (
	"regexp"
	"time"

	"kopir/gateway/worktime"
	"kopir/xmlsig/reason"
)

// Codes this package answers with; gateway lists them all.
const (
	codeFormInvalid      reason.Code = "form_invalid"
	codeDocumentMissing  reason.Code = "document_missing"
	codeConsentMissing   reason.Code = "consent_missing"
	codeServiceUnknown   reason.Code = "service_unknown"
	codeTerritoryUnknown reason.Code = "territory_unknown"
	codeEnvelopeMismatch reason.Code = "envelope_mismatch"
)

// Channels an applicant may come by (services.md).
func Channels() []string {
	return []string{"portal", "department", "service_centre", "rural_akim", "employment_centre"}
}

// Forms of provision: how far a service is automated.
const (
	FormPaper              = "paper"
	FormPartiallyAutomated = "partially_automated"
	FormAutomated          = "automated"
)

// Service is one service, or one regional variant of it, in one version.
type Service struct {
	Key, ID, Variant string // "asp-certificate/zhambyl", "asp-certificate", "zhambyl"
	Namespace        string // of the signed form's root
	Version          int
	ValidFrom        time.Time
	ValidTo          time.Time // zero: open; the version holds on this day still

	Title     map[string]string // kk, ru
	Legal     []Legal
	Form      string
	Free      bool
	Channels  []string
	Regions   []string // KATO prefixes, "11"
	Applicant Applicant

	ProviderKinds []string // in the order they are looked for in one territory
	SHEP          SHEP
	Fields        map[string]string // iin, bin, territory … → path in the signed form
	Schema        []Field
	Repeats       []string // elements that may be there several times: "BusinessData/FamilyMember"
	Documents     []Document
	Files         Files
	FromState     []Text // what the provider asks of state systems itself

	ConsentRequired bool
	Lookups         []string                  // registers asked about the applicant after the intake: "gbdfl"
	Term            map[string]worktime.Limit // by channel
	TermNotes       map[string]string         // by channel: where the term comes from
	Steps           []Step
	Signer          Signer
	Revocation      Revocation
	Outputs         map[string]Text // "positive", "negative"
	Refusals        []Ground
	Notifications   []Notification
	Hours           map[string]worktime.Hours // by provider kind, where the regulation sets them
	Storage         Storage                   // of results nobody fetched
	Survey          []Question
	Notes           []string // what the texts leave open or contradict
	Gaps            []string // what the operator has to supply or confirm

	shape   map[string]*place // what is known of a form's elements, by path
	mapped  *Service          // the service as the portal writes it; nil: in its own form only
	mapping *mapping          // of the service that another is mapped to
}

// Text is a sentence by language.
type Text map[string]string

// Legal is an act the service rests on.
type Legal struct {
	Title      Text
	Date       time.Time
	Number     string
	Registered string
	Revoked    string // "2013-06-03, No A-5/225", empty while in force
	Part       string
}

// Applicant is who may ask.
type Applicant struct {
	Identity string // "iin", or "iin_or_bin" where the form may name a body
	Who      Text
}

// SHEP is how the state gateway names the service. The names are ours until the operator puts the
// registered ones in their place (Ours).
type SHEP struct {
	ServiceIDs []string
	Routes     []string
	Ours       bool
	Payload    *Payload // never nil after [Load]

	// Transport is how the sender of its messages is checked: off, pinned, national, or "" for what the
	// configuration says; BIN are the organisations of national.
	Transport string
	BIN       []string
}

// Field is one element of the signed form.
type Field struct {
	Path     string
	Type     string
	Pattern  string
	Values   []string
	Max      int // characters
	Required bool
	Example  string // a value that fits
	Document string // code of the document that a field of type file is
	Label    map[string]string

	pattern *regexp.Regexp
}

// Document is a paper or file that goes with the application.
type Document struct {
	Code     string
	Title    map[string]string
	Channels []string // where it is required
	Optional bool     // needed only in the case its title names
	Shown    bool     // the original is shown to an official, nothing is attached
	OneOf    string   // one document of the group is enough
}

// Step is one line of the provider's table.
type Step struct {
	Channel string
	Order   int
	Code    string
	Role    string // who: office, employee, executor, head, akim, commission, system, portal …
	Limit   worktime.Limit
	Unknown bool // the text sets no limit
	Text    Text
	Ends    Text // what ends it
}

// Signer is who signs the result.
type Signer struct {
	Roles       []string // role words of xmlsig/pki
	ProviderBIN bool     // the certificate's BIN must be the provider's
	Who         Text
}

// Ground is a ground of refusal.
type Ground struct {
	Code string
	Text Text
}

// Notification says who is told what.
type Notification struct {
	Event string   // accepted, step, extended, completed, declined
	To    []string // cabinet, email, iis_con
}

// Storage is what happens to a result that nobody fetched.
type Storage struct {
	Text Text
}

// Question is one question of the quality survey.
type Question struct {
	Text    Text
	Answers []Text
}

// Offers says whether applications come by this channel. A paper-only service offers no portal.
func (s *Service) Offers(channel string) bool {
	for _, c := range s.Channels {
		if c == channel {
			return true
		}
	}
	return false
}

// Limit is the whole term for that channel, or the one the service sets for all its channels.
func (s *Service) Limit(channel string) worktime.Limit {
	if l, ok := s.Term[channel]; ok {
		return l
	}
	return s.Term["default"]
}

// SignerRoles are the role words one of which the signer's certificate must bear.
func (s *Service) SignerRoles() []string { return s.Signer.Roles }

// StepsFor are the steps of one channel in order.
func (s *Service) StepsFor(channel string) []Step {
	var steps []Step
	for _, st := range s.Steps {
		if st.Channel == channel {
			steps = append(steps, st)
		}
	}
	return steps
}

// Ground returns a ground of refusal by its code.
func (s *Service) Ground(code string) (Ground, bool) {
	for _, g := range s.Refusals {
		if g.Code == code {
			return g, true
		}
	}
	return Ground{}, false
}

// HoursOf are a provider's hours: its own, else those the regulation sets for its kind, else the default.
func (s *Service) HoursOf(kind, own string) (worktime.Hours, error) {
	if own == "" {
		if h, ok := s.Hours[kind]; ok {
			return h, nil
		}
	}
	return worktime.ParseHours(own)
}

// InForce says whether this version holds on that day.
func (s *Service) InForce(on time.Time) bool {
	if on.Before(s.ValidFrom) {
		return false
	}
	return s.ValidTo.IsZero() || on.Before(s.ValidTo.AddDate(0, 0, 1))
}
