package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"time"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// certificateView is a certificate as inspect shows it.
type certificateView struct {
	Subject      string   `json:"subject"`
	Name         string   `json:"name"`
	IIN          string   `json:"iin"`
	BIN          string   `json:"bin"`
	Organization string   `json:"organization"`
	Issuer       string   `json:"issuer"`
	Serial       string   `json:"serial"` // hexadecimal
	NotBefore    string   `json:"not_before"`
	NotAfter     string   `json:"not_after"`
	Key          string   `json:"key"`
	KeyStore     string   `json:"key_store"`
	Signature    string   `json:"signature"` // algorithm of the issuer
	Roles        []string `json:"roles"`
	Identified   string   `json:"identified,omitempty"` // how the owner was identified
	KeyUsage     []string `json:"key_usage"`
	EKU          []string `json:"eku"`
	Policies     []string `json:"policies"`
	CA           bool     `json:"ca"`
	SelfSigned   bool     `json:"self_signed"`
	OCSP         []string `json:"ocsp"`
	CRL          []string `json:"crl"`
	DeltaCRL     []string `json:"delta_crl"`
	SHA256       string   `json:"sha256"`
	Problem      string   `json:"problem,omitempty"` // why it may not sign documents in the national purpose

	notBefore, notAfter time.Time
}

// crlView is a revocation list as inspect shows it.
type crlView struct {
	Issuer     string `json:"issuer"`
	Number     string `json:"number"`
	Delta      bool   `json:"delta"`
	Entries    int    `json:"entries"`
	ThisUpdate string `json:"this_update"`
	NextUpdate string `json:"next_update"`
	Signature  string `json:"signature"`
	SHA256     string `json:"sha256"`
}

// ocspView is an OCSP answer as inspect shows it.
type ocspView struct {
	Responder    string            `json:"responder"`
	ProducedAt   string            `json:"produced_at"`
	Nonce        bool              `json:"nonce"`
	Answers      []ocspAnswerView  `json:"answers"`
	Certificates []certificateView `json:"certificates"`
	SHA256       string            `json:"sha256"`
}

type ocspAnswerView struct {
	Serial     string `json:"serial"`
	Status     string `json:"status"`
	RevokedAt  string `json:"revoked_at,omitempty"`
	ThisUpdate string `json:"this_update"`
	NextUpdate string `json:"next_update,omitempty"`
}

func viewCertificate(c *pki.Certificate) certificateView {
	v := certificateView{
		Subject: c.Subject.DN, Name: c.Subject.CommonName, IIN: c.Subject.IIN, BIN: c.Subject.BIN,
		Organization: c.Subject.Organization, Issuer: c.Issuer.DN, Serial: c.Serial.Text(16),
		NotBefore: moment(c.NotBefore), NotAfter: moment(c.NotAfter), Key: keyWords(c.PublicKey), KeyStore: c.KeyStore,
		Signature: algorithmWords(c.SignatureAlgorithm), Roles: orEmpty(c.Roles()), Identified: c.Identification(), KeyUsage: usageWords(c),
		EKU: orEmpty(c.EKU), Policies: orEmpty(c.Policies), CA: c.IsCA, OCSP: orEmpty(c.OCSPServers), CRL: orEmpty(c.CRLPoints),
		DeltaCRL: orEmpty(c.DeltaCRLPoints), SHA256: hex.EncodeToString(c.SHA256[:]),
		notBefore: c.NotBefore, notAfter: c.NotAfter,
	}
	if c.PublicKey == nil {
		v.Problem = "its key is not accepted"
		if _, err := pki.ParsePublicKey(c.RawSPKI); err != nil {
			v.Problem = reason.FromError("", 0, err, reason.KeyWeak).Detail
		}
		return v
	}
	v.SelfSigned = c.SelfSigned()
	if err := c.CheckPurpose(pki.PurposeNational); err != nil {
		v.Problem = reason.FromError("", 0, err, reason.PurposeWrong).Detail
	}
	return v
}

func viewCRL(c *revocation.CRL) *crlView {
	v := &crlView{Issuer: nameWords(c.RawIssuer), Delta: c.IsDelta(), Entries: c.Len(), ThisUpdate: moment(c.ThisUpdate),
		Signature: algorithmWords(c.SignatureAlgorithm), SHA256: hex.EncodeToString(c.SHA256[:])}
	if c.Number != nil {
		v.Number = c.Number.String()
	}
	if !c.NextUpdate.IsZero() {
		v.NextUpdate = moment(c.NextUpdate)
	}
	return v
}

func viewOCSP(r *revocation.OCSPResponse) *ocspView {
	v := &ocspView{Responder: nameWords(r.ResponderName), ProducedAt: moment(r.ProducedAt), Nonce: r.Nonce != nil,
		Answers: []ocspAnswerView{}, Certificates: []certificateView{}, SHA256: hex.EncodeToString(r.SHA256[:])}
	if len(r.ResponderName) == 0 {
		v.Responder = "key " + hex.EncodeToString(r.ResponderKey)
	}
	for _, s := range r.Singles {
		v.Answers = append(v.Answers, viewAnswer(s))
	}
	for _, c := range r.Certificates {
		v.Certificates = append(v.Certificates, viewCertificate(c))
	}
	return v
}

// viewAnswer shows "on hold since 1970" as what it means: RFC 6960 §2.2 lets a responder say so of a certificate it
// does not know.
func viewAnswer(s revocation.OCSPSingle) ocspAnswerView {
	v := ocspAnswerView{Serial: s.Serial.Text(16), Status: s.State.String(), ThisUpdate: moment(s.ThisUpdate)}
	if !s.NextUpdate.IsZero() {
		v.NextUpdate = moment(s.NextUpdate)
	}
	if s.State == revocation.OnHold && s.RevokedAt.Unix() == 0 {
		v.Status = revocation.Unknown.String()
	} else if s.State == revocation.OnHold || s.State == revocation.Revoked {
		v.RevokedAt = moment(s.RevokedAt)
	}
	return v
}

// orEmpty makes an empty list of none, so that JSON shows [].
func orEmpty(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// nameWords writes a distinguished name.
func nameWords(der []byte) string {
	var name pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &name); err != nil {
		return ""
	}
	return name.String()
}

// keyWords names a public key.
func keyWords(key crypto.PublicKey) string {
	switch key := key.(type) {
	case *gost.PublicKey:
		if key.Curve == gost.CurveCryptoProA() {
			return "GOST 34.310-2004, 256 bits"
		}
		return fmt.Sprintf("GOST R 34.10-2015, %d bits", 8*key.Curve.Size())
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA, %d bits", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA, " + key.Curve.Params().Name
	default:
		return ""
	}
}

// algorithmNames are names of signature algorithms for people.
var algorithmNames = map[string]string{
	pki.SHA1WithRSA: "RSA with SHA-1", pki.SHA256WithRSA: "RSA with SHA-256", pki.SHA384WithRSA: "RSA with SHA-384",
	pki.SHA512WithRSA: "RSA with SHA-512", pki.RSAPSS: "RSA-PSS", pki.ECDSAWithSHA256: "ECDSA with SHA-256",
	pki.ECDSAWithSHA384: "ECDSA with SHA-384", pki.ECDSAWithSHA512: "ECDSA with SHA-512",
	pki.GOST2004: "GOST 34.310-2004", pki.GOST2015With256: "GOST R 34.10-2015, 256 bits", pki.GOST2015With512: "GOST R 34.10-2015, 512 bits",
}

func algorithmWords(oid string) string {
	if name := algorithmNames[oid]; name != "" {
		return name
	}
	return oid
}

// usages are the bits of keyUsage in the order of RFC 5280 §4.2.1.3.
var usages = []struct {
	bit  x509.KeyUsage
	name string
}{
	{x509.KeyUsageDigitalSignature, "digitalSignature"}, {x509.KeyUsageContentCommitment, "nonRepudiation"},
	{x509.KeyUsageKeyEncipherment, "keyEncipherment"}, {x509.KeyUsageDataEncipherment, "dataEncipherment"},
	{x509.KeyUsageKeyAgreement, "keyAgreement"}, {x509.KeyUsageCertSign, "keyCertSign"}, {x509.KeyUsageCRLSign, "cRLSign"},
	{x509.KeyUsageEncipherOnly, "encipherOnly"}, {x509.KeyUsageDecipherOnly, "decipherOnly"},
}

func usageWords(c *pki.Certificate) []string {
	words := []string{}
	for _, u := range usages {
		if c.KeyUsage&u.bit != 0 {
			words = append(words, u.name)
		}
	}
	return words
}

// mathematical keeps the checks that need nobody's trust.
func mathematical(checks []reason.Check) []reason.Check {
	kept := []reason.Check{}
	for _, c := range checks {
		switch c.Name {
		case reason.CheckXML, reason.CheckSignature, reason.CheckDigest, reason.CheckCoverage, reason.CheckAlgorithm:
			kept = append(kept, c)
		}
	}
	return kept
}
