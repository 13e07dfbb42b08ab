package pki

import (
	"bytes"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// nameConstraints are the subtrees a CA is limited to (RFC 5280 §4.2.1.10).
// Directory names are enforced; a constraint on any other form of name makes
// the chain invalid, whether the certificate below has such a name or not.
type nameConstraints struct {
	permitted, excluded [][][]attribute
	otherForm           bool
}

func (c *Certificate) readNameConstraints(s cryptobyte.String) bool {
	var seq, permitted, excluded cryptobyte.String
	var has bool
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() ||
		!seq.ReadOptionalASN1(&permitted, &has, contextTag(0)) ||
		!seq.ReadOptionalASN1(&excluded, &has, contextTag(1)) || !seq.Empty() {
		return false
	}
	c.constraints = new(nameConstraints)
	return c.constraints.readSubtrees(permitted, &c.constraints.permitted) &&
		c.constraints.readSubtrees(excluded, &c.constraints.excluded)
}

func (n *nameConstraints) readSubtrees(s cryptobyte.String, into *[][][]attribute) bool {
	for !s.Empty() {
		var subtree, base cryptobyte.String
		var tag asn1.Tag
		if !s.ReadASN1(&subtree, asn1.SEQUENCE) || !subtree.ReadAnyASN1(&base, &tag) {
			return false
		}
		// minimum and maximum are never used (§4.2.1.10): their presence is a form unknown here.
		if tag != tagDirectoryName || !subtree.Empty() {
			n.otherForm = true
			continue
		}
		rdns, ok := readRDNs(base)
		if !ok {
			return false
		}
		*into = append(*into, rdns)
	}
	return true
}

// checkNames holds the names below path[i] against its constraints. Self-issued
// authorities are exempt, the leaf is not (§6.1.3 b, c).
func checkNames(path Chain, i int) error {
	n := path[i].constraints
	if n == nil {
		return nil
	}
	if n.otherForm {
		return invalid("%s has name constraints of a form that is not enforced here", place(i, path))
	}
	for j, c := range path[:i] {
		if j > 0 && bytes.Equal(c.RawSubject, c.RawIssuer) {
			continue
		}
		for _, raw := range append([][]byte{c.RawSubject}, c.altDirNames...) {
			rdns, ok := readRDNs(raw)
			if !ok || !n.allows(rdns) {
				return invalid("%s has a name its authority may not certify", place(j, path))
			}
		}
	}
	return nil
}

func (n *nameConstraints) allows(name [][]attribute) bool {
	if len(name) == 0 {
		return true
	}
	for _, subtree := range n.excluded {
		if within(name, subtree) {
			return false
		}
	}
	for _, subtree := range n.permitted {
		if within(name, subtree) {
			return true
		}
	}
	return len(n.permitted) == 0
}

// within reports whether the subtree's RDNs are the first ones of the name.
func within(name, subtree [][]attribute) bool {
	if len(subtree) > len(name) {
		return false
	}
	for i, rdn := range subtree {
		if len(rdn) != len(name[i]) {
			return false
		}
		for _, a := range rdn {
			if !containsAttribute(name[i], a) {
				return false
			}
		}
	}
	return true
}

func containsAttribute(rdn []attribute, want attribute) bool {
	for _, a := range rdn {
		if a.oid == want.oid && sameValue(a, want) {
			return true
		}
	}
	return false
}

// sameValue compares as RFC 5280 §7.1 says: case and runs of spaces do not count.
func sameValue(a, b attribute) bool {
	if a.text == "" || b.text == "" {
		return bytes.Equal(a.value, b.value)
	}
	return strings.EqualFold(strings.Join(strings.Fields(a.text), " "), strings.Join(strings.Fields(b.text), " "))
}
