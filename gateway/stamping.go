package gateway

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
	"kopir/xmlsig/tsp"
)

// TSP carries a request to a time-stamping authority and returns its answer, which is not believed.
type TSP interface {
	TSP(ctx context.Context, address string, request []byte) ([]byte, error)
}

// StampingConfig says who stamps, and how often. The zero value roots every minute and asks nobody: what is
// rooted is stamped later, when there is an authority.
type StampingConfig struct {
	TSA       []string      // addresses, asked in order
	Policy    string        // OID asked for and demanded; "": any
	Hash      string        // OID of the imprint's hash; default SHA-256
	Every     time.Duration // default 1 minute from the oldest waiting leaf to its root
	Limit     int           // default 10,000 leaves in a batch
	Tolerance time.Duration // default two minutes, as for OCSP times, between our clock and an authority's
	Timeout   time.Duration // default 10 seconds for one question
}

func (c StampingConfig) withDefaults() StampingConfig {
	if c.Hash == "" {
		c.Hash = tsp.SHA256
	}
	if c.Every == 0 {
		c.Every = time.Minute
	}
	if c.Limit == 0 {
		c.Limit = 10_000
	}
	if c.Tolerance == 0 {
		c.Tolerance = defaultClockTolerance
	}
	if c.Timeout == 0 {
		c.Timeout = 10 * time.Second
	}
	return c
}

// Stamping dates the ledger's history: it roots what was written and has the roots stamped. It runs beside
// everything else and nothing waits for it: an authority that is silent for days only makes the lag grow.
type Stamping struct {
	ledger Stamps
	tsp    TSP
	trust  *pki.Store
	status revocation.Source
	clock  *Clock
	world  World
	cfg    StampingConfig
	rests  map[string]rest // authorities that failed; only Round touches it
}

// rest is how long an authority that failed is left alone.
type rest struct {
	failures int
	until    time.Time
}

// NewStamping makes the use case. Anchors of authorities are trust's; status may be nil, which asks nobody whether
// an authority's certificate was revoked.
func NewStamping(l Stamps, t TSP, trust *pki.Store, status revocation.Source, clock *Clock, w World, cfg StampingConfig) *Stamping {
	return &Stamping{ledger: l, tsp: t, trust: trust, status: status, clock: clock, world: w,
		cfg: cfg.withDefaults(), rests: map[string]rest{}}
}

// stampedAtOnce bounds the batches of one round; the next round follows at once while there are more.
const stampedAtOnce = 16

// Round roots what is due and stamps what is pending, oldest first. It says how many batches moved on.
func (s *Stamping) Round(ctx context.Context) (moved int, err error) {
	if moved, err = s.root(ctx); err != nil || len(s.cfg.TSA) == 0 {
		return moved, err
	}
	pending, err := s.ledger.PendingBatches(ctx, stampedAtOnce)
	if err != nil {
		return moved, err
	}
	for _, b := range pending {
		token, err := s.ask(ctx, b)
		if err != nil || token == nil { // nobody answers: the rest would wait in vain too
			return moved, err
		}
		if err := s.ledger.Stamped(ctx, b.ID, token.Raw, token.GenTime); err != nil {
			return moved, err
		}
		moved++
	}
	return moved, nil
}

// root opens a batch when enough leaves wait, or the oldest has waited long enough.
func (s *Stamping) root(ctx context.Context) (int, error) {
	lag, err := s.ledger.StampLag(ctx)
	now := s.world.Now()
	if err != nil || lag.Unstamped == 0 || lag.Unstamped < s.cfg.Limit && now.Sub(lag.Waiting) < s.cfg.Every {
		return 0, err
	}
	id, err := s.world.IDs.New(now)
	if err != nil {
		return 0, err
	}
	b, err := s.ledger.OpenBatch(ctx, id, now, s.cfg.Limit)
	if err != nil || b == nil {
		return 0, err
	}
	return 1, nil
}

// ask goes through the authorities until one gives a good token. nil without an error: all of them rest.
func (s *Stamping) ask(ctx context.Context, b Batch) (*tsp.Token, error) {
	var failed []error
	for _, address := range s.cfg.TSA {
		if s.world.Now().Before(s.rests[address].until) {
			continue
		}
		token, err := s.question(ctx, address, b)
		if err == nil {
			delete(s.rests, address)
			return token, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.leave(address)
		failed = append(failed, fmt.Errorf("time stamp from %s: %w", address, err))
	}
	return nil, errors.Join(failed...)
}

// longestRest: RetryAfter of that many failures is five minutes; an authority that is back is soon found.
const longestRest = 6

func (s *Stamping) leave(address string) {
	r := s.rests[address]
	r.failures = min(r.failures+1, longestRest)
	r.until = s.world.Now().Add(RetryAfter(r.failures))
	s.rests[address] = r
}

// question asks one authority and verifies what it says.
func (s *Stamping) question(ctx context.Context, address string, b Batch) (*tsp.Token, error) {
	root, err := hex.DecodeString(b.Root)
	if err != nil {
		return nil, &Error{Code: CodeInternal, Detail: "a root that is not hexadecimal", Err: err}
	}
	secret, err := s.world.IDs.Secret(tsp.NonceBytes)
	if err != nil {
		return nil, err
	}
	nonce := new(big.Int).SetBytes(secret)
	imprint, err := tsp.Digest(s.cfg.Hash, root)
	if err != nil {
		return nil, err
	}
	request, err := tsp.NewRequest(imprint, s.cfg.Hash, s.cfg.Policy, nonce)
	if err != nil {
		return nil, err
	}
	sent := s.world.Now()
	within, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	answer, err := s.tsp.TSP(within, address, request)
	if err != nil {
		return nil, err
	}
	token, err := tsp.ParseResponse(answer)
	if err != nil {
		return nil, err
	}
	opt := tsp.Options{Store: s.trust, Data: root, Hash: s.cfg.Hash, Nonce: nonce, From: sent, To: s.world.Now(), Skew: s.cfg.Tolerance}
	if s.cfg.Policy != "" {
		opt.Policies = []string{s.cfg.Policy}
	}
	return token, s.judge(within, token, opt)
}

// judge says why a token is not stored. If nothing but the time is wrong, our clock is in doubt: a good authority's
// word is a floor under it (DESIGN §3 rule 8).
func (s *Stamping) judge(ctx context.Context, token *tsp.Token, opt tsp.Options) error {
	result := token.Verify(opt)
	for _, c := range result.Checks {
		if c.Outcome == reason.Passed || c.Outcome == reason.NotApplicable || c.Name == tsp.CheckTime {
			continue
		}
		return &Error{Code: c.Code, Detail: c.Name + ": " + c.Detail}
	}
	if err := s.notRevoked(ctx, result); err != nil {
		return err
	}
	if c := result.Check(tsp.CheckTime); c.Outcome == reason.Failed {
		s.clock.Witness(token.GenTime.Add(-token.Accuracy))
		return &Error{Code: c.Code, Detail: "our clock and the authority's differ by " +
			token.GenTime.Sub(opt.To).Round(time.Second).String()}
	}
	return nil
}

// notRevoked asks for the status of the authority's certificate. An unknown status does not hold the stamp back:
// it is asked again by whoever judges the evidence.
func (s *Stamping) notRevoked(ctx context.Context, r tsp.Result) error {
	if s.status == nil || len(r.Chain) < 2 {
		return nil
	}
	switch st := s.status.Status(ctx, r.Certificate, r.Chain[1], s.world.Now()); st.State {
	case revocation.Revoked:
		return &Error{Code: reason.CertificateRevoked, Detail: "the authority's certificate: " + st.Detail}
	case revocation.OnHold:
		return &Error{Code: reason.CertificateOnHold, Detail: "the authority's certificate: " + st.Detail}
	}
	return nil
}
