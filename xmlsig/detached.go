package xmlsig

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// Namespaces of a detached signature in a container.
const (
	// ASiCNamespace is the root of META-INF/signatures.xml (ETSI EN 319 162-1 §A.5).
	ASiCNamespace = "http://uri.etsi.org/02918/v1.2.1#"
	nsXAdES       = "http://uri.etsi.org/01903/v1.3.2#"
	// typeSignedProperties marks the reference to the signed properties (EN 319 132-1 §4.4.2).
	typeSignedProperties = "http://uri.etsi.org/01903#SignedProperties"
)

// maxDetachedFiles bounds the files one detached signature covers.
const maxDetachedFiles = 2048

// DetachedFile is a file beside the signature that the signature covers.
type DetachedFile struct {
	URI   string // relative, as Reference/@URI names it
	MIME  string // "" leaves DataObjectFormat out
	Bytes []byte
}

// DetachedOptions of [SignDetached].
type DetachedOptions struct {
	SignOptions
	At time.Time // SigningTime
}

// SignDetached makes a document with one XAdES-BES signature (ETSI EN 319 132-1) whose references name
// every file by URI and digest, and the signer's certificate by its digest. It is what an ASiC-E
// container keeps as META-INF/signatures.xml. The key needs its certificate.
func SignDetached(files []DetachedFile, key Key, opt DetachedOptions) ([]byte, error) {
	if key.Certificate == nil {
		return nil, reason.New(reason.CertificateMalformed, "a detached signature needs the certificate")
	}
	if len(files) == 0 || len(files) > maxDetachedFiles {
		return nil, reason.Newf(reason.TooLarge, "a detached signature covers 1 to %d files", maxDetachedFiles)
	}
	method, err := methodOf(key)
	if err != nil {
		return nil, err
	}
	d := draft{method: method, key: key, lines: opt.Style == StyleSantuario, rand: opt.Rand, signedInfo: c14n.Exclusive}
	d.id = ` Id="` + detachedID + `"`
	d.setDigest(nil)
	for i, f := range files {
		if !isRelative(f.URI) {
			return nil, reason.New(reason.XMLForbidden, "a file's URI is not relative")
		}
		h := method.new()
		h.Write(f.Bytes)
		d.references = append(d.references, `<ds:Reference Id="`+fileID(i)+`" URI="`+escape(f.URI)+`">`+
			d.digestMarkup(h.Sum(nil))+`</ds:Reference>`)
	}
	d.object = d.qualifyingProperties(files, opt.At)
	if err := d.addProperties(); err != nil {
		return nil, err
	}
	return d.insert(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<asic:XAdESSignatures xmlns:asic="`+ASiCNamespace+`">`,
		`</asic:XAdESSignatures>`+"\n")
}

// detachedParts are what a detached signature has besides, as markup.
type detachedParts struct {
	id         string   // attribute of the signature
	references []string // instead of the one reference to the content
	object     string
}

func (p *detachedParts) detached() bool { return len(p.references) > 0 }

func fileID(i int) string { return "file-" + strconv.Itoa(i+1) }

const (
	detachedID   = "seal"
	propertiesID = "seal-properties"
)

func (d *draft) digestMarkup(sum []byte) string {
	return `<ds:DigestMethod Algorithm="` + d.digestURI + `"/><ds:DigestValue>` + base64.StdEncoding.EncodeToString(sum) + `</ds:DigestValue>`
}

// qualifyingProperties say who signed, when, and of what kind each file is. They declare their own
// namespaces, so that their exclusive canonical form is the same wherever they stand.
func (d *draft) qualifyingProperties(files []DetachedFile, at time.Time) string {
	h := d.method.new()
	h.Write(d.key.Certificate.Raw)
	var formats strings.Builder
	for i, f := range files {
		if f.MIME != "" {
			formats.WriteString(`<xades:DataObjectFormat ObjectReference="#` + fileID(i) + `"><xades:MimeType>` +
				string(xmltree.EscapeText(nil, f.MIME)) + `</xades:MimeType></xades:DataObjectFormat>`)
		}
	}
	objects := ""
	if formats.Len() > 0 {
		objects = `<xades:SignedDataObjectProperties>` + formats.String() + `</xades:SignedDataObjectProperties>`
	}
	return `<xades:QualifyingProperties xmlns:xades="` + nsXAdES + `" Target="#` + detachedID + `">` +
		`<xades:SignedProperties Id="` + propertiesID + `"><xades:SignedSignatureProperties>` +
		`<xades:SigningTime>` + at.UTC().Format(time.RFC3339) + `</xades:SigningTime>` +
		`<xades:SigningCertificateV2><xades:Cert><xades:CertDigest>` + d.digestMarkup(h.Sum(nil)) +
		`</xades:CertDigest></xades:Cert></xades:SigningCertificateV2></xades:SignedSignatureProperties>` + objects +
		`</xades:SignedProperties></xades:QualifyingProperties>`
}

// addProperties digests the signed properties as they will stand and adds the reference to them.
func (d *draft) addProperties() error {
	tree, err := xmltree.Parse([]byte(`<ds:Object xmlns:ds="`+nsDSig+`">`+d.object+`</ds:Object>`), xmltree.Limits{})
	if err != nil {
		return err
	}
	props, err := tree.ByID(propertiesID)
	if err != nil {
		return err
	}
	octets, err := c14n.Append(nil, tree, props, c14n.Exclusive, c14n.Options{})
	if err != nil {
		return err
	}
	h := d.method.new()
	h.Write(octets)
	d.references = append(d.references, `<ds:Reference Type="`+typeSignedProperties+`" URI="#`+propertiesID+`"><ds:Transforms>`+
		`<ds:Transform Algorithm="`+c14n.Exclusive.URI()+`"/></ds:Transforms>`+d.digestMarkup(h.Sum(nil))+`</ds:Reference>`)
	return nil
}

// isRelative tells whether a URI names a file below the folder of the container and nothing else:
// no scheme, no host, no way up, nothing percent-encoded that could be any of these.
func isRelative(uri string) bool {
	if uri == "" || len(uri) > 512 || strings.HasPrefix(uri, "/") || strings.ContainsAny(uri, "\\:?#%&<>\"' \t\r\n") {
		return false
	}
	for part := range strings.SplitSeq(uri, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return true
}
