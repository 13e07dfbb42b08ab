package simulate

import (
	"math/big"
	"net/http"
	"sync"
	"time"

	"kopir/xmlsig/testpki"
)

// tspFaults are stamps that come and are wrong.
var tspFaults = []Fault{
	{"tsp-refuses", "", "", "a refusal: systemFailure"},
	{"tsp-wrong-imprint", "", "", "a stamp on something else"},
	{"tsp-wrong-nonce", "", "", "a stamp with a nonce nobody sent"},
	{"tsp-other-policy", "", "", "a stamp under another policy"},
	{"tsp-no-eku", "", "", "a stamp by a certificate that is not for time stamping"},
	{"tsp-expired", "", "", "a stamp by an authority whose certificate has expired"},
	{"tsp-clock", takesDuration, "10m", "stamps whose time is off by the duration; it may be negative"},
}

// timeStampers are a family's time-stamping authority and those that should not be believed.
type timeStampers struct{ honest, noPurpose, expired *testpki.TimeStamper }

// newTimeStampers issues them when the first stamp is asked for.
func newTimeStampers(a *testpki.Authority, now func() time.Time) func() (timeStampers, error) {
	return sync.OnceValues(func() (t timeStampers, err error) {
		if t.honest, err = a.IssueTSA(testpki.Profile{}); err != nil {
			return t, err
		}
		if t.noPurpose, err = a.IssueTSA(testpki.Profile{Mutate: func(m *testpki.Template) { m.EKU = nil }}); err != nil {
			return t, err
		}
		t.expired, err = a.IssueTSA(testpki.Profile{NotBefore: now().Add(-48 * time.Hour), NotAfter: now().Add(-time.Hour)})
		return t, err
	})
}

// stamp answers a request for a time stamp.
func (p *PKI) stamp(r *http.Request) (reply, error) {
	f, err := p.family(r)
	if err != nil {
		return reply{}, err
	}
	all, err := f.stampers()
	if err != nil {
		return reply{}, err
	}
	asked, err := question(r)
	if err != nil {
		return reply{}, err
	}
	tsa := all.honest
	if p.on("tsp-no-eku") {
		tsa = all.noPurpose
	}
	if p.on("tsp-expired") {
		tsa = all.expired
	}
	body, err := tsa.Stamp(asked, p.stampSpec())
	return reply{"application/timestamp-reply", body}, err
}

// stampSpec is an honest stamp, or what the faults make of it.
func (p *PKI) stampSpec() testpki.StampSpec {
	off, _ := p.duration("tsp-clock")
	s := testpki.StampSpec{Now: p.now().Add(off)}
	if p.on("tsp-refuses") {
		s.Status, s.Failure = testpki.StampRejection, testpki.FailSystem
	}
	if p.on("tsp-wrong-imprint") {
		s.Imprint = make([]byte, 32)
	}
	if p.on("tsp-wrong-nonce") {
		s.Nonce = big.NewInt(1970)
	}
	if p.on("tsp-other-policy") {
		s.Policy = "1.2.3.4"
	}
	return s
}
