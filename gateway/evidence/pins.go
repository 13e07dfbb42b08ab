package evidence

import "kopir/xmlsig/pki"

// pinned tells the environment of a national authority this program knows by its fingerprint.
func pinned(c *pki.Certificate) string {
	if n, ok := c.Pinned(); ok {
		return string(n.Environment)
	}
	return ""
}
