package main

import (
	"bytes"
	"crypto/rand"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/testpki"
)

// loadFiles writes a signed document and the certificates it is verified with.
func loadFiles(t *testing.T) (file, trust string) {
	t.Helper()
	dir := t.TempDir()
	ca, err := testpki.New(testpki.ECDSA, testpki.Options{Rand: rand.Reader, Now: time.Now().Add(-time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	id, err := ca.Issue(testpki.Profile{Kind: testpki.Person, IIN: testIIN})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := xmlsig.Sign([]byte(`<application xmlns="urn:kz:test"><text>Өтініш</text></application>`),
		xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, xmlsig.SignOptions{})
	if err != nil {
		t.Fatal(err)
	}
	file, trust = filepath.Join(dir, "signed.xml"), filepath.Join(dir, "ca.pem")
	for name, content := range map[string][]byte{
		file: doc, trust: append(testpki.CertificatePEM(ca.Root), testpki.CertificatePEM(ca.Issuing)...),
	} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return file, trust
}

func TestLoadVerifyPrintsOneLine(t *testing.T) {
	file, trust := loadFiles(t)
	var out, warnings bytes.Buffer
	cmd := LoadVerifyCmd{File: file, Trust: []string{trust}, Threads: 2, Seconds: 0.05}
	if err := cmd.run(streams{out: &out, err: &warnings, now: time.Now}); err != nil {
		t.Fatal(err, warnings.String())
	}
	columns := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\t")
	if len(columns) != 7 || columns[0] != "verify" || columns[1] != "2" {
		t.Fatalf("%q", out.String())
	}
	for _, c := range columns[2:] {
		if n, err := strconv.ParseFloat(c, 64); err != nil || n <= 0 {
			t.Errorf("column %q: %v", c, err)
		}
	}
}

func TestLoadVerifyRefuses(t *testing.T) {
	file, trust := loadFiles(t)
	other, _ := loadFiles(t)
	broken, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(other, bytes.Replace(broken, []byte("Өтініш"), []byte("Өкініш"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		cmd  LoadVerifyCmd
		exit int
		want string
	}{
		{"a changed document", LoadVerifyCmd{File: other, Trust: []string{trust}, Threads: 1, Seconds: 0.05}, exitFailed, "digest_mismatch"},
		{"no such file", LoadVerifyCmd{File: file + "x", Trust: []string{trust}, Threads: 1, Seconds: 0.05}, exitUsage, "--file"},
		{"no such trust", LoadVerifyCmd{File: file, Trust: []string{trust + "x"}, Threads: 1, Seconds: 0.05}, exitUsage, "--trust"},
		{"no threads", LoadVerifyCmd{File: file, Trust: []string{trust}, Seconds: 0.05}, exitUsage, "--threads"},
		{"no time", LoadVerifyCmd{File: file, Trust: []string{trust}, Threads: 1, Seconds: math.NaN()}, exitUsage, "--seconds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out, warnings bytes.Buffer
			err := tt.cmd.run(streams{out: &out, err: &warnings, now: time.Now})
			e, ok := err.(*exitError)
			if !ok || e.code != tt.exit || !strings.Contains(err.Error(), tt.want) || out.Len() > 0 {
				t.Errorf("%v, printed %q", err, out.String())
			}
		})
	}
}

func TestDurationBuckets(t *testing.T) {
	for n := uint64(0); n < 1<<40; n += 1 + n/7 {
		from, to := floor(bucket(n)), floor(bucket(n)+1)
		if n < from || n >= to || float64(to-from) > float64(n)/durationSteps+1 {
			t.Fatalf("%d lies in the bucket from %d to %d", n, from, to)
		}
	}
	if b := bucket(math.MaxInt64); b >= len(durations{}) {
		t.Error(b)
	}
	var d durations
	for i := range 100 {
		d.note(time.Duration(i) * time.Millisecond)
	}
	if p := d.quantile(0.5); p < 48*time.Millisecond || p > 50*time.Millisecond {
		t.Error(p)
	}
}
