package xmlsig

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
	"slices"
	"strings"
	"time"

	"kopir/xmlsig/gost"
	"kopir/xmlsig/reason"
)

// Ending is an algorithm that counts no longer from a moment on: in signatures, digests and the keys
// of the chain.
type Ending struct {
	Name string    // one of [EndingNames]
	From time.Time // zero: it never counted
}

// endingRules tell by algorithm name or key what an ending's name means.
var endingRules = []struct {
	name string
	hits func(algorithms []string) bool
}{
	{"sha1", anyOf(func(a string) bool { return strings.HasSuffix(a, "sha1") })},
	{"rsa", anyOf(func(a string) bool { return strings.HasPrefix(a, "rsa") })},
	{"rsa-2048", anyOf(rsaBelow(3072))},
	{"rsa-3072", anyOf(rsaBelow(4096))},
	{"gost2004", anyOf(func(a string) bool { return a == "gost34310-2004" })},
	{"gost2015", anyOf(func(a string) bool { return strings.HasPrefix(a, "gost3410-2015") })},
	{"ecdsa", anyOf(func(a string) bool { return strings.HasPrefix(a, "ecdsa") })},
}

// EndingNames lists what may end: sha1, rsa (all of it), rsa-2048 (keys below 3072 bits), rsa-3072
// (below 4096), gost2004 (ГОСТ 34.310-2004), gost2015, ecdsa.
func EndingNames() (names []string) {
	for _, r := range endingRules {
		names = append(names, r.name)
	}
	return names
}

// ParseEnding reads NAME or NAME=DATE, where DATE is 2027-01-01 (its beginning in UTC) or RFC 3339.
func ParseEnding(s string) (Ending, error) {
	name, date, dated := strings.Cut(s, "=")
	if !slices.Contains(EndingNames(), name) {
		return Ending{}, fmt.Errorf("%q is none of %s", name, strings.Join(EndingNames(), ", "))
	}
	if !dated {
		return Ending{Name: name}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if from, err := time.Parse(layout, date); err == nil {
			return Ending{name, from.UTC()}, nil
		}
	}
	return Ending{}, fmt.Errorf("%s: %q is not a date like 2027-01-01", name, date)
}

// String writes an ending as [ParseEnding] reads it.
func (e Ending) String() string {
	if e.From.IsZero() {
		return e.Name
	}
	return e.Name + "=" + e.From.UTC().Format(time.RFC3339)
}

// checkEndings fails the algorithm check where something that has ended was used.
func (s *signerState) checkEndings() {
	if len(s.v.opt.Ended) == 0 || s.method == nil {
		return
	}
	used := s.algorithms()
	for _, e := range s.v.opt.Ended {
		if s.v.opt.At.Before(e.From) {
			continue
		}
		for _, r := range endingRules {
			if r.name == e.Name && r.hits(used) {
				s.fail(reason.Newf(reason.AlgorithmForbidden, "%s does not count any longer", e.Name))
				return
			}
		}
	}
}

// algorithms names everything the signature rests on: its method, digests and key, and the keys of the
// chain. SHA-1 in a chain is refused in any case (package pki).
func (s *signerState) algorithms() []string {
	used := []string{s.method.name, keyName(s.key())}
	for _, f := range s.refs {
		if f.digest != nil && f.digest.family == familySHA1 {
			used = append(used, "sha1")
		}
	}
	for _, c := range s.Chain {
		used = append(used, keyName(c.PublicKey))
	}
	return used
}

// keyName is the kind of a key, of RSA with its bits.
func keyName(key any) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa-%d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ecdsa"
	case *gost.PublicKey:
		if k.Curve == gost.CurveCryptoProA() {
			return "gost34310-2004"
		}
		return "gost3410-2015"
	}
	return ""
}

func anyOf(hit func(string) bool) func([]string) bool {
	return func(all []string) bool { return slices.ContainsFunc(all, hit) }
}

func rsaBelow(bits int) func(string) bool {
	return func(a string) bool {
		var n int
		_, err := fmt.Sscanf(a, "rsa-%d", &n)
		return err == nil && n < bits
	}
}
