package xmlsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"io"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/reason"
)

// markup is the signature as text, up to and from its value. Tags are written as NCALayer
// writes them; nothing in them comes from outside but the Id, which is escaped.
func (d *draft) markup() (head, tail string) {
	w := &lineWriter{lines: d.lines}
	w.tag(`<ds:Signature xmlns:ds="` + nsDSig + `"` + d.id + `>`)
	w.tag(`<ds:SignedInfo>`)
	w.tag(`<ds:CanonicalizationMethod Algorithm="` + d.signedInfo.URI() + `"/>`)
	w.tag(`<ds:SignatureMethod Algorithm="` + d.method.uri + `"/>`)
	d.referenceMarkup(w)
	w.tag(`</ds:SignedInfo>`)
	w.tag(`<ds:SignatureValue>`)
	head = w.take()
	w.line()
	w.tag(`</ds:SignatureValue>`)
	if info := d.keyInfoMarkup(); info != "" {
		w.tag(`<ds:KeyInfo>`)
		w.tag(info)
		w.tag(`</ds:KeyInfo>`)
	}
	if d.object != "" {
		w.tag(`<ds:Object>` + d.object + `</ds:Object>`)
	}
	w.WriteString(`</ds:Signature>`)
	return head, w.take()
}

// referenceMarkup writes the one reference to the content, or those of a detached signature.
func (d *draft) referenceMarkup(w *lineWriter) {
	if d.detached() {
		for _, r := range d.references {
			w.tag(r)
		}
		return
	}
	w.tag(`<ds:Reference URI="` + escape(d.uri) + `">`)
	w.tag(`<ds:Transforms>`)
	for _, uri := range append(d.transforms, d.content.URI()) {
		w.tag(`<ds:Transform Algorithm="` + uri + `"/>`)
	}
	w.tag(`</ds:Transforms>`)
	w.tag(`<ds:DigestMethod Algorithm="` + d.digestURI + `"/>`)
	w.tag(`<ds:DigestValue>` + d.digest + `</ds:DigestValue>`)
	w.tag(`</ds:Reference>`)
}

func (d *draft) keyInfoMarkup() string {
	if d.keyInfo != "" || d.key.Certificate == nil {
		return d.keyInfo
	}
	w := &lineWriter{lines: d.lines}
	w.tag(`<ds:X509Data>`)
	w.tag(`<ds:X509Certificate>`)
	w.WriteString(d.encode(d.key.Certificate.Raw))
	w.line()
	w.tag(`</ds:X509Certificate>`)
	w.WriteString(`</ds:X509Data>`)
	return w.take()
}

// lineWriter ends lines after tags if lines are wanted.
type lineWriter struct {
	strings.Builder
	lines bool
}

func (w *lineWriter) tag(s string) {
	w.WriteString(s)
	w.line()
}

func (w *lineWriter) line() {
	if w.lines {
		w.WriteByte('\n')
	}
}

func (w *lineWriter) take() string {
	defer w.Reset()
	return w.String()
}

// methodOf chooses the signature method by the key, and checks that the certificate is the key's.
func methodOf(key Key) (*signatureMethod, error) {
	if key.Signer == nil {
		return nil, reason.New(reason.AlgorithmForbidden, "there is no key to sign with")
	}
	public := key.Signer.Public()
	if key.Certificate != nil {
		own, ok := public.(interface{ Equal(crypto.PublicKey) bool })
		if !ok || !own.Equal(key.Certificate.PublicKey) {
			return nil, reason.New(reason.AlgorithmForbidden, "the certificate belongs to another key")
		}
	}
	method, err := findSignatureMethod(defaultMethod(public), false)
	if err != nil {
		return nil, reason.New(reason.AlgorithmForbidden, "no signature algorithm fits the key")
	}
	return method, method.checkKey(public)
}

// defaultMethod is the URI of the algorithm used for a key (gateway-protocol §3.2 for national
// ones; for ECDSA the hash of the curve's strength).
func defaultMethod(public crypto.PublicKey) string {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return nsMore + "rsa-sha256"
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return nsMore + "ecdsa-sha256"
		case elliptic.P384():
			return nsMore + "ecdsa-sha384"
		case elliptic.P521():
			return nsMore + "ecdsa-sha512"
		}
	case *gost.PublicKey:
		switch k.Curve {
		case gost.Curve512A():
			return nsNational + "gostr34102015-gostr34112015-512"
		case gost.Curve256A():
			return nsNational + "gostr34102015-gostr34112015-256"
		case gost.CurveCryptoProA():
			return nsMore + "gost34310-gost34311"
		}
	}
	return ""
}

// sign makes the octets of SignatureValue.
func (m *signatureMethod) sign(signer crypto.Signer, random io.Reader, digest []byte) ([]byte, error) {
	if m.hash != 0 {
		return signer.Sign(random, digest, m.hash)
	}
	key, ok := signer.Public().(*ecdsa.PublicKey)
	if !ok { // GOST signers take the bare digest and give r‖s
		return signer.Sign(random, digest, crypto.Hash(0))
	}
	der, err := signer.Sign(random, digest, ecdsaHash(len(digest)))
	if err != nil {
		return nil, err
	}
	return plainECDSA(der, curveBytes(key))
}

func ecdsaHash(size int) crypto.Hash {
	switch size {
	case crypto.SHA384.Size():
		return crypto.SHA384
	case crypto.SHA512.Size():
		return crypto.SHA512
	}
	return crypto.SHA256
}

// plainECDSA turns ASN.1 into r‖s, each of n octets (XMLDSig 1.1 §6.4.3).
func plainECDSA(der []byte, n int) ([]byte, error) {
	var inner cryptobyte.String
	r, s := new(big.Int), new(big.Int)
	in := cryptobyte.String(der)
	if !in.ReadASN1(&inner, asn1.SEQUENCE) || !in.Empty() || !inner.ReadASN1Integer(r) || !inner.ReadASN1Integer(s) ||
		!inner.Empty() || r.Sign() <= 0 || s.Sign() <= 0 || max(r.BitLen(), s.BitLen()) > 8*n {
		return nil, reason.New(reason.SignatureMalformed, "the key made no ECDSA signature")
	}
	return append(r.FillBytes(make([]byte, n)), s.FillBytes(make([]byte, n))...), nil
}
