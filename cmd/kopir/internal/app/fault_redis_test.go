package app

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/redis/go-redis/v9"

	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig"
	"kopir/xmlsig/revocation"
)

// withRedis shares answers through a database of its own on the real server of .ci/services.
func withRedis(c *config.Config) {
	if u, err := url.Parse(os.Getenv("KOPIR_TEST_REDIS")); err == nil && u.Host != "" {
		u.Path = "/9"
		c.Redis = u.String()
	}
}

// poisoned: whoever can write to Redis puts answers there that speak for the revoked certificate. With the
// sources down, Redis is all there is, and what comes out of it is verified (DESIGN §3 rule 3).
func poisoned(f *faultStage) {
	if f.cfg.Redis == "" {
		f.line.skipped = true
		f.t.Skip("KOPIR_TEST_REDIS is not set (make test sets it)")
	}
	o, err := redis.ParseURL(f.cfg.Redis)
	if err != nil {
		f.t.Fatal(err)
	}
	r, ctx := redis.NewClient(o), context.Background()
	defer r.Close()
	if err := r.FlushDB(ctx).Err(); err != nil {
		f.t.Fatal(err)
	}
	keys := f.inRedis(r)
	before := len(f.sent)
	swapped := f.asked(f.good)
	forgeries := [][]byte{swapped, []byte("garbage"), {}, swapped[:len(swapped)/2]}
	for _, lie := range []string{"ocsp-stranger", "ocsp-bad-signature", "ocsp-no-eku", "ocsp-other-ca", "ocsp-stale", "ocsp-other-certificate"} {
		f.breaks(lie)
		forgeries = append(forgeries, f.asked(f.revoked))
	}
	for _, forged := range forgeries {
		f.breaks("ocsp-reset", "crl-reset")
		for _, key := range keys {
			if err := r.Set(ctx, key, forged, time.Hour).Err(); err != nil {
				f.t.Fatal(err)
			}
		}
		f.restart()
		f.both()
		f.pass(24 * time.Minute)
	}
	f.heal()
	f.line.then = count(len(forgeries), "forgeries tried; all decided ") + f.decided() + " of the return"
	f.line.good, f.line.bad = f.tally(ofKind(f.sent[before:], false)), f.tally(ofKind(f.sent[before:], true))
}

// inRedis lets the gateway share its answers about two people and the issuing CA, and gives their names. A busy
// machine may take longer than the gateway waits for Redis; then it is tried again.
func (f *faultStage) inRedis(r *redis.Client) (keys []string) {
	f.t.Helper()
	f.breaks("crl-reset")
	for range 20 {
		f.both()
		var err error
		if keys, err = r.Keys(context.Background(), "kopir:ocsp:*").Result(); err == nil && len(keys) >= 3 {
			return keys
		}
		f.pass(2 * time.Minute)
		f.restart()
	}
	f.t.Fatalf("%d answers in Redis", len(keys))
	return nil
}

// asked is what the responder says of a certificate now, byte by byte.
func (f *faultStage) asked(k xmlsig.Key) []byte {
	f.t.Helper()
	request, err := revocation.NewOCSPRequest(k.Certificate, f.pki.Family(family).Issuing, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	resp, err := http.Post(f.pki.Addresses(family).OCSP, "application/ocsp-request", bytes.NewReader(request))
	if err != nil {
		f.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	return body
}
