package soap_test

import (
	"crypto/rand"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"kopir/xmlsig/testpki"
)

// oracleJars hold Apache Santuario and BouncyCastle, which testdata/interop/Oracle.java is made of.
var oracleJars = []string{"xmlsec.jar", "bcprov.jar", "slf4j-api.jar", "commons-codec.jar"}

// libxmlsec accepts the Body signature of every message we write, made with an RSA key, and refuses
// the message once its Body was changed.
func TestXmlsecVerifiesEveryMessage(t *testing.T) {
	if _, err := exec.LookPath("xmlsec1"); err != nil {
		t.Skip("xmlsec1 is not installed: apt-get install xmlsec1")
	}
	ca, err := testpki.New(testpki.RSA, testpki.Options{Rand: rand.Reader, Now: moment})
	if err != nil {
		t.Fatal(err)
	}
	us, dir := newParty(t, ca), t.TempDir()
	leaf := put(t, dir, "leaf.pem", us.id.PEM())
	root := put(t, dir, "root.pem", testpki.CertificatePEM(ca.Root))
	issuing := put(t, dir, "issuing.pem", testpki.CertificatePEM(ca.Issuing))
	verify := func(file string) ([]byte, error) {
		return exec.Command("xmlsec1", "--verify", "--verification-time", moment.UTC().Format("2006-01-02 15:04:05"),
			"--trusted-pem", root, "--untrusted-pem", issuing, "--pubkey-cert-pem", leaf,
			"--id-attr:Id", "http://schemas.xmlsoap.org/soap/envelope/:Body", file).CombinedOutput()
	}
	for name, doc := range signedMessages(t, us) {
		t.Run(name, func(t *testing.T) {
			if out, err := verify(put(t, dir, name, doc)); err != nil {
				t.Errorf("%v\n%s\n%s", err, out, doc)
			}
			if out, err := verify(put(t, dir, name, changed(t, doc))); err == nil {
				t.Errorf("a changed Body is accepted\n%s", out)
			}
		})
	}
}

// Santuario and BouncyCastle accept the same messages signed with national keys, and refuse the changed ones.
func TestSantuarioVerifiesEveryMessage(t *testing.T) {
	files, want := []string{"verify-wss"}, map[string]string{}
	for _, alg := range []testpki.Algorithm{testpki.GOST512, testpki.GOST2004} {
		ca, err := testpki.New(alg, testpki.Options{Rand: rand.Reader, Now: moment})
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		for name, doc := range signedMessages(t, newParty(t, ca)) {
			good, bad := put(t, dir, name, doc), put(t, dir, "changed-"+name, changed(t, doc))
			want[good], want[bad] = "valid", "invalid"
			files = append(files, good, bad)
		}
	}
	for line := range strings.Lines(oracle(t, files...)) {
		words := strings.SplitN(strings.TrimSpace(line), "\t", 3)
		if len(words) != 3 || words[1] != want[words[0]] || words[1] == "valid" && !strings.Contains(words[2], "covers body]") {
			t.Errorf("the oracle says %q", words)
		}
		delete(want, words[0])
	}
	if len(want) > 0 {
		t.Errorf("the oracle has said nothing about %v", want)
	}
	t.Logf("%d messages, half of them changed", len(files)-1)
}

// signedMessages are the writer's messages signed as we sign what we send.
func signedMessages(t *testing.T, p party) map[string][]byte {
	t.Helper()
	signed := map[string][]byte{}
	for name, doc := range goldenMessages(t) {
		out, err := p.sign()([]byte(doc))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		signed[name] = out
	}
	return signed
}

// changed is a signed message with one year of its Body another.
func changed(t *testing.T, doc []byte) []byte {
	t.Helper()
	body := strings.Index(string(doc), "<soapenv:Body")
	if body < 0 || !strings.Contains(string(doc[body:]), "2026-") && !strings.Contains(string(doc[body:]), "<serviceId>S<") {
		t.Fatalf("nothing to change in %s", doc)
	}
	return []byte(string(doc[:body]) + strings.NewReplacer("2026-", "2027-", "<serviceId>S<", "<serviceId>T<").Replace(string(doc[body:])))
}

func put(t *testing.T, dir, name string, b []byte) string {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// oracle compiles the Java oracle and runs one command of it.
func oracle(t *testing.T, arguments ...string) string {
	t.Helper()
	var path []string
	for _, name := range oracleJars {
		jar := filepath.Join("/usr/share/java", name)
		if _, err := os.Stat(jar); err != nil {
			t.Skipf("%v: apt-get install default-jdk-headless libxml-security-java libbcprov-java", err)
		}
		path = append(path, jar)
	}
	if _, err := exec.LookPath("javac"); err != nil {
		t.Skip("javac is not installed: apt-get install default-jdk-headless")
	}
	classes := t.TempDir()
	program(t, classes, "javac", "-proc:none", "-cp", strings.Join(path, ":"), "-d", classes, source(t, "../Oracle.java"))
	return string(program(t, classes, "java", append([]string{"-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", strings.Join(append(path, classes), ":"), "Oracle"}, arguments...)...))
}
