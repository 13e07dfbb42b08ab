package pki

import (
	"bytes"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// nameConstraints are the subtrees a CA is limited to (RFC 5280 §4.2.1.10).
// Directory names, domains, mailboxes, addresses of resources and of machines are
// enforced; a constraint on any other form of name makes the chain invalid, whether
// the certificate below has such a name or not.
type nameConstraints struct {
	permitted, excluded map[asn1.Tag][]subtree
	otherForm           bool
}

// subtree is the base of one: a directory name taken apart, or the octets of another form.
type subtree struct {
	directory [][]attribute
	base      []byte
}

// maxComparisons bounds how often names of one path are held against subtrees of one CA. Both
// certificates are the sender's, and each holds thousands.
const maxComparisons = 1 << 16

func (c *Certificate) readNameConstraints(s cryptobyte.String) bool {
	var seq, permitted, excluded cryptobyte.String
	var has bool
	if !s.ReadASN1(&seq, asn1.SEQUENCE) || !s.Empty() ||
		!seq.ReadOptionalASN1(&permitted, &has, contextTag(0)) ||
		!seq.ReadOptionalASN1(&excluded, &has, contextTag(1)) || !seq.Empty() {
		return false
	}
	c.constraints = &nameConstraints{permitted: map[asn1.Tag][]subtree{}, excluded: map[asn1.Tag][]subtree{}}
	return c.constraints.readSubtrees(permitted, c.constraints.permitted) &&
		c.constraints.readSubtrees(excluded, c.constraints.excluded)
}

func (n *nameConstraints) readSubtrees(s cryptobyte.String, into map[asn1.Tag][]subtree) bool {
	for !s.Empty() {
		var tree, base cryptobyte.String
		var tag asn1.Tag
		if !s.ReadASN1(&tree, asn1.SEQUENCE) || !tree.ReadAnyASN1(&base, &tag) {
			return false
		}
		// minimum and maximum are never used (§4.2.1.10): their presence is a form unknown here.
		if !tree.Empty() || tag != tagDirectoryName && !usableBase(tag, base) {
			n.otherForm = true
			continue
		}
		t := subtree{base: base}
		if tag == tagDirectoryName {
			var ok bool
			if t.directory, ok = readRDNs(base); !ok {
				return false
			}
		}
		into[tag] = append(into[tag], t)
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
	budget := maxComparisons
	for j, c := range path[:i] {
		if j > 0 && bytes.Equal(c.RawSubject, c.RawIssuer) {
			continue
		}
		if !n.allowsAll(c, &budget) {
			return invalid("%s has a name its authority may not certify", place(j, path))
		}
	}
	return nil
}

// allowsAll holds every name of the certificate against the subtrees: the subject, the alternative names, and
// the mailboxes in the subject, which old certificates carry there.
func (n *nameConstraints) allowsAll(c *Certificate, budget *int) bool {
	subject, ok := readRDNs(c.RawSubject)
	if !ok || len(subject) > 0 && !n.allows(tagDirectoryName, c.RawSubject, budget) {
		return false
	}
	for _, rdn := range subject {
		for _, a := range rdn {
			if a.oid == oidEmail && !n.allows(tagRFC822Name, []byte(a.text), budget) {
				return false
			}
		}
	}
	for names := c.altNames; !names.Empty(); {
		var value cryptobyte.String
		var tag asn1.Tag
		if !names.ReadAnyASN1(&value, &tag) || !n.allows(tag, value, budget) {
			return false
		}
	}
	return true
}

// allows: a name of a form lies in no excluded subtree, and in a permitted one where there are any of the form.
func (n *nameConstraints) allows(tag asn1.Tag, name []byte, budget *int) bool {
	permitted, excluded := n.permitted[tag], n.excluded[tag]
	if *budget -= len(permitted) + len(excluded); *budget < 0 {
		return false
	}
	if len(permitted)+len(excluded) == 0 {
		return true
	}
	in, ok := matcher(tag, name)
	return ok && !slices.ContainsFunc(excluded, in) && (len(permitted) == 0 || slices.ContainsFunc(permitted, in))
}

// matcher gives the question whether the name lies in a subtree of its form; not ok for a name that cannot
// be held against any.
func matcher(tag asn1.Tag, name []byte) (in func(subtree) bool, ok bool) {
	if tag != tagDirectoryName {
		return nameMatcher(tag, string(name))
	}
	rdns, ok := readRDNs(name)
	return func(t subtree) bool { return within(rdns, t.directory) }, ok
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
