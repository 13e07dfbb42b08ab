package tsp

import (
	"math/big"
	"strings"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// parseInfo reads TSTInfo (RFC 3161 §2.4.2).
func (t *Token) parseInfo(info cryptobyte.String) (ok bool) {
	var seq, imprint, digest cryptobyte.String
	var version int
	if !info.ReadASN1(&seq, asn1.SEQUENCE) || !info.Empty() || !seq.ReadASN1Integer(&version) || version != 1 {
		return false
	}
	if t.Policy, ok = der.ReadOID(&seq); !ok || !seq.ReadASN1(&imprint, asn1.SEQUENCE) {
		return false
	}
	algorithm, ok := der.ReadAlgorithm(&imprint)
	if !ok || !algorithm.NoParams() || !imprint.ReadASN1(&digest, asn1.OCTET_STRING) || !imprint.Empty() {
		return false
	}
	t.HashAlgorithm, t.Imprint, t.Serial = algorithm.OID, digest, new(big.Int)
	if !seq.ReadASN1Integer(t.Serial) {
		return false
	}
	if t.GenTime, ok = readGenTime(&seq); !ok {
		return false
	}
	return t.parseRest(seq)
}

// parseRest reads the optional fields after genTime.
func (t *Token) parseRest(seq cryptobyte.String) (ok bool) {
	if seq.PeekASN1Tag(asn1.SEQUENCE) {
		if t.Accuracy, ok = readAccuracy(&seq); !ok {
			return false
		}
	}
	if seq.PeekASN1Tag(asn1.BOOLEAN) && !seq.ReadASN1Boolean(&t.Ordering) {
		return false
	}
	if seq.PeekASN1Tag(asn1.INTEGER) {
		t.Nonce = new(big.Int)
		if !seq.ReadASN1Integer(t.Nonce) {
			return false
		}
	}
	var name, exts cryptobyte.String
	var has bool
	if !seq.ReadOptionalASN1(&name, &has, context0) || has && !t.readTSA(name) {
		return false
	}
	if !seq.ReadOptionalASN1(&exts, &has, context1) || !seq.Empty() {
		return false
	}
	return !has || t.readExtensions(exts)
}

// readTSA reads the GeneralName in [0]; only a directory name can be held
// against the certificate.
func (t *Token) readTSA(wrapped cryptobyte.String) bool {
	var general, name cryptobyte.String
	var tag asn1.Tag
	if !wrapped.ReadAnyASN1(&general, &tag) || !wrapped.Empty() {
		return false
	}
	if tag != context4 {
		return true
	}
	ok := general.ReadASN1Element(&name, asn1.SEQUENCE) && general.Empty()
	t.TSA = name
	return ok
}

// readExtensions reads [1] IMPLICIT Extensions. None is understood here, so a
// critical one fails the token (RFC 5280 §4.2).
func (t *Token) readExtensions(content cryptobyte.String) bool {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	list := cryptobyte.String(b.BytesOrPanic())
	exts, ok := der.ReadExtensions(&list)
	for _, e := range exts {
		if e.Critical {
			t.unknownCritical = e.OID
		}
	}
	return ok
}

// readAccuracy reads seconds, milliseconds and microseconds, each optional.
func readAccuracy(s *cryptobyte.String) (time.Duration, bool) {
	var seq cryptobyte.String
	if !s.ReadASN1(&seq, asn1.SEQUENCE) {
		return 0, false
	}
	const maxSeconds = 1 << 30 // some 34 years: more says nothing, and would overflow a Duration
	var seconds, millis, micros int64
	if seq.PeekASN1Tag(asn1.INTEGER) && (!seq.ReadASN1Integer(&seconds) || seconds < 0 || seconds > maxSeconds) {
		return 0, false
	}
	for tag, into := range []*int64{&millis, &micros} {
		var content cryptobyte.String
		var has bool
		if !seq.ReadOptionalASN1(&content, &has, asn1.Tag(tag).ContextSpecific()) {
			return 0, false
		}
		if has && !readThousandths(content, into) {
			return 0, false
		}
	}
	total := time.Duration(seconds)*time.Second + time.Duration(millis)*time.Millisecond + time.Duration(micros)*time.Microsecond
	return total, seq.Empty()
}

// readThousandths reads INTEGER (1..999) without its tag.
func readThousandths(content cryptobyte.String, into *int64) bool {
	if len(content) == 0 || len(content) > 2 || content[0] >= 0x80 {
		return false
	}
	for _, b := range content {
		*into = *into<<8 | int64(b)
	}
	return *into >= 1 && *into <= 999
}

// readGenTime reads a GeneralizedTime that may have a fraction of a second
// without trailing zeros (RFC 3161 §2.4.2).
func readGenTime(s *cryptobyte.String) (time.Time, bool) {
	var content cryptobyte.String
	if !s.ReadASN1(&content, asn1.GeneralizedTime) {
		return time.Time{}, false
	}
	whole, fraction, has := strings.Cut(strings.TrimSuffix(string(content), "Z"), ".")
	var plain cryptobyte.Builder
	plain.AddASN1(asn1.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes([]byte(whole + "Z")) })
	encoded := cryptobyte.String(plain.BytesOrPanic())
	at, ok := der.ReadTime(&encoded)
	if !ok || content[len(content)-1] != 'Z' || !has {
		return at, ok && content[len(content)-1] == 'Z'
	}
	nanos, ok := readFraction(fraction)
	return at.Add(nanos), ok
}

// readFraction reads at most nine decimals, the last of them not zero.
func readFraction(digits string) (nanos time.Duration, ok bool) {
	if len(digits) == 0 || len(digits) > 9 || digits[len(digits)-1] == '0' {
		return 0, false
	}
	for i := range 9 {
		nanos *= 10
		if i < len(digits) {
			if digits[i] < '0' || digits[i] > '9' {
				return 0, false
			}
			nanos += time.Duration(digits[i] - '0')
		}
	}
	return nanos, true
}
