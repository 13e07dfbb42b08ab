package main

import (
	"encoding/hex"

	"kopir/xmlsig/reason"
	"kopir/xmlsig/tsp"
)

// timestampView is a time stamp as inspect shows it.
type timestampView struct {
	Time         string            `json:"time"`
	Accuracy     string            `json:"accuracy,omitempty"`
	Policy       string            `json:"policy"`
	Hash         string            `json:"hash"`
	Imprint      string            `json:"imprint"`
	Serial       string            `json:"serial"` // hexadecimal
	Nonce        bool              `json:"nonce"`
	Ordering     bool              `json:"ordering"`
	Signature    string            `json:"signature"` // "good", or what is wrong with it
	Problem      string            `json:"problem,omitempty"`
	Certificates []certificateView `json:"certificates"`
	SHA256       string            `json:"sha256"`
}

// addTimestamp reads a bare token or a TSA's whole answer; a refusal is explained too.
func (in *inspection) addTimestamp(b []byte) error {
	token, err := tsp.Parse(b)
	if err != nil {
		token, err = tsp.ParseResponse(b)
	}
	if err != nil {
		if c := reason.FromError("", 0, err, ""); c.Code == reason.SignatureMissing {
			in.Kind, in.Note = kindTimestamp, c.Detail
			return nil
		}
		return err
	}
	in.Kind, in.Timestamp = kindTimestamp, viewTimestamp(token)
	in.Note = "what was stamped and whom to trust was not checked"
	return nil
}

func viewTimestamp(t *tsp.Token) *timestampView {
	v := &timestampView{Time: moment(t.GenTime), Policy: t.Policy, Hash: hashWords(t.HashAlgorithm), Imprint: hex.EncodeToString(t.Imprint),
		Serial: t.Serial.Text(16), Nonce: t.Nonce != nil, Ordering: t.Ordering, Signature: "good",
		Certificates: []certificateView{}, SHA256: hex.EncodeToString(t.SHA256[:])}
	if t.Accuracy != 0 {
		v.Accuracy = t.Accuracy.String()
	}
	for _, c := range t.Certificates {
		v.Certificates = append(v.Certificates, viewCertificate(c))
	}
	result := t.Verify(tsp.Options{})
	if c := result.Check(reason.CheckSignature); c.Outcome != reason.Passed {
		v.Signature = c.Detail
	}
	for _, name := range []string{tsp.CheckCertificate, reason.CheckPurpose, reason.CheckValidity} {
		if c := result.Check(name); c.Outcome == reason.Failed && v.Problem == "" {
			v.Problem = c.Detail
		}
	}
	return v
}

// hashNames are names of hashes for people.
var hashNames = map[string]string{tsp.SHA256: "SHA-256", tsp.SHA384: "SHA-384", tsp.SHA512: "SHA-512", "1.3.14.3.2.26": "SHA-1",
	tsp.GOST34311: "GOST 34.311-95", tsp.GOST256: "GOST R 34.11-2015, 256 bits", tsp.GOST512: "GOST R 34.11-2015, 512 bits"}

func hashWords(oid string) string {
	if name := hashNames[oid]; name != "" {
		return name
	}
	return oid
}

func (t *timestampView) lines(p *inspectPage) {
	p.line("stamped at", t.Time)
	p.line("accuracy", t.Accuracy)
	p.line("policy", t.Policy)
	p.line("stamped digest", t.Imprint)
	p.line("made by", t.Hash)
	p.line("serial number", t.Serial)
	p.line("nonce", map[bool]string{true: "yes"}[t.Nonce])
	p.line("signature", t.Signature)
	p.line("problem", t.Problem)
	for _, c := range t.Certificates {
		p.line("certificate of", c.Name)
	}
	p.line("SHA-256", t.SHA256)
}
