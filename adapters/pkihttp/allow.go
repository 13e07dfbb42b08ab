package pkihttp

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// allowList holds host:port in lower case.
type allowList map[string]bool

// Default ports of the schemes; a host without a port is allowed on both.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

func parseAllowList(entries []string) (allowList, error) {
	allow := allowList{}
	for _, entry := range entries {
		host, port, err := splitEntry(strings.ToLower(strings.TrimSpace(entry)))
		if err != nil {
			return nil, err
		}
		if port != "" {
			allow[net.JoinHostPort(host, port)] = true
			continue
		}
		for _, p := range defaultPorts {
			allow[net.JoinHostPort(host, p)] = true
		}
	}
	return allow, nil
}

func splitEntry(entry string) (host, port string, err error) {
	host = entry
	if h, p, err := net.SplitHostPort(entry); err == nil {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return "", "", fmt.Errorf("pkihttp: allowed host %q has no port between 1 and 65535", entry)
		}
		host, port = h, p
	}
	if host == "" || strings.ContainsAny(host, "/@?# *") || (strings.Contains(host, ":") && net.ParseIP(host) == nil) {
		return "", "", fmt.Errorf("pkihttp: allowed host %q is not host or host:port", entry)
	}
	return host, port, nil
}

// parse reads an address and refuses all but http and https, to a host on the list, without a user name.
func (a allowList) parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: not an address", ErrForbidden)
	}
	if defaultPorts[u.Scheme] == "" || u.User != nil || u.Opaque != "" || u.Hostname() == "" {
		return nil, fmt.Errorf("%w: not a plain http address", ErrForbidden)
	}
	if !a[hostPort(u)] {
		return nil, fmt.Errorf("%w: %s is not on the list of hosts", ErrForbidden, hostPort(u))
	}
	return u, nil
}

// hostPort returns host:port in lower case, the port by the scheme if the address has none.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = defaultPorts[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}
