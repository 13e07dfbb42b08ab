package xmlsig

import (
	"bytes"
	"slices"
	"strings"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// certificateDigest is an X509Digest (XMLDSig 1.1 §4.5.4.1).
type certificateDigest struct {
	method *digestMethod
	value  []byte
}

// signerOf finds the signer's certificate. All certificates of a KeyInfo form one chain and the
// signer's is its end (XMLDSig 1.1 §4.5.4): the one that issued none of the others, wherever it
// stands. Serial number, key identifier and digest choose among several ends; without them several
// ends are refused. Where the document has none that fits, they pick one of the caller's
// candidates. What remains helps to build the chain. No key is tried out.
func (v *verifier) signerOf(keyInfo *xmltree.Element) (leaf *pki.Certificate, others []*pki.Certificate, err error) {
	hints := keyHints{workspace: v.workspace}
	if keyInfo != nil {
		if err := hints.read(v.doc, keyInfo); err != nil {
			return nil, nil, err
		}
	}
	certs, broken := hints.parse(v.opt.Trust)
	leaf, err = hints.choose(certs, v.opt.Candidates)
	if broken != nil && (leaf == nil || leaf.IsCA) {
		return nil, nil, broken // it may well be the signer's: no authority signs documents
	}
	if err != nil {
		return nil, nil, err
	}
	for _, list := range [][]*pki.Certificate{certs, v.opt.Candidates} {
		for _, c := range list {
			if c != leaf {
				others = append(others, c)
			}
		}
	}
	return leaf, others, nil
}

// parse reads the certificates, each once. One that cannot be read is the first error.
func (h *keyHints) parse(store *pki.Store) (certs []*pki.Certificate, broken error) {
	for i, der := range h.certificates {
		if slices.ContainsFunc(h.certificates[:i], func(b []byte) bool { return bytes.Equal(b, der) }) {
			continue
		}
		c, err := store.Parse(der)
		switch {
		case err == nil:
			certs = append(certs, c)
		case broken == nil:
			broken = err
		}
	}
	return certs, broken
}

// choose picks the signer's certificate.
func (h *keyHints) choose(certs, candidates []*pki.Certificate) (*pki.Certificate, error) {
	ends := endsOf(certs)
	if len(h.serials)+len(h.digests) > 0 || len(certs) == 0 {
		if ends = h.named(ends); len(ends) == 0 {
			ends = h.named(candidates)
			ends = ends[:min(1, len(ends))] // the caller's order
		}
		if len(ends) == 0 {
			return nil, reason.New(reason.ChainUntrusted, "the signature names no certificate that is at hand")
		}
	}
	if fit := h.named(ends); len(fit) > 0 {
		ends = fit
	}
	if len(ends) > 1 {
		ends = h.bySubject(ends)
	}
	if len(ends) != 1 {
		return nil, malformed("KeyInfo does not say which of its certificates is the signer's")
	}
	return ends[0], nil
}

// endsOf are the certificates that issued none of the others. Among several, authorities do not
// count: where an intermediate is left out, nothing links the root to the signer.
func endsOf(certs []*pki.Certificate) []*pki.Certificate {
	if len(certs) < 2 {
		return certs
	}
	ends := slices.DeleteFunc(slices.Clone(certs), func(c *pki.Certificate) bool { return issuedOther(c, certs) })
	if people := slices.DeleteFunc(slices.Clone(ends), func(c *pki.Certificate) bool { return c.IsCA }); len(people) > 0 {
		return people
	}
	return ends
}

// issuedOther tells whether c is, by its name, the issuer of another one.
func issuedOther(c *pki.Certificate, certs []*pki.Certificate) bool {
	return slices.ContainsFunc(certs, func(other *pki.Certificate) bool {
		return other != c && bytes.Equal(other.RawIssuer, c.RawSubject)
	})
}

func (h *keyHints) named(certs []*pki.Certificate) (out []*pki.Certificate) {
	for _, c := range certs {
		if h.names(c) {
			out = append(out, c)
		}
	}
	return out
}

// names tells whether serial number, key identifier or digest are those of c. Issuer names are not
// compared: their text forms differ between programs, and a wrong pick fails on the signature.
func (h *keyHints) names(c *pki.Certificate) bool {
	for _, n := range h.serials {
		if n.Cmp(c.Serial) == 0 {
			return true
		}
	}
	for _, id := range h.keyIDs {
		if len(c.SubjectKeyID) > 0 && bytes.Equal(id, c.SubjectKeyID) {
			return true
		}
	}
	for _, d := range h.digests {
		sum := d.method.new()
		sum.Write(c.Raw)
		if bytes.Equal(sum.Sum(nil), d.value) {
			return true
		}
	}
	return false
}

// bySubject lets X509SubjectName decide where it is written as we write it. Where it is not, it
// decides nothing: the text forms of names differ.
func (h *keyHints) bySubject(certs []*pki.Certificate) []*pki.Certificate {
	plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), "")) }
	var fit []*pki.Certificate
	for _, c := range certs {
		if slices.ContainsFunc(h.subjects, func(s string) bool { return plain(s) == plain(c.Subject.DN) }) {
			fit = append(fit, c)
		}
	}
	if len(fit) == 1 {
		return fit
	}
	return certs
}

// addDigest keeps an X509Digest. By an algorithm that is not let in it says nothing.
func (h *keyHints) addDigest(elem *xmltree.Element) error {
	uri, _ := elem.Attr("", "Algorithm")
	method, err := findDigestMethod(uri, nil, false)
	if err != nil {
		return nil //nolint:nilerr // passed over
	}
	value, err := h.decode(elem)
	if err != nil || len(h.digests) >= maxKeyCertificates {
		return malformed("an X509Digest is not base64, or there are too many")
	}
	h.digests = append(h.digests, certificateDigest{method, value})
	return nil
}
