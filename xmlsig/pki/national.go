package pki

import (
	"encoding/hex"
	"strings"
	"time"
	"unicode"
)

// Environment says which of the two national hierarchies an authority belongs to. They never mix: what the
// TEST one signs has no legal force.
type Environment string

// The two environments. An authority the program does not pin belongs to none.
const (
	Production Environment = "production"
	Test       Environment = "test"
)

// National is an authority of the national hierarchy, pinned by its fingerprint.
type National struct {
	File                string // usual file name
	Name                string // common name
	SHA256              [32]byte
	Environment         Environment
	Root                bool   // self-signed; others are issuing authorities
	Algorithm           string // of its key
	NotBefore, NotAfter time.Time
	Purpose             Purpose  // of the signers below it
	List                string   // where the list it issues is published; "" where that is not known
	Addresses           []string // where the certificate itself is published, the official address first
}

// Nationals lists the pinned authorities: production before TEST, roots first (facts/national-pki.md §1.1, §1.5).
func Nationals() []National { return append([]National(nil), nationals[:]...) }

// Pinned finds the certificate among the pinned ones.
func (c *Certificate) Pinned() (National, bool) {
	for _, n := range nationals {
		if n.SHA256 == c.SHA256 {
			return n, true
		}
	}
	return National{}, false
}

// PinnedName finds a pinned authority that bears the name, or one that looks like it, for a certificate that only
// claims to be it.
func (c *Certificate) PinnedName() (National, bool) {
	name := lookOf(c.Subject.CommonName)
	for _, n := range nationals {
		if lookOf(n.Name) == name {
			return n, true
		}
	}
	return National{}, false
}

// lookOf makes names equal that people would take for one: without case, spaces, marks and what is not seen, and
// with the Cyrillic letter for a Latin one of its shape.
func lookOf(name string) string {
	seen := func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return r
	}
	return lookalikes.Replace(strings.Map(seen, strings.ToUpper(name)))
}

var lookalikes = strings.NewReplacer("A", "А", "B", "В", "C", "С", "E", "Е", "H", "Н", "I", "І", "K", "К", "M", "М", "O", "О",
	"P", "Р", "T", "Т", "X", "Х", "Y", "У", "Ү", "У", "Ұ", "У", "Ə", "Ә", "Й", "И", "0", "О")

// Key algorithms as the table names them.
const (
	keyGOST2004    = "GOST 34.310-2004"
	keyGOST2015512 = "GOST R 34.10-2015-512"
	keyRSA4096     = "RSA-4096"
)

// Common names that two roots share: the re-issued one differs in the organization alone.
const (
	nameRootGOST = "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST)"
	nameRootRSA  = "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)"
)

// nationals is the table. Leaves of the state bodies' authority and of BTS Digital carry other extended key
// usages than the national CA's, so their purpose is the generic one.
var nationals = [...]National{
	{"root_gost_2022.cer", "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022",
		pin("af77725f8328bb24f89d81da3acdf7cee4324248538b7ba2cd2a860517fb9dca"), Production, true, keyGOST2015512,
		utc(2022, 6, 15, 4, 56, 12), utc(2045, 9, 8, 4, 56, 12), PurposeNational, "http://crl.root.gov.kz/gost2015_2022.crl",
		[]string{"http://root.gov.kz/cert/root_gost2015_2022.cer", "http://pki.gov.kz/cert/root_gost_2022.cer"}},
	{"root_rsa_2020.cer", nameRootRSA,
		pin("9ba06354b626641715182e4d07c9dbaa1777720fa795d03174ffc68876535dcd"), Production, true, keyRSA4096,
		utc(2020, 9, 8, 10, 4, 54), utc(2045, 9, 8, 10, 4, 54), PurposeNational, "http://crl.root.gov.kz/rsa2020.crl",
		[]string{"http://root.gov.kz/cert/root_rsa_2020.cer", "http://pki.gov.kz/cert/root_rsa_2020.cer"}},
	{"root_gost_2020.cer", nameRootGOST,
		pin("c48164ab5ccaaee6b938299a1e3aeebd6f698bb2bd716a0f0d85befc46166aa2"), Production, true, keyGOST2004,
		utc(2020, 9, 8, 9, 54, 36), utc(2045, 9, 8, 9, 54, 36), PurposeNational, "http://crl.root.gov.kz/gost2020.crl",
		[]string{"http://root.gov.kz/cert/root_gost_2020.cer"}},
	{"root_gost.cer", nameRootGOST,
		pin("9ab210e54e6b0343321131202d9edcc2598f598cfdd9ee4ec1056021ab2e9759"), Production, true, keyGOST2004,
		utc(2015, 7, 27, 5, 20, 49), utc(2025, 7, 27, 5, 20, 49), PurposeNational, "http://crl.root.gov.kz/gost.crl",
		[]string{"http://root.gov.kz/cert/root_gost.cer"}},
	{"root_rsa.cer", nameRootRSA,
		pin("a7064abc5699827f370c67b09f1a1bfd7ad5e1514d471223df209c08300ea972"), Production, true, keyRSA4096,
		utc(2015, 7, 27, 5, 22, 53), utc(2025, 7, 27, 5, 22, 53), PurposeNational, "http://crl.root.gov.kz/rsa.crl",
		[]string{"http://root.gov.kz/cert/root_rsa.cer"}},
	{"nca_gost_2022.cer", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022",
		pin("32c7d233a42703a327f3025543a05b930e3f39a786c68dfa196baa86d5618524"), Production, false, keyGOST2015512,
		utc(2022, 6, 15, 5, 1, 9), utc(2045, 9, 7, 5, 1, 9), PurposeNational, "http://crl.pki.gov.kz/nca_gost_2022.crl",
		[]string{"http://pki.gov.kz/cert/nca_gost_2022.cer"}},
	{"nca_rsa_2022.cer", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA) 2022",
		pin("84fb799a66140950818c056a5d9730acc2a7622cdd4ef0d47113b132fb892905"), Production, false, keyRSA4096,
		utc(2022, 9, 22, 10, 38, 15), utc(2045, 9, 7, 10, 4, 54), PurposeNational, "http://crl.pki.gov.kz/nca_rsa_2022.crl",
		[]string{"http://pki.gov.kz/cert/nca_rsa_2022.cer"}},
	{"nca_gost.cer", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST)",
		pin("908521d0531e5645e64b34d3588374a3a83582c860e5f7293a04c41217e8cc18"), Production, false, keyGOST2004,
		utc(2018, 8, 8, 4, 55, 58), utc(2025, 6, 25, 4, 55, 58), PurposeNational, "http://crl.pki.gov.kz/nca_gost.crl",
		[]string{"http://pki.gov.kz/cert/nca_gost.cer", "https://pki.gov.kz/cert/nca_gost.crt"}},
	{"nca_rsa.cer", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (RSA)",
		pin("34d1b311a9873191ae3382805df51e0a5da23315c512a8deeb885668ceeb5834"), Production, false, keyRSA4096,
		utc(2018, 8, 8, 4, 26, 36), utc(2025, 6, 25, 4, 26, 36), PurposeNational, "http://crl.pki.gov.kz/nca_rsa.crl",
		[]string{"https://pki.gov.kz/cert/nca_rsa.crt"}},
	{"ucgo_gost.cer", "Удостоверяющий центр Государственных органов", // published in an archive only
		pin("eb5a5318299db447a46619d2a541f026b52c1fce8a1d371262da8f6f2d7bb6f5"), Production, false, keyGOST2004,
		utc(2022, 7, 12, 4, 44, 51), utc(2045, 9, 7, 4, 44, 51), PurposeGeneric, "", nil},
	{"btsd_gost.cer", "BTSD CA",
		pin("74bb80edf34f4594e5e69b79029c64214e67630e3d16b82f952ab6e5956c5fa8"), Production, false, keyGOST2004,
		utc(2019, 8, 1, 10, 33, 33), utc(2029, 7, 29, 10, 33, 33), PurposeGeneric, "",
		[]string{"https://root.gov.kz/cert/uc/btsd_gost.cer"}},

	{"root_test_gost_2022.cer", "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) TEST 2022",
		pin("b995e79e7c07429f8f79e185451e5599ce342ac720000f01b3854fdfa03031a6"), Test, true, keyGOST2015512,
		utc(2022, 7, 7, 9, 5, 52), utc(2032, 7, 7, 9, 5, 52), PurposeNational, "http://crl.root.gov.kz/gost_test_2022.crl",
		[]string{"http://root.gov.kz/cert/root_test_gost_2022.cer", "http://test.pki.gov.kz/cert/root_test_gost_2022.cer"}},
	{"nca_gost2022_test.cer", "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) TEST 2022",
		pin("beeffc0bdb77cd798c35983eb0715f6ef0051cccb71d7cd05505e8a4fb2c6f4d"), Test, false, keyGOST2015512,
		utc(2022, 7, 7, 9, 55, 23), utc(2032, 7, 4, 9, 55, 23), PurposeNational, "http://test.pki.gov.kz/crl/nca_gost2022_test.crl",
		[]string{"http://test.pki.gov.kz/cert/nca_gost2022_test.cer"}},
	{"nca_gost_test.cer", "ҰКО 3.0 (GOST TEST)",
		pin("0307e8bdf77cb708b7c9d9a5799facdc6de7154447cb394af9ac9b528c3d82c7"), Test, false, keyGOST2004,
		utc(2019, 3, 14, 11, 34, 7), utc(2024, 3, 12, 11, 34, 7), PurposeNational, "http://test.pki.gov.kz/crl/nca_gost_test.crl", nil},
	{"nca_rsa_test.cer", "ҰКО 3.0 (RSA TEST)",
		pin("7e96a36409dc11e0fc99efae41f8c639e16a495d77c2f2278edb98580f997231"), Test, false, keyRSA4096,
		utc(2019, 3, 15, 3, 42, 17), utc(2024, 3, 13, 3, 42, 17), PurposeNational, "http://test.pki.gov.kz/crl/nca_rsa_test.crl",
		[]string{"http://test.pki.gov.kz/cert/nca_rsa_test.cer"}},
}

// pin reads a fingerprint of the table; a test compares every one with the certificate itself.
func pin(fingerprint string) (sum [32]byte) {
	_, _ = hex.Decode(sum[:], []byte(fingerprint))
	return sum
}

func utc(year int, month time.Month, day, hour, minute, second int) time.Time {
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}
