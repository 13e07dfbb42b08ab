// Package pki reads certificates of the national certification authority (and
// of ordinary RSA and ECDSA ones), builds their chains to trust anchors and
// tells what a certificate may be used for.
//
//	leaf, err := pki.Parse(der)
//	chain, err := store.Chain(leaf, candidates, at) // store holds anchors
//	err = leaf.CheckValidity(at)
//	err = leaf.CheckPurpose(store.PurposeFor(chain))
//
// Every question is asked separately, so that each gets its own answer.
// Errors are *reason.Error and hold no personal numbers.
// The package opens no connection and reads no clock.
package pki

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"sync"
	"time"

	"golang.org/x/crypto/cryptobyte"

	"kopir/xmlsig/reason"
)

// maxCertificateBytes bounds one certificate: 16 in each of 16 signatures are
// taken apart before anything of them is believed. The largest of the national CA
// has 1.9 KB; 16 leave room for any honest one.
const maxCertificateBytes = 16 << 10

// maxCertificates bounds how many certificates [ParseAll] takes from one file.
const maxCertificates = 1024

// Certificate is an X.509 certificate, taken apart (RFC 5280 §4). It is not
// changed after parsing and may be shared.
type Certificate struct {
	Raw, RawTBS, RawSubject, RawIssuer, RawSPKI []byte
	// RawPublicKeyBits is the content of the key's BIT STRING: what key
	// identifiers and OCSP CertIDs are hashes of.
	RawPublicKeyBits []byte
	SHA256           [32]byte

	Serial              *big.Int
	NotBefore, NotAfter time.Time // both ends belong to the period
	PublicKey           crypto.PublicKey

	SignatureAlgorithm  string // dotted OID
	SignatureParameters []byte // raw DER, nil when absent
	Signature           []byte

	HasKeyUsage         bool
	KeyUsage            x509.KeyUsage
	EKU, Policies       []string // dotted OIDs
	EKUCritical         bool     // the extension is marked critical
	HasBasicConstraints bool
	IsCA                bool
	MaxPathLen          int // -1: no limit

	SubjectKeyID, AuthorityKeyID []byte
	OCSPServers, IssuerURLs      []string
	CRLPoints, DeltaCRLPoints    []string
	OCSPNoCheck                  bool
	KeyStore                     string   // where the key lives: "pkcs12", "id_card" …; "" unknown
	UnknownCritical              []string // critical extensions nobody here understands

	Subject, Issuer Name

	verifying   func() crypto.PublicKey // nil: PublicKey
	emails      []string
	constraints *nameConstraints
	altNames    cryptobyte.String
}

// Parse reads one DER certificate. It refuses what is not strict DER, what has
// doubled extensions or trailing octets (certificate_malformed), keys that are
// too weak (key_weak) and algorithms outside the list (algorithm_forbidden).
func Parse(der []byte) (*Certificate, error) {
	c, err := Inspect(der)
	if err != nil {
		return nil, err
	}
	if c.PublicKey, err = parsePublicKey(c.RawSPKI); err != nil {
		return nil, err
	}
	if key, ok := c.PublicKey.(*rsa.PublicKey); ok {
		c.verifying = sync.OnceValue(func() crypto.PublicKey { return quicken(key) })
	}
	return c, nil
}

// Inspect reads a certificate without judging its key, for showing it to
// people: PublicKey is nil.
func Inspect(der []byte) (*Certificate, error) {
	if len(der) > maxCertificateBytes {
		return nil, reason.Newf(reason.CertificateMalformed, "a certificate may have %d bytes", maxCertificateBytes)
	}
	c := &Certificate{Raw: bytes.Clone(der), MaxPathLen: -1}
	if err := c.parse(); err != nil {
		return nil, err
	}
	c.SHA256 = sha256.Sum256(c.Raw)
	return c, nil
}

// ParseAll reads a file of certificates: PEM blocks, or one DER certificate.
// Those that parse are returned even when another one does not; the error then
// tells about the first that failed.
func ParseAll(pemOrDER []byte) ([]*Certificate, error) {
	if !bytes.Contains(pemOrDER, []byte("-----BEGIN ")) {
		c, err := Parse(pemOrDER)
		if err != nil {
			return nil, err
		}
		return []*Certificate{c}, nil
	}
	var all []*Certificate
	var first error
	for rest := pemOrDER; len(all) < maxCertificates; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" {
			continue
		}
		c, err := Parse(block.Bytes)
		if err == nil {
			all = append(all, c)
		} else if first == nil {
			first = err
		}
	}
	if len(all) == 0 && first == nil {
		first = reason.New(reason.CertificateMalformed, "the file holds no certificate")
	}
	return all, first
}

// SelfSigned reports whether the certificate names itself as issuer and its own
// key made the signature. A SHA-1 signature counts here, because an anchor is
// trusted for its key: its own signature proves no more than possession.
func (c *Certificate) SelfSigned() bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) && verify(c.VerifyingKey(), c.signatureAlgorithm(), c.RawTBS, c.Signature, true) == nil
}

// VerifyBy checks the certificate's signature with the issuer's key, and
// nothing else: names, dates and the issuer's rights are [Store.Chain]'s.
func (c *Certificate) VerifyBy(issuer *Certificate) error {
	return verify(issuer.VerifyingKey(), c.signatureAlgorithm(), c.RawTBS, c.Signature, false)
}

// VerifyingKey is PublicKey in the form that verifies fastest, for [VerifyAlgorithm] and its like: the
// constants of an RSA key are worked out when they are first needed, and live as long as the certificate.
func (c *Certificate) VerifyingKey() crypto.PublicKey {
	if c.verifying == nil {
		return c.PublicKey
	}
	return c.verifying()
}

// CheckValidity checks the moment against the period; both ends belong to it
// (RFC 5280 §4.1.2.5).
func (c *Certificate) CheckValidity(at time.Time) error {
	switch {
	case at.Before(c.NotBefore):
		return reason.Newf(reason.CertificateNotYetValid, "valid from %s", c.NotBefore.Format(time.RFC3339))
	case at.Truncate(time.Second).After(c.NotAfter):
		return reason.Newf(reason.CertificateExpired, "valid until %s", c.NotAfter.Format(time.RFC3339))
	}
	return nil
}
