package xmlsig

import (
	"math/big"
	"strings"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// maxKeyCertificates bounds the certificates one KeyInfo may bring.
const maxKeyCertificates = 16

// maxSerialDigits of a serial number: 20 octets (RFC 5280 §4.1.2.2) have at most 49 digits, and
// reading a number costs the square of its length.
const maxSerialDigits = 64

// Value types of the X.509 token profile of WS-Security.
const (
	tokenProfile = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#"
	tokenX509v3  = tokenProfile + "X509v3"
	tokenSKI     = tokenProfile + "X509SubjectKeyIdentifier"
	base64Binary = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
	nsDSig11     = "http://www.w3.org/2009/xmldsig11#"
)

// keyHints is what a KeyInfo says about the signer. It is a hint only: who it names must
// have made the signature and chain to an anchor. KeyValue and KeyName prove nothing and are
// passed over.
type keyHints struct {
	*workspace
	certificates [][]byte // DER, in document order
	serials      []*big.Int
	keyIDs       [][]byte
	digests      []certificateDigest
	subjects     []string
}

func (h *keyHints) read(doc *xmltree.Document, keyInfo *xmltree.Element) error {
	for child := range keyInfo.EachChild() {
		var err error
		switch {
		case child.Is(nsDSig, "X509Data"):
			err = h.readX509Data(child)
		case child.Is(nsWSSE, "SecurityTokenReference"):
			err = h.readTokenReference(doc, child)
		case child.Is(nsDSig, "RetrievalMethod"), child.Is(nsDSig11, "KeyInfoReference"):
			err = reason.New(reason.XMLForbidden, "the key is only referred to")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (h *keyHints) readX509Data(data *xmltree.Element) error {
	for child := range data.EachChild() {
		var err error
		switch {
		case child.Is(nsDSig, "X509Certificate"):
			err = h.addCertificate(child)
		case child.Is(nsDSig, "X509IssuerSerial"):
			if len(child.Children()) == 0 { // libxmlsec leaves an empty one of zeep's template: it names nobody
				continue
			}
			digits := strings.Trim(child.Child("X509SerialNumber").Text(), " \t\r\n")
			n, ok := new(big.Int).SetString(digits[:min(len(digits), maxSerialDigits)], 10)
			if !ok || len(digits) > maxSerialDigits {
				return malformed("X509SerialNumber is not a number")
			}
			h.serials = append(h.serials, n)
		case child.Is(nsDSig, "X509SKI"):
			err = h.addKeyID(child)
		case child.Is(nsDSig, "X509SubjectName"):
			if len(h.subjects) < maxKeyCertificates {
				h.subjects = append(h.subjects, child.Text())
			}
		case child.Is(nsDSig11, "X509Digest"):
			err = h.addDigest(child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readTokenReference reads the three forms SHEP's messages use (gateway-protocol §3.1).
func (h *keyHints) readTokenReference(doc *xmltree.Document, str *xmltree.Element) error {
	for child := range str.EachChild() {
		var err error
		switch valueType, _ := child.Attr("", "ValueType"); {
		case child.Is(nsWSSE, "KeyIdentifier") && valueType == tokenX509v3:
			err = h.addCertificate(child)
		case child.Is(nsWSSE, "KeyIdentifier") && valueType == tokenSKI:
			err = h.addKeyID(child)
		case child.Is(nsDSig, "X509Data"):
			err = h.readX509Data(child)
		case child.Is(nsWSSE, "Reference"):
			err = h.readToken(doc, child)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readToken follows a Reference to a BinarySecurityToken of the same document.
func (h *keyHints) readToken(doc *xmltree.Document, ref *xmltree.Element) error {
	uri, _ := ref.Attr("", "URI")
	id, local := strings.CutPrefix(uri, "#")
	if !local {
		return reason.New(reason.XMLForbidden, "the reference to the security token leaves the document")
	}
	token, err := doc.ByID(id)
	if err != nil {
		return err
	}
	if valueType, _ := token.Attr("", "ValueType"); !token.Is(nsWSSE, "BinarySecurityToken") || valueType != tokenX509v3 {
		return malformed("the reference names no X.509 security token")
	}
	return h.addCertificate(token)
}

func (h *keyHints) addCertificate(elem *xmltree.Element) error {
	if len(h.certificates) >= maxKeyCertificates {
		return malformed("KeyInfo holds too many certificates")
	}
	der, err := h.decode(elem)
	if err != nil {
		return err
	}
	h.certificates = append(h.certificates, der)
	return nil
}

func (h *keyHints) addKeyID(elem *xmltree.Element) error {
	id, err := h.decode(elem)
	if err != nil || len(h.keyIDs) >= maxKeyCertificates {
		return malformed("a key identifier is not base64, or there are too many")
	}
	h.keyIDs = append(h.keyIDs, id)
	return nil
}
