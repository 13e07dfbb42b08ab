package config

import (
	"strings"
	"testing"
	"time"

	"kopir/xmlsig/tsp"
)

func TestTimestamps(t *testing.T) {
	c, err := Parse([]byte("timestamps: {tsa: ['http://tsp.pki.gov.kz', 'https://tsa.example:8443/tsp'], policy: 1.2.398.3.3.2.6.4, hash: gost3411-512}\n"), "kopir.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := c.Timestamps
	if s.HashOID() != tsp.GOST512 || s.Every != time.Minute || strings.Join(s.Hosts(), " ") != "tsp.pki.gov.kz tsa.example:8443" {
		t.Errorf("%+v, %v", s, s.Hosts())
	}
	if d, _ := Load(""); d.Timestamps.HashOID() != tsp.SHA256 || len(d.Timestamps.TSA) != 0 {
		t.Errorf("the default is %+v", d.Timestamps)
	}
	for yaml, want := range map[string]string{
		"timestamps: {tsa: [tsp.pki.gov.kz]}\n": "timestamps.tsa",
		"timestamps: {hash: md5}\n":             "timestamps.hash",
		"timestamps: {policy: national}\n":      "timestamps.policy",
		"timestamps: {every: -1s}\n":            "timestamps.every",
	} {
		if _, err := Parse([]byte(yaml), "kopir.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", yaml, err)
		}
	}
}
