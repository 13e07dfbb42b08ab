package revocation

import (
	"slices"
	"strings"
)

// defaultPorts are the schemes that are asked over.
var defaultPorts = map[string]string{"http": "80", "https": "443"}

// allowed reports whether an address from a certificate leads to one of the
// hosts: "host" stands for the scheme's own port, "host:port" for that one.
func allowed(url string, hosts []string) bool {
	host, port, ok := hostOf(url)
	if !ok {
		return false
	}
	scheme, _, _ := strings.Cut(url, "://")
	return slices.Contains(hosts, host+":"+port) || port == defaultPorts[scheme] && slices.Contains(hosts, host)
}

// hostOf gives host and port of an http or https address. Anything unusual in
// it (user names, escapes, other letters) makes the address unusable.
func hostOf(url string) (host, port string, ok bool) {
	scheme, rest, ok := strings.Cut(url, "://")
	if port = defaultPorts[scheme]; !ok || port == "" {
		return "", "", false
	}
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	host, given, has := strings.Cut(strings.ToLower(rest), ":")
	if has {
		port = given
	}
	ok = host != "" && port != "" && strings.Trim(port, "0123456789") == "" &&
		strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789.-") == ""
	return host, port, ok
}
