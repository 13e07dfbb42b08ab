package testpki

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha1"
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/pki/der"
)

// OIDs of RFC 5652, RFC 3161 and RFC 5035.
const (
	oidSignedData    = "1.2.840.113549.1.7.2"
	oidTSTInfo       = "1.2.840.113549.1.9.16.1.4"
	oidContentType   = "1.2.840.113549.1.9.3"
	oidMessageDigest = "1.2.840.113549.1.9.4"
	oidSigningTime   = "1.2.840.113549.1.9.5"
	oidSigningCert   = "1.2.840.113549.1.9.16.2.12"
	oidSigningCertV2 = "1.2.840.113549.1.9.16.2.47"
)

// nationalPolicy is the policy the national TSA stamps under with such a key.
func nationalPolicy(key crypto.Signer) string {
	if pub, ok := key.Public().(*gost.PublicKey); ok {
		if pub.Curve == gost.CurveCryptoProA() {
			return "1.2.398.3.3.2.6.1"
		}
		return "1.2.398.3.3.2.6.4"
	}
	return "1.2.398.3.3.2.6.2"
}

// digestOf is the hash within a signature algorithm.
func digestOf(oid string) string {
	switch oid {
	case pki.GOST2004:
		return "1.2.398.3.10.1.3.1"
	case pki.GOST2015With256:
		return "1.2.398.3.10.1.3.2"
	case pki.GOST2015With512:
		return "1.2.398.3.10.1.3.3"
	case pki.SHA384WithRSA, pki.ECDSAWithSHA384:
		return "2.16.840.1.101.3.4.2.2"
	case pki.SHA512WithRSA, pki.ECDSAWithSHA512:
		return "2.16.840.1.101.3.4.2.3"
	case pki.SHA1WithRSA:
		return oidSHA1
	}
	return oidSHA256
}

// token writes ContentInfo with SignedData in the manner of the national TSA.
func (t *TimeStamper) token(s StampSpec) ([]byte, error) {
	t.ca.mu.Lock()
	defer t.ca.mu.Unlock()
	oid := s.SignatureAlgorithm
	if oid == "" {
		oid = defaultSignature(t.Key)
	}
	t.serial++
	info := s.info(t.serial)
	digest, err := hashWith(oid, info)
	if err != nil {
		return nil, err
	}
	attributes := s.attributes(t.Certificate, digest)
	signature, err := t.ca.sign(t.Key, oid, build(func(b *cryptobyte.Builder) { addAll(b, asn1.SET, attributes) }))
	if err != nil {
		return nil, err
	}
	if s.Unsorted {
		slices.Reverse(attributes)
	}
	signer := build(func(b *cryptobyte.Builder) { t.addSigner(b, s, oid, attributes, signature) })
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, oidSignedData)
			b.AddASN1(context(0), func(b *cryptobyte.Builder) { t.addSignedData(b, s, oid, info, signer) })
		})
	}), nil
}

// hashWith is the digest of the content under the hash of a signature algorithm.
func hashWith(oid string, content []byte) ([]byte, error) {
	if h, ok := standardHashes[oid]; ok {
		d := h.New()
		d.Write(content)
		return d.Sum(nil), nil
	}
	d, err := pki.NewDigest(der.Algorithm{OID: oid})
	if err != nil {
		return nil, err
	}
	d.Write(content)
	return d.Sum(nil), nil
}

// info writes TSTInfo.
func (s StampSpec) info(serial int64) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			addOID(b, s.Policy)
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addAlgorithm(b, s.Hash, true)
				b.AddASN1OctetString(s.Imprint)
			})
			b.AddASN1Int64(serial)
			b.AddASN1(asn1.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s.genTime())) })
			if s.Accuracy != 0 {
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(s.Accuracy / time.Second)) })
			}
			if s.Nonce != nil {
				b.AddASN1BigInt(s.Nonce)
			}
			if len(s.Extra) > 0 {
				b.AddASN1(context(1), func(b *cryptobyte.Builder) {
					for _, e := range s.Extra {
						addExtension(b, e)
					}
				})
			}
		})
	})
}

func (s StampSpec) genTime() string {
	whole := s.Now.UTC().Format("20060102150405")
	if s.Fraction == 0 {
		return whole + "Z"
	}
	return whole + strings.TrimRight(time.Unix(0, int64(s.Fraction)).UTC().Format(".000000000"), "0") + "Z"
}

// attributes are the signed ones, in the order of DER.
func (s StampSpec) attributes(cert *pki.Certificate, digest []byte) [][]byte {
	one := func(oid string, value func(*cryptobyte.Builder)) []byte {
		return build(func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				addOID(b, oid)
				b.AddASN1(asn1.SET, value)
			})
		})
	}
	all := [][]byte{
		one(oidContentType, func(b *cryptobyte.Builder) { addOID(b, oidTSTInfo) }),
		one(oidSigningTime, func(b *cryptobyte.Builder) { addTime(b, s.Now) }),
		one(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(digest) }),
	}
	if s.CertIDOf != nil {
		cert = s.CertIDOf
	}
	switch {
	case s.NoCertID:
	case s.V2:
		all = append(all, one(oidSigningCertV2, func(b *cryptobyte.Builder) { addCertIDV2(b, cert) }))
	default:
		sum := sha1.Sum(cert.Raw)
		all = append(all, one(oidSigningCert, func(b *cryptobyte.Builder) { addCertID(b, sum[:], nil) }))
	}
	slices.SortFunc(all, bytes.Compare)
	return all
}

// addCertID writes SigningCertificate with one identifier.
func addCertID(b *cryptobyte.Builder, hash []byte, rest func(*cryptobyte.Builder)) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(hash)
				if rest != nil {
					rest(b)
				}
			})
		})
	})
}

// addCertIDV2 writes SigningCertificateV2: SHA-256 by default, with issuer and
// serial number.
func addCertIDV2(b *cryptobyte.Builder, cert *pki.Certificate) {
	sum := sha256.Sum256(cert.Raw)
	addCertID(b, sum[:], func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(context(4), func(b *cryptobyte.Builder) { b.AddBytes(cert.RawIssuer) })
			})
			b.AddASN1BigInt(cert.Serial)
		})
	})
}

func addAll(b *cryptobyte.Builder, tag asn1.Tag, elements [][]byte) {
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, e := range elements {
			b.AddBytes(e)
		}
	})
}

func (t *TimeStamper) addSignedData(b *cryptobyte.Builder, s StampSpec, oid string, info, signer []byte) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(3)
		b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { addAlgorithm(b, digestOf(oid), true) })
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, oidTSTInfo)
			b.AddASN1(context(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(info) })
		})
		if !s.NoCertificate {
			addAll(b, context(0), [][]byte{t.Certificate.Raw})
		}
		addAll(b, asn1.SET, [][]byte{signer})
	})
}

func (t *TimeStamper) addSigner(b *cryptobyte.Builder, s StampSpec, oid string, attributes [][]byte, signature []byte) {
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		if s.ByKey {
			b.AddASN1Int64(3)
			b.AddASN1(asn1.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(t.Certificate.SubjectKeyID) })
		} else {
			b.AddASN1Int64(1)
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddBytes(t.Certificate.RawIssuer)
				b.AddASN1BigInt(t.Certificate.Serial)
			})
		}
		addAlgorithm(b, digestOf(oid), true)
		addAll(b, context(0), attributes)
		if s.KeyOID {
			addAlgorithm(b, keyOID(t.Key), true)
		} else {
			addAlgorithm(b, oid, nullParams(t.Key))
		}
		b.AddASN1OctetString(signature)
	})
}

// keyOID is the algorithm of a key.
func keyOID(key crypto.Signer) string {
	switch pub := key.Public().(type) {
	case *gost.PublicKey:
		return nationalOf(pub.Curve).key
	case *ecdsa.PublicKey:
		return "1.2.840.10045.2.1"
	}
	return "1.2.840.113549.1.1.1"
}
