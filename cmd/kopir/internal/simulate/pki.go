package simulate

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/testpki"
)

// PKI is a throw-away national PKI: families with different keys side by side, each with a root, an
// issuing CA, an OCSP responder and lists. A family answers at
//
//	/ocsp/{family}                 by POST and by GET (RFC 6960 appendix A)
//	/crl/{family}                  the full list; …/delta and …/root are the others
//	/ca/{family}/issuing.cer       and root.cer
//	/tsp/{family}                  time-stamps (RFC 3161)
//
// It misbehaves as [PKI.SetFault] says.
type PKI struct {
	base     string
	families map[testpki.Algorithm]*family
	order    []testpki.Algorithm
	clock    func() time.Time
	mux      *http.ServeMux

	mu     sync.Mutex
	faults map[string]string // by name, with their values
}

// NewPKI makes the families; base is the address its handler will be reached at.
func NewPKI(base string, now func() time.Time, rand io.Reader, algorithms ...testpki.Algorithm) (*PKI, error) {
	p := &PKI{base: base, families: map[testpki.Algorithm]*family{}, order: algorithms, clock: now, faults: map[string]string{}}
	for _, alg := range algorithms {
		f, err := p.found(alg, rand)
		if err != nil {
			return nil, err
		}
		p.families[alg] = f
	}
	p.mux = http.NewServeMux()
	p.mux.HandleFunc("POST /ocsp/{family}", p.serve(serviceOCSP, p.ocsp))
	p.mux.HandleFunc("GET /ocsp/{family}/{request...}", p.serve(serviceOCSP, p.ocsp))
	p.mux.HandleFunc("GET /crl/{family}", p.serve(serviceCRL, p.list))
	p.mux.HandleFunc("GET /crl/{family}/{list}", p.serve(serviceCRL, p.list))
	p.mux.HandleFunc("POST /tsp/{family}", p.serve(serviceTSP, p.stamp))
	p.mux.HandleFunc("GET /ca/{family}/{file}", p.serve(serviceCA, p.certificate))
	return p, nil
}

// Addresses are where one family is reached.
type Addresses struct {
	OCSP    string `json:"ocsp"`
	CRL     string `json:"crl"`
	Delta   string `json:"delta_crl"`
	RootCRL string `json:"root_crl"`
	TSP     string `json:"tsp"`
	Issuing string `json:"issuing"`
	Root    string `json:"root"`
}

// Addresses tells where a family is reached; the same stand in its certificates.
func (p *PKI) Addresses(alg testpki.Algorithm) Addresses {
	at := func(service, file string) string { return p.base + "/" + service + "/" + string(alg) + file }
	return Addresses{OCSP: at("ocsp", ""), CRL: at("crl", ""), Delta: at("crl", "/delta"), RootCRL: at("crl", "/root"), TSP: at("tsp", ""),
		Issuing: at("ca", "/issuing.cer"), Root: at("ca", "/root.cer")}
}

// now is the PKI's own clock, which may be off.
func (p *PKI) now() time.Time {
	off, _ := p.duration("clock")
	return p.clock().Add(off)
}

// Silence makes OCSP and lists answer nothing useful, as in an outage; false ends it.
func (p *PKI) Silence(on bool) {
	value := "off"
	if on {
		value = "503"
	}
	for _, name := range []string{"ocsp-http", "crl-http"} {
		if err := p.SetFault(name, value); err != nil {
			panic(err) // both are on the list of faults
		}
	}
}

// Family returns one of the hierarchies.
func (p *PKI) Family(alg testpki.Algorithm) *testpki.Authority { return p.families[alg].Authority }

// Roots are the anchors of all families.
func (p *PKI) Roots() []*pki.Certificate {
	var out []*pki.Certificate
	for _, alg := range p.order {
		out = append(out, p.families[alg].Root)
	}
	return out
}

// Issuing are the issuing CAs of all families.
func (p *PKI) Issuing() []*pki.Certificate {
	var out []*pki.Certificate
	for _, alg := range p.order {
		out = append(out, p.families[alg].Issuing)
	}
	return out
}

// Issue makes a key and a certificate to sign with.
func (p *PKI) Issue(alg testpki.Algorithm, profile testpki.Profile) (xmlsig.Key, error) {
	id, err := p.families[alg].Issue(profile)
	return xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}, err
}

// ServeHTTP answers as the PKI, and misbehaves as it was told to.
func (p *PKI) ServeHTTP(w http.ResponseWriter, r *http.Request) { p.mux.ServeHTTP(w, r) }

// family is one hierarchy and, when they are needed, those who pretend to be it.
type family struct {
	*testpki.Authority
	impostors func() (impostors, error)
	stampers  func() (timeStampers, error)
	past      answers
}

func (p *PKI) found(alg testpki.Algorithm, rand io.Reader) (*family, error) {
	at := p.Addresses(alg)
	options := testpki.Options{Rand: rand, Now: p.clock(), Name: string(alg), OCSPURL: at.OCSP, CRLURL: at.CRL,
		DeltaCRLURL: at.Delta, RootCRLURL: at.RootCRL, IssuerURL: at.Issuing}
	a, err := testpki.New(alg, options)
	if err != nil {
		return nil, err
	}
	return &family{Authority: a, stampers: newTimeStampers(a, p.clock), impostors: sync.OnceValues(func() (impostors, error) { return findImpostors(a, options) })}, nil
}

// family finds the hierarchy an address names.
func (p *PKI) family(r *http.Request) (*family, error) {
	if f, ok := p.families[testpki.Algorithm(r.PathValue("family"))]; ok {
		return f, nil
	}
	return nil, fmt.Errorf("%w: no such family", errNotFound)
}

// certificate serves a CA certificate, as authorityInfoAccess says.
func (p *PKI) certificate(r *http.Request) (reply, error) {
	f, err := p.family(r)
	if err != nil {
		return reply{}, err
	}
	switch r.PathValue("file") {
	case "issuing.cer":
		return reply{"application/pkix-cert", f.Issuing.Raw}, nil
	case "root.cer":
		return reply{"application/pkix-cert", f.Root.Raw}, nil
	}
	return reply{}, errNotFound
}
