package evidence

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"kopir/gateway"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/revocation"
)

// Kinds of verdicts.
const (
	kindResult  = "result"
	kindRecheck = "recheck"
)

// verifier is the state of one container.
type verifier struct {
	*container
	opt      Options
	rep      *Report
	record   CaseRecord
	events   []gateway.Event
	verdicts []gateway.Verdict // by time
	policies map[string]gateway.PolicyRecord
	certs    map[string]*pki.Certificate // by digest
	lists    map[string]*revocation.CRL  // by digest
	trust    *pki.Store
	ends     map[string]*pki.Certificate // anchors that chains ended in
}

// Verify checks a container with nothing but its own bytes and the options. Nothing is fetched, no
// clock is read: everything is judged at the moments that were recorded. The error means that the
// bytes are no container at all.
func Verify(ctx context.Context, b []byte, opt Options) (Report, error) {
	rep := Report{Anchors: []Anchor{}, Recorded: []Recorded{}, Changed: []string{}, Trust: TrustGiven}
	c, err := open(b)
	if err != nil {
		return rep, err
	}
	v := verifier{container: c, opt: opt, rep: &rep, policies: map[string]gateway.PolicyRecord{},
		certs: map[string]*pki.Certificate{}, lists: map[string]*revocation.CRL{}, ends: map[string]*pki.Certificate{}}
	v.packing()
	v.seal()
	v.named()
	if v.read() {
		v.history()
		v.documents()
		v.believe()
		v.judge(ctx)
		v.result()
		v.timestamps(ctx)
		v.anchors()
	}
	rep.conclude()
	return rep, nil
}

func (v *verifier) packing() {
	if !v.tight {
		v.rep.unknown(CheckContainer, "", "", "the ZIP has more in it than its directory names: another program may show other files than the %d that are checked here", len(v.names))
		return
	}
	if v.repacked {
		v.rep.pass(CheckContainer, "", "%d files; the packing is another program's or was touched, which the seal does not cover", len(v.names))
		return
	}
	v.rep.pass(CheckContainer, "", "%d files", len(v.names))
}

// named holds the files that are named by their digest against it.
func (v *verifier) named() {
	for _, name := range v.names {
		want := ""
		for dir, ext := range map[string]string{dirCertificates: ".cer", dirPolicy: ".json", dirStatus: ".ocsp"} {
			want += digestNamed(name, dir, ext)
		}
		want += digestNamed(name, dirStatus, ".crl")
		if want != "" && v.digests[name] != want {
			v.rep.fail(CheckFiles, name, reason.DigestMismatch, "its SHA-256 is not the one it is named by")
		}
	}
}

// read parses what the checks need. A part that cannot be read fails by name.
func (v *verifier) read() bool {
	ok := v.json(nameCase, &v.record) && v.json(nameEvents, &v.events)
	for _, name := range v.names {
		switch {
		case strings.HasPrefix(name, dirVerdicts):
			var verdict gateway.Verdict
			if !v.json(name, &verdict) {
				continue
			}
			if name != dirVerdicts+verdict.ID+".json" {
				v.rep.fail(CheckVerdict, name, reason.DigestMismatch, "the verdict inside has another id")
			}
			v.verdicts = append(v.verdicts, verdict)
		case strings.HasPrefix(name, dirPolicy):
			var policy gateway.PolicyRecord
			if v.json(name, &policy) {
				v.policies[digestNamed(name, dirPolicy, ".json")] = policy
			}
		case strings.HasPrefix(name, dirCertificates):
			v.certificate(name)
		case strings.HasSuffix(name, ".crl"):
			if list, err := revocation.ParseCRL(v.files[name]); err == nil {
				v.lists[v.digests[name]] = list
			}
		}
	}
	for _, list := range v.opt.Lists {
		v.lists[hexOf(list.SHA256)] = list
	}
	slices.SortStableFunc(v.verdicts, func(a, b gateway.Verdict) int { return a.At.Compare(b.At) })
	v.rep.Number = v.record.Number
	return ok
}

func (v *verifier) json(name string, into any) bool {
	body, ok := v.files[name]
	if !ok {
		v.rep.fail(CheckFiles, name, reason.DigestMismatch, "is missing")
		return false
	}
	if err := json.Unmarshal(body, into); err != nil {
		v.rep.fail(CheckFiles, name, reason.DigestMismatch, "cannot be read")
		return false
	}
	return true
}

func (v *verifier) certificate(name string) {
	c, err := pki.Parse(v.files[name])
	var e *reason.Error
	switch {
	case errors.As(err, &e):
		v.rep.fail(CheckFiles, name, e.Code, "is no certificate that can be read")
	case err == nil:
		v.certs[hexOf(c.SHA256)] = c
	}
}

// document finds a document by its digest.
func (v *verifier) document(sha string) (name string, body []byte) {
	for _, name := range v.names {
		if (strings.HasPrefix(name, "application/") || strings.HasPrefix(name, dirResult)) && v.digests[name] == sha {
			return name, v.files[name]
		}
	}
	return "", nil
}
