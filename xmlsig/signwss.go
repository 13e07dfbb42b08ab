package xmlsig

import (
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// WSSOptions of [SignWSS]. The zero value works.
type WSSOptions struct {
	BodyID string    // the wsu:Id the Body gets if it has none; "": "id-" and a random UUID
	Style  Style     // of the signature
	Rand   io.Reader // nil: crypto/rand
}

// SignWSS signs the Body of a SOAP envelope as SHEP wants it (gateway-protocol §3.1): one
// reference to the Body's wsu:Id, exclusive canonicalisation, the certificate in a
// KeyIdentifier. A Header is made if there is none; one with wsse:Security is refused.
func SignWSS(envelope []byte, key Key, opt WSSOptions) ([]byte, error) {
	if key.Certificate == nil {
		return nil, reason.New(reason.CertificateMalformed, "WS-Security needs the certificate")
	}
	method, err := methodOf(key)
	if err != nil {
		return nil, err
	}
	d := draft{
		method: method, key: key, lines: opt.Style == StyleSantuario, rand: opt.Rand,
		signedInfo: c14n.Exclusive, content: c14n.Exclusive, keyInfo: tokenReference(key), profile: ProfileWSS,
	}
	text, id, err := d.bodyWithID(string(envelope), opt.BodyID)
	if err != nil {
		return nil, err
	}
	tree, err := xmltree.Parse([]byte(text), xmltree.Limits{})
	if err != nil {
		return nil, err
	}
	header, body := soapParts(tree)
	octets, err := c14n.Append(nil, tree, body, c14n.Exclusive, c14n.Options{})
	if err != nil {
		return nil, err
	}
	d.uri = "#" + id
	d.setDigest(octets)
	before, after, err := aroundSecurity(text, tree, header, body)
	if err != nil {
		return nil, err
	}
	return d.insert(before, after)
}

// bodyWithID makes sure that the Body has a wsu:Id, and returns it.
func (d *draft) bodyWithID(text, id string) (string, string, error) {
	tree, err := xmltree.Parse([]byte(text), xmltree.Limits{})
	if err != nil {
		return "", "", err
	}
	_, body := soapParts(tree)
	if body == nil {
		return "", "", reason.New(reason.XMLForbidden, "the document is not a SOAP envelope with one Body")
	}
	if own, ok := body.Attr(xmltree.WSUNamespace, "Id"); ok {
		other, err := tree.ByID(own)
		if err == nil && other != body {
			err = reason.New(reason.XMLForbidden, "the Body has no usable wsu:Id")
		}
		return text, own, err
	}
	if id == "" {
		if id, err = randomID(d.random()); err != nil {
			return "", "", err
		}
	}
	if other, err := tree.ByID(id); err != nil || other != nil || !xmltree.IsNCName(id) {
		return "", "", reason.New(reason.XMLForbidden, "the Id for the Body is taken or is no name")
	}
	declaration := ` xmlns:wsu="` + xmltree.WSUNamespace + `"`
	switch uri, own := body.Declares("wsu"); {
	case own && uri != xmltree.WSUNamespace:
		return "", "", reason.New(reason.XMLForbidden, "the Body binds the prefix wsu to another namespace")
	case own:
		declaration = ""
	}
	at, _, _ := body.Place()
	return text[:at] + declaration + ` wsu:Id="` + id + `"` + text[at:], id, nil
}

// randomID is "id-" and a UUID of version 4 (RFC 9562 §5.4).
func randomID(random io.Reader) (string, error) {
	var u [16]byte
	if _, err := io.ReadFull(random, u[:]); err != nil {
		return "", err
	}
	u[6], u[8] = u[6]&0x0F|0x40, u[8]&0x3F|0x80
	s := hex.EncodeToString(u[:])
	return "id-" + strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-"), nil
}

// tokenReference is the KeyInfo of the SmartBridge reference message.
func tokenReference(key Key) string {
	return `<wsse:SecurityTokenReference><wsse:KeyIdentifier EncodingType="` + base64Binary + `" ValueType="` + tokenX509v3 + `">` +
		base64.StdEncoding.EncodeToString(key.Certificate.Raw) + `</wsse:KeyIdentifier></wsse:SecurityTokenReference>`
}

// aroundSecurity splits the envelope where the signature goes, in a new wsse:Security at the
// end of the Header.
func aroundSecurity(text string, tree *xmltree.Document, header, body *xmltree.Element) (before, after string, err error) {
	for _, child := range header.Children() {
		if child.Is(nsWSSE, "Security") {
			return "", "", reason.New(reason.XMLForbidden, "the Header has a wsse:Security already")
		}
	}
	soap := tree.Root.Prefix()
	security, declaration := soap, ""
	if soap == "" { // an attribute needs a prefix to be in a namespace
		security, declaration = "soap", ` xmlns:soap="`+tree.Root.Space()+`"`
	}
	open := `<wsse:Security xmlns:wsse="` + nsWSSE + `"` + declaration + ` ` + security + `:mustUnderstand="1">`
	const end = `</wsse:Security>`
	if header == nil {
		name := qualified(soap, "Header")
		at, _, _ := body.Place()
		at = strings.LastIndexByte(text[:at], '<')
		return text[:at] + "<" + name + ">" + open, end + "</" + name + ">" + text[at:], nil
	}
	_, at, empty := header.Place()
	if empty {
		name := qualified(header.Prefix(), "Header")
		return text[:at] + ">" + open, end + "</" + name + ">" + text[at+len("/>"):], nil
	}
	return text[:at] + open, end + text[at:], nil
}

func qualified(prefix, local string) string {
	if prefix == "" {
		return local
	}
	return prefix + ":" + local
}

func escape(s string) string { return string(xmltree.EscapeAttr(nil, s)) }
