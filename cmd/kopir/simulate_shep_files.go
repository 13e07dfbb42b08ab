package main

import (
	"crypto/rand"
	"fmt"
	"time"

	"kopir/cmd/kopir/internal/simulate"
	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// shepText is what the gateway needs to talk with kopir simulate shep --listen 127.0.0.1:8490.
const shepText = `shep:
  pins: [%[1]s/shep.pem, %[1]s/shep-other.pem, %[1]s/shep-expired.pem] # the last is last year's
  send: http://127.0.0.1:8490/bip-async/
  sender_id: kopir
  key_file: %[1]s/system.pem
`

// systems adds the keys of both sides of the state gateway: the simulated gateway's own, one of the other
// family of algorithms, one that has expired, and the adapter's, whose certificate stands in the same file.
func systems(a *testpki.Authority, files map[string][]byte, now time.Time) error {
	other := testpki.RSA
	if a.Algorithm() == testpki.RSA {
		other = testpki.GOST512
	}
	foreign, err := testpki.GenerateKey(other, rand.Reader)
	if err != nil {
		return err
	}
	otherProfile := system("ШЭП СЫНАҚ", 902)
	otherProfile.Mutate = func(t *testpki.Template) { t.Key = foreign }
	expired := system("ШЭП СЫНАҚ", 902)
	expired.NotBefore, expired.NotAfter = now.AddDate(0, -11, 0), now.AddDate(0, 0, -1)
	for name, profile := range map[string]testpki.Profile{"shep": system("ШЭП СЫНАҚ", 902), "shep-other": otherProfile,
		"shep-expired": expired, "system": system("ЖҮЙЕ СЫНАҚ", 901)} {
		id, err := a.Issue(profile)
		if err != nil {
			return err
		}
		private, err := id.KeyPEM()
		if err != nil {
			return err
		}
		files[name+".key"], files[name+".pem"] = private, id.PEM()
		if name == "system" {
			delete(files, name+".key")
			files[name+".pem"] = append(private, id.PEM()...)
		}
	}
	return nil
}

// key is the gateway's own: from the folder, or a throw-away one.
func (c *SimulateSHEPCmd) key(std streams) (xmlsig.Key, error) {
	if c.PKI != "" {
		key, err := readKeyPair(c.PKI, "shep")
		if err != nil {
			return key, usageErrorf("--pki: shep: %w", err)
		}
		return key, nil
	}
	p, err := simulate.NewPKI("http://127.0.0.1", func() time.Time { return std.now().Add(-time.Minute) }, rand.Reader, testpki.GOST512)
	if err != nil {
		return xmlsig.Key{}, err
	}
	key, err := p.Issue(testpki.GOST512, system("ШЭП СЫНАҚ", 902))
	if err == nil {
		fmt.Fprintf(std.err, "a throw-away key; to trust it, pin this certificate:\n%s", testpki.CertificatePEM(key.Certificate))
	}
	return key, err
}
