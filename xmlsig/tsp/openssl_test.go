package tsp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/testpki"
	"kopir/xmlsig/tsp"
)

func openssl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("openssl", args...).CombinedOutput()
	if err != nil {
		t.Errorf("openssl %s: %v\n%s", strings.Join(args[:2], " "), err, out)
	}
	return string(out)
}

// folder is a place for files that openssl reads and writes.
type folder struct {
	t   *testing.T
	dir string
}

func newFolder(t *testing.T) folder {
	t.Helper()
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	return folder{t, t.TempDir()}
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) write(name string, b []byte) string {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), b, 0o600); err != nil {
		f.t.Fatal(err)
	}
	return f.path(name)
}

// TestOpenSSLTakesOurTokens: `openssl ts -verify` accepts what testpki stamps.
func TestOpenSSLTakesOurTokens(t *testing.T) {
	files := newFolder(t)
	file := files.write("data", data)
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.ECDSA} {
		f := newFamily(t, alg)
		root, issuing := files.write("root.pem", testpki.CertificatePEM(f.ca.Root)), files.write("issuing.pem", testpki.CertificatePEM(f.ca.Issuing))
		query := files.write("query", request(t, tsp.SHA256))
		for _, spec := range []testpki.StampSpec{{}, {V2: true}, {Fraction: 500 * time.Millisecond, Accuracy: time.Second}} {
			spec.Now = now
			answer, err := f.tsa.Stamp(request(t, tsp.SHA256), spec)
			if err != nil {
				t.Fatal(err)
			}
			reply := files.write("reply", answer)
			at := strconv.FormatInt(now.Unix(), 10)
			for _, what := range [][]string{{"-data", file}, {"-queryfile", query}} {
				args := append([]string{"ts", "-verify", "-in", reply, "-CAfile", root, "-untrusted", issuing, "-attime", at}, what...)
				if out := openssl(t, args...); !strings.Contains(out, "Verification: OK") {
					t.Errorf("%s: %s", alg, out)
				}
			}
		}
	}
}

// TestWeTakeOpenSSLsTokens: what a real `openssl ts -reply` stamps passes here,
// RSA (which names the key's algorithm) and ECDSA.
func TestWeTakeOpenSSLsTokens(t *testing.T) {
	files := newFolder(t)
	for _, alg := range []testpki.Algorithm{testpki.RSA, testpki.ECDSA} {
		f := newFamilyAt(t, alg, time.Now()) // openssl stamps by the machine's clock
		key, err := f.tsa.KeyPEM()
		if err != nil {
			t.Fatal(err)
		}
		for _, certID := range []string{"sha1", "sha256"} {
			config := files.write("tsa.cnf", []byte("[tsa]\ndefault_tsa = one\n[one]\nserial = "+files.path("serial")+
				"\ncrypto_device = builtin\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256, sha384, sha512\n"+
				"accuracy = secs:1, millisecs:500, microsecs:100\nordering = yes\ntsa_name = yes\ness_cert_id_chain = no\ness_cert_id_alg = "+certID+"\n"))
			query, signer := files.write("query", request(t, tsp.SHA384)), files.write("tsa.pem", f.tsa.PEM())
			began := time.Now()
			openssl(t, "ts", "-reply", "-config", config, "-section", "one", "-queryfile", query, "-signer", signer,
				"-inkey", files.write("tsa.key", key), "-out", files.path("reply"))
			token, err := tsp.ParseResponse(readFile(t, files.path("reply")))
			if err != nil {
				t.Fatal(err)
			}
			got := token.Verify(tsp.Options{Store: f.store, Data: data, Hash: tsp.SHA384, Nonce: nonce, Policies: []string{"1.2.3.4"},
				From: began, To: time.Now(), Skew: time.Minute})
			if !got.Passed() {
				t.Errorf("%s, %s: %+v", alg, certID, got.Checks)
			}
			if !token.Ordering || token.Accuracy != 1500100*time.Microsecond || token.TSA == nil {
				t.Errorf("%s: ordering %v, accuracy %v", alg, token.Ordering, token.Accuracy)
			}
		}
	}
}
