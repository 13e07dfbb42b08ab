package pki_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kopir/xmlsig/pki"
)

// difference is a rule by which we and another verifier part, and who is right.
type difference struct {
	with   string // "go" or "openssl"
	trait  string // all hierarchies in which it happens have it
	root   bool   // and have it at the root
	strict bool   // we refuse and the other accepts; else the other way round
	right  string
}

// knownDifferences is the whole table: a difference that is not here fails the test, and so does a row that no
// longer happens.
var knownDifferences = []difference{
	{"go", "other authority key identifier", false, true, "We are stricter: RFC 5280 §4.2.1.1 has the identifier to tell an authority's keys apart, " +
		"and Go only sorts by it. A certificate that names another key than its issuer's is refused here and by OpenSSL; it costs no honest signer."},
	{"openssl", "no basic constraints", true, true, "We are right by §4.2.1.9, and Go agrees: no basic constraints, no authority. OpenSSL lets self-signed roots " +
		"be without, for the sake of those of version 1."},
	{"openssl", "other authority key identifier", true, false, "We are right by §6.1.1 d, and Go agrees: an anchor is trusted for its name and key, whoever it says " +
		"issued it. OpenSSL no longer takes such a root for self-signed and looks for what is above it."},
	{"openssl", "signed by a stranger", true, false, "As above: the anchor's own signature proves nothing and is not part of the path. OpenSSL looks at its algorithm."},
}

// TestAgreesOnRandomHierarchies compares verdicts on random hierarchies with crypto/x509 and with the openssl program.
func TestAgreesOnRandomHierarchies(t *testing.T) {
	const count = 500
	r := mathrand.New(mathrand.NewPCG(20261123, 5280))
	var all []hierarchy
	for id := range count {
		all = append(all, newHierarchy(t, r, id))
	}
	verdicts := map[string][]bool{"go": make([]bool, count), "openssl": opensslVerdicts(t, all)}
	ours := make([]error, count)
	accepted := 0
	for i, h := range all {
		verdicts["go"][i] = goVerdict(h) == nil
		if ours[i] = ourVerdict(t, h); ours[i] == nil {
			accepted++
		}
	}
	if accepted < count/5 || accepted > 4*count/5 {
		t.Errorf("%d of %d accepted: the hierarchies teach little", accepted, count)
	}
	happened := make([]int, len(knownDifferences))
	for with, theirs := range verdicts {
		for i := range theirs {
			if theirs[i] == (ours[i] == nil) {
				continue
			}
			if k := known(with, all[i], ours[i] != nil); k >= 0 {
				happened[k]++
			} else {
				t.Errorf("case %d %v: %s accepts %v, ours: %v", i, all[i].traits, with, theirs[i], ours[i])
			}
		}
	}
	for k, d := range knownDifferences {
		if happened[k] == 0 && (d.with != "openssl" || verdicts["openssl"] != nil) {
			t.Errorf("the difference with %s on %q happens no more", d.with, d.trait)
		}
	}
	t.Logf("%d hierarchies, %d accepted, differences %v", count, accepted, happened)
}

func known(with string, h hierarchy, strict bool) int {
	return slices.IndexFunc(knownDifferences, func(d difference) bool {
		return d.with == with && d.strict == strict && slices.ContainsFunc(h.traits, func(t string) bool {
			name, place, _ := strings.Cut(t, "@")
			return name == d.trait && (!d.root || place == fmt.Sprintf("%d/%d", len(h.certs)-1, len(h.certs)))
		})
	})
}

func ourVerdict(t *testing.T, h hierarchy) error {
	t.Helper()
	store := pki.NewStore()
	var certs []*pki.Certificate
	for _, c := range h.certs {
		parsed, err := pki.Parse(c.Raw)
		if err != nil {
			return err
		}
		certs = append(certs, parsed)
	}
	store.AddAnchor(certs[len(certs)-1], pki.PurposeGeneric)
	if _, err := store.Chain(certs[0], certs[1:], now); err != nil {
		return err
	}
	return certs[0].CheckValidity(now)
}

func goVerdict(h hierarchy) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(h.certs[len(h.certs)-1])
	for _, c := range h.certs[1 : len(h.certs)-1] {
		between.AddCert(c)
	}
	_, err := h.certs[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// opensslVerdicts asks the program once for all leaves; nil where it is not installed.
func opensslVerdicts(t *testing.T, all []hierarchy) []bool {
	t.Helper()
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Log("openssl is not installed: compared with crypto/x509 alone")
		return nil
	}
	dir := t.TempDir()
	var roots, between bytes.Buffer
	args := []string{"verify", "-attime", fmt.Sprint(now.Unix()), "-purpose", "any", "-CAfile", "roots.pem", "-untrusted", "between.pem", "-no-CApath"}
	for i, h := range all {
		block := func(c *x509.Certificate) *pem.Block { return &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw} }
		_ = pem.Encode(&roots, block(h.certs[len(h.certs)-1]))
		for _, c := range h.certs[1 : len(h.certs)-1] {
			_ = pem.Encode(&between, block(c))
		}
		leaf := fmt.Sprintf("leaf%d.pem", i)
		write(t, filepath.Join(dir, leaf), pem.EncodeToMemory(block(h.certs[0])))
		args = append(args, leaf)
	}
	write(t, filepath.Join(dir, "roots.pem"), roots.Bytes())
	write(t, filepath.Join(dir, "between.pem"), between.Bytes())
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	out, err := cmd.Output() // fails when one leaf fails
	if len(out) == 0 {
		t.Fatal("openssl verify: ", err)
	}
	verdicts := make([]bool, len(all))
	for line := range strings.Lines(string(out)) {
		var i int
		if n, _ := fmt.Sscanf(line, "leaf%d.pem: OK", &i); n == 1 && strings.HasSuffix(strings.TrimSpace(line), ": OK") {
			verdicts[i] = true
		}
	}
	return verdicts
}

func write(t *testing.T, file string, content []byte) {
	t.Helper()
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
