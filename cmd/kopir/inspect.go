package main

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"kopir/adapters/keystore"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// InspectCmd explains files of the PKI in plain words. It judges no trust: that is verify's.
type InspectCmd struct {
	JSON bool `name:"json" help:"Print one JSON object per file, each on one line, personal numbers in full."`
	passwordFlags
	Files []string `arg:"" name:"FILE" help:"Certificate, PKCS#12, key, revocation list, OCSP answer, time stamp or signed XML; - is standard input."`
}

// Help shows an example.
func (c *InspectCmd) Help() string {
	return `Example: kopir inspect --password-file pin.txt signer.p12 nca_gost_2022.crl application.xml

Exit code 2 when a file cannot be read or is none of these.`
}

// Run explains every file.
func (c *InspectCmd) Run() error { return c.run(standardStreams()) }

func (c *InspectCmd) run(std streams) error {
	exit := exitPassed
	for _, file := range c.Files {
		found, err := c.inspect(file, std)
		if err != nil {
			fmt.Fprintf(std.err, "kopir: %s: %v\n", file, err)
			exit = exitUsage
			continue
		}
		if c.JSON {
			err = printJSON(std.out, found)
		} else {
			_, err = io.WriteString(std.out, found.text(std.now()))
		}
		if err != nil {
			return usageErrorf("writing: %w", err)
		}
	}
	if exit != exitPassed {
		return &exitError{code: exit}
	}
	return nil
}

// Kinds of files.
const (
	kindCertificate = "certificate"
	kindContainer   = "pkcs12"
	kindPrivateKey  = "private_key"
	kindPublicKey   = "public_key"
	kindCRL         = "crl"
	kindOCSP        = "ocsp"
	kindXML         = "xml"
	kindTimestamp   = "timestamp"
)

// inspection is what is found in one file.
type inspection struct {
	File         string            `json:"file"`
	Kind         string            `json:"kind"`
	Note         string            `json:"note,omitempty"`
	Key          string            `json:"key,omitempty"`
	Certificates []certificateView `json:"certificates,omitempty"`
	CRL          *crlView          `json:"crl,omitempty"`
	OCSP         *ocspView         `json:"ocsp,omitempty"`
	Timestamp    *timestampView    `json:"timestamp,omitempty"`
	Signatures   *verifyReport     `json:"signatures,omitempty"`
}

var errUnknownKind = errors.New("neither certificate, PKCS#12, key, revocation list, OCSP answer, time stamp nor XML")

func (c *InspectCmd) inspect(file string, std streams) (*inspection, error) {
	b, err := readDocument(file, std.in, maxStatusFile)
	if err != nil {
		return nil, err
	}
	found := &inspection{File: file}
	if start := bytes.TrimLeft(b, "\xef\xbb\xbf \t\r\n"); len(start) > 0 && start[0] == '<' {
		found.addXML(b, std.now())
		return found, nil
	}
	if block, _ := pem.Decode(b); block != nil {
		return found, c.inspectPEM(found, b)
	}
	return found, c.inspectDER(found, b)
}

// addXML checks the mathematics of the signatures; whom they are from is verify's question.
func (in *inspection) addXML(doc []byte, now time.Time) {
	opt := xmlsig.Options{Profile: xmlsig.ProfileAny, At: now, AllowSHA1: true}
	result := xmlsig.Verify(nil, doc, opt)
	report := newVerifyReport(in.File, &result)
	report.Checks = mathematical(report.Checks)
	report.findings = likelyCauses(doc, opt, result)
	in.Kind, in.Signatures = kindXML, &report
	in.Note = "only the mathematics was checked, not whom to trust: see kopir verify"
	for _, s := range result.Signers {
		if s.Certificate != nil {
			in.Certificates = append(in.Certificates, viewCertificate(s.Certificate))
		}
	}
}

// likelyCauses are those that need nobody's trust: of the mathematics, and of a certificate or
// an envelope that cannot stand for a citizen.
func likelyCauses(doc []byte, opt xmlsig.Options, result xmlsig.Result) []xmlsig.Finding {
	purpose := slices.DeleteFunc(slices.Clone(result.Checks), func(c reason.Check) bool { return c.Name != reason.CheckPurpose })
	result.Checks = append(mathematical(result.Checks), purpose...)
	return xmlsig.Diagnose(doc, opt, result)
}

func (c *InspectCmd) inspectPEM(found *inspection, b []byte) error {
	for rest := b; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if err := found.addBlock(block); err != nil {
			return err
		}
	}
	if found.Kind == "" {
		return errUnknownKind
	}
	return nil
}

// addBlock adds one PEM block; the first decides what the file is called.
func (in *inspection) addBlock(block *pem.Block) error {
	kind := ""
	switch {
	case block.Type == "CERTIFICATE":
		kind = kindCertificate
		if err := in.addCertificate(block.Bytes); err != nil {
			return err
		}
	case block.Type == "X509 CRL":
		kind = kindCRL
		if err := in.addCRL(block.Bytes); err != nil {
			return err
		}
	case block.Type == "PUBLIC KEY":
		kind = kindPublicKey
		key, err := pki.ParsePublicKey(block.Bytes)
		if err != nil {
			return err
		}
		in.Key = keyWords(key)
	case block.Type == "PRIVATE KEY":
		kind = kindPrivateKey
		key, err := keystore.ParsePrivateKey(block.Bytes)
		if err != nil {
			return err
		}
		in.Key = keyWords(key.Public())
	case strings.HasSuffix(block.Type, "PRIVATE KEY"):
		kind = kindPrivateKey
		in.Key = strings.ToLower(block.Type)
	}
	if in.Kind == "" {
		in.Kind = kind
	}
	return nil
}

func (in *inspection) addCertificate(der []byte) error {
	cert, err := pki.Inspect(der)
	if err != nil {
		return err
	}
	if usable, err := pki.Parse(der); err == nil {
		cert = usable
	}
	in.Kind = kindCertificate
	in.Certificates = append(in.Certificates, viewCertificate(cert))
	return nil
}

func (in *inspection) addCRL(der []byte) error {
	list, err := revocation.ParseCRL(der)
	if err != nil {
		return err
	}
	in.Kind, in.CRL = kindCRL, viewCRL(list)
	return nil
}

// inspectDER tries the kinds one after the other: their outsides all differ.
func (c *InspectCmd) inspectDER(found *inspection, b []byte) error {
	if found.addCertificate(b) == nil || found.addCRL(b) == nil {
		return nil
	}
	if answer, err := revocation.ParseOCSP(b); err == nil {
		found.Kind, found.OCSP = kindOCSP, viewOCSP(answer)
		return nil
	}
	if found.addTimestamp(b) == nil {
		return nil
	}
	password, err := c.password()
	if err != nil {
		return err
	}
	id, err := keystore.Open(b, password)
	switch {
	case err == nil:
		found.addIdentity(id)
		return nil
	case errors.Is(err, keystore.ErrPassword) && !c.given():
		found.Kind, found.Note = kindContainer, "locked: name its password by --password-file or "+c.PasswordEnv
		return nil
	case errors.Is(err, keystore.ErrMalformed):
		return errUnknownKind
	}
	return err
}

func (in *inspection) addIdentity(id keystore.Identity) {
	in.Kind, in.Key = kindContainer, keyWords(id.Key.Public())
	for _, cert := range append([]*pki.Certificate{id.Certificate}, id.Others...) {
		in.Certificates = append(in.Certificates, viewCertificate(cert))
	}
}
