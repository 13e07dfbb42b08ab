package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode"

	"kopir/xmlsig"
	"kopir/xmlsig/reason"
)

// verifyReport is what verify prints about one file (DESIGN §6).
type verifyReport struct {
	File    string         `json:"file"`
	Verdict reason.Outcome `json:"verdict"`
	Code    reason.Code    `json:"code"`
	Checks  []reason.Check `json:"checks"`
	Signers []signerReport `json:"signers"`
	// Uncovered is what of the document no good signature covers.
	Uncovered []xmlsig.Uncovered `json:"uncovered,omitempty"`

	findings []xmlsig.Finding // for people: likely causes of the failures
	exit     int
}

// signerReport is what is known about one signature.
type signerReport struct {
	Verdict   reason.Outcome `json:"verdict"`
	Code      reason.Code    `json:"code"`
	Subject   string         `json:"subject"`
	IIN       string         `json:"iin"`
	BIN       string         `json:"bin"`
	Roles     []string       `json:"roles"`
	Serial    string         `json:"serial"` // hexadecimal
	NotBefore string         `json:"not_before"`
	NotAfter  string         `json:"not_after"`
	Algorithm string         `json:"algorithm"`
	KeyStore  string         `json:"key_store"`
	Covers    string         `json:"covers"`
	// Coverage says what each reference covers.
	Coverage []xmlsig.Covered `json:"coverage,omitempty"`

	name string // for people: without the numbers of the subject
}

func newVerifyReport(file string, result *xmlsig.Result) verifyReport {
	r := verifyReport{File: file, Checks: withComments(result), Signers: []signerReport{}, Uncovered: result.Uncovered}
	r.Verdict, r.Code = result.Verdict()
	r.exit = exitOf(r.Verdict)
	for i, s := range result.Signers {
		signer := describeSigner(s)
		signer.Verdict, signer.Code = result.SignerVerdict(i)
		r.Signers = append(r.Signers, signer)
	}
	return r
}

// withComments tells of comments in the xml check: no signature covers them, so a reader should know.
func withComments(result *xmlsig.Result) []reason.Check {
	checks := append([]reason.Check{}, result.Checks...)
	for i, c := range checks {
		if c.Name == reason.CheckXML && c.Outcome == reason.Passed && result.CommentsSeen > 0 && c.Detail == "" {
			checks[i].Detail = countOf(result.CommentsSeen, "comment") + " in the document, not covered by any signature"
		}
	}
	return checks
}

// unreadable reports a file that could not be looked at: nothing is known about it.
func unreadable(file string, err error) verifyReport {
	check := reason.Unknown(reason.CheckXML, 0, "", "the file cannot be read: "+err.Error())
	return verifyReport{File: file, Checks: []reason.Check{check}, Signers: []signerReport{}, exit: exitUsage}
}

func describeSigner(s xmlsig.Signer) signerReport {
	r := signerReport{Roles: []string{}, Algorithm: s.Algorithm, Covers: s.Covers, Coverage: s.Coverage}
	if s.Certificate == nil {
		return r
	}
	cert := s.Certificate
	r.Subject, r.IIN, r.BIN = cert.Subject.DN, cert.Subject.IIN, cert.Subject.BIN
	r.Roles = append(r.Roles, cert.Roles()...)
	r.Serial = cert.Serial.Text(16)
	r.NotBefore, r.NotAfter = moment(cert.NotBefore), moment(cert.NotAfter)
	r.KeyStore = cert.KeyStore
	r.name = cert.Subject.CommonName
	return r
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// print writes one line of JSON, or lines for people.
func (r verifyReport) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return printJSON(w, r)
	}
	out := bufio.NewWriter(w)
	r.printText(out)
	return out.Flush()
}

// printJSON writes v on one line, Kazakh letters and angle brackets as they are.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (r verifyReport) printText(out io.Writer) {
	fmt.Fprintf(out, "%s: %s\n", plain(r.File), withCode(strings.ToUpper(r.Verdict.String()), r.Code))
	for i, s := range r.Signers {
		fmt.Fprintf(out, "  signer %d: %s\n", i+1, s)
		for _, c := range s.Coverage {
			fmt.Fprintf(out, "    covers %s\n", plain(coveredLine(c, i+1)))
		}
	}
	for _, u := range r.Uncovered {
		fmt.Fprintf(out, "  covered by nobody: %s\n", plain(uncoveredLine(u)))
	}
	for _, c := range r.Checks {
		about := c.Name
		if len(r.Signers) > 1 && c.Signer > 0 {
			about += fmt.Sprintf(" (signer %d)", c.Signer)
		}
		line := fmt.Sprintf("  %-22s %-14s %s", about, strings.ReplaceAll(c.Outcome.String(), "_", " "), explain(c))
		fmt.Fprintln(out, strings.TrimRight(line, " "))
	}
	for _, f := range r.findings {
		fmt.Fprintf(out, "  likely cause: %s\n", strings.ReplaceAll(string(f.Cause), "_", " "))
		for _, line := range findingLines(f) {
			fmt.Fprintf(out, "    %s\n", line)
		}
	}
}

// findingLines says a likely cause in English, with the evidence, in Kazakh and in Russian.
func findingLines(f xmlsig.Finding) []string {
	english := f.Words.English
	if f.Evidence != "" {
		english += " (Evidence: " + plain(f.Evidence) + ".)"
	}
	return []string{english, "kk: " + f.Words.Kazakh, "ru: " + f.Words.Russian}
}

// String describes a signer to people: of the IIN only the last four digits.
func (s signerReport) String() string {
	parts := []string{plain(s.name)}
	if s.Subject == "" {
		parts[0] = "no certificate"
	}
	if s.IIN != "" {
		parts = append(parts, "IIN "+maskIIN(s.IIN))
	}
	if s.BIN != "" {
		parts = append(parts, "BIN "+s.BIN)
	}
	if len(s.Roles) > 0 {
		parts = append(parts, strings.ReplaceAll(strings.Join(s.Roles, ", "), "_", " "))
	}
	if s.Algorithm != "" {
		parts = append(parts, s.Algorithm)
	}
	if s.KeyStore != "" {
		parts = append(parts, "key in "+s.KeyStore)
	}
	if s.Covers != "" {
		parts = append(parts, "covers "+plain(s.Covers))
	}
	return strings.Join(parts, "; ")
}

// coveredLine says what one reference covers, of the signer with this number.
func coveredLine(c xmlsig.Covered, signer int) string {
	parts := []string{c.Path}
	if c.Path == "" {
		parts[0] = "nothing that was found"
	}
	parts = append(parts, fmt.Sprintf("URI %q", c.URI))
	if c.Type != "" {
		parts = append(parts, "type "+c.Type)
	}
	if c.Octets > 0 {
		parts = append(parts, countOf(c.Octets, "octet"))
	} else {
		parts = append(parts, "not digested")
	}
	if c.Main {
		parts = append(parts, "the main one")
	}
	for _, out := range c.Without {
		if out == signer {
			parts = append(parts, "without this signature")
		} else {
			parts = append(parts, fmt.Sprintf("without the later signature %d", out))
		}
	}
	return strings.Join(parts, "; ")
}

func uncoveredLine(u xmlsig.Uncovered) string {
	if u.Around {
		return u.Path + " (its own tag, and what stands in it beside covered parts)"
	}
	return u.Path
}

// maskIIN keeps the last four digits.
func maskIIN(iin string) string {
	if len(iin) <= 4 {
		return iin
	}
	return strings.Repeat("*", len(iin)-4) + iin[len(iin)-4:]
}

// explain gives the code, what it means and the evidence.
func explain(c reason.Check) string {
	if c.Code == "" {
		return plain(c.Detail)
	}
	text := string(c.Code) + ": " + codeWords[c.Code]
	if c.Detail != "" {
		text += " (" + plain(c.Detail) + ")"
	}
	return text
}

func withCode(text string, code reason.Code) string {
	if code == "" {
		return text
	}
	return text + " (" + string(code) + ")"
}

func countOf(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// personalNumber finds an IIN inside a distinguished name.
var personalNumber = regexp.MustCompile(`IIN\d{8}(\d{4})`)

// plain readies text of strangers for a terminal: nothing that could steer it, and of an IIN the last four digits.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	return personalNumber.ReplaceAllString(s, "IIN********$1")
}

// codeWords says in English what each code of the verifier means.
var codeWords = map[reason.Code]string{
	reason.XMLMalformed:                 "this is not well-formed XML",
	reason.XMLForbidden:                 "the XML holds a construct that is not let in",
	reason.SignatureMissing:             "there is no signature where one is expected",
	reason.SignatureMalformed:           "the signature is not built as XMLDSig wants",
	reason.DigestMismatch:               "what was signed has been changed since",
	reason.SignatureInvalid:             "the signature was not made with this key, or was changed",
	reason.CoveragePartial:              "the signature does not cover all it should",
	reason.AlgorithmForbidden:           "an algorithm is not let in",
	reason.KeyWeak:                      "the key is too weak",
	reason.CertificateMalformed:         "a certificate cannot be read",
	reason.CertificateExpired:           "the certificate had expired",
	reason.CertificateNotYetValid:       "the certificate was not yet valid",
	reason.CertificateRevoked:           "a certificate was revoked",
	reason.CertificateOnHold:            "a certificate is suspended",
	reason.ChainUntrusted:               "the certificate leads to no trusted authority",
	reason.ChainInvalid:                 "the chain to the trusted authority breaks a rule",
	reason.PurposeWrong:                 "the certificate is not for signing documents",
	reason.RevocationUnknown:            "nobody says whether the certificate was revoked",
	reason.IdentityMissing:              "the certificate carries no such number",
	reason.IINMismatch:                  "the IIN is another person's",
	reason.BINMismatch:                  "the BIN is another organisation's",
	reason.SignerRoleWrong:              "the signer has no right to sign this",
	reason.TransportSignatureMissing:    "the envelope is not signed",
	reason.TransportSignatureInvalid:    "the signature of the envelope is not valid",
	reason.TransportSignatureNotCurrent: "the certificate of the system that signed the envelope is not in force",
	reason.TooLarge:                     "the document is larger than the limit",
}
