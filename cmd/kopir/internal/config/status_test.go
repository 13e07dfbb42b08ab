package config

import (
	"reflect"
	"strings"
	"testing"
)

func TestResponders(t *testing.T) {
	c, err := Parse([]byte("revocation:\n  ocsp: [http://a.kz, {url: http://b.kz/ocsp, method: get, priority: 2}]\n  crl: [http://c.kz:81/l.crl]\n"), "kopir.yaml")
	want := []Responder{{URL: "http://a.kz"}, {URL: "http://b.kz/ocsp", Method: "get", Priority: 2}}
	if err != nil || !reflect.DeepEqual(c.Status.OCSP, want) || c.Status.OCSP[0].GET() || !c.Status.OCSP[1].GET() {
		t.Fatalf("got %+v, %v", c.Status.OCSP, err)
	}
	if hosts := c.StatusHosts(); !reflect.DeepEqual(hosts, []string{"c.kz:81", "a.kz", "b.kz"}) {
		t.Errorf("hosts %v", hosts)
	}
}

func TestRespondersNameWhatIsWrong(t *testing.T) {
	for yaml, want := range map[string]string{
		"{ocsp: [ftp://a]}":                         "not an http address",
		"{ocsp: [{method: get}]}":                   "not an http address",
		"{ocsp: [{url: http://a, method: put}]}":    "neither post nor get",
		"{ocsp: [{url: http://a, metod: get}]}":     `line 1: there is no field "metod"`,
		"{ocsp: [{url: http://a, priority: high}]}": "high",
		"{ocsp: [[http://a]]}":                      "line 1: a responder is",
		"{jitter: 2}":                               "jitter",
		"{refresh: -1h}":                            "refresh",
	} {
		if _, err := Parse([]byte("revocation: "+yaml+"\n"), "kopir.yaml"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", yaml, err, want)
		}
	}
}

func TestArchiveIsKeptByDefault(t *testing.T) {
	c, err := Parse([]byte("revocation: {refresh: 30m, full_refresh: 12h, jitter: 0.2}\n"), "kopir.yaml")
	if err != nil || c.Status.ArchiveAge != 0 || c.Status.Jitter != 0.2 || c.Status.Refresh.Minutes() != 30 || c.Status.Full.Hours() != 12 {
		t.Errorf("%+v, %v", c.Status, err)
	}
}
