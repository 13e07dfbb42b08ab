package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kopir/cmd/kopir/internal/config"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
)

// soon is how long before its end an authority is worth a word; a new one takes months to arrange.
const soon = 90 * 24 * time.Hour

// TrustFinding is something about the trusted certificates that people should know. An error keeps the gateway from
// starting or from deciding rightly; a warning does not.
type TrustFinding struct {
	Level  string `json:"level"` // error, warning
	Code   string `json:"code"`
	File   string `json:"file,omitempty"`
	Detail string `json:"detail"`
}

// Levels of findings.
const (
	LevelError   = "error"
	LevelWarning = "warning"
)

// trustCheck gathers findings over everything that is trusted.
type trustCheck struct {
	cfg      config.Config
	entries  []TrustEntry
	store    *pki.Store
	now      time.Time
	findings []TrustFinding
}

// CheckTrust looks for what is wrong with the trusted certificates, and for what will be.
func CheckTrust(cfg config.Config, now time.Time) []TrustFinding {
	c := &trustCheck{cfg: cfg, entries: ReadTrust(cfg), store: pki.NewStore(), now: now}
	model, _ := pki.ParseModel(cfg.Trust.Model)
	c.store.SetModel(model)
	for _, e := range c.entries {
		if e.Cert != nil {
			e.addTo(c.store)
		}
	}
	c.environment()
	for _, e := range c.entries {
		c.entry(e)
	}
	c.anchors()
	c.strayNotes()
	return c.findings
}

func (c *trustCheck) find(level, code, file, format string, args ...any) {
	c.findings = append(c.findings, TrustFinding{level, code, file, fmt.Sprintf(format, args...)})
}

func (c *trustCheck) environment() {
	if err := unmixed(c.entries, c.cfg.Trust.TestPKI); err != nil {
		c.find(LevelError, "environments_mixed", "", "%v", err)
	}
}

func (c *trustCheck) entry(e TrustEntry) {
	switch {
	case e.Err != nil:
		code := "unreadable"
		var r *reason.Error
		if errors.As(e.Err, &r) {
			code = string(r.Code)
		}
		c.find(LevelError, code, e.File, "%v", e.Err)
	case !e.Cert.IsCA:
		c.find(LevelError, "not_a_ca", e.File, "not a certification authority's certificate; it is not trusted")
	default:
		c.pinned(e)
		c.period(e)
		c.signature(e)
		c.way(e)
	}
}

// pinned: what the program does not know was brought by somebody for a reason, or planted.
func (c *trustCheck) pinned(e TrustEntry) {
	if e.Pinned() != nil {
		return
	}
	name := e.Cert.Subject.CommonName
	if national, ok := e.Cert.PinnedName(); ok {
		c.find(LevelError, "name_imitated", e.File, "bears the name %s of the national PKI, but is another certificate", national.Name)
	}
	switch {
	case e.Note != nil:
	case e.Origin != OriginFolder:
		c.find(LevelWarning, "not_pinned", e.File, "%s is not among the pinned national authorities; the configuration alone vouches for it", name)
	case c.cfg.Trust.TestPKI:
		c.find(LevelWarning, "not_pinned", e.File, "%s is not among the pinned national authorities and has no reason beside it", name)
	default:
		c.find(LevelError, "not_pinned", e.File, "%s is not among the pinned national authorities and has no reason beside it: take it away, or bring it by kopir trust add --reason", name)
	}
}

func (c *trustCheck) period(e TrustEntry) {
	day := e.Cert.NotAfter.Format(time.DateOnly)
	switch left := e.Cert.NotAfter.Sub(c.now); {
	case left < 0:
		c.find(LevelWarning, "expired", e.File, "%s expired on %s; it serves for earlier moments only", e.Cert.Subject.CommonName, day)
	case left < soon:
		c.find(LevelWarning, "expires_soon", e.File, "%s expires on %s, in %d days", e.Cert.Subject.CommonName, day, int(left.Hours()/24))
	case c.now.Before(e.Cert.NotBefore):
		c.find(LevelWarning, "not_yet_valid", e.File, "%s is valid from %s", e.Cert.Subject.CommonName, e.Cert.NotBefore.Format(time.DateOnly))
	}
}

// signature: keys that are too weak are unreadable already; what is left is an old self-signature.
func (c *trustCheck) signature(e TrustEntry) {
	if e.Cert.SignatureAlgorithm == pki.SHA1WithRSA {
		c.find(LevelWarning, "signature_weak", e.File, "%s is signed with SHA-1; nothing it issues that way is accepted", e.Cert.Subject.CommonName)
	}
}

// way: an authority that is not trusted itself needs a way to one that is, and on it somebody who says that it is
// not revoked.
func (c *trustCheck) way(e TrustEntry) {
	if e.Anchor {
		return
	}
	at := e.Cert.NotAfter
	if c.now.Before(at) {
		at = c.now
	}
	chain, err := c.store.Chain(e.Cert, nil, at)
	if err != nil {
		c.find(LevelError, "no_anchor", e.File, "%s leads to no trust anchor (%v): bring its root", e.Cert.Subject.CommonName, err)
		return
	}
	if at != c.now || c.statusKnown(e.Cert, chain) {
		return
	}
	advice := "neither it nor this program names a list"
	if list := listOf(e.Cert, chain); list != "" {
		advice = "add " + list + " to revocation.crl"
	}
	c.find(LevelWarning, "no_status_address", e.File, "nobody may be asked whether %s is revoked, and every application below it will be parked: %s", e.Cert.Subject.CommonName, advice)
}

// statusKnown: its list is configured, or an address it names is on a host that may be asked.
func (c *trustCheck) statusKnown(cert *pki.Certificate, chain pki.Chain) bool {
	if slices.Contains(c.cfg.Status.CRL, listOf(cert, chain)) {
		return true
	}
	return slices.ContainsFunc(append(slices.Clone(cert.OCSPServers), cert.CRLPoints...), c.mayAsk)
}

// mayAsk: a host without a port stands for the usual ones.
func (c *trustCheck) mayAsk(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	names := []string{strings.ToLower(u.Host)}
	if port := map[string]string{"http": "80", "https": "443"}[u.Scheme]; u.Port() == "" || u.Port() == port {
		names = append(names, strings.ToLower(u.Hostname()), strings.ToLower(net.JoinHostPort(u.Hostname(), port)))
	}
	return slices.ContainsFunc(c.cfg.StatusHosts(), func(host string) bool { return slices.Contains(names, strings.ToLower(host)) })
}

// listOf is where the list that would name the certificate is published, as it says itself or as is known of its issuer.
func listOf(cert *pki.Certificate, chain pki.Chain) string {
	if len(cert.CRLPoints) > 0 {
		return cert.CRLPoints[0]
	}
	if issuer, ok := chain[1].Pinned(); ok {
		return issuer.List
	}
	return ""
}

// anchors: without one that is valid nobody is believed.
func (c *trustCheck) anchors() {
	usable := func(e TrustEntry) bool { return e.Anchor && c.now.Before(e.Cert.NotAfter) }
	if !slices.ContainsFunc(c.entries, usable) {
		c.find(LevelError, "no_anchors", "", "no trust anchor is valid: every application is refused; kopir trust fetch brings the national ones")
	}
}

// strayNotes are left when a certificate is taken away.
func (c *trustCheck) strayNotes() {
	notes, _ := filepath.Glob(filepath.Join(TrustFolder(c.cfg), "*"+noteSuffix))
	for _, note := range notes {
		if _, err := os.Stat(strings.TrimSuffix(note, noteSuffix)); errors.Is(err, fs.ErrNotExist) {
			c.find(LevelWarning, "note_alone", note, "the certificate it gave the reason for is gone")
		}
	}
}
