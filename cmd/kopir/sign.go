package main

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"kopir/adapters/keystore"
	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/xmltree"
)

// SignCmd signs one XML document with a key from a file.
type SignCmd struct {
	Key         string   `required:"" placeholder:"FILE" help:"PKCS#12 container, or PEM with key and certificate."`
	Certificate []string `sep:"none" placeholder:"FILE" help:"Certificate of the key when it is not in the key file."`
	passwordFlags
	Style string `enum:"santuario,compact" default:"santuario" help:"How the signature is laid out: as NCALayer writes it, or on one line (${enum})."`
	ID    string `name:"id" placeholder:"ID" help:"Sign the element with this Id instead of the document; with --wss, the wsu:Id to give the Body."`
	WSS   bool   `name:"wss" help:"Sign the Body of a SOAP envelope by WS-Security, as SHEP wants it."`
	Out   string `short:"o" placeholder:"OUT" help:"Where to write (default: standard output)."`
	File  string `arg:"" optional:"" default:"-" name:"FILE" help:"XML to sign; - is standard input."`
}

// Help shows an example.
func (c *SignCmd) Help() string {
	return `Example: kopir sign --key signer.p12 --password-file pin.txt -o signed.xml application.xml

The password comes from a file or from the environment, never from the command line, where
every user of the machine could read it.`
}

// passwordFlags say where the password of a key is. There is no flag for the password itself.
type passwordFlags struct {
	PasswordFile string `placeholder:"FILE" help:"File whose first line is the password of the key."`
	PasswordEnv  string `placeholder:"NAME" default:"KOPIR_PASSWORD" help:"Environment variable that holds the password."`
}

// maxPasswordFile bounds a password file.
const maxPasswordFile = 4 << 10

// password reads the password; empty if none was given.
func (p passwordFlags) password() (string, error) {
	if p.PasswordFile == "" {
		return os.Getenv(p.PasswordEnv), nil
	}
	b, err := readFlagFile(p.PasswordFile, maxPasswordFile)
	if err != nil {
		return "", usageErrorf("--password-file %s: %w", p.PasswordFile, err)
	}
	line, _, _ := strings.Cut(string(b), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

// given tells whether the user named a password at all.
func (p passwordFlags) given() bool {
	_, set := os.LookupEnv(p.PasswordEnv)
	return set || p.PasswordFile != ""
}

// Run signs the document.
func (c *SignCmd) Run() error { return c.run(standardStreams()) }

func (c *SignCmd) run(std streams) error {
	id, err := c.identity(std.err)
	if err != nil {
		return err
	}
	c.warn(id.Certificate, std)
	doc, err := readDocument(c.File, std.in, xmltree.DefaultLimits().Bytes)
	if err != nil {
		return usageErrorf("%s: %w", c.File, err)
	}
	signed, err := c.sign(doc, id)
	if err != nil {
		return &exitError{code: exitFailed, err: fmt.Errorf("%s: %w", c.File, err)}
	}
	return writeResult(c.Out, std.out, signed)
}

func (c *SignCmd) identity(warnings io.Writer) (keystore.Identity, error) {
	password, err := c.password()
	if err != nil {
		return keystore.Identity{}, err
	}
	var certificates []*pki.Certificate
	for _, path := range c.Certificate {
		more, err := readCertificates(path, warnings)
		if err != nil {
			return keystore.Identity{}, usageErrorf("--certificate %s: %w", path, err)
		}
		certificates = append(certificates, more...)
	}
	id, err := keystore.OpenFile(c.Key, password, certificates...)
	switch {
	case errors.Is(err, keystore.ErrPassword) && !c.given():
		return id, usageErrorf("--key %s: the container has a password; name it by --password-file or %s", c.Key, c.PasswordEnv)
	case err != nil:
		return id, usageErrorf("--key %s: %w", c.Key, withoutPath(err))
	}
	return id, nil
}

// warn tells what a verifier will say about the certificate. Signing goes on: test systems want such documents too.
func (c *SignCmd) warn(cert *pki.Certificate, std streams) {
	if err := cert.CheckValidity(std.now()); err != nil {
		fmt.Fprintf(std.err, "kopir: warning: %v\n", err)
	}
	if err := cert.CheckPurpose(pki.PurposeNational); err != nil && !c.WSS {
		fmt.Fprintf(std.err, "kopir: warning: %v\n", err)
	}
}

// sign lays the signature out as asked. A whole document on one line with an RSA key goes through
// goxmldsig, the library such systems use themselves; everything else is ours.
func (c *SignCmd) sign(doc []byte, id keystore.Identity) ([]byte, error) {
	key := xmlsig.Key{Signer: id.Key, Certificate: id.Certificate}
	_, isRSA := id.Key.Public().(*rsa.PublicKey)
	switch {
	case c.WSS:
		return xmlsig.SignWSS(doc, key, xmlsig.WSSOptions{BodyID: c.ID, Rand: rand.Reader})
	case c.Style == "compact" && c.ID == "" && isRSA:
		return id.SignDocument(doc)
	case c.Style == "compact":
		return xmlsig.Sign(doc, key, xmlsig.SignOptions{Style: xmlsig.StyleCompact, ID: c.ID, Rand: rand.Reader})
	}
	return xmlsig.Sign(doc, key, xmlsig.SignOptions{Style: xmlsig.StyleSantuario, ID: c.ID, Rand: rand.Reader})
}

// writeResult puts the result into a file, or to standard output.
func writeResult(path string, out io.Writer, b []byte) error {
	var err error
	if path == "" || path == "-" {
		_, err = out.Write(b)
	} else {
		err = os.WriteFile(path, b, 0o644) //nolint:gosec // a signed document is no secret
	}
	if err != nil {
		return usageErrorf("writing the result: %w", err)
	}
	return nil
}
