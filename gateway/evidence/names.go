package evidence

import (
	"path"
	"strings"
)

// Names inside a container. They never change: people write scripts over them.
const (
	nameMimetype   = "mimetype"
	nameManifest   = "META-INF/manifest.xml"
	nameSignatures = "META-INF/signatures.xml"

	nameReadme   = "README.txt"
	nameReceived = "application/received.xml"
	nameCovered  = "application/covered.xml"
	nameCase     = "history/case.json"
	nameEvents   = "history/events.json"
	nameReceipts = "delivery/receipts.json"
	nameStatuses = "status/index.json"
	nameResult   = "result/result.xml"
	nameProofs   = "timestamps/proofs.json"

	dirVerdicts     = "verdicts/"
	dirCertificates = "certificates/"
	dirStatus       = "status/"
	dirPolicy       = "policy/"
	dirResult       = "result/"
	dirTimestamps   = "timestamps/"
)

// MIMEType of a container (EN 319 162-1 §A.1).
const MIMEType = "application/vnd.etsi.asic-e+zip"

var mimeTypes = map[string]string{
	".xml": "application/xml", ".json": "application/json", ".txt": "text/plain", ".cer": "application/pkix-cert",
	".ocsp": "application/ocsp-response", ".crl": "application/pkix-crl", ".tst": "application/vnd.etsi.timestamp-token",
	".root": "application/octet-stream",
}

func mimeOf(name string) string { return mimeTypes[path.Ext(name)] }

// payload tells whether the seal covers a file: all but the container's own three.
func payload(name string) bool {
	return name != nameMimetype && name != nameManifest && name != nameSignatures
}

// digestNamed is the digest a file's own name gives, "" if it is not named so.
func digestNamed(name, dir, ext string) string {
	rest, ok := strings.CutPrefix(name, dir)
	digest, ok2 := strings.CutSuffix(rest, ext)
	if !ok || !ok2 || len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
		return ""
	}
	return digest
}
