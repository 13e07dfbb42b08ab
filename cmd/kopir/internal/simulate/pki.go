package simulate

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// PKI is a throw-away national PKI: a GOST and an RSA family side by side, each with a root, an
// issuing CA, OCSP and a CRL. It answers at /ocsp/{family} and /crl/{family}.
type PKI struct {
	families map[testpki.Algorithm]*testpki.Authority
	now      func() time.Time
	silent   atomic.Bool
}

// maxOCSPRequest bounds a question; a real one is about 120 bytes.
const maxOCSPRequest = 16 << 10

// NewPKI makes the families; base is the address its handler will be reached at.
func NewPKI(base string, now func() time.Time, rand io.Reader, algorithms ...testpki.Algorithm) (*PKI, error) {
	p := &PKI{families: map[testpki.Algorithm]*testpki.Authority{}, now: now}
	for _, alg := range algorithms {
		a, err := testpki.New(alg, testpki.Options{Rand: rand, Now: now(), Name: string(alg),
			OCSPURL: base + "/ocsp/" + string(alg), CRLURL: base + "/crl/" + string(alg)})
		if err != nil {
			return nil, err
		}
		p.families[alg] = a
	}
	return p, nil
}

// Silence makes OCSP and CRL answer nothing useful, as in an outage; false ends it.
func (p *PKI) Silence(on bool) { p.silent.Store(on) }

// Family returns one of the two hierarchies.
func (p *PKI) Family(alg testpki.Algorithm) *testpki.Authority { return p.families[alg] }

// Roots are the anchors of all families.
func (p *PKI) Roots() []*pki.Certificate {
	var out []*pki.Certificate
	for _, a := range p.families {
		out = append(out, a.Root)
	}
	return out
}

// Issuing are the issuing CAs of all families.
func (p *PKI) Issuing() []*pki.Certificate {
	var out []*pki.Certificate
	for _, a := range p.families {
		out = append(out, a.Issuing)
	}
	return out
}

// Issue makes a key and a certificate to sign with.
func (p *PKI) Issue(alg testpki.Algorithm, profile testpki.Profile) (xmlsig.Key, error) {
	id, err := p.families[alg].Issue(profile)
	return xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, err
}

// ServeHTTP answers OCSP and CRL questions.
func (p *PKI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.silent.Load() {
		http.Error(w, "out of order", http.StatusServiceUnavailable)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /ocsp/{family}", p.ocsp)
	mux.HandleFunc("GET /crl/{family}", p.crl)
	mux.ServeHTTP(w, r)
}

func (p *PKI) ocsp(w http.ResponseWriter, r *http.Request) {
	a, ok := p.families[testpki.Algorithm(r.PathValue("family"))]
	request, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxOCSPRequest))
	if !ok || err != nil {
		http.NotFound(w, r)
		return
	}
	answer, err := a.OCSP(request, p.now())
	reply(w, "application/ocsp-response", answer, err)
}

func (p *PKI) crl(w http.ResponseWriter, r *http.Request) {
	a, ok := p.families[testpki.Algorithm(r.PathValue("family"))]
	if !ok {
		http.NotFound(w, r)
		return
	}
	list, err := a.CRL(p.now().Add(-time.Minute), p.now().Add(24*time.Hour))
	reply(w, "application/pkix-crl", list, err)
}

func reply(w http.ResponseWriter, contentType string, body []byte, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(body)
}
