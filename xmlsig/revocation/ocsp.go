package revocation

import (
	"bytes"
	"crypto/sha256"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
)

// Bounds of an OCSP answer; national ones have 1.3 to 2.2 KB, one single answer
// and one certificate.
const (
	maxOCSPBytes        = 256 << 10
	maxOCSPSingles      = 256
	maxOCSPCertificates = 8
)

// OIDs of RFC 6960.
const (
	oidBasicResponse  = "1.3.6.1.5.5.7.48.1.1" // §4.2.1
	oidNonce          = "1.3.6.1.5.5.7.48.1.2" // §4.4.1
	oidExtendedRevoke = "1.3.6.1.5.5.7.48.1.9" // §4.4.8
)

// OCSPResponse is a basic OCSP answer (RFC 6960 §4.2), taken apart. Nothing in
// it is verified until it is asked about a certificate.
type OCSPResponse struct {
	Raw           []byte
	SHA256        [32]byte
	ResponderName []byte // raw distinguished name, or
	ResponderKey  []byte // SHA-1 of the responder's key
	ProducedAt    time.Time
	Nonce         []byte // value of the nonce extension; nil when absent
	Singles       []OCSPSingle
	Certificates  []*pki.Certificate // those that parse

	unknownCritical string
	rawTBS          []byte
	algorithm       der.Algorithm
	signature       []byte
}

// OCSPSingle is what the answer says about one certificate. State is what is
// written there: for what it means ask [OCSPResponse.Status].
type OCSPSingle struct {
	Serial                 *big.Int
	State                  State
	RevokedAt              time.Time
	Reason                 int
	ThisUpdate, NextUpdate time.Time // zero NextUpdate: absent

	id              certID
	unknownCritical string
}

// responseStatus are the words of OCSPResponseStatus (RFC 6960 §4.2.1).
var responseStatus = map[int]string{
	1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized",
}

// ParseOCSP reads an OCSP answer in DER. A responder's refusal (tryLater …) is
// an error too, since it says nothing about a certificate.
func ParseOCSP(b []byte) (*OCSPResponse, error) {
	if len(b) > maxOCSPBytes {
		return nil, reason.Newf(reason.TooLarge, "an OCSP answer may have %d bytes", maxOCSPBytes)
	}
	r := &OCSPResponse{Raw: bytes.Clone(b)}
	r.SHA256 = sha256.Sum256(r.Raw)
	var outer, wrapped, typed, basic cryptobyte.String
	var status int
	raw := cryptobyte.String(r.Raw)
	if !der.Check(r.Raw) || !raw.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1Enum(&status) {
		return nil, unreadable("the OCSP answer is not DER")
	}
	if status != 0 {
		return nil, unreadable("the OCSP responder refused: " + responseStatus[status])
	}
	if !outer.ReadASN1(&wrapped, context0) || !outer.Empty() || !wrapped.ReadASN1(&typed, asn1.SEQUENCE) || !wrapped.Empty() {
		return nil, unreadable("the OCSP answer has no response")
	}
	oid, ok := der.ReadOID(&typed)
	if !ok || oid != oidBasicResponse || !typed.ReadASN1(&basic, asn1.OCTET_STRING) || !typed.Empty() || !der.Check(basic) {
		return nil, unreadable("the OCSP answer is not a basic response")
	}
	if err := r.parseBasic(basic); err != nil {
		return nil, err
	}
	return r, nil
}

var (
	context0 = asn1.Tag(0).ContextSpecific().Constructed()
	context1 = asn1.Tag(1).ContextSpecific().Constructed()
	context2 = asn1.Tag(2).ContextSpecific().Constructed()
)

// parseBasic reads BasicOCSPResponse.
func (r *OCSPResponse) parseBasic(basic cryptobyte.String) error {
	var seq, tbs, body, certs, list cryptobyte.String
	if !basic.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1Element(&tbs, asn1.SEQUENCE) {
		return unreadable("the OCSP answer's data")
	}
	r.rawTBS = tbs
	var ok, has bool
	if r.algorithm, ok = der.ReadAlgorithm(&seq); !ok {
		return unreadable("the OCSP answer's algorithm")
	}
	if r.signature, ok = der.ReadBits(&seq); !ok {
		return unreadable("the OCSP answer's signature")
	}
	if !seq.ReadOptionalASN1(&certs, &has, context0) || !seq.Empty() {
		return unreadable("the OCSP answer's end")
	}
	if has && (!certs.ReadASN1(&list, asn1.SEQUENCE) || !certs.Empty() || !r.parseCertificates(list)) {
		return unreadable("the OCSP answer's certificates")
	}
	if !tbs.ReadASN1(&body, asn1.SEQUENCE) {
		return unreadable("the OCSP answer's data")
	}
	return r.parseData(&body)
}

// parseCertificates keeps the first few that parse: one that does not is of no
// use, but does no harm to the others.
func (r *OCSPResponse) parseCertificates(list cryptobyte.String) bool {
	for !list.Empty() {
		var raw cryptobyte.String
		if !list.ReadASN1Element(&raw, asn1.SEQUENCE) {
			return false
		}
		if len(r.Certificates) == maxOCSPCertificates {
			continue
		}
		if c, err := pki.Parse(raw); err == nil {
			r.Certificates = append(r.Certificates, c)
		}
	}
	return true
}

// parseData reads ResponseData.
func (r *OCSPResponse) parseData(body *cryptobyte.String) error {
	var explicit cryptobyte.String
	var version int
	if body.PeekASN1Tag(context0) && (!body.ReadASN1(&explicit, context0) || !explicit.ReadASN1Integer(&version) || version != 0) {
		return unreadable("the OCSP answer's version")
	}
	if !r.readResponder(body) {
		return unreadable("the OCSP answer's responder")
	}
	var list, wrapped cryptobyte.String
	var ok, has bool
	if r.ProducedAt, ok = der.ReadTime(body); !ok || !body.ReadASN1(&list, asn1.SEQUENCE) {
		return unreadable("the OCSP answer's date")
	}
	for !list.Empty() {
		single, ok := readSingle(&list)
		if !ok || len(r.Singles) == maxOCSPSingles {
			return unreadable("the OCSP answer about a certificate")
		}
		r.Singles = append(r.Singles, single)
	}
	if !body.ReadOptionalASN1(&wrapped, &has, context1) || !body.Empty() {
		return unreadable("the OCSP answer's extensions")
	}
	if !has {
		return nil
	}
	exts, ok := der.ReadExtensions(&wrapped)
	if !ok || !wrapped.Empty() {
		return unreadable("the OCSP answer's extensions")
	}
	for _, e := range exts {
		switch {
		case e.OID == oidNonce:
			r.Nonce = e.Value
		case e.Critical && e.OID != oidExtendedRevoke:
			r.unknownCritical = e.OID
		}
	}
	return nil
}

func (r *OCSPResponse) readResponder(body *cryptobyte.String) bool {
	var choice, name, key cryptobyte.String
	switch {
	case body.PeekASN1Tag(context1):
		ok := body.ReadASN1(&choice, context1) && choice.ReadASN1Element(&name, asn1.SEQUENCE) && choice.Empty()
		r.ResponderName = name
		return ok
	case body.PeekASN1Tag(context2):
		ok := body.ReadASN1(&choice, context2) && choice.ReadASN1(&key, asn1.OCTET_STRING) && choice.Empty()
		r.ResponderKey = key
		return ok
	}
	return false
}
