package console

import (
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// signedBy says in one word who has signed, where a message with a signature of its own brought the
// document: the system that sent it, the person, or both. Empty where the checks do not come to a sentence.
func signedBy(v gateway.Verdict) string {
	var message, document []reason.Check
	for _, c := range v.Checks {
		switch {
		case gateway.IsTransportCheck(c.Name):
			message = append(message, c)
		case ofSignature[c.Name]:
			document = append(document, c)
		}
	}
	if len(message) == 0 {
		return ""
	}
	sender, _ := reason.Verdict(message)
	person, code := reason.Verdict(document)
	looked := passed(message, gateway.TransportCheck(reason.CheckSignature))
	switch {
	case looked && sender == reason.Passed && code == reason.SignatureMissing:
		return "sender"
	case looked && sender == reason.Passed && person == reason.Failed:
		return "document_bad"
	case looked && sender == reason.Passed && person == reason.Passed:
		return "both"
	case looked && person == reason.Passed:
		return "sender_doubt"
	case !looked && sender == reason.Passed && person == reason.Passed:
		return "document"
	}
	return ""
}

// ofSignature are the checks that say whether the person's signature holds.
var ofSignature = map[string]bool{reason.CheckXML: true, reason.CheckSignature: true, reason.CheckDigest: true, reason.CheckCoverage: true,
	reason.CheckAlgorithm: true, reason.CheckChain: true, reason.CheckValidity: true, reason.CheckPurpose: true,
	reason.CheckRevocation: true, reason.CheckIdentity: true}

func passed(checks []reason.Check, name string) bool {
	for _, c := range checks {
		if c.Name == name {
			return c.Outcome == reason.Passed
		}
	}
	return false
}
