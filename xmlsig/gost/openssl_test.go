package gost

import (
	"bytes"
	"crypto/rand"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// openssl runs OpenSSL with its gost engine (Debian package libengine-gost-openssl) in a folder of its own.
type openssl struct {
	t      *testing.T
	folder string
}

func newOpenSSL(t *testing.T) openssl {
	t.Helper()
	if out, err := exec.Command("openssl", "engine", "gost").CombinedOutput(); err != nil || bytes.Contains(out, []byte("error")) {
		t.Skip("OpenSSL has no gost engine here: install libengine-gost-openssl")
	}
	return openssl{t, t.TempDir()}
}

// run runs a command whose options follow the choice of the engine.
func (o openssl) run(command string, options ...string) ([]byte, error) {
	cmd := exec.Command("openssl", append([]string{command, "-engine", "gost"}, options...)...)
	cmd.Dir = o.folder
	return cmd.Output()
}

func (o openssl) must(command string, options ...string) []byte {
	o.t.Helper()
	out, err := o.run(command, options...)
	if err != nil {
		o.t.Fatalf("openssl %s %v: %v", command, options, err)
	}
	return out
}

func (o openssl) write(name string, content []byte) {
	o.t.Helper()
	if err := os.WriteFile(filepath.Join(o.folder, name), content, 0o600); err != nil {
		o.t.Fatal(err)
	}
}

func (o openssl) read(name string) []byte {
	o.t.Helper()
	content, err := os.ReadFile(filepath.Join(o.folder, name))
	if err != nil {
		o.t.Fatal(err)
	}
	return content
}

func TestOpenSSLHashesTheSame(t *testing.T) {
	o := newOpenSSL(t)
	message := make([]byte, 300)
	rand.Read(message)
	for _, n := range []int{0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 300} {
		o.write("message", message[:n])
		for name, algorithm := range map[string]string{"512": "-md_gost12_512", "256": "-md_gost12_256"} {
			if got, want := sum(name, message[:n]), o.must("dgst", algorithm, "-binary", "message"); !bytes.Equal(got, want) {
				t.Errorf("%s of %x: got %x, want %x", algorithm, message[:n], got, want)
			}
		}
	}
}

func TestOpenSSLSignsTheSame(t *testing.T) {
	o := newOpenSSL(t)
	for _, tt := range []struct {
		curve             *Curve
		algorithm, set    string
		digest, digestOpt string
	}{
		{Curve512A(), "gost2012_512", "A", "512", "-md_gost12_512"},
		{CurveCryptoProA(), "gost2012_256", "A", "256", "-md_gost12_256"},
		{Curve256A(), "gost2012_256", "TCA", "256", "-md_gost12_256"},
	} {
		t.Run(tt.curve.Name(), func(t *testing.T) {
			o := openssl{t, o.folder}
			o.must("genpkey", "-algorithm", tt.algorithm, "-pkeyopt", "paramset:"+tt.set, "-out", "key.pem")
			o.must("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")
			key := o.key(tt.curve)
			message := []byte("message of " + tt.curve.Name())
			digest := sum(tt.digest, message)
			o.write("message", message)

			o.must("dgst", tt.digestOpt, "-sign", "key.pem", "-out", "sig", "message")
			if theirs := bigEndian(o.read("sig")); !key.public.Verify(digest, theirs) {
				t.Errorf("signature of OpenSSL refused: %x", theirs)
			}
			ours, err := key.Sign(rand.Reader, digest, nil)
			if err != nil {
				t.Fatal(err)
			}
			o.write("sig", bigEndian(ours)) // RFC 4491 has all bytes turned round
			if _, err := o.run("dgst", tt.digestOpt, "-verify", "public.pem", "-signature", "sig", "message"); err != nil {
				t.Errorf("OpenSSL refuses the signature %x", ours)
			}
		})
	}
}

// key reads key.pem and compares its public key.
func (o openssl) key(c *Curve) *PrivateKey {
	o.t.Helper()
	text := o.must("pkey", "-in", "key.pem", "-noout", "-text")
	numbers := regexp.MustCompile(`(?:key: ?|X:|Y:)([0-9A-F]+)`).FindAllSubmatch(text, -1)
	if len(numbers) != 3 {
		o.t.Fatalf("key without three numbers: %s", text)
	}
	var n [3]*big.Int
	for i := range n {
		n[i] = hexInt(string(numbers[i][1]))
	}
	key, err := ParsePrivateKey(c, toLE(n[0], c.size))
	if err != nil {
		o.t.Fatal(err)
	}
	if want := append(toLE(n[1], c.size), toLE(n[2], c.size)...); !bytes.Equal(key.public.Bytes(), want) {
		o.t.Fatalf("public key %x, OpenSSL has %x", key.public.Bytes(), want)
	}
	return key
}
