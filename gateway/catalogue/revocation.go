package catalogue

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kopir/xmlsig/revocation"
)

// Revocation is what the service's owner has laid down about the status of the signer's certificate:
// whom to ask, and what to do when nobody gives a usable answer (DESIGN §3 rule 5).
type Revocation struct {
	Sources  revocation.Policy
	Unknown  string        // UnknownPark, UnknownRefuse or UnknownAcceptMarked
	Approved Approval      // who signed for what deviates from parking
	Final    string        // FinalStay or FinalRefuse: what becomes of a parked application at its due time
	Escalate time.Duration // how long before the due time people are told; zero: as the gateway does for all
}

// What happens to an application while the status of its certificate cannot be learnt.
const (
	UnknownPark         = "park"          // registered, its clock runs, asked again until known
	UnknownRefuse       = "refuse"        // refused as revocation_unknown; the applicant comes again
	UnknownAcceptMarked = "accept-marked" // goes to the provider with a mark, asked again until known
)

// What becomes of a parked application whose status is still unknown at its due time.
const (
	FinalStay   = "stay"
	FinalRefuse = "refuse"
)

// Approval names the official who answers for a service's rule.
type Approval struct {
	By, Position, Document string
	Date                   time.Time
}

// String names the act without its author, for histories: "order No 12, 2026-11-20".
func (a Approval) String() string {
	if a.Document == "" {
		return ""
	}
	return a.Document + ", " + a.Date.Format(time.DateOnly)
}

// maxFreshness bounds how long a good answer may be believed: a key revoked since would still pass.
const maxFreshness = 24 * time.Hour

// DefaultRevocation is the rule of a service that sets none: OCSP, then lists; park; stay parked.
func DefaultRevocation() Revocation {
	return Revocation{
		Sources: revocation.Policy{Order: []string{revocation.SourceOCSP, revocation.SourceCRL}},
		Unknown: UnknownPark, Final: FinalStay,
	}
}

// String is the rule in the short form that verdicts record: "ocsp,crl freshness=1h unknown=park".
// A freshness the service leaves open is the configuration's and is not named.
func (r Revocation) String() string {
	separator := ","
	if r.Sources.All {
		separator = "+"
	}
	text := strings.Join(r.Sources.Order, separator)
	if r.Sources.Freshness > 0 {
		text += " freshness=" + span(r.Sources.Freshness)
	}
	text += " unknown=" + r.Unknown
	if r.Final == FinalRefuse {
		text += " final=" + r.Final
	}
	return text
}

// span writes a duration without the zero parts Go appends: "1h", not "1h0m0s".
func span(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

type revocationFile struct {
	Order     orderFile     `yaml:"order"`
	Freshness string        `yaml:"freshness"`
	Unknown   string        `yaml:"unknown"`
	Approved  *approvalFile `yaml:"approved"`
	Final     string        `yaml:"final"`
	Escalate  string        `yaml:"escalate"`
}

type approvalFile struct {
	By       string `yaml:"by"`
	Position string `yaml:"position"`
	Date     string `yaml:"date"`
	Document string `yaml:"document"`
}

// orderFile is written as a list, or as the one word both.
type orderFile []string

const orderBoth = "both"

// UnmarshalYAML implements yaml.Unmarshaler.
func (o *orderFile) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*o = orderFile{n.Value}
		return nil
	}
	return n.Decode((*[]string)(o))
}

func (b *builder) revocation(s *Service, f *revocationFile) {
	s.Revocation = DefaultRevocation()
	if f == nil {
		return
	}
	r := &s.Revocation
	b.order(r, f.Order)
	r.Sources.Freshness = b.duration(f.Freshness, maxFreshness, "freshness")
	r.Escalate = b.duration(f.Escalate, 0, "escalate")
	b.word(&r.Unknown, f.Unknown, "unknown", UnknownPark, UnknownRefuse, UnknownAcceptMarked)
	b.word(&r.Final, f.Final, "final", FinalStay, FinalRefuse)
	if r.Final != FinalStay && r.Unknown != UnknownPark {
		b.fail(at("revocation", "final"), "revocation.final: belongs to unknown: %s; nothing else waits until its due time", UnknownPark)
	}
	if f.Approved != nil {
		b.approval(r, *f.Approved)
	} else if r.Unknown == UnknownAcceptMarked {
		b.fail(at("revocation", "unknown"), "revocation.unknown: %s needs approved: {by, position, date, document}, the official who signed for it", UnknownAcceptMarked)
	}
}

func (b *builder) order(r *Revocation, order orderFile) {
	where := at("revocation", "order")
	switch {
	case order == nil:
	case slices.Equal(order, orderFile{orderBoth}):
		r.Sources.All = true
	default:
		b.someOf(order, where, revocation.SourceOCSP, revocation.SourceCRL)
		r.Sources.Order = order
	}
}

// duration reads one, 0 where none is written; most bounds it, 0 does not.
func (b *builder) duration(written string, most time.Duration, name string) time.Duration {
	if written == "" {
		return 0
	}
	d, err := time.ParseDuration(written)
	switch {
	case err != nil || d <= 0:
		b.fail(at("revocation", name), "revocation.%s: %q is not a duration like 1h or 30m", name, written)
	case most > 0 && d > most:
		b.fail(at("revocation", name), "revocation.%s: %s is too long; at most %s", name, written, span(most))
	}
	return d
}

func (b *builder) word(target *string, written, name string, allowed ...string) {
	if written == "" {
		return
	}
	b.oneOf(written, at("revocation", name), allowed...)
	*target = written
}

// approval has to name all four: a rule against the grain of the law is somebody's act.
func (b *builder) approval(r *Revocation, f approvalFile) {
	where := at("revocation", "approved")
	for _, part := range []struct{ name, value string }{{"by", f.By}, {"position", f.Position}, {"document", f.Document}} {
		if strings.TrimSpace(part.value) == "" {
			b.fail(where, "revocation.approved lacks %s", part.name)
		}
	}
	r.Approved = Approval{By: f.By, Position: f.Position, Document: f.Document, Date: b.date(f.Date, at("revocation", "approved", "date"))}
}
