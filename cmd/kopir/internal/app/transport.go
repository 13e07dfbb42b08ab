package app

import (
	"crypto/sha256"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"kopir/adapters/envelope"
	"kopir/adapters/soap"
	"kopir/cmd/kopir/internal/config"
	"kopir/gateway"
)

// callerSHEP is the state gateway as a caller: known by its certificates, not by a key. Each sender behind
// it is a caller of his own (see gateway.Caller.Behind).
var callerSHEP = gateway.Caller{ID: "shep", Kind: gateway.CallerGateway, Name: "ШЭП", Channel: gateway.ChannelPortal}

// Callers whose identity rests on something else than a pinned certificate never share a key with the gateway.
const (
	callerNational = "shep-national"
	callerSource   = "shep-source"
)

// senderChecks is how the senders of each service's messages are checked, by serviceId; "" is for all others.
func (a *App) senderChecks() (map[string]config.Transport, error) {
	checks := map[string]config.Transport{"": a.cfg.SHEP.TransportOf("", "", nil)}
	said := map[string]string{}
	for _, s := range a.rules.Catalogue.Services() {
		for _, id := range s.SHEP.ServiceIDs {
			entry := s.SHEP.Transport + " " + strings.Join(s.SHEP.BIN, ",")
			if other, known := said[id]; known && other != entry {
				return nil, fmt.Errorf("catalogue: services that share the serviceId %s differ in shep.transport", id)
			}
			said[id] = entry
			checks[id] = a.cfg.SHEP.TransportOf(id, s.SHEP.Transport, s.SHEP.BIN)
		}
	}
	for id, t := range checks {
		if err := t.Problem(); err != nil {
			return nil, fmt.Errorf("shep.transport of %s: %w", orOthers(id), err)
		}
		if t.Check == config.TransportOff && len(t.Clients) > 0 && len(a.cfg.TLS.ClientCA) == 0 {
			return nil, fmt.Errorf("shep.transport of %s: client certificates are asked for only with tls.client_ca_files", orOthers(id))
		}
	}
	return checks, nil
}

func orOthers(id string) string {
	if id == "" {
		return "all other services"
	}
	return id
}

// transport lets senders in by the service of their message.
func (a *App) transport() (soap.Transport, error) {
	checks, err := a.senderChecks()
	if err != nil {
		return nil, err
	}
	made, services := map[string]soap.Transport{}, map[string]soap.Transport{}
	for id, t := range checks {
		key := fmt.Sprintf("%q", t)
		if made[key] == nil { // services that ask the same share one
			if made[key], err = a.senderCheck(t); err != nil {
				return nil, fmt.Errorf("shep.transport of %s: %w", orOthers(id), err)
			}
		}
		services[id] = made[key]
	}
	others := services[""]
	delete(services, "")
	return soap.NewServiceTransport(others, services), nil
}

func (a *App) senderCheck(t config.Transport) (soap.Transport, error) {
	caller := callerSHEP
	switch t.Check {
	case config.TransportOff:
		caller.ID = callerSource
		return sourceCheck(caller, t)
	case config.TransportNational:
		caller.ID = callerNational
		candidates, err := readCertificates(t.Candidates)
		return soap.NewNationalTransport(a.out.Now, caller, envelope.NewNational(a.trust, t.BIN, candidates...)), err
	}
	pins, err := readCertificates(t.Pins)
	var signers []soap.Signer
	for _, c := range pins {
		signers = append(signers, soap.Signer{Pin: envelope.PinCertificate(c), Caller: caller})
	}
	return soap.NewPinnedTransport(a.out.Now, signers...), err
}

func sourceCheck(caller gateway.Caller, t config.Transport) (soap.Transport, error) {
	var allowed []netip.Prefix
	for _, s := range t.Sources {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, err
		}
		allowed = append(allowed, p.Masked())
	}
	prints, err := clientPrints(t.Clients)
	return soap.NewSourceTransport(caller, allowed, prints...), err
}

func clientPrints(files []string) (prints [][sha256.Size]byte, err error) {
	certificates, err := tlsCertificates(files)
	for _, c := range certificates {
		prints = append(prints, sha256.Sum256(c.Raw))
	}
	return prints, err
}

// senderLines tells the operator how messages are let in, where it is not by the plain set of pins.
func (a *App) senderLines() (lines []string) {
	checks, err := a.senderChecks()
	if err != nil {
		return []string{err.Error()}
	}
	by := map[string][]string{}
	for id, t := range checks {
		by[describeCheck(t)] = append(by[describeCheck(t)], orOthers(id))
	}
	for words, ids := range by {
		slices.Sort(ids)
		if len(by) == 1 {
			ids = []string{"all services"}
		}
		if words != "" {
			lines = append(lines, "messages of "+strings.Join(ids, ", ")+": "+words)
		}
	}
	slices.Sort(lines)
	return lines
}

func describeCheck(t config.Transport) string {
	switch t.Check {
	case config.TransportOff:
		return fmt.Sprintf("transport signature NOT CHECKED, let in by source address %v and %d client certificates", t.Sources, len(t.Clients))
	case config.TransportNational:
		return fmt.Sprintf("signed with any valid national certificate of %d organisations", len(t.BIN))
	}
	if len(t.Pins) == 0 {
		return "no pinned gateway certificates, the SHEP endpoints refuse every message"
	}
	return ""
}
