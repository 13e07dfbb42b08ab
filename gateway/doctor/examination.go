package doctor

import (
	"context"
	"crypto/rand"
	"io"
	"math/big"
	"slices"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

// Responder is an OCSP responder as it is configured.
type Responder struct {
	URL string
	GET bool // no nonce is sent
}

// Stampers are the time-stamping authorities as they are configured.
type Stampers struct {
	Addresses []string
	Policy    string     // demanded; "" any
	Hash      string     // OID of the imprint's hash
	Store     *pki.Store // their anchors
}

// Examination asks everything outside that the gateway depends on. Only Prober, Now, Rand and Store are needed.
type Examination struct {
	Prober Prober
	Now    func() time.Time
	Rand   io.Reader
	Store  *pki.Store // who is trusted

	Responders []Responder
	Lists      []string
	Known      []*pki.Certificate // certificates of signers: responders are asked about one of each authority
	Stampers   Stampers
	SHEP       string // address of the state gateway; "" none

	// Kept opens the list kept of an address; nil: none is.
	Kept func(address string) (io.ReadCloser, error)

	clock witnesses
	good  []*revocation.CRL
	state []revocation.SourceState
}

// Slowness from which on an answer is worth a word, and the tolerance between clocks that the gateway has, too.
const (
	slow      = 2 * time.Second
	tolerance = 2 * time.Minute
)

// Run makes all checks, one after the other, and tells each finding at once.
func (x *Examination) Run(ctx context.Context, tell func(Finding)) {
	for _, address := range x.Lists {
		tell(x.list(ctx, address))
	}
	for _, f := range x.bases() {
		tell(f)
	}
	subjects := x.subjects()
	for _, r := range x.Responders {
		findings := x.responder(ctx, r, subjects)
		x.note(revocation.SourceState{Kind: revocation.SourceOCSP, URL: r.URL}, Worst(findings) != Fail)
		for _, f := range findings {
			tell(f)
		}
	}
	if len(x.Lists)+len(x.Responders) == 0 {
		tell(found(CheckOCSP, "", Warn, "no_sources", "sources"))
	}
	for _, address := range x.Stampers.Addresses {
		tell(x.stamper(ctx, address))
	}
	if len(x.Stampers.Addresses) == 0 {
		tell(found(CheckTSA, "", OK, "not_configured", ""))
	}
	tell(x.shep(ctx))
	tell(x.clock.judge())
}

// authorities are all CA certificates.
func (x *Examination) authorities() []*pki.Certificate {
	return slices.Concat(x.Store.Intermediates(), x.Store.Anchors())
}

func (x *Examination) shep(ctx context.Context) Finding {
	if x.SHEP == "" {
		return found(CheckSHEP, "", OK, "not_configured", "")
	}
	r := x.Prober.Connect(ctx, x.SHEP)
	if f, failed := r.Transport(CheckSHEP, x.SHEP); failed {
		return f
	}
	return found(CheckSHEP, HostOf(x.SHEP), OK, "connects", "", "host", HostOf(x.SHEP))
}

// nonce draws a number nobody has used.
func (x *Examination) nonce() []byte {
	b := make([]byte, 32)
	_, _ = io.ReadFull(x.Rand, b) // without randomness the answer's nonce is still compared
	return b
}

func (x *Examination) number() *big.Int {
	n, err := rand.Int(x.Rand, new(big.Int).Lsh(big.NewInt(1), 63))
	if err != nil {
		return big.NewInt(1)
	}
	return n
}

// States are the configured sources as they were found: as if they had begun to be silent just now.
func (x *Examination) States() []revocation.SourceState { return x.state }

func (x *Examination) note(s revocation.SourceState, answers bool) {
	s.LastTried = x.Now()
	if answers {
		s.LastGood = s.LastTried
	} else {
		s.SilentSince = s.LastTried
	}
	x.state = append(x.state, s)
}

// noteList notes a list's address; without a good list the one that was kept of it still answers.
func (x *Examination) noteList(address string, list *revocation.CRL) {
	s := revocation.SourceState{Kind: revocation.SourceCRL, URL: address}
	good := list != nil
	if !good {
		list = x.kept(address)
	}
	if list != nil {
		if issuer, fault := x.issuerOf(list); fault == revocation.FaultNone && issuer != nil {
			s.Issuer, s.Delta, s.Entries = issuer.Subject.CommonName, list.IsDelta(), list.Len()
			s.ThisUpdate, s.NextUpdate, s.CarriesUntil = list.ThisUpdate, list.NextUpdate, list.NextUpdate
		}
	}
	x.note(s, good)
}
