package pkihttp

import "context"

// maxCertificateBytes bounds a certificate; the largest of the national authorities has 1.9 KB, as PEM 2.6 KB.
const maxCertificateBytes = 32 << 10

// Certificate downloads an authority's certificate (RFC 5280 §4.2.2.1), DER or PEM. It is worth nothing until the
// caller has found its fingerprint among the pinned ones.
func (c *Client) Certificate(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.OCSPTimeout)
	defer cancel()
	answer, err := c.exchange(ctx, query{address: address, accept: "application/pkix-cert", limit: maxCertificateBytes})
	return answer.body, err
}
