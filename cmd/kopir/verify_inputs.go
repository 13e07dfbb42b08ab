package main

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// Bounds of the files that flags name.
const (
	maxCertificateFile = 8 << 20   // a bundle of certificates
	maxStatusFile      = 128 << 20 // a list as PEM; the largest national one has 22 MB of DER
)

// verifyJob is what the flags of verify come to.
type verifyJob struct {
	options  xmlsig.Options
	statuses revocation.Source
	mode     xmlsig.Mode
}

func (c *VerifyCmd) prepare(std streams) (verifyJob, error) {
	job := verifyJob{options: xmlsig.Options{At: std.now(), Trust: pki.NewStore()}}
	if c.At != "" {
		at, err := time.Parse(time.RFC3339, c.At)
		if err != nil {
			return job, usageErrorf("--at %q is not a moment like 2026-11-20T12:00:00Z", c.At)
		}
		job.options.At = at
	}
	if err := checkNumber("iin", c.IIN); err != nil {
		return job, err
	}
	if err := checkNumber("bin", c.BIN); err != nil {
		return job, err
	}
	if err := c.choose(&job); err != nil {
		return job, err
	}
	if err := c.loadTrust(&job.options, std.err); err != nil {
		return job, err
	}
	return job, c.loadStatuses(&job, std.err)
}

// choose turns names into values.
func (c *VerifyCmd) choose(job *verifyJob) error {
	modes := map[string]xmlsig.Mode{"require": xmlsig.ModeRequire, "if-available": xmlsig.ModeIfAvailable, "off": xmlsig.ModeOff}
	profiles := map[string]xmlsig.Profile{"document": xmlsig.ProfileDocument, "wss": xmlsig.ProfileWSS, "any": xmlsig.ProfileAny}
	purposes := map[string]pki.Purpose{"national": pki.PurposeNational, "generic": pki.PurposeGeneric}
	var known [3]bool
	var purpose pki.Purpose
	job.mode, known[0] = modes[c.Revocation]
	job.options.Profile, known[1] = profiles[c.Profile]
	purpose, known[2] = purposes[c.Purpose]
	if slices.Contains(known[:], false) {
		return usageErrorf("unknown --revocation, --profile or --purpose")
	}
	job.options.Purpose = &purpose
	model, ok := pki.ParseModel(c.Model)
	if !ok {
		return usageErrorf("unknown --model")
	}
	job.options.Trust.SetModel(model)
	for _, name := range c.Allow {
		if name != "legacy-rsa-sha1" {
			return usageErrorf("--allow knows legacy-rsa-sha1, not %q", name)
		}
		job.options.AllowSHA1 = true
	}
	return nil
}

// loadTrust reads certificates and the key. What is to be trusted must be readable; what need not be trusted is
// passed over with a word.
func (c *VerifyCmd) loadTrust(opt *xmlsig.Options, warnings io.Writer) error {
	for _, path := range c.Trust {
		if err := loadTrustPath(opt.Trust, path, warnings); err != nil {
			return err
		}
	}
	for _, path := range c.Anchor {
		certs, err := readCertificates(path, warnings)
		if err != nil {
			return usageErrorf("--anchor %s: %w", path, err)
		}
		for _, cert := range certs {
			opt.Trust.AddAnchor(cert, *opt.Purpose)
		}
	}
	for _, path := range c.Certificate {
		certs, err := readCertificates(path, warnings)
		var unusable *reason.Error
		switch {
		case errors.As(err, &unusable):
			fmt.Fprintf(warnings, "kopir: --certificate %s is not usable and counts as absent: %v\n", path, err)
		case err != nil:
			return usageErrorf("--certificate %s: %w", path, err)
		}
		opt.Candidates = append(opt.Candidates, certs...)
	}
	if c.Key == "" {
		return nil
	}
	key, err := readPublicKey(c.Key)
	if err != nil {
		return usageErrorf("--key %s: %w", c.Key, err)
	}
	opt.Key = key
	return nil
}

// loadTrustPath adds the CA certificates of a file or of the files of a folder. In a folder, files that are no
// certificates are passed over.
func loadTrustPath(store *pki.Store, path string, warnings io.Writer) error {
	info, err := os.Stat(path)
	if err != nil {
		return usageErrorf("--trust %s: %w", path, withoutPath(err))
	}
	if !info.IsDir() {
		certs, err := readCertificates(path, warnings)
		if err != nil {
			return usageErrorf("--trust %s: %w", path, err)
		}
		addTrust(store, certs, path, warnings)
		return nil
	}
	files, err := os.ReadDir(path)
	if err != nil {
		return usageErrorf("--trust %s: %w", path, withoutPath(err))
	}
	found := false
	for _, f := range files {
		file := filepath.Join(path, f.Name())
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() || strings.HasPrefix(f.Name(), ".") {
			continue
		}
		certs, err := readCertificates(file, io.Discard)
		if err != nil {
			continue
		}
		addTrust(store, certs, file, warnings)
		found = true
	}
	if !found {
		return usageErrorf("--trust %s: the folder holds no certificate", path)
	}
	return nil
}

func addTrust(store *pki.Store, certs []*pki.Certificate, path string, warnings io.Writer) {
	for _, cert := range certs {
		if !store.AddTrust(cert) {
			fmt.Fprintf(warnings, "kopir: %s: not a CA's certificate, not trusted\n", path)
		}
	}
}

// readCertificates reads PEM or DER. Of a bundle, those that cannot be used are reported and left out.
func readCertificates(path string, warnings io.Writer) ([]*pki.Certificate, error) {
	b, err := readFlagFile(path, maxCertificateFile)
	if err != nil {
		return nil, err
	}
	certs, err := pki.ParseAll(b)
	if len(certs) > 0 && err != nil {
		fmt.Fprintf(warnings, "kopir: %s: %v\n", path, err)
		err = nil
	}
	return certs, err
}

// readPublicKey reads PEM (PUBLIC KEY, RSA PUBLIC KEY, or the key of a CERTIFICATE) or the DER of a PUBLIC KEY.
func readPublicKey(path string) (crypto.PublicKey, error) {
	b, err := readFlagFile(path, maxCertificateFile)
	if err != nil {
		return nil, err
	}
	for rest := b; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		switch block.Type {
		case "PUBLIC KEY":
			return pki.ParsePublicKey(block.Bytes)
		case "RSA PUBLIC KEY":
			return x509.ParsePKCS1PublicKey(block.Bytes)
		case "CERTIFICATE":
			cert, err := pki.Parse(block.Bytes)
			if err != nil {
				return nil, err
			}
			return cert.PublicKey, nil
		}
	}
	return pki.ParsePublicKey(b)
}

// loadStatuses reads lists and answers. One that is no list or no answer counts as absent (DESIGN §6).
func (c *VerifyCmd) loadStatuses(job *verifyJob, warnings io.Writer) error {
	var lists []*revocation.CRL
	var answers []*revocation.OCSPResponse
	err := eachStatusFile("crl", c.CRL, warnings, func(b []byte) error {
		list, err := revocation.ParseCRL(b)
		if err == nil {
			lists = append(lists, list)
		}
		return err
	})
	if err != nil {
		return err
	}
	err = eachStatusFile("ocsp", c.OCSP, warnings, func(b []byte) error {
		answer, err := revocation.ParseOCSP(b)
		if err == nil {
			answers = append(answers, answer)
		}
		return err
	})
	job.statuses = revocation.NewStatic(lists, answers)
	return err
}

func eachStatusFile(flag string, paths []string, warnings io.Writer, parse func([]byte) error) error {
	for _, path := range paths {
		b, err := readFlagFile(path, maxStatusFile)
		if err != nil {
			return usageErrorf("--%s %s: %w", flag, path, err)
		}
		if block, _ := pem.Decode(b); block != nil {
			b = block.Bytes
		}
		if err := parse(b); err != nil {
			fmt.Fprintf(warnings, "kopir: --%s %s is not usable and counts as absent: %v\n", flag, path, err)
		}
	}
	return nil
}

// readFlagFile reads a file of at most limit bytes.
func readFlagFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close() //nolint:errcheck // only read
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, withoutPath(err)
	}
	if int64(b.Len()) > limit {
		return nil, fmt.Errorf("larger than %d bytes", limit)
	}
	return b.Bytes(), nil
}
