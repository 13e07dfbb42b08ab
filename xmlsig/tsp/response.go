package tsp

import (
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
	"kopir/xmlsig/reason"
)

// statusWords are the words of PKIStatus (RFC 3161 §2.4.2); 0 and 1 come with a token.
var statusWords = [...]string{"granted", "granted with changes", "rejection", "waiting", "revocation warning", "revocation notification"}

// failureWords are the bits of PKIFailureInfo that a TSA may set (§2.4.2).
var failureWords = map[int]string{
	0: "badAlg", 2: "badRequest", 5: "badDataFormat", 14: "timeNotAvailable", 15: "unacceptedPolicy",
	16: "unacceptedExtension", 17: "addInfoNotAvailable", 25: "systemFailure",
}

// ParseResponse reads a TimeStampResp (RFC 3161 §2.4.2) and gives its token. A
// refusal is an error with signature_missing that says why in the TSA's closed
// list of words; its free text is not repeated.
func ParseResponse(b []byte) (*Token, error) {
	if len(b) > maxTokenBytes {
		return nil, reason.Newf(reason.TooLarge, "an answer of a TSA may have %d bytes", maxTokenBytes)
	}
	in := cryptobyte.String(b)
	var outer, info cryptobyte.String
	var status int
	if !der.Check(b) || !in.ReadASN1(&outer, asn1.SEQUENCE) || !outer.ReadASN1(&info, asn1.SEQUENCE) ||
		!info.ReadASN1Integer(&status) || status < 0 || status >= len(statusWords) {
		return nil, unreadable("the answer is not that of a TSA")
	}
	if status > 1 {
		return nil, reason.New(reason.SignatureMissing, "the TSA refused: "+statusWords[status]+failures(info))
	}
	if outer.Empty() {
		return nil, unreadable("the answer has no token")
	}
	return Parse(outer)
}

// failures names what the rest of a PKIStatusInfo complains of.
func failures(info cryptobyte.String) string {
	var bits cryptobyte.String
	if !info.SkipOptionalASN1(asn1.SEQUENCE) || !info.ReadASN1(&bits, asn1.BIT_STRING) || len(bits) == 0 {
		return ""
	}
	var words []string
	for i := range 8 * (len(bits) - 1) {
		if word := failureWords[i]; word != "" && bits[1+i/8]&(0x80>>(i%8)) != 0 {
			words = append(words, word)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return ", " + strings.Join(words, ", ")
}

func unreadable(what string) error { return reason.New(reason.SignatureMalformed, what) }
