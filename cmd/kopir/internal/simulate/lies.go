package simulate

import (
	"bytes"
	"time"

	"kopir/xmlsig/testpki"
)

// telling is an answer on its way: what it will say, and all it could say instead.
type telling struct {
	*testpki.OCSPSpec
	p      *PKI
	f      *family
	others impostors
	now    time.Time
	lied   bool
}

// lies change an answer before it is signed.
var lies = []struct {
	fault string
	tell  func(*telling)
}{
	{"ocsp-other-certificate", func(t *telling) {
		t.good()
		for i := range t.Singles { // a CertID ends with the serial number
			t.Singles[i].CertID = flipped(t.Singles[i].CertID)
		}
	}},
	{"ocsp-replayed", func(t *telling) { // when there is nothing to replay
		t.good()
		t.date(t.now.Add(-day), time.Time{})
		t.Nonce = nil
	}},
	{"ocsp-wrong-nonce", func(t *telling) { t.good(); t.Nonce = flipped(t.Nonce) }},
	{"ocsp-no-nonce", func(t *telling) { t.good(); t.Nonce = nil }},
	{"ocsp-bad-signature", func(t *telling) { t.good(); t.Signer.Key = t.others.stranger.Responder().Key }},
	{"ocsp-stranger", func(t *telling) { t.good(); t.signBy(t.others.stranger.Responder()) }},
	{"ocsp-expired-responder", func(t *telling) { t.good(); t.signBy(t.others.expired) }},
	{"ocsp-no-eku", func(t *telling) { t.good(); t.signBy(t.others.noEKU) }},
	{"ocsp-other-ca", func(t *telling) { t.good(); t.signBy(t.others.other.Responder()) }},
	{"ocsp-future", func(t *telling) {
		ahead, _ := t.p.duration("ocsp-future")
		t.good()
		t.date(t.now.Add(ahead), time.Time{})
	}},
	{"ocsp-stale", func(t *telling) { // made now, of what was known two days ago
		t.good()
		t.date(t.now.Add(-2*day), t.now.Add(-day))
		t.ProducedAt = t.now
	}},
	{"ocsp-hold-1970", func(t *telling) { t.ofPeople(testpki.OCSPRevoked, time.Unix(0, 0), certificateHold) }},
	{"ocsp-revoked", func(t *telling) { t.ofPeople(testpki.OCSPRevoked, t.now.Add(-time.Hour), keyCompromise) }},
	{"ocsp-unknown", func(t *telling) { t.ofPeople(testpki.OCSPUnknown, time.Time{}, 0) }},
}

// CRLReason values (RFC 5280 §5.3.1).
const (
	keyCompromise   = 1
	certificateHold = 6
)

const day = 24 * time.Hour

func (t *telling) good() {
	for i := range t.Singles {
		t.Singles[i].State = testpki.OCSPGood
	}
}

// ofPeople leaves what the root says of the issuing CA as it is.
func (t *telling) ofPeople(state testpki.OCSPState, at time.Time, reason int) {
	if t.Signer.Certificate == t.f.Root {
		return
	}
	for i := range t.Singles {
		t.Singles[i].State, t.Singles[i].RevokedAt, t.Singles[i].Reason = state, at, reason
	}
}

func (t *telling) date(thisUpdate, nextUpdate time.Time) {
	t.ProducedAt = thisUpdate
	for i := range t.Singles {
		t.Singles[i].ThisUpdate, t.Singles[i].NextUpdate = thisUpdate, nextUpdate
	}
}

// signBy lets somebody else sign, by name and with his certificate.
func (t *telling) signBy(id testpki.Identity) {
	t.Signer, t.Certificates, t.ByKey = id, [][]byte{id.Certificate.Raw}, false
}

// flipped changes the last octet.
func flipped(b []byte) []byte {
	b = bytes.Clone(b)
	if len(b) > 0 {
		b[len(b)-1] ^= 1
	}
	return b
}

// impostors are those who pretend to be a family's responder or CA.
type impostors struct {
	stranger, other *testpki.Authority // of the same names, and of other ones
	expired, noEKU  testpki.Identity   // of the right CA
}

// impostors are made when something is wrong for the first time: their keys take a while.
func (p *PKI) impostors(f *family) (impostors, error) {
	if len(p.ActiveFaults()) == 0 {
		return impostors{}, nil
	}
	return f.impostors()
}

func findImpostors(a *testpki.Authority, options testpki.Options) (o impostors, err error) {
	if o.stranger, err = testpki.New(a.Algorithm(), options); err != nil {
		return o, err
	}
	options.Name = "БАСҚА " + options.Name
	if o.other, err = testpki.New(a.Algorithm(), options); err != nil {
		return o, err
	}
	if o.expired, err = a.Issue(testpki.Profile{Kind: testpki.OCSP, NotBefore: options.Now.Add(-365 * day), NotAfter: options.Now.Add(-day)}); err != nil {
		return o, err
	}
	o.noEKU, err = a.Issue(testpki.Profile{Kind: testpki.OCSP, Mutate: func(t *testpki.Template) { t.EKU = nil }})
	return o, err
}
