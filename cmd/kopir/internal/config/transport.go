package config

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
)

// Checks of a message's own signature, chosen for each service (gateway-protocol.md §1.5).
const (
	TransportOff      = "off"      // not looked at: the network vouches for the sender
	TransportPinned   = "pinned"   // one of a set of certificates; they change yearly
	TransportNational = "national" // any valid national certificate of an organisation, by its BIN
)

// Transport is how the senders of messages are checked: of the services a line names by their SHEP
// serviceId, or where it names none, of all others. What a line leaves out, the catalogue's shep.transport
// and shep.bin of the service say; pins are shep.pins where it has none.
type Transport struct {
	Services   []string `yaml:"services"`
	Check      string   `yaml:"check"`
	BIN        []string `yaml:"bin"`          // national
	Candidates []string `yaml:"certificates"` // national: certificates of senders who name only issuer and serial number
	Pins       []string `yaml:"pins"`         // pinned
	Sources    []string `yaml:"sources"`      // off: addresses of the connection, 10.1.0.0/16; a proxy's where one stands between
	Clients    []string `yaml:"clients"`      // off: files with the TLS client certificates that are let in
}

// TLS makes the listener speak TLS. Without it, it stands behind a proxy or on loopback.
type TLS struct {
	Cert     string   `yaml:"cert_file"`
	Key      string   `yaml:"key_file"`
	ClientCA []string `yaml:"client_ca_files"` // authorities of client certificates; none: they are not asked for
}

// On says whether the listener speaks TLS.
func (t TLS) On() bool { return t.Cert != "" }

// Senders are the checks by service.
type Senders struct {
	Transport []Transport `yaml:"transport"`
}

// TransportOf is the check for a serviceId, "" for messages that name none or an unknown one. check and bin
// are what the catalogue says.
func (s SHEP) TransportOf(serviceID, check string, bin []string) Transport {
	var line, others Transport
	for _, t := range s.Transport {
		switch {
		case slices.Contains(t.Services, serviceID):
			line = t
		case len(t.Services) == 0:
			others = t
		}
	}
	line.Services = nil
	line.Check = cmp.Or(line.Check, check, others.Check, TransportPinned)
	line.BIN = orList(line.BIN, bin, others.BIN)
	line.Candidates = orList(line.Candidates, others.Candidates)
	line.Sources, line.Clients = orList(line.Sources, others.Sources), orList(line.Clients, others.Clients)
	line.Pins = orList(line.Pins, others.Pins, s.Pins)
	return line
}

func orList(lists ...[]string) []string {
	for _, l := range lists {
		if len(l) > 0 {
			return l
		}
	}
	return nil
}

var digits12 = regexp.MustCompile(`^[0-9]{12}$`)

// Problem says in words what keeps a check from being made. Numbers are not repeated.
func (t Transport) Problem() error {
	switch t.Check {
	case TransportOff:
		if len(t.Sources) == 0 && len(t.Clients) == 0 {
			return errors.New("check off is legal only behind sources (addresses) or clients (TLS client certificates): nobody else vouches for the sender")
		}
		for _, s := range t.Sources {
			p, err := netip.ParsePrefix(s)
			if err != nil {
				return fmt.Errorf("sources: %q is not an address range like 10.1.0.0/16", s)
			}
			if p.Bits() == 0 {
				return fmt.Errorf("sources: %s is everybody; that is no list", s)
			}
		}
	case TransportNational:
		if len(t.BIN) == 0 {
			return errors.New("check national needs bin: whose certificates are let in")
		}
		if slices.ContainsFunc(t.BIN, func(b string) bool { return !digits12.MatchString(b) }) {
			return errors.New("bin: want twelve digits, quoted")
		}
	case TransportPinned:
	default:
		return fmt.Errorf("check: %q is none of off, pinned, national", t.Check)
	}
	return nil
}

// validateTransport judges what the lines say themselves; what they leave to the catalogue is judged with it.
func (c Config) validateTransport() (problems []error) {
	seen := map[string]bool{}
	for i, t := range c.SHEP.Transport {
		fail := func(err error) { problems = append(problems, fmt.Errorf("shep.transport[%d]: %w", i, err)) }
		services := t.Services
		if len(services) == 0 {
			services = []string{""} // all others
		}
		for _, id := range services {
			if seen[id] {
				fail(fmt.Errorf("services: two lines are for %q", cmp.Or(id, "all others")))
			}
			seen[id] = true
		}
		if err := c.SHEP.TransportOf(services[0], "", nil).Problem(); err != nil && !t.leftToCatalogue() {
			fail(err)
		}
		if len(t.Clients) > 0 && len(c.TLS.ClientCA) == 0 {
			fail(errors.New("clients: client certificates are asked for only with tls.client_ca_files"))
		}
	}
	if (c.TLS.Cert == "") != (c.TLS.Key == "") || len(c.TLS.ClientCA) > 0 && !c.TLS.On() {
		problems = append(problems, errors.New("tls: want cert_file and key_file, and client_ca_files only with them"))
	}
	return problems
}

// leftToCatalogue says that the line is not whole without its service's entry.
func (t Transport) leftToCatalogue() bool {
	return len(t.Services) > 0 && (t.Check == "" || t.Check == TransportNational && len(t.BIN) == 0)
}
