package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig/testpki"
)

// samples are the people an integrator signs as; the numbers are right and nobody's.
var samples = []struct {
	file    string
	profile testpki.Profile
	revoked bool
}{
	{"person", testpki.Profile{Kind: testpki.Person, CommonName: "СЫНАҚОВ ҮЛГІ", Surname: "СЫНАҚОВ", IIN: simulate.SyntheticIIN(1)}, false},
	{"head", testpki.Profile{Kind: testpki.Head, CommonName: "БАСШЫ ҮЛГІ", Surname: "БАСШЫ", IIN: simulate.SyntheticIIN(2),
		BIN: simulate.SyntheticBIN(1), Organization: "СЫНАҚ ЖШС"}, false},
	{"employee", testpki.Profile{Kind: testpki.Employee, CommonName: "ҚЫЗМЕТКЕР ҮЛГІ", Surname: "ҚЫЗМЕТКЕР", IIN: simulate.SyntheticIIN(3),
		BIN: simulate.SyntheticBIN(1), Organization: "СЫНАҚ ЖШС"}, false},
	{"revoked", testpki.Profile{Kind: testpki.Person, CommonName: "ҚАЙТАРЫЛҒАН ҮЛГІ", Surname: "ҚАЙТАРЫЛҒАН", IIN: simulate.SyntheticIIN(4)}, true},
}

// configText is what the gateway needs to believe the PKI.
const configText = `data: %s
trust:
  test_pki: true
revocation:
  ocsp: [%s]
  crl: [%s, %s, %s]
timestamps:
  tsa: [%s]
`

// keyCompromise is the reason the revoked person's certificate is on the list for (RFC 5280 §5.3.1).
const keyCompromise = 1

// write puts CA certificates, keys and the configuration into the folder.
func (s simulated) write(p *simulate.PKI, alg testpki.Algorithm, now time.Time) error {
	a := p.Family(alg)
	files := map[string][]byte{
		"trust/root.pem":    testpki.CertificatePEM(a.Root),
		"trust/issuing.pem": testpki.CertificatePEM(a.Issuing),
		"kopir.yaml":        fmt.Appendf(fmt.Appendf(nil, configText, s.Dir, s.OCSP, s.CRL, s.Delta, s.RootCRL, s.TSP), shepText, s.Dir),
	}
	for _, sample := range samples {
		id, err := a.Issue(sample.profile)
		if err != nil {
			return err
		}
		if sample.revoked {
			a.Revoke(id.Certificate.Serial, now.Add(-48*time.Hour), keyCompromise) // so long ago that the full list has it
		}
		files[sample.file+".pem"] = id.PEM()
		if files[sample.file+".key"], err = id.KeyPEM(); err != nil {
			return err
		}
	}
	if err := systems(a, files, now); err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(s.Dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
