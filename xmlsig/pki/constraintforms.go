package pki

import (
	"bytes"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// usableBase reports whether a subtree's base is of a form that is enforced, and well made (RFC 5280 §4.2.1.10).
func usableBase(tag asn1.Tag, base []byte) bool {
	switch tag {
	case tagDNSName, tagRFC822Name, tagURI:
		return ascii(base)
	case tagIPAddress:
		return (len(base) == 8 || len(base) == 32) && wholePrefix(base[len(base)/2:])
	}
	return false
}

// nameMatcher is [matcher] for the forms that are strings or addresses.
func nameMatcher(tag asn1.Tag, name string) (in func(subtree) bool, ok bool) {
	switch tag {
	case tagDNSName:
		return func(t subtree) bool { return domainWithin(name, string(t.base)) }, ascii([]byte(name)) && name != ""
	case tagRFC822Name:
		at := strings.LastIndexByte(name, '@')
		return func(t subtree) bool { return mailboxWithin(name[:at], name[at+1:], string(t.base)) }, at > 0 && ascii([]byte(name))
	case tagURI:
		host, ok := hostOf(name)
		return func(t subtree) bool { return hostWithin(host, string(t.base)) }, ok
	case tagIPAddress:
		return func(t subtree) bool { return addressWithin([]byte(name), t.base) }, len(name) == 4 || len(name) == 16
	}
	return nil, false
}

// domainWithin: the name is the base, or the base with labels before it. A base that begins with a dot, which
// the RFC does not know but authorities write, wants at least one.
func domainWithin(name, base string) bool {
	if base == "" || strings.EqualFold(name, base) {
		return true
	}
	if !strings.HasPrefix(base, ".") {
		base = "." + base
	}
	return hasSuffixFold(name, base)
}

// hostWithin: the host itself, or for a base that begins with a dot any host below it.
func hostWithin(host, base string) bool {
	if strings.HasPrefix(base, ".") {
		return hasSuffixFold(host, base)
	}
	return base == "" || strings.EqualFold(host, base)
}

// mailboxWithin: one mailbox, all of a host, or all of the hosts below a domain. Only the host's letters fold.
func mailboxWithin(local, host, base string) bool {
	if at := strings.LastIndexByte(base, '@'); at >= 0 {
		return local == base[:at] && strings.EqualFold(host, base[at+1:])
	}
	return hostWithin(host, base)
}

// hostOf gives the host of an address; a constraint cannot be held against an address without one, nor
// against a number (RFC 5280 §4.2.1.10).
func hostOf(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "", false
	}
	_, err = netip.ParseAddr(u.Hostname())
	return u.Hostname(), err != nil
}

func addressWithin(address, base []byte) bool {
	if 2*len(address) != len(base) {
		return false
	}
	network, mask := base[:len(address)], base[len(address):]
	for i := range address {
		if address[i]&mask[i] != network[i]&mask[i] {
			return false
		}
	}
	return true
}

// wholePrefix: the ones of a mask stand before its zeros.
func wholePrefix(mask []byte) bool {
	rest := bytes.TrimLeft(mask, "\xff")
	if len(rest) == 0 {
		return true
	}
	zeros := ^rest[0]
	return zeros&(zeros+1) == 0 && len(bytes.Trim(rest[1:], "\x00")) == 0
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) > len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return true
}
