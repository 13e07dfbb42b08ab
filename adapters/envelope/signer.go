package envelope

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Namespaces and value types by which a header names its signer (gateway-protocol.md §3.1).
const (
	nsDSig       = "http://www.w3.org/2000/09/xmldsig#"
	tokenProfile = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#"
	tokenX509v3  = tokenProfile + "X509v3"
	tokenSKI     = tokenProfile + "X509SubjectKeyIdentifier"
)

// Bounds of what a stranger may have looked at before he is refused.
const (
	maxTransportSignatures = 2        // the protocol knows one; each costs a digest of the Body
	maxHints               = 16       // certificates, serial numbers and key identifiers of one KeyInfo
	maxHintBytes           = 64 << 10 // of one, in base64; a certificate has some 2 KB
	maxSerialDigits        = 64       // 20 octets are 49 digits; reading a number takes the square of its length
)

// pinned refuses a message that is not signed, or not with a pinned certificate. It reads names only:
// digests and signatures are computed for those who are known, so that a stranger cannot make us
// work. That the named one has indeed signed is what [xmlsig.Verify] finds out.
func (p *Pins) pinned(tree *xmltree.Document) error {
	signatures, headers := transportSignatures(tree.Root)
	switch n := len(signatures); {
	case headers > 1:
		return errTwoHeaders
	case n == 0:
		return errUnsigned
	case n > maxTransportSignatures:
		return reason.Newf(reason.TransportSignatureInvalid, "the SOAP header holds more than %d signatures", maxTransportSignatures)
	}
	for _, s := range signatures {
		if !p.known[p.signer(tree, s)] {
			return errStranger
		}
	}
	return nil
}

// transportSignatures are the signatures under wsse:Security, and how many of these there are: two leave
// open whose word counts (WS-Security 1.0 §5). What stands in the Body is the business's.
func transportSignatures(envelope *xmltree.Element) (out []*xmltree.Element, headers int) {
	for header := range envelope.EachChild() {
		if !header.Is(envelope.Space(), "Header") {
			continue
		}
		for security := range header.EachChild() {
			if !security.Is(nsWSSE, "Security") {
				continue
			}
			headers++
			for s := range security.EachChild() {
				if s.Is(nsDSig, "Signature") {
					out = append(out, s)
				}
			}
		}
	}
	return out, headers
}

// signer is the fingerprint of the certificate a signature names, zero for none at hand. The rule is
// xmlsig's: the first certificate of KeyInfo, unless a serial number names another one; without a
// certificate, the pinned one that is named.
func (p *Pins) signer(tree *xmltree.Document, signature *xmltree.Element) (none [sha256.Size]byte) {
	der, c := named(tree, signature, p.candidates)
	switch {
	case c != nil:
		return c.SHA256
	case der != nil:
		return sha256.Sum256(der)
	}
	return none
}

// named finds the certificate a signature names: as octets that nobody has read yet, or read already.
func named(tree *xmltree.Document, signature *xmltree.Element, candidates []*pki.Certificate) ([]byte, *pki.Certificate) {
	h := hints{tree: tree}
	for child := range signature.EachChild() {
		if child.Is(nsDSig, "KeyInfo") && !h.read(child) {
			return nil, nil
		}
	}
	if len(h.certificates) > 0 && len(h.serials) == 0 {
		return h.certificates[0], nil
	}
	for _, der := range h.certificates {
		if c, err := pki.Parse(der); err == nil && h.names(c) {
			return nil, c
		}
	}
	for _, c := range candidates {
		if h.names(c) {
			return nil, c
		}
	}
	return nil, nil
}

// hints is what a KeyInfo says about the signer.
type hints struct {
	tree                 *xmltree.Document
	certificates, keyIDs [][]byte
	serials              []*big.Int
}

func (h *hints) names(c *pki.Certificate) bool {
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
	return false
}

// read gathers the hints of a KeyInfo; false when one of them cannot be read.
func (h *hints) read(keyInfo *xmltree.Element) bool {
	for child := range keyInfo.EachChild() {
		ok := true
		switch {
		case child.Is(nsDSig, "X509Data"):
			ok = h.readX509Data(child)
		case child.Is(nsWSSE, "SecurityTokenReference"):
			ok = h.readTokenReference(child)
		}
		if !ok {
			return false
		}
	}
	return true
}

// readX509Data passes over an empty X509IssuerSerial, as xmlsig does: it names nobody.
func (h *hints) readX509Data(data *xmltree.Element) bool {
	for child := range data.EachChild() {
		ok := true
		switch {
		case child.Is(nsDSig, "X509Certificate"):
			ok = add(&h.certificates, child)
		case child.Is(nsDSig, "X509SKI"):
			ok = add(&h.keyIDs, child)
		case child.Is(nsDSig, "X509IssuerSerial"):
			ok = len(child.Children()) == 0 || h.addSerial(strings.Trim(child.Child("X509SerialNumber").Text(), " \t\r\n"))
		}
		if !ok {
			return false
		}
	}
	return true
}

func (h *hints) readTokenReference(reference *xmltree.Element) bool {
	for child := range reference.EachChild() {
		ok := true
		switch valueType, _ := child.Attr("", "ValueType"); {
		case child.Is(nsWSSE, "KeyIdentifier") && valueType == tokenX509v3:
			ok = add(&h.certificates, child)
		case child.Is(nsWSSE, "KeyIdentifier") && valueType == tokenSKI:
			ok = add(&h.keyIDs, child)
		case child.Is(nsDSig, "X509Data"):
			ok = h.readX509Data(child)
		case child.Is(nsWSSE, "Reference"):
			ok = h.readToken(child)
		}
		if !ok {
			return false
		}
	}
	return true
}

// readToken follows a Reference to a BinarySecurityToken of the same message.
func (h *hints) readToken(reference *xmltree.Element) bool {
	uri, _ := reference.Attr("", "URI")
	id, local := strings.CutPrefix(uri, "#")
	if !local {
		return false
	}
	token, err := h.tree.ByID(id)
	return err == nil && token.Is(nsWSSE, "BinarySecurityToken") && add(&h.certificates, token)
}

func (h *hints) addSerial(digits string) bool {
	if len(digits) > maxSerialDigits || len(h.serials) == maxHints {
		return false
	}
	n, ok := new(big.Int).SetString(digits, 10)
	if ok {
		h.serials = append(h.serials, n)
	}
	return ok
}

// add appends what an element holds in base64.
func add(list *[][]byte, e *xmltree.Element) bool {
	text := e.Text()
	if len(text) > maxHintBytes || len(*list) == maxHints {
		return false
	}
	value, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	*list = append(*list, value)
	return err == nil
}
