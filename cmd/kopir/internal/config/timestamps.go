package config

import (
	"fmt"
	"net/url"
	"regexp"
	"time"

	"kopir/xmlsig/tsp"
)

// Timestamps say who dates the ledger's history (RFC 3161). Without an authority it is rooted all the same, and
// stamped once one is named.
type Timestamps struct {
	TSA     []string      `yaml:"tsa"`     // addresses, asked in order; their hosts are the only ones asked
	Policy  string        `yaml:"policy"`  // OID asked for and demanded; default the authority's choice
	Hash    string        `yaml:"hash"`    // default sha256; sha512, gost3411-512, gost3411-256, gost34311
	Every   time.Duration `yaml:"every"`   // default 1m between what is written and its root
	Anchors []string      `yaml:"anchors"` // CA certificates trusted for authorities only, beside the others
}

// stampHashes are the words for hashes.
var stampHashes = map[string]string{"": tsp.SHA256, "sha256": tsp.SHA256, "sha512": tsp.SHA512,
	"gost3411-512": tsp.GOST512, "gost3411-256": tsp.GOST256, "gost34311": tsp.GOST34311}

// HashOID is the hash's OID; "" for a word that is none.
func (t Timestamps) HashOID() string { return stampHashes[t.Hash] }

// Hosts are those of the authorities.
func (t Timestamps) Hosts() (hosts []string) {
	for _, s := range t.TSA {
		if u, err := url.Parse(s); err == nil {
			hosts = append(hosts, u.Host)
		}
	}
	return hosts
}

var dottedOID = regexp.MustCompile(`^[0-2](\.(0|[1-9]\d*))+$`)

// validate says in words what cannot work.
func (t Timestamps) validate() (problems []error) {
	for _, s := range t.TSA {
		problems = append(problems, checkURL("timestamps.tsa", s))
	}
	if t.HashOID() == "" {
		problems = append(problems, fmt.Errorf("timestamps.hash: %q is none of sha256, sha512, gost3411-512, gost3411-256, gost34311", t.Hash))
	}
	if t.Policy != "" && !dottedOID.MatchString(t.Policy) {
		problems = append(problems, fmt.Errorf("timestamps.policy: %q is not an OID like %s", t.Policy, tsp.PolicyGOST2015))
	}
	if t.Every < 0 {
		problems = append(problems, fmt.Errorf("timestamps.every: a duration is not negative"))
	}
	return problems
}
