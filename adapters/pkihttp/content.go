package pkihttp

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// checkDER tells in words what is wrong with an answer that cannot be one DER SEQUENCE.
func checkDER(body []byte, what string) error {
	in := cryptobyte.String(body)
	var seq cryptobyte.String
	switch {
	case len(body) == 0:
		return fmt.Errorf("%w: empty, not %s", ErrAnswer, what)
	case looksLikeText(body):
		return fmt.Errorf("%w: text or a page, not %s", ErrAnswer, what)
	case !in.ReadASN1(&seq, asn1.SEQUENCE):
		return fmt.Errorf("%w: cut short or not %s", ErrAnswer, what)
	case !in.Empty():
		return fmt.Errorf("%w: %d bytes after the end of %s", ErrAnswer, len(in), what)
	}
	return nil
}

// looksLikeText recognises pages and PEM: their first visible character is one that begins no DER.
func looksLikeText(body []byte) bool {
	start := bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n")
	return len(start) > 0 && bytes.IndexByte([]byte("<-{["), start[0]) >= 0
}

// listHeader is what the first lines of a list say.
type listHeader struct {
	issuer     []byte // DER of the Name
	thisUpdate time.Time
	nextUpdate time.Time // zero when absent
}

// readListHeader checks that body has the outer shape of a CertificateList (RFC 5280 §5.1), to its last byte, and
// reads its header. It does not look at the entries: xmlsig/revocation does, and checks the signature.
func readListHeader(body []byte) (listHeader, error) {
	if err := checkDER(body, "a revocation list"); err != nil {
		return listHeader{}, err
	}
	in := cryptobyte.String(body)
	var list, tbs, algorithm, issuer cryptobyte.String
	ok := in.ReadASN1(&list, asn1.SEQUENCE) && list.ReadASN1(&tbs, asn1.SEQUENCE) &&
		list.ReadASN1(&algorithm, asn1.SEQUENCE) && list.SkipASN1(asn1.BIT_STRING) && list.Empty()
	ok = ok && tbs.SkipOptionalASN1(asn1.INTEGER) && tbs.SkipASN1(asn1.SEQUENCE) &&
		tbs.ReadASN1Element(&issuer, asn1.SEQUENCE)
	var h listHeader
	if ok {
		h.issuer = issuer
		h.thisUpdate, ok = der.ReadTime(&tbs)
	}
	if !ok {
		return listHeader{}, fmt.Errorf("%w: not a revocation list", ErrAnswer)
	}
	if tbs.PeekASN1Tag(asn1.UTCTime) || tbs.PeekASN1Tag(asn1.GeneralizedTime) {
		if h.nextUpdate, ok = der.ReadTime(&tbs); !ok {
			return listHeader{}, fmt.Errorf("%w: not a revocation list", ErrAnswer)
		}
	}
	return h, nil
}

// replaces tells whether a list just fetched may take the place of the one at hand: a list of the same issuer that
// is older is a replay or a mirror that lags behind.
func (h listHeader) replaces(old listHeader) bool {
	return !bytes.Equal(h.issuer, old.issuer) || !h.thisUpdate.Before(old.thisUpdate)
}
