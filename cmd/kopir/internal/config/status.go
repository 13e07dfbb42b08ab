package config

import (
	"errors"
	"fmt"
	"net/url"

	"go.yaml.in/yaml/v3"
)

// Responder is an OCSP responder: its address alone, or {url, method, priority}.
type Responder struct {
	URL      string
	Method   string // post (default) or get; by get no nonce is sent
	Priority int    // lower ones are asked first; those of one priority in their order
}

// UnmarshalYAML takes both forms. It is as strict as the rest of the file.
func (r *Responder) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind == yaml.ScalarNode {
		return node.Decode(&r.URL)
	}
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: a responder is an address or {url, method, priority}", node.Line)
	}
	fields := map[string]any{"url": &r.URL, "method": &r.Method, "priority": &r.Priority}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		field, ok := fields[name.Value]
		if !ok {
			return fmt.Errorf("line %d: there is no field %q of a responder; it has url, method and priority", name.Line, name.Value)
		}
		if err := value.Decode(field); err != nil {
			return err
		}
	}
	return nil
}

// GET says whether the responder is asked by GET.
func (r Responder) GET() bool { return r.Method == "get" }

// validate says in words what cannot work.
func (s Status) validate() (problems []error) {
	for _, r := range s.OCSP {
		problems = append(problems, checkURL("revocation.ocsp", r.URL))
		if r.Method != "" && r.Method != "post" && r.Method != "get" {
			problems = append(problems, fmt.Errorf("revocation.ocsp: method %q is neither post nor get", r.Method))
		}
	}
	for _, u := range s.CRL {
		problems = append(problems, checkURL("revocation.crl", u))
	}
	if s.Jitter < 0 || s.Jitter > 0.5 {
		problems = append(problems, errors.New("revocation.jitter: want a part between 0 and 0.5"))
	}
	for name, d := range map[string]int64{"freshness": int64(s.Freshness), "timeout": int64(s.Timeout), "list_timeout": int64(s.ListTime), "refresh": int64(s.Refresh),
		"full_refresh": int64(s.Full), "archive_age": int64(s.ArchiveAge)} {
		if d < 0 {
			problems = append(problems, fmt.Errorf("revocation.%s: a duration is not negative", name))
		}
	}
	return problems
}

// StatusHosts lists every host certificate status may come from.
func (c Config) StatusHosts() []string {
	hosts := append([]string{}, c.Status.Hosts...)
	addresses := append([]string{}, c.Status.CRL...)
	for _, r := range c.Status.OCSP {
		addresses = append(addresses, r.URL)
	}
	for _, s := range addresses {
		if u, err := url.Parse(s); err == nil {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}
