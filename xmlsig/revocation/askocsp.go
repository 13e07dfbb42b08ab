package revocation

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"time"

	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// askOCSP answers from memory, from what other instances were told, or from the
// responders.
func (o *Online) askOCSP(ctx context.Context, q question) (Status, []string) {
	if s, ok := o.answers.get(q, byOCSP); ok {
		return s, nil
	}
	if s, ok := o.shared(ctx, q); ok {
		return s, nil
	}
	return o.askResponders(ctx, q)
}

// askResponders goes through the responders and stops at the first usable answer.
func (o *Online) askResponders(ctx context.Context, q question) (Status, []string) {
	var why []string
	var doubt Status // of our clock; the other responders may yet agree with it
	for _, r := range o.respondersFor(q) {
		if ctx.Err() != nil {
			return Status{}, append(why, "ocsp: no time was left for a responder")
		}
		// A responder that fails for one authority may well answer for another; one that is silent is so for all.
		all, own := restKey{SourceOCSP, r.URL, [32]byte{}}, restKey{SourceOCSP, r.URL, q.issuer.SHA256}
		if !o.rests.may(o.now(q), all, own) {
			why = append(why, "ocsp: the responder could not be reached a moment ago")
			continue
		}
		raw, nonce, err := o.send(ctx, r, q)
		if err != nil {
			o.failed(SourceOCSP, r.URL, q, err)
			if silent(err) {
				own = all
			}
			o.rests.failed(own, o.now(q), o.firstRest(err))
			why = append(why, "ocsp: the responder could not be reached")
			continue
		}
		o.rests.answered(all, own)
		s := o.judge(raw, q, nonce)
		if s.usable {
			o.health.good(SourceOCSP, r.URL, o.now(q), q.issuer)
		} else {
			o.failed(SourceOCSP, r.URL, q, unreadable(s.Detail))
		}
		if s.State != Unknown {
			o.answers.put(q, byOCSP, s.Status, q.at, r.URL, 0)
			o.share(ctx, q, s.Status)
			return s.Status, nil
		}
		if s.ClockOff != 0 {
			doubt = s.Status
		}
		why = append(why, s.Detail)
	}
	return doubt, why
}

// respondersFor gives those of the configuration and of the certificate, the
// ones that failed lately behind the others.
func (o *Online) respondersFor(q question) []Responder {
	all := slices.Clone(o.responders)
	for _, url := range o.named(q.cert.OCSPServers) {
		if !slices.ContainsFunc(o.responders, func(r Responder) bool { return r.URL == url }) {
			all = append(all, Responder{URL: url})
		}
	}
	if len(all) < 2 {
		return all
	}
	now := o.now(q)
	var behind []Responder
	all = slices.DeleteFunc(all, func(r Responder) bool {
		fails := o.health.fails(SourceOCSP, r.URL, now)
		if fails {
			behind = append(behind, r)
		}
		return fails
	})
	return append(all, behind...)
}

// send asks one responder.
func (o *Online) send(ctx context.Context, r Responder, q question) (raw, nonce []byte, err error) {
	ask := o.fetch.OCSP
	if r.GET {
		getter, ok := o.fetch.(Getter)
		if !ok {
			return nil, nil, errNoGET
		}
		ask = getter.OCSPByGET
	} else if nonce, err = o.nonce(); err != nil {
		return nil, nil, err
	}
	request, err := NewOCSPRequest(q.cert, q.issuer, nonce)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, o.cfg.OCSPTimeout)
	defer cancel()
	raw, err = ask(ctx, r.URL, request)
	return raw, nonce, err
}

var errNoGET = errors.New("asking by GET is not supported by the fetcher")

// nonce draws a fresh one, or none without Config.Rand.
func (o *Online) nonce() ([]byte, error) {
	if o.cfg.Rand == nil {
		return nil, nil
	}
	nonce := make([]byte, nonceBytes)
	return nonce, o.draw(nonce)
}

func (o *Online) draw(b []byte) error {
	o.drawing.Lock()
	defer o.drawing.Unlock()
	_, err := io.ReadFull(o.cfg.Rand, b)
	return err
}

// judged is what an answer says. One may be usable although nothing is known from
// it: the responder did its duty.
type judged struct {
	Status
	usable bool
	made   time.Time
}

// judge verifies an answer.
func (o *Online) judge(raw []byte, q question, nonce []byte) judged {
	answer, err := ParseOCSP(raw)
	if err != nil {
		var e *reason.Error
		errors.As(err, &e)
		return judged{Status: unknown("ocsp: " + e.Detail)}
	}
	if o.cfg.NonceOptional && answer.Nonce == nil {
		nonce = nil
	}
	lists := o.lists.ofIssuer(q.issuer)
	if off := answer.contradicts(q, nonce, lists); off != 0 && o.cfg.Now != nil {
		return judged{Status: clockDoubt(off, answer.ProducedAt)}
	}
	single, why := answer.verify(q, nonce, lists)
	if why != "" {
		return judged{Status: unknown("ocsp: " + why)}
	}
	return judged{answer.tell(single), true, answer.ProducedAt}
}

// named gives those addresses of a certificate whose host is allowed.
func (o *Online) named(urls []string) []string {
	var found []string
	for _, url := range urls {
		if allowed(url, o.cfg.Hosts) {
			found = append(found, url)
		}
	}
	return found
}

// failed tells that a source gave nothing usable.
func (o *Online) failed(source, url string, q question, err error) {
	var issuer *pki.Certificate
	if source == SourceOCSP {
		issuer = q.issuer
	}
	o.health.failed(source, url, o.now(q), issuer, err)
	o.cfg.Failed(source, url, err)
}

// cacheKey is what an answer is called in the shared cache. It is of SHA-256 sums:
// no serial number leaves the machine for it.
func cacheKey(q question) string {
	sum := sha256.Sum256(append(q.cert.SHA256[:], q.issuer.SHA256[:]...))
	return hex.EncodeToString(sum[:])
}

// shared looks whether another instance was answered. Its answer is verified as
// if it came from the network, save for the nonce, which was the other's: so that
// nobody who can write to the cache replays an old one, it must have been made
// within the freshness.
func (o *Online) shared(ctx context.Context, q question) (Status, bool) {
	if o.cfg.Cache == nil {
		return Status{}, false
	}
	key := cacheKey(q)
	raw, ok := o.cfg.Cache.Get(ctx, key)
	if !ok {
		return Status{}, false
	}
	s := o.judge(raw, q, nil)
	if s.usable && s.State != Unknown {
		if q.at.After(s.made.Add(q.freshness)) {
			return Status{}, false // older than this question's policy allows
		}
		o.answers.put(q, byOCSP, s.Status, s.made, "", 0)
		return s.Status, true
	}
	if d, ok := o.cfg.Cache.(Dropper); ok {
		d.Drop(ctx, key)
	}
	o.cfg.Failed(sourceCache, "", unreadable(s.Detail))
	return Status{}, false
}

// share gives an answer to the other instances.
func (o *Online) share(ctx context.Context, q question, s Status) {
	if o.cfg.Cache == nil {
		return
	}
	c := cachedAnswer{status: s, asked: q.at}
	if ttl := c.until(o.cfg.Freshness).Sub(q.at); ttl > 0 {
		o.cfg.Cache.Put(ctx, cacheKey(q), s.Evidence, ttl)
	}
}
