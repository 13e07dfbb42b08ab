package keystore

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// Object identifiers of the container, RFC 7292 §4 and appendix D.
const (
	oidData          = "1.2.840.113549.1.7.1"
	oidEncryptedData = "1.2.840.113549.1.7.6"
	oidSHA1          = "1.3.14.3.2.26"
	oidPBMAC1        = "1.2.840.113549.1.5.14" // RFC 9579; its rounds are among its parameters
	oidKeyBag        = "1.2.840.113549.1.12.10.1.1"
	oidShroudedBag   = "1.2.840.113549.1.12.10.1.2"
	oidCertBag       = "1.2.840.113549.1.12.10.1.3"
	oidSafeBag       = "1.2.840.113549.1.12.10.1.6"
	oidX509Cert      = "1.2.840.113549.1.9.22.1"
)

// maxSafeNesting bounds safeContents inside safeContents, which nobody has been seen to use.
const maxSafeNesting = 4

var (
	explicit0    = asn1.Tag(0).ContextSpecific().Constructed()
	implicit0    = asn1.Tag(0).ContextSpecific()
	octetStrings = asn1.OCTET_STRING
)

// container is the outside of a PKCS#12 file: what the MAC covers, and the MAC.
type container struct {
	authSafe []byte // the octets under the MAC, as they were written
	mac      macData
}

type macData struct {
	algorithm  algorithmID
	digest     []byte
	salt       []byte
	iterations int
}

type algorithmID struct {
	oid        string
	parameters cryptobyte.String
}

func malformed(what string) error { return fmt.Errorf("%w: %s", ErrMalformed, what) }

// parseContainer reads PFX ::= SEQUENCE { version 3, authSafe ContentInfo(data), macData }.
func parseContainer(octets []byte) (container, error) {
	in := cryptobyte.String(octets)
	var pfx, content cryptobyte.String
	var version int
	if !in.ReadASN1(&pfx, asn1.SEQUENCE) || !pfx.ReadASN1Integer(&version) {
		return container{}, malformed("not a PKCS#12 container")
	}
	if version != 3 {
		return container{}, fmt.Errorf("%w: version %d of PKCS#12", ErrUnsupported, version)
	}
	oid, ok := readContentInfo(&pfx, &content)
	if !ok {
		return container{}, malformed("content of the container")
	}
	if oid != oidData {
		return container{}, fmt.Errorf("%w: a container without a password (content type %s)", ErrUnsupported, oid)
	}
	var c container
	if !content.ReadASN1Bytes(&c.authSafe, octetStrings) || !content.Empty() {
		return container{}, malformed("content of the container")
	}
	if pfx.Empty() {
		return container{}, fmt.Errorf("%w: a container without a MAC", ErrUnsupported)
	}
	mac, ok := readMAC(&pfx)
	if !ok || !pfx.Empty() {
		return container{}, malformed("MAC of the container")
	}
	c.mac = mac
	return c, nil
}

// readMAC reads MacData ::= SEQUENCE { DigestInfo, macSalt, iterations DEFAULT 1 }.
func readMAC(in *cryptobyte.String) (m macData, ok bool) {
	var seq, info cryptobyte.String
	ok = in.ReadASN1(&seq, asn1.SEQUENCE) && seq.ReadASN1(&info, asn1.SEQUENCE) &&
		readAlgorithm(&info, &m.algorithm) && info.ReadASN1Bytes(&m.digest, octetStrings) &&
		seq.ReadASN1Bytes(&m.salt, octetStrings)
	m.iterations = 1
	if ok && !seq.Empty() {
		ok = seq.ReadASN1Integer(&m.iterations)
	}
	return m, ok
}

func readAlgorithm(in *cryptobyte.String, out *algorithmID) bool {
	var seq cryptobyte.String
	oid, ok := "", in.ReadASN1(&seq, asn1.SEQUENCE)
	if ok {
		oid, ok = der.ReadOID(&seq)
	}
	*out = algorithmID{oid: oid, parameters: seq}
	return ok
}

func readContentInfo(in *cryptobyte.String, content *cryptobyte.String) (oid string, ok bool) {
	var seq cryptobyte.String
	if !in.ReadASN1(&seq, asn1.SEQUENCE) {
		return "", false
	}
	if oid, ok = der.ReadOID(&seq); !ok {
		return "", false
	}
	return oid, seq.ReadASN1(content, explicit0)
}

// open checks the MAC and decrypts with the algorithms of PKCS#12 v1.0; a container of others is errModern.
func (c container) open(password string, rounds int) (*contents, error) {
	if c.mac.algorithm.oid != oidSHA1 {
		return nil, errModern
	}
	d := &decrypter{password: bmpPassword(password), rounds: rounds}
	if err := d.spend(c.mac.iterations); err != nil {
		return nil, err
	}
	if !macMatches(c.mac, c.authSafe, d.password) {
		if password != "" || !macMatches(c.mac, c.authSafe, nil) {
			return nil, ErrPassword
		}
		d.password = nil // some write an empty password as no octets at all
	}
	found := &contents{}
	return found, d.readAuthSafe(c.authSafe, found)
}

// readAuthSafe reads AuthenticatedSafe ::= SEQUENCE OF ContentInfo, once the MAC has vouched for it.
func (d *decrypter) readAuthSafe(authSafe []byte, found *contents) error {
	octets, err := normalise(authSafe)
	if err != nil {
		return err
	}
	in := cryptobyte.String(octets)
	var infos cryptobyte.String
	if !in.ReadASN1(&infos, asn1.SEQUENCE) {
		return malformed("authenticated safe")
	}
	for !infos.Empty() {
		var content cryptobyte.String
		oid, ok := readContentInfo(&infos, &content)
		if !ok {
			return malformed("authenticated safe")
		}
		safe, err := d.readSafe(oid, content)
		if err != nil {
			return err
		}
		if err := d.readBags(safe, found, 0); err != nil {
			return err
		}
	}
	return nil
}

// readSafe returns the SafeContents of one ContentInfo, decrypted if need be.
func (d *decrypter) readSafe(oid string, content cryptobyte.String) ([]byte, error) {
	switch oid {
	case oidData:
		var safe []byte
		if !content.ReadASN1Bytes(&safe, octetStrings) {
			return nil, malformed("safe")
		}
		return safe, nil
	case oidEncryptedData:
		algorithm, ciphertext, ok := readEncryptedData(content)
		if !ok {
			return nil, malformed("encrypted safe")
		}
		return d.decrypt(algorithm, ciphertext)
	default:
		return nil, fmt.Errorf("%w: content type %s in the safe", ErrUnsupported, oid)
	}
}

// readEncryptedData reads EncryptedData of RFC 2315 §13. Its [0] IMPLICIT OCTET STRING may still be in pieces: a
// normaliser that knows no schema cannot tell it from an explicit tag.
func readEncryptedData(in cryptobyte.String) (algorithm algorithmID, ciphertext []byte, ok bool) {
	var seq, info, pieces cryptobyte.String
	var version int
	if !in.ReadASN1(&seq, asn1.SEQUENCE) || !seq.ReadASN1Integer(&version) ||
		!seq.ReadASN1(&info, asn1.SEQUENCE) {
		return algorithm, nil, false
	}
	if oid, ok := der.ReadOID(&info); !ok || oid != oidData || !readAlgorithm(&info, &algorithm) {
		return algorithm, nil, false
	}
	if info.PeekASN1Tag(implicit0) {
		ok = info.ReadASN1Bytes(&ciphertext, implicit0)
		return algorithm, ciphertext, ok
	}
	if !info.ReadASN1(&pieces, explicit0) {
		return algorithm, nil, false
	}
	for !pieces.Empty() {
		var piece []byte
		if !pieces.ReadASN1Bytes(&piece, octetStrings) {
			return algorithm, nil, false
		}
		ciphertext = append(ciphertext, piece...)
	}
	return algorithm, ciphertext, true
}

// readBags reads SafeContents ::= SEQUENCE OF SafeBag.
func (d *decrypter) readBags(safe []byte, found *contents, nesting int) error {
	octets, err := normalise(safe)
	if err != nil {
		return err
	}
	in := cryptobyte.String(octets)
	var bags cryptobyte.String
	if !in.ReadASN1(&bags, asn1.SEQUENCE) || nesting == maxSafeNesting {
		return malformed("safe contents")
	}
	for !bags.Empty() {
		var value cryptobyte.String
		oid, ok := readContentInfo(&bags, &value)
		if !ok {
			return malformed("bag")
		}
		if err := d.readBag(oid, value, found, nesting); err != nil {
			return err
		}
	}
	return nil
}

func (d *decrypter) readBag(oid string, value cryptobyte.String, found *contents, nesting int) error {
	switch oid {
	case oidKeyBag:
		return found.parseKey(value)
	case oidShroudedBag:
		var seq cryptobyte.String
		var algorithm algorithmID
		var ciphertext []byte
		if !value.ReadASN1(&seq, asn1.SEQUENCE) || !readAlgorithm(&seq, &algorithm) ||
			!seq.ReadASN1Bytes(&ciphertext, octetStrings) {
			return malformed("key bag")
		}
		plain, err := d.decrypt(algorithm, ciphertext)
		if err != nil {
			return err
		}
		return found.parseKey(plain)
	case oidCertBag:
		return readCertBag(value, found)
	case oidSafeBag:
		return d.readBags(value, found, nesting+1)
	default:
		return nil // revocation lists and secrets are of no use here
	}
}

func readCertBag(value cryptobyte.String, found *contents) error {
	var seq, inner cryptobyte.String
	var cert []byte
	if !value.ReadASN1(&seq, asn1.SEQUENCE) {
		return malformed("certificate bag")
	}
	oid, ok := der.ReadOID(&seq)
	if ok && oid != oidX509Cert {
		return nil // SDSI certificates, RFC 7292 §4.2.3
	}
	if !ok || !seq.ReadASN1(&inner, explicit0) || !inner.ReadASN1Bytes(&cert, octetStrings) {
		return malformed("certificate bag")
	}
	found.addCertificate(cert)
	return nil
}
