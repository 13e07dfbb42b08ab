package simulate

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fault is one way in which the simulated PKI can misbehave. The list is closed.
type Fault struct {
	Name  string `json:"name"`
	Takes string `json:"takes,omitempty"`   // what its value is: duration, status, refusal; "" takes none
	Usual string `json:"default,omitempty"` // the value when none is given
	Help  string `json:"help"`
}

// Kinds of values.
const (
	takesDuration = "duration"
	takesStatus   = "status"
	takesRefusal  = "refusal"
)

// Services that can fail in transport.
const (
	serviceOCSP = "ocsp"
	serviceCRL  = "crl"
	serviceCA   = "ca"
	serviceTSP  = "tsp"
)

// transportFaults befall any service; their names begin with the service's.
var transportFaults = []Fault{
	{"slow", takesDuration, "3s", "answers, but only after the duration"},
	{"silent", "", "", "takes the question and never answers"},
	{"reset", "", "", "resets the connection"},
	{"http", takesStatus, "500", "answers with an HTTP status and no more"},
	{"html", "", "", "a proxy's log-in page comes, with status 200"},
	{"redirect", "", "", "redirects to a log-in page, as a filter on the way does"},
	{"empty", "", "", "status 200 and not one byte"},
	{"truncated", "", "", "the first half of the answer"},
	{"large", "", "", "an answer without an end: over 64 MB"},
}

// otherFaults are answers that come and are wrong. Whoever lies says good of everybody.
var otherFaults = []Fault{
	{"ocsp-refuses", takesRefusal, "tryLater", "an unsigned OCSP error: malformedRequest, internalError, tryLater, sigRequired or unauthorized"},
	{"ocsp-other-certificate", "", "", "good, of a certificate that was not asked about (another CertID)"},
	{"ocsp-replayed", "", "", "the first answer it ever gave about the certificate, or one of yesterday"},
	{"ocsp-wrong-nonce", "", "", "good, with a nonce nobody sent"},
	{"ocsp-no-nonce", "", "", "good, without the nonce that was sent"},
	{"ocsp-bad-signature", "", "", "good, the signature broken"},
	{"ocsp-stranger", "", "", "good, signed by a stranger who bears the responder's and the CA's names"},
	{"ocsp-expired-responder", "", "", "good, signed by a responder whose certificate has expired"},
	{"ocsp-no-eku", "", "", "good, signed by a certificate of the right CA that is not for OCSP signing"},
	{"ocsp-other-ca", "", "", "good, signed by another CA's responder"},
	{"ocsp-future", takesDuration, "1h", "good, with thisUpdate so far ahead"},
	{"ocsp-stale", "", "", "good, with a nextUpdate of yesterday"},
	{"ocsp-hold-1970", "", "", "revoked, certificateHold, 1970-01-01: what the national responder says of what it does not know"},
	{"ocsp-revoked", "", "", "revoked, of everybody, properly signed"},
	{"ocsp-unknown", "", "", "unknown, of everybody, properly signed"},
	{"crl-stale", "", "", "an empty list whose nextUpdate was two days ago"},
	{"crl-wrong-signer", "", "", "an empty list in the CA's name, signed by a stranger"},
	{"crl-older", "", "", "an empty list of a lower number, of the day before"},
	{"crl-delta-only", "", "", "the delta list where the full one should be"},
	{"crl-delta-without-base", "", "", "a delta list against a base that was never published"},
	{"clock", takesDuration, "10m", "the PKI's clock is off by the duration; it may be negative"},
}

// Faults lists everything that can be switched on.
func Faults() []Fault { return slices.Clone(known) }

var known = allFaults()

func allFaults() []Fault {
	var all []Fault
	for _, service := range []string{serviceOCSP, serviceCRL, serviceTSP} {
		for _, f := range transportFaults {
			f.Name, f.Help = service+"-"+f.Name, strings.ToUpper(service)+" "+f.Help
			all = append(all, f)
		}
	}
	return append(append(all, otherFaults...), tspFaults...)
}

// SetFault switches a fault on, with its value or the usual one, or off by the value "off".
func (p *PKI) SetFault(name, value string) error {
	faults := p.ActiveFaults()
	faults[name] = value
	return p.SetFaults(faults)
}

// SetFaults puts these faults in place of all others; nothing changes if one of them cannot be.
func (p *PKI) SetFaults(faults map[string]string) error {
	on := map[string]string{}
	for name, value := range faults {
		i := slices.IndexFunc(known, func(f Fault) bool { return f.Name == name })
		if i < 0 {
			return fmt.Errorf("no fault is called %q", name)
		}
		if value == "off" {
			continue
		}
		if value == "" {
			value = known[i].Usual
		}
		if err := known[i].check(value); err != nil {
			return err
		}
		on[name] = value
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = on
	return nil
}

// Heal switches every fault off.
func (p *PKI) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = map[string]string{}
}

// ActiveFaults are those that are on, with their values.
func (p *PKI) ActiveFaults() map[string]string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return maps.Clone(p.faults)
}

// check says in words why a value does not suit.
func (f Fault) check(value string) error {
	switch f.Takes {
	case takesDuration:
		if _, err := time.ParseDuration(value); err != nil {
			return fmt.Errorf("%s takes a duration like %s, not %q", f.Name, f.Usual, value)
		}
	case takesStatus:
		if n, err := strconv.Atoi(value); err != nil || n < 200 || n > 599 {
			return fmt.Errorf("%s takes an HTTP status from 200 to 599, not %q", f.Name, value)
		}
	case takesRefusal:
		if _, ok := refusals[value]; !ok {
			return fmt.Errorf("%s takes one of %s, not %q", f.Name, strings.Join(slices.Sorted(maps.Keys(refusals)), ", "), value)
		}
	default:
		if value != "" {
			return fmt.Errorf("%s takes no value", f.Name)
		}
	}
	return nil
}

// fault gives the value of a fault, and whether it is on.
func (p *PKI) fault(name string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	value, on := p.faults[name]
	return value, on
}

func (p *PKI) on(name string) bool {
	_, on := p.fault(name)
	return on
}

func (p *PKI) duration(name string) (time.Duration, bool) {
	value, on := p.fault(name)
	d, _ := time.ParseDuration(value) // SetFault has looked at it
	return d, on
}

// ParseFaults reads name or name=value.
func ParseFaults(words []string) map[string]string {
	faults := map[string]string{}
	for _, word := range words {
		name, value, _ := strings.Cut(word, "=")
		faults[name] = value
	}
	return faults
}
