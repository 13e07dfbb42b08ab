package testpki

import (
	"crypto/x509"
	"slices"
	"time"
)

// Kind is what a certificate is for.
type Kind uint8

// Kinds of certificates. SubAuthority is a further issuing authority.
const (
	Person Kind = iota
	Employee
	Head
	SignRight
	InformationSystem
	Authentication
	TSA
	OCSP
	SubAuthority
)

// Profile says whom to issue a certificate for. Empty names get test ones,
// zero dates the usual period from Options.Now.
type Profile struct {
	Kind                            Kind
	CommonName, Surname, Patronymic string
	IIN, BIN, Organization, Email   string
	NotBefore, NotAfter             time.Time
	KeyStore                        string // as pki.Certificate.KeyStore; "pkcs12" by default
	Mutate                          func(*Template)
}

// Extended key usages (facts/national-pki.md §1.3).
const (
	ekuIndividual      = "1.2.398.3.3.4.1.1"
	ekuLegalEntity     = "1.2.398.3.3.4.1.2"
	ekuHead            = "1.2.398.3.3.4.1.2.1"
	ekuSignRight       = "1.2.398.3.3.4.1.2.2"
	ekuEmployee        = "1.2.398.3.3.4.1.2.5"
	ekuSystem          = "1.2.398.3.3.4.1.2.6"
	ekuClientAuth      = "1.3.6.1.5.5.7.3.2"
	ekuEmailProtection = "1.3.6.1.5.5.7.3.4"
	ekuTimeStamping    = "1.3.6.1.5.5.7.3.8"
	ekuOCSPSigning     = "1.3.6.1.5.5.7.3.9"
)

var kindEKU = map[Kind][]string{
	Person:            {ekuEmailProtection, ekuIndividual},
	Employee:          {ekuEmailProtection, ekuLegalEntity, ekuEmployee},
	Head:              {ekuEmailProtection, ekuLegalEntity, ekuHead},
	SignRight:         {ekuEmailProtection, ekuLegalEntity, ekuSignRight},
	InformationSystem: {ekuLegalEntity, ekuSystem},
	Authentication:    {ekuClientAuth, ekuIndividual},
	TSA:               {ekuTimeStamping},
	OCSP:              {ekuOCSPSigning},
}

// keyUsage are the bits the national CA sets (facts/national-pki.md §1.4).
func (a *Authority) keyUsage(k Kind) x509.KeyUsage {
	const signing = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	switch {
	case k == SubAuthority:
		return x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	case k == Authentication:
		return x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment
	case k == OCSP:
		return x509.KeyUsageDigitalSignature
	case k != TSA && a.alg == GOST512:
		return signing | x509.KeyUsageKeyAgreement
	}
	return signing
}

// template turns a profile into the fields of a certificate.
func (a *Authority) template(p Profile) *Template {
	t := a.common()
	t.Subject = p.subject(a.opt.Name)
	t.NotBefore, t.NotAfter = a.opt.Now, a.opt.Now.Add(year)
	if p.Kind == InformationSystem || p.Kind == TSA {
		t.NotAfter = a.opt.Now.Add(systemSpan)
	}
	t.KeyUsage, t.EKU = a.keyUsage(p.Kind), slices.Clone(kindEKU[p.Kind])
	t.EKUCritical = p.Kind == TSA // RFC 3161 §2.3
	t.KeyStore, t.Email = p.KeyStore, p.Email
	if t.KeyStore == "" {
		t.KeyStore = "pkcs12"
	}
	switch p.Kind {
	case OCSP:
		t.OCSPNoCheck, t.OCSPURLs, t.CRLURLs, t.DeltaURLs = true, nil, nil, nil
	case SubAuthority:
		t.BasicConstraints, t.IsCA, t.KeyStore = true, true, ""
		t.NotBefore, t.NotAfter = a.opt.Now.Add(-year), a.opt.Now.Add(authSpan)
	}
	if !p.NotBefore.IsZero() {
		t.NotBefore = p.NotBefore
	}
	if !p.NotAfter.IsZero() {
		t.NotAfter = p.NotAfter
	}
	return t
}

// Attribute is one attribute of a subject, alone in its RDN.
type Attribute struct{ OID, Value string }

// Attribute types (X.520).
const (
	CommonName   = "2.5.4.3"
	Surname      = "2.5.4.4"
	SerialNumber = "2.5.4.5"
	Country      = "2.5.4.6"
	Organization = "2.5.4.10"
	Unit         = "2.5.4.11"
	GivenName    = "2.5.4.42"
	UserID       = "0.9.2342.19200300.100.1.1"
)

// testSystemID is the UID of the national test pack's information system.
const testSystemID = "1.2.398.6.10.1.1"

// subject orders the attributes as the national CA does: CN, SN, serialNumber,
// C, O, OU, GN; a system's UID comes first (facts/national-pki.md §1.2).
func (p Profile) subject(authority string) []Attribute {
	var s []Attribute
	add := func(oid, value string) {
		if value != "" {
			s = append(s, Attribute{oid, value})
		}
	}
	if p.Kind == InformationSystem {
		add(UserID, testSystemID)
	}
	add(CommonName, p.commonName(authority))
	add(Surname, p.Surname)
	if p.IIN != "" {
		add(SerialNumber, "IIN"+p.IIN)
	}
	add(Country, "KZ")
	add(Organization, p.Organization)
	if p.BIN != "" {
		add(Unit, "BIN"+p.BIN)
	}
	add(GivenName, p.Patronymic)
	return s
}

func (p Profile) commonName(authority string) string {
	switch {
	case p.CommonName != "":
		return p.CommonName
	case p.Kind == OCSP:
		return "OCSP RESPONDER " + authority
	case p.Kind == TSA:
		return "TSA " + authority
	case p.Kind == SubAuthority:
		return "ҚОСЫМША ОРТАЛЫҚ " + authority
	case p.Kind == InformationSystem:
		return `ИС "СЫНАҚ"`
	}
	return "СЫНАҚОВ СЫНАҚ"
}

func (a *Authority) rootTemplate() *Template {
	t := a.authority("НЕГІЗГІ ОРТАЛЫҚ " + a.opt.Name)
	t.NotBefore, t.NotAfter = a.opt.Now.Add(-2*year), a.opt.Now.Add(rootSpan)
	t.Policies = []string{"1.2.398.3.1.2"}
	return t
}

func (a *Authority) issuingTemplate() *Template {
	t := a.authority("КУӘЛАНДЫРУШЫ ОРТАЛЫҚ " + a.opt.Name)
	t.Issuer = &a.root
	if a.opt.RootCRLURL != "" {
		t.CRLURLs = []string{a.opt.RootCRLURL}
	}
	if a.opt.OCSPURL != "" {
		t.OCSPURLs = []string{a.opt.OCSPURL}
	}
	return t
}

// authority is what root and issuing authority share.
func (a *Authority) authority(name string) *Template {
	return &Template{
		Subject:          []Attribute{{CommonName, name}, {Country, "KZ"}},
		NotBefore:        a.opt.Now.Add(-year),
		NotAfter:         a.opt.Now.Add(authSpan),
		KeyUsage:         a.keyUsage(SubAuthority),
		BasicConstraints: true, IsCA: true, MaxPathLen: -1,
		Policies:    []string{"1.2.398.3.3.2"},
		SubjectKey:  true,
		AuthorityID: true,
	}
}

// common is what all certificates of the issuing authority share.
func (a *Authority) common() *Template {
	t := &Template{
		Issuer:      &a.issuing,
		MaxPathLen:  -1,
		Policies:    []string{"1.2.398.3.3.2"},
		SubjectKey:  true,
		AuthorityID: true,
	}
	one := func(url string) []string {
		if url == "" {
			return nil
		}
		return []string{url}
	}
	t.OCSPURLs, t.CRLURLs = one(a.opt.OCSPURL), one(a.opt.CRLURL)
	t.DeltaURLs, t.IssuerURLs = one(a.opt.DeltaCRLURL), one(a.opt.IssuerURL)
	return t
}
