package doctor

import (
	"net/url"
	"strconv"
	"time"
)

// HostOf is the host, and its port where one is named, of an address: paths may say more than people should read.
func HostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "?"
	}
	return u.Host
}

// Remedies of the ways to an address.
var ways = map[Problem]string{
	ProblemNotAllowed: "hosts", ProblemDNS: "dns", ProblemRefused: "firewall", ProblemTimeout: "firewall", ProblemReset: "firewall",
	ProblemTLS: "tls", ProblemUnreachable: "firewall", ProblemRedirect: "proxy", ProblemStatus: "address", ProblemHTML: "proxy",
	ProblemEmpty: "owner", ProblemTruncated: "owner", ProblemTooLarge: "address",
}

// Transport says why an address could not be asked; ok is false when it could.
func (r Reply) Transport(check, address string) (f Finding, ok bool) {
	if r.Problem == ProblemNone {
		return f, false
	}
	kind := r.ContentType
	if kind == "" {
		kind = "—"
	}
	return found(check, address, Fail, string(r.Problem), ways[r.Problem], "host", HostOf(address), "status", strconv.Itoa(r.Status),
		"type", kind, "to", r.Redirect, "took", r.Took.Round(time.Millisecond).String()), true
}
