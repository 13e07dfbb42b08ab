package gateway

import (
	"encoding/hex"
	"encoding/json"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/revocation"
)

// PolicyRecord is what documents were judged by. Verdicts name it by the SHA-256 of its JSON, under
// which it is kept once as a document, so that a verdict can be made again years later.
type PolicyRecord struct {
	Version   int            `json:"version"` // of this form
	Anchors   []AnchorRecord `json:"anchors"`
	Ended     []string       `json:"ended,omitempty"`     // algorithms that did not count, as xmlsig.ParseEnding reads them
	Freshness string         `json:"freshness,omitempty"` // of OCSP answers without nextUpdate; "1h0m0s"
	Model     string         `json:"model,omitempty"`     // when the authorities of a chain had to be valid
	TestPKI   bool           `json:"test_pki,omitempty"`
}

// AnchorRecord names a trust anchor by its fingerprint.
type AnchorRecord struct {
	SHA256  string `json:"sha256"`
	Name    string `json:"name"`
	Purpose string `json:"purpose"`
}

// policyVersion of [PolicyRecord].
const policyVersion = 1

// judgement is the policy of a Prover with its record.
type judgement struct {
	ended    []xmlsig.Ending
	document Document
}

// Judging gives the prover the algorithms that count no longer, and what else verdicts record about the
// policy: Freshness, Model and TestPKI of the record, the rest is filled in. Called before the prover is
// used.
func (p *Prover) Judging(rec PolicyRecord, ended []xmlsig.Ending) error {
	rec.Version, rec.Anchors = policyVersion, []AnchorRecord{}
	for _, e := range ended {
		rec.Ended = append(rec.Ended, e.String())
	}
	for _, c := range p.trust.Anchors() {
		rec.Anchors = append(rec.Anchors, AnchorRecord{SHA256: hex.EncodeToString(c.SHA256[:]), Name: c.Subject.CommonName,
			Purpose: p.trust.PurposeOf(c).String()})
	}
	body, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	p.policy = judgement{ended: ended, document: Document{SHA256: SHA256Hex(body), Bytes: body}}
	return nil
}

// proofRecord is what a proof leaves for a re-verification.
type proofRecord struct {
	provedAt, statusAt time.Time
	policy             Document
}

// chained lists the certificates of all chains once. A signer without a chain has his certificate in
// the document.
func (pr *proof) chained() (certs []*pki.Certificate) {
	seen := map[[32]byte]bool{}
	for _, s := range pr.result.Signers {
		for _, c := range s.Chain {
			if !seen[c.SHA256] {
				seen[c.SHA256] = true
				certs = append(certs, c)
			}
		}
	}
	return certs
}

func (pr *proof) certificates() (names []string) {
	for _, c := range pr.chained() {
		names = append(names, hex.EncodeToString(c.SHA256[:]))
	}
	return names
}

// keepsakes are the documents a re-verification needs: the chains and the policy.
func (pr *proof) keepsakes() (docs []Document) {
	for _, c := range pr.chained() {
		docs = append(docs, Document{SHA256: hex.EncodeToString(c.SHA256[:]), Bytes: c.Raw})
	}
	if pr.record.policy.SHA256 != "" {
		docs = append(docs, pr.record.policy)
	}
	return docs
}

// about names the certificate of a status.
func about(s revocation.Status) string {
	if s.Certificate == ([32]byte{}) {
		return ""
	}
	return hex.EncodeToString(s.Certificate[:])
}
