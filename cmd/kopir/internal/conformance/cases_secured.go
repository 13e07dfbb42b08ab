package conformance

import (
	"strings"

	"kopir/adapters/envelope"
	"kopir/cmd/kopir/internal/simulate"
)

const clauseToken = "WSS X.509 Token Profile 1.1 "

// secured asks what the adapter makes of WS-Security headers. The Body that was verified must be the Body that is read.
func secured() []Case {
	gateway := func(b *bench) Signer { return b.Gateway }
	other := func(b *bench) Signer { return b.Other }
	const noGateway = "the transport key is not known: --pki"
	refused := func(id, sent, clause string, d draft, codes ...string) Case {
		d.channel = sync10
		return Case{ID: id, Sent: sent, Expected: "fault " + strings.Join(codes, " or "), Clause: clause, run: exchange(d, faulted(codes...), blamed(envelope.FaultClient), shaped)}
	}
	ok := func(id, sent, clause string, d draft) Case {
		d.channel = sync10
		return Case{ID: id, Sent: sent, Expected: "200, SCSS001", Clause: clause, run: exchange(d, accepted)}
	}
	return []Case{
		ok("W01", "the signer named by X509IssuerSerial", clauseToken+"§3.2.3", draft{seal: with(gateway, simulate.TokenIssuerSerial, noGateway)}),
		ok("W02", "the signer's certificate in a BinarySecurityToken", clauseToken+"§3.2.2", draft{seal: with(gateway, simulate.TokenBinary, noGateway)}),
		ok("W03", "a transport signature of the other family (RSA beside GOST)", "XML Encryption/xmldsig-more URIs by the certificate's algorithm", draft{seal: with(other, simulate.TokenKeyIdentifier, "no trusted key of the other family: --pki")}),
		ok("W04", "the other family, by X509IssuerSerial", clauseToken+"§3.2.3", draft{seal: with(other, simulate.TokenIssuerSerial, "no trusted key of the other family: --pki")}),
		ok("W05", "another header block beside Security, not mandatory", "SOAP 1.1 §4.2.3", draft{after: replace("<soapenv:Header>", `<soapenv:Header><t:Trace xmlns:t="urn:trace">1</t:Trace>`)}),
		refused("W06", "no WS-Security header", "ErrorInfo SCE007", draft{seal: unsealed}, "SCE007"),
		refused("W07", "wsse:Security without a signature", "ErrorInfo SCE007", draft{after: cut("<ds:Signature ", "</ds:Signature>")}, "SCE007", "SCE006"),
		refused("W08", "the signature outside of wsse:Security", "WSS 1.1 §8.2: by the parent only", draft{after: edits(replaceAll("<wsse:Security xmlns:wsse=", "<x:Other xmlns:x=\"urn:x\" xmlns:wsse="), replaceAll("</wsse:Security>", "</x:Other>"), replaceAll(`soapenv:mustUnderstand="1"`, `soapenv:mustUnderstand="0"`))}, "SCE007"),
		refused("W09", "signed by a stranger's key", "ErrorInfo SCE006", draft{seal: with(func(b *bench) Signer { return b.Stranger }, "", "no stranger's key")}, "SCE006"),
		refused("W10", "signed with a certificate that has expired", "ErrorInfo SCE005; RFC 5280 §4.1.2.5", draft{seal: with(func(b *bench) Signer { return b.Expired }, "", "no expired key that the adapter trusted: only self makes one")}, "SCE005", "SCE006"),
		refused("W11", "the Body changed after signing", "XMLDSig §3.2.1; ErrorInfo SCE006", draft{after: replace("<senderId>pep</senderId>", "<senderId>pop</senderId>")}, "SCE006"),
		refused("W12", "the SignatureValue changed", "XMLDSig §3.2.2; ErrorInfo SCE006", draft{after: spoilt}, "SCE006"),
		refused("W13", "the Body indented after signing", "XMLDSig §3.2.1; ErrorInfo SCE006", draft{after: inBody(replaceAll("><", ">\n<"))}, "SCE006"),
		refused("W14", "wrapped: the signed Body moved into the header, another in its place", "XMLDSig §8.1.2; WSS 1.1 §13.2.4", draft{after: wrappedBody}, "SCE006", "SCE001", "SCE007"),
		refused("W15", "two Bodies", "SOAP 1.1 §4: one Body", draft{after: twoBodies}, "SCE001", "SCE006"),
		refused("W16", "two elements with the Body's wsu:Id", "WSS 1.1 §4.3: unique", draft{after: sameID}, "SCE006", "SCE001"),
		refused("W17", "a header element signed instead of the Body", "WSS 1.1 §8: the Body is what has to be signed; ErrorInfo SCE006", draft{after: elsewhere}, "SCE006", "SCE001"),
		{ID: "W18", Sent: "a mandatory header block nobody knows", Expected: "fault MustUnderstand", Clause: "SOAP 1.1 §4.2.3, §4.4.1",
			run: exchange(draft{channel: sync10, after: replace("<soapenv:Header>", `<soapenv:Header><t:Pay xmlns:t="urn:pay" soapenv:mustUnderstand="1">1</t:Pay>`)}, blamed(envelope.FaultMustUnderstand))},
		ok("W19", "a mandatory header block for another actor", "SOAP 1.1 §4.2.2", draft{after: replace("<soapenv:Header>", `<soapenv:Header><t:Pay xmlns:t="urn:pay" soapenv:actor="urn:cashier" soapenv:mustUnderstand="1">1</t:Pay>`)}),
		refused("W20", "two wsse:Security, the second a stranger's", "WSS 1.1 §5: one for an actor", draft{after: twoSecurities}, "SCE006", "SCE001"),
	}
}

// cut takes a piece out, its ends too.
func cut(from, to string) func(string) string {
	return func(s string) string {
		before, rest, _ := strings.Cut(s, from)
		_, after, _ := strings.Cut(rest, to)
		return before + after
	}
}

// spoilt changes one character in the middle of the signature's value.
func spoilt(s string) string {
	const tag = "<ds:SignatureValue>"
	at := strings.Index(s, tag) + len(tag) + 20
	for !isBase64Letter(s[at]) {
		at++
	}
	letter := "A"
	if s[at] == 'A' {
		letter = "B"
	}
	return s[:at] + letter + s[at+1:]
}

func isBase64Letter(c byte) bool { return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' }

func inBody(change func(string) string) func(string) string {
	return func(s string) string {
		at := strings.Index(s, "<soapenv:Body")
		return s[:at] + change(s[at:])
	}
}

// body is the Body of an envelope with its tags.
func body(s string) (before, body, after string) {
	from := strings.Index(s, "<soapenv:Body")
	to := strings.Index(s, "</soapenv:Body>") + len("</soapenv:Body>")
	return s[:from], s[from:to], s[to:]
}

// wrappedBody hides the signed Body in the header, where the reference still finds it.
func wrappedBody(s string) string {
	before, signed, after := body(s)
	forged := strings.Replace(cut(` wsu:Id="`, `"`)(signed), "<senderId>pep</senderId>", "<senderId>forged</senderId>", 1)
	return replace("</soapenv:Header>", `<w:Wrapper xmlns:w="urn:w">`+signed+"</w:Wrapper></soapenv:Header>")(before) + forged + after
}

func twoBodies(s string) string {
	before, signed, after := body(s)
	return before + signed + cut(` wsu:Id="`, `"`)(signed) + after
}

// twoSecurities doubles the header with another signature value.
func twoSecurities(s string) string {
	from, to := strings.Index(s, "<wsse:Security"), strings.Index(s, "</wsse:Security>")+len("</wsse:Security>")
	return s[:to] + spoilt(s[from:to]) + s[to:]
}

func sameID(s string) string {
	before, signed, after := body(s)
	forged := strings.Replace(signed, "<senderId>pep</senderId>", "<senderId>forged</senderId>", 1)
	return replace("</soapenv:Header>", `<w:Wrapper xmlns:w="urn:w">`+signed+"</w:Wrapper></soapenv:Header>")(before) + forged + after
}

// elsewhere lets the reference point to a header block; a verifier that only asks whether digests fit is content.
func elsewhere(s string) string {
	_, rest, _ := strings.Cut(s, `wsu:Id="`)
	id, _, _ := strings.Cut(rest, `"`)
	before, signed, after := body(s)
	moved := strings.Replace(signed, `wsu:Id="`+id+`"`, `wsu:Id="other"`, 1)
	block := `<b:Block xmlns:b="urn:b" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd" wsu:Id="` + id + `"/>`
	return replace("</soapenv:Header>", block+"</soapenv:Header>")(before) + moved + after
}
