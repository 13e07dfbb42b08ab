package pki_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/testpki"
)

func TestParseReadsEverything(t *testing.T) {
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: random("fields"), Now: now, OCSPURL: "http://ocsp.example.kz/",
		CRLURL: "http://crl.example.kz/a.crl", DeltaCRLURL: "http://crl.example.kz/d.crl", IssuerURL: "http://example.kz/ca.cer"})
	if err != nil {
		t.Fatal(err)
	}
	c := issue(t, ca, testpki.Profile{Kind: testpki.Head, CommonName: "ӘБДІҒАЛИ ҮМІТ", Surname: "ӘБДІҒАЛИ", Patronymic: "ҚҰРМАНҒАЛИҚЫЗЫ",
		IIN: "000230500003", BIN: "001340000002", Organization: `АО "СЫНАҚ, ТЕСТ"`, Email: "test@example.kz", KeyStore: "kaztoken"}).Certificate
	want := pki.Name{CommonName: "ӘБДІҒАЛИ ҮМІТ", Surname: "ӘБДІҒАЛИ", GivenName: "ҚҰРМАНҒАЛИҚЫЗЫ", IIN: "000230500003", BIN: "001340000002",
		Organization: `АО "СЫНАҚ, ТЕСТ"`, Country: "KZ", Email: "test@example.kz",
		DN: `CN=ӘБДІҒАЛИ ҮМІТ, SN=ӘБДІҒАЛИ, serialNumber=IIN000230500003, C=KZ, O=АО "СЫНАҚ\, ТЕСТ", OU=BIN001340000002, GN=ҚҰРМАНҒАЛИҚЫЗЫ`}
	if diff := cmp.Diff(want, c.Subject); diff != "" {
		t.Error(diff)
	}
	got := [][]string{c.OCSPServers, c.CRLPoints, c.DeltaCRLPoints, c.IssuerURLs, c.Policies, c.EKU, c.Roles()}
	lists := [][]string{{"http://ocsp.example.kz/"}, {"http://crl.example.kz/a.crl"}, {"http://crl.example.kz/d.crl"}, {"http://example.kz/ca.cer"},
		{"1.2.398.3.3.2"}, {"1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.1"}, {"legal_entity", "head"}}
	if diff := cmp.Diff(lists, got); diff != "" {
		t.Error(diff)
	}
	if c.KeyStore != "kaztoken" || c.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment || c.MaxPathLen != -1 ||
		!bytes.Equal(c.AuthorityKeyID, ca.Issuing.SubjectKeyID) || c.Issuer.DN != ca.Issuing.Subject.DN || !c.NotBefore.Equal(now) {
		t.Errorf("%+v", c)
	}
}

func TestParseRefuses(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	bytesOf := func(mutate func(*testpki.Template)) []byte {
		der, _, err := ca.IssueDER(testpki.Profile{Mutate: mutate})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	raw := func(f func([]byte) []byte) []byte { return bytesOf(func(c *testpki.Template) { c.Raw = f }) }
	extension := func(oid string, value ...byte) []byte {
		return bytesOf(func(c *testpki.Template) {
			c.Policies = nil
			c.KeyUsage, c.EKU, c.SubjectKey, c.AuthorityID, c.KeyStore = 0, nil, false, false, ""
			c.Extra = []testpki.Extension{{OID: oid, Value: value}}
		})
	}
	serial := func(n *big.Int) []byte { return bytesOf(func(c *testpki.Template) { c.Serial = n }) }
	tests := []struct {
		name string
		der  []byte
	}{
		{"nothing", nil},
		{"text", []byte("certificate")},
		{"too large", make([]byte, 1<<20)},
		{"cut short", raw(func(b []byte) []byte { return b[:len(b)-1] })},
		{"trailing", raw(func(b []byte) []byte { return append(b, 0) })},
		{"BER length", raw(berLength)},
		{"indefinite length", raw(func(b []byte) []byte { return append(append([]byte{0x30, 0x80}, b[4:]...), 0, 0) })},
		{"negative serial", serial(big.NewInt(-5))},
		{"serial of 21 octets", serial(new(big.Int).Lsh(big.NewInt(1), 161))},
		{"doubled extension", bytesOf(func(c *testpki.Template) {
			c.Extra = []testpki.Extension{{OID: "2.5.29.15", Value: []byte{3, 2, 0, 1}}}
		})},
		{"key usage", extension("2.5.29.15", 4, 0)},
		{"key usage trailing", extension("2.5.29.15", 3, 2, 6, 0x40, 0)},
		{"basic constraints", extension("2.5.29.19", 0x30, 3, 2, 1, 0xff)},
		{"empty extended key usage", extension("2.5.29.37", 0x30, 0)},
		{"subject key", extension("2.5.29.14", 0x30, 0)},
		{"authority key", extension("2.5.29.35", 4, 0)},
		{"name constraints", extension("2.5.29.30", 0x30, 2, 0xa0, 1)},
		{"alternative names", extension("2.5.29.17", 0x30, 2, 0x81, 5)},
		{"list points", extension("2.5.29.31", 0x30, 1, 0)},
		{"access", extension("1.3.6.1.5.5.7.1.1", 0x30, 2, 0x30, 0)},
		{"policies", extension("2.5.29.32", 0x30, 2, 0x30, 0)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := pki.Parse(tt.der)
			wantCode(t, err, reason.CertificateMalformed)
		})
	}
}

func TestSerialZeroIsRead(t *testing.T) {
	c := issue(t, authority(t, testpki.ECDSA), testpki.Profile{Mutate: func(c *testpki.Template) { c.Serial = new(big.Int) }}).Certificate
	if c.Serial.Sign() != 0 {
		t.Error(c.Serial)
	}
}

func TestParseAll(t *testing.T) {
	ca := authority(t, testpki.ECDSA)
	both := testpki.CertificatePEM(ca.Root, ca.Issuing)
	all, err := pki.ParseAll(append([]byte("subject=/CN=СЫНАҚ\n"), both...))
	if err != nil || len(all) != 2 {
		t.Errorf("%d, %v", len(all), err)
	}
	if all, err = pki.ParseAll(ca.Root.Raw); err != nil || len(all) != 1 {
		t.Errorf("DER: %d, %v", len(all), err)
	}
	bad := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1, 2, 3}})
	all, err = pki.ParseAll(append(bad, both...))
	wantCode(t, err, reason.CertificateMalformed)
	if len(all) != 2 {
		t.Errorf("a bad one hides %d good ones", 2-len(all))
	}
	_, err = pki.ParseAll([]byte("-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n"))
	wantCode(t, err, reason.CertificateMalformed)
	_, err = pki.ParseAll(nil)
	wantCode(t, err, reason.CertificateMalformed)
}

// TestInspectShowsUnusableKeys: people may look at what may not be used.
func TestInspectShowsUnusableKeys(t *testing.T) {
	der, _, err := authority(t, testpki.ECDSA).IssueDER(testpki.Profile{Mutate: func(c *testpki.Template) { c.Key = weakKeys(t).rsa1024 }})
	if err != nil {
		t.Fatal(err)
	}
	c, err := pki.Inspect(der)
	if err != nil || c.PublicKey != nil || c.Subject.CommonName == "" {
		t.Errorf("%v %v", c, err)
	}
}

func TestCheckValidity(t *testing.T) {
	c := issue(t, authority(t, testpki.ECDSA), testpki.Profile{NotBefore: now, NotAfter: now.Add(time.Hour)}).Certificate
	tests := []struct {
		name string
		at   time.Time
		want reason.Code
	}{
		{"before", now.Add(-time.Nanosecond), reason.CertificateNotYetValid},
		{"first", now, ""},
		{"last", now.Add(time.Hour), ""},
		{"within the last second", now.Add(time.Hour + 999*time.Millisecond), ""},
		{"after", now.Add(time.Hour + time.Second), reason.CertificateExpired},
		{"never", time.Time{}, reason.CertificateNotYetValid},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { wantCode(t, c.CheckValidity(tt.at), tt.want) })
	}
}

func TestPurposes(t *testing.T) {
	tests := []struct {
		kind              testpki.Kind
		iin, bin          string
		national, generic reason.Code
		roles             []string
	}{
		{testpki.Person, "000230500003", "", "", "", []string{pki.RoleIndividual}},
		{testpki.Employee, "000230500003", "001340000002", "", "", []string{pki.RoleLegalEntity, pki.RoleEmployee}},
		{testpki.Head, "000230500003", "001340000002", "", "", []string{pki.RoleLegalEntity, pki.RoleHead}},
		{testpki.SignRight, "000230500003", "001340000002", "", "", []string{pki.RoleLegalEntity, pki.RoleSignRight}},
		{testpki.InformationSystem, "", "001340000002", "", "", []string{pki.RoleLegalEntity, pki.RoleInformationSystem}},
		{testpki.Authentication, "000230500003", "", reason.PurposeWrong, "", []string{pki.RoleIndividual, pki.RoleAuthentication}},
		{testpki.TSA, "", "", reason.PurposeWrong, "", []string{pki.RoleTSA}},
		{testpki.OCSP, "", "", reason.PurposeWrong, "", []string{pki.RoleOCSP}},
		{testpki.SubAuthority, "", "", reason.PurposeWrong, reason.PurposeWrong, []string{pki.RoleCA}},
	}
	for _, alg := range algorithms {
		for _, tt := range tests {
			c := issue(t, authority(t, alg), testpki.Profile{Kind: tt.kind, IIN: tt.iin, BIN: tt.bin}).Certificate
			wantCode(t, c.CheckPurpose(pki.PurposeNational), tt.national)
			wantCode(t, c.CheckPurpose(pki.PurposeGeneric), tt.generic)
			if !slices.Equal(c.Roles(), tt.roles) || c.Subject.IIN != tt.iin || c.Subject.BIN != tt.bin {
				t.Errorf("%s, kind %d: roles %v, IIN %q, BIN %q", alg, tt.kind, c.Roles(), c.Subject.IIN, c.Subject.BIN)
			}
		}
	}
	bare := issue(t, authority(t, testpki.ECDSA), testpki.Profile{Mutate: func(c *testpki.Template) { c.KeyUsage, c.EKU = 0, nil }}).Certificate
	wantCode(t, bare.CheckPurpose(pki.PurposeGeneric), "")
}

// TestMoreRoles covers kinds of users that testpki has no profile for.
func TestMoreRoles(t *testing.T) {
	tests := []struct {
		eku  []string
		want []string
	}{
		{[]string{"1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.3"}, []string{pki.RoleLegalEntity, pki.RoleFinancialSignRight}},
		{[]string{"1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.4"}, []string{pki.RoleLegalEntity, pki.RoleHR}},
		{[]string{"1.2.398.3.3.4.1.2", "1.2.398.3.3.4.1.2.6.77"}, []string{pki.RoleLegalEntity, pki.RoleInformationSystem}},
		{[]string{"1.2.398.3.3.4.1.2.6", "1.2.398.3.3.4.1.2.6.77"}, []string{pki.RoleInformationSystem}},
		{[]string{"1.2.398.3.3.4.1.2.60"}, nil},
		{[]string{"1.2.398.3.3.4.1.1.1"}, []string{pki.RoleInformationSystem}},
		{[]string{"1.2.398.5.19.1.2.2.1"}, []string{pki.RoleTreasuryClient}},
	}
	for _, tt := range tests {
		c := issue(t, authority(t, testpki.ECDSA), testpki.Profile{Mutate: func(c *testpki.Template) { c.EKU = tt.eku }}).Certificate
		if !slices.Equal(c.Roles(), tt.want) {
			t.Errorf("%v: roles %v, want %v", tt.eku, c.Roles(), tt.want)
		}
		wantCode(t, c.CheckPurpose(pki.PurposeNational), "")
	}
}
