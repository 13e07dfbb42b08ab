package simulate

import (
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"kopir/xmlsig"
	"kopir/xmlsig/xmltree"
)

// Token is how a WS-Security header names its signer (gateway-protocol.md §3.1; WSS X.509 Token Profile 1.1 §3.2).
type Token string

// Tokens that gateways and information systems were seen with.
const (
	TokenKeyIdentifier Token = "key-identifier" // the certificate itself, X509v3
	TokenIssuerSerial  Token = "issuer-serial"  // the issuer's name and the serial number
	TokenBinary        Token = "binary-token"   // a Reference to a BinarySecurityToken
)

const (
	tokenBase64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
	tokenX509   = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-x509-token-profile-1.0#X509v3"
)

// SealAs signs the Body of an envelope and names the signer as asked. KeyInfo is outside of what is
// signed, so that the signature is the same whichever it is.
func SealAs(doc []byte, key xmlsig.Key, token Token, random io.Reader) ([]byte, error) {
	signed, err := xmlsig.SignWSS(doc, key, xmlsig.WSSOptions{Rand: random})
	if err != nil || token == "" || token == TokenKeyIdentifier {
		return signed, err
	}
	before, rest, _ := strings.Cut(string(signed), "<wsse:KeyIdentifier ")
	_, after, found := strings.Cut(rest, "</wsse:KeyIdentifier>")
	if !found {
		return nil, fmt.Errorf("the signature names its signer by no KeyIdentifier")
	}
	switch c := key.Certificate; token {
	case TokenIssuerSerial:
		name := string(xmltree.EscapeText(nil, c.Issuer.DN))
		return []byte(before + "<ds:X509Data><ds:X509IssuerSerial><ds:X509IssuerName>" + name + "</ds:X509IssuerName><ds:X509SerialNumber>" +
			c.Serial.String() + "</ds:X509SerialNumber></ds:X509IssuerSerial></ds:X509Data>" + after), nil
	case TokenBinary:
		const id = "X509-transport"
		head, tail, _ := strings.Cut(before, "<ds:Signature ")
		return []byte(head + `<wsse:BinarySecurityToken xmlns:wsu="` + xmltree.WSUNamespace + `" wsu:Id="` + id + `" EncodingType="` + tokenBase64 +
			`" ValueType="` + tokenX509 + `">` + base64.StdEncoding.EncodeToString(c.Raw) + "</wsse:BinarySecurityToken><ds:Signature " + tail +
			`<wsse:Reference URI="#` + id + `" ValueType="` + tokenX509 + `"/>` + after), nil
	}
	return nil, fmt.Errorf("no token is called %q", token)
}
