package xmlsig_test

import (
	"encoding/base64"
	"html"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"kopir/xmlsig/testpki"
)

// Places in a signed document. They need not be exact: a mutation that hits markup it does not
// understand is as good as any.
var (
	reText      = regexp.MustCompile(`>([^<>]*[^<>\s][^<>]*)<`)
	reGap       = regexp.MustCompile(`>(\s*)<`)
	reTag       = regexp.MustCompile(`<[^\s<>!?/][^\s<>/]*( [^<>]*?)?(/?)>`)
	reEmpty     = regexp.MustCompile(`<([^\s<>!?/]+)((?: [^<>]*?)?)/>`)
	reAttr      = regexp.MustCompile(`( [^\s=<>"']+=)("[^"<]*"|'[^'<]*')`)
	reLeaf      = regexp.MustCompile(`<([^\s<>!?/:]+:)?[^\s<>!?/:]+(?: [^<>]*)?(?:/>|>[^<>]*</[^<>]+>)`)
	reSignature = regexp.MustCompile(`(?s)<ds:Signature .*?</ds:Signature>`)
	reValue     = regexp.MustCompile(`(?s)<ds:(?:DigestValue|SignatureValue|X509Certificate)>(.*?)</ds:|ValueType="[^"]*X509v3">(.*?)</wsse:`)
	reSigValue  = regexp.MustCompile(`(?s)<ds:SignatureValue>(.*?)</ds:`)
	reCert      = regexp.MustCompile(`(?s)<ds:X509Certificate>(.*?)</ds:|ValueType="[^"]*X509v3">(.*?)</wsse:`)
	reAlgorithm = regexp.MustCompile(`Algorithm="([^"]*)"`)
	reReference = regexp.MustCompile(`<ds:Reference URI="([^"]*)"`)
	reKeyInfo   = regexp.MustCompile(`(?s)<ds:KeyInfo>.*?</ds:KeyInfo>`)
	reInKeyInfo = regexp.MustCompile(`(?s)<ds:KeyInfo>(.*?)</ds:KeyInfo>`)
	reRoot      = regexp.MustCompile(`^(?s)(?:\x{FEFF})?(?:\s*<\?.*?\?>|\s*<!--.*?-->)*\s*<[^\s<>!?/]+()`)
	reRootStart = regexp.MustCompile(`^(?s)(?:\x{FEFF})?(?:\s*<\?.*?\?>|\s*<!--.*?-->)*\s*()<[^!?]`)
	reXMLDecl   = regexp.MustCompile(`^(?:\x{FEFF})?(<\?xml .*?\?>)`)
	reSignedGap = regexp.MustCompile(`</?ds:[^<>]*>(\s*)<`)
)

// at replaces a group of one match that chance picks; the first group that takes part counts.
func (m *oracleMutator) at(doc string, re *regexp.Regexp, f func(string) string) string {
	all := re.FindAllStringSubmatchIndex(doc, -1)
	if len(all) == 0 {
		return doc
	}
	loc := all[m.IntN(len(all))]
	for k := 2; k < len(loc); k += 2 {
		if loc[k] >= 0 {
			loc = loc[k:]
			break
		}
	}
	return doc[:loc[0]] + f(doc[loc[0]:loc[1]]) + doc[loc[1]:]
}

// insert puts text where a group matches.
func (m *oracleMutator) insert(doc string, re *regexp.Regexp, texts ...string) string {
	return m.at(doc, re, func(s string) string { return s + m.one(texts...) })
}

func (m *oracleMutator) one(choices ...string) string { return choices[m.IntN(len(choices))] }

// outside applies f to a stretch of the document without signatures.
func (m *oracleMutator) outside(f func(string) string) func(string) string {
	return func(doc string) string {
		var starts, ends []int
		last := 0
		for _, loc := range reSignature.FindAllStringIndex(doc, -1) {
			starts, ends = append(starts, last), append(ends, loc[0])
			last = loc[1]
		}
		starts, ends = append(starts, last), append(ends, len(doc))
		i := m.IntN(len(starts))
		return doc[:starts[i]] + f(doc[starts[i]:ends[i]]) + doc[ends[i]:]
	}
}

// operator makes a mutation of a place and what to do there.
func operator(re *regexp.Regexp, f func(m *oracleMutator, s string) string) func(*oracleMutator, string) string {
	return func(m *oracleMutator, doc string) string {
		return m.at(doc, re, func(s string) string { return f(m, s) })
	}
}

func inserting(re *regexp.Regexp, texts ...string) func(*oracleMutator, string) string {
	return func(m *oracleMutator, doc string) string { return m.insert(doc, re, texts...) }
}

// content is an operator that leaves signatures alone.
func content(f func(*oracleMutator, string) string) func(*oracleMutator, string) string {
	return func(m *oracleMutator, doc string) string {
		return m.outside(func(s string) string { return f(m, s) })(doc)
	}
}

// rune replaces one character of s.
func (m *oracleMutator) rune(s string) string {
	rs := []rune(s)
	if len(rs) == 0 {
		return s
	}
	others := []rune("aZ0 9әӘ😀\u00a0\u0301\u2028")
	rs[m.IntN(len(rs))] = others[m.IntN(len(others))]
	return string(rs)
}

// oneRune applies f to one character of s.
func (m *oracleMutator) oneRune(s string, f func(string) string) string {
	rs := []rune(s)
	i := m.IntN(len(rs))
	return string(rs[:i]) + f(string(rs[i])) + string(rs[i+1:])
}

func charReference(r string) string {
	n := big.NewInt(int64([]rune(r)[0]))
	return "&#x" + n.Text(16) + ";"
}

// oracleMutations are what may happen to a signed document; some leave it valid.
var oracleMutations = map[string]func(*oracleMutator, string) string{
	// Content.
	"text":            content(operator(reText, (*oracleMutator).rune)),
	"text anywhere":   operator(reText, (*oracleMutator).rune),
	"attribute":       content(operator(reAttr, (*oracleMutator).rune)),
	"attribute added": content(inserting(reTag, "", ` new="1"`, ` xml:lang="en"`, ` xml:id="whole"`, ` Id="part"`, ` xmlns:new="urn:new"`, ` xmlns="urn:d"`, ` xmlns:n="urn:n"`)),
	"attribute lost": content(func(m *oracleMutator, s string) string {
		return m.at(s, reAttrWhole, func(string) string { return "" })
	}),
	"attributes turned": content(operator(reTwoAttrs, func(m *oracleMutator, s string) string {
		all := reAttrWhole.FindAllString(s, -1)
		slices.Reverse(all)
		return strings.Join(all, "")
	})),
	"quotes": operator(reQuoted, func(m *oracleMutator, s string) string { return "'" + s[1:len(s)-1] + "'" }),
	"line end in attribute": content(operator(reAttr, func(m *oracleMutator, s string) string {
		return strings.Replace(s, " ", m.one("\n", "\t", " \r\n"), 1)
	})),
	"line end put into attribute": inserting(reInAttr, "\n", "\t", " "),
	"blank in tag":                operator(reTag, func(m *oracleMutator, s string) string { return s + m.one(" ", "\n", "\t ") }),
	"empty spelled out":           operator(reEmptyWhole, func(m *oracleMutator, s string) string { return reEmpty.ReplaceAllString(s, "<$1$2></$1>") }),
	"namespace on root":           inserting(reRoot, ` xmlns:extra="urn:extra"`, ` xmlns:ds="http://www.w3.org/2000/09/xmldsig#"`, ` xmlns="urn:other"`, ` xmlns:soap="urn:other"`, ` xml:lang="ru"`, ` xml:space="default"`),
	"CDATA":                       content(operator(reText, func(m *oracleMutator, s string) string { return "<![CDATA[" + s + "]]>" })),
	"CDATA in signature":          operator(reValue, func(m *oracleMutator, s string) string { return "<![CDATA[" + s + "]]>" }),
	"character reference":         operator(reText, func(m *oracleMutator, s string) string { return m.oneRune(s, charReference) }),
	"comment between":             inserting(reGap, "<!-- c -->"),
	"comment in text": operator(reText, func(m *oracleMutator, s string) string {
		return m.oneRune(s, func(r string) string { return r + "<!---->" })
	}),
	"instruction":             inserting(reGap, "<?pi?>", "<?xml-stylesheet href='x'?>"),
	"white space":             inserting(reGap, " ", "\n", "\r\n", "&#13;", "&#10;"),
	"instruction before root": inserting(reRootStart, "<?pi x?>", "<!-- c -->", "\n", "<?pi?>\n<!---->"),
	"after root": func(m *oracleMutator, doc string) string {
		return doc + m.one("<?pi?>", "<!-- c -->", "\n\n", " ", "<b/>", "x", "\x00")
	},
	"CRLF":                 func(m *oracleMutator, doc string) string { return strings.ReplaceAll(doc, "\n", "\r\n") },
	"CR":                   func(m *oracleMutator, doc string) string { return strings.ReplaceAll(doc, "\n", "\r") },
	"LF lost":              func(m *oracleMutator, doc string) string { return m.at(doc, reLF, func(string) string { return "" }) },
	"CR reference lost":    func(m *oracleMutator, doc string) string { return m.at(doc, reCR, func(string) string { return "" }) },
	"CR reference literal": func(m *oracleMutator, doc string) string { return m.at(doc, reCR, func(string) string { return "\r" }) },
	"CR reference spelled anew": func(m *oracleMutator, doc string) string {
		return m.at(doc, reCR, func(string) string { return "&#x0d;" })
	},
	"byte order mark":  func(m *oracleMutator, doc string) string { return "\ufeff" + doc },
	"declaration":      inserting(reXMLDecl, " ", "\n"),
	"declaration lost": operator(reXMLDecl, func(*oracleMutator, string) string { return "" }),
	"declaration changed": operator(reXMLDecl, func(m *oracleMutator, s string) string {
		return m.one(`<?xml version="1.1"?>`, `<?xml version="1.0" encoding="ISO-8859-1"?>`, `<?xml version="1.0" encoding="utf-8" ?>`, `<?xml version='1.0' standalone='no'?>`,
			`<?xml version="1.0" encoding="UTF-16"?>`, `<?xml version="1.0" encoding="UTF8"?>`, `<?xml version="1.2"?>`, `<?xml encoding="UTF-8"?>`, `<?XML version="1.0"?>`, `<?xml version="1.0" encoding="US-ASCII"?>`)
	}),
	"DOCTYPE": inserting(reRootStart, `<!DOCTYPE r>`, `<!DOCTYPE r [<!ATTLIST r extra CDATA "1">]>`, `<!DOCTYPE r [<!ENTITY e "1">]>`, `<!DOCTYPE r SYSTEM "file:///etc/passwd">`),
	"prefix renamed": func(m *oracleMutator, doc string) string {
		return strings.ReplaceAll(doc, m.one("ds:", "soap:", "app:", "n:", "wsse:"), "q:")
	},
	"prefix renamed with declaration": func(m *oracleMutator, doc string) string {
		from := m.one("ds", "soap", "app", "n", "wsse")
		return strings.NewReplacer("<"+from+":", "<q:", "</"+from+":", "</q:", "xmlns:"+from+"=", "xmlns:q=").Replace(doc)
	},
	"KeyInfo in another prefix": operator(reInKeyInfo, func(m *oracleMutator, s string) string {
		return strings.NewReplacer("<ds:X509Data>", `<k:X509Data xmlns:k="http://www.w3.org/2000/09/xmldsig#">`, "</ds:", "</k:", "<ds:", "<k:").Replace(s)
	}),
	// Elements on the move.
	"element doubled":  content(operator(reLeaf, func(m *oracleMutator, s string) string { return s + s })),
	"element lost":     content(operator(reLeaf, func(*oracleMutator, string) string { return "" })),
	"element moved":    (*oracleMutator).moved,
	"elements swapped": (*oracleMutator).swapped,
	"root wrapped": func(m *oracleMutator, doc string) string {
		at := reRootStart.FindStringSubmatchIndex(doc)
		if at == nil {
			return doc
		}
		return doc[:at[2]] + m.one("<wrap>", "<wrap><evil/>") + doc[at[2]:] + "</wrap>"
	},
	"signature first": func(m *oracleMutator, doc string) string { return m.carry(doc, reGap) },
	"signature doubled": operator(reSignature, func(m *oracleMutator, s string) string {
		return s + s
	}),
	"signature lost":        operator(reSignature, func(*oracleMutator, string) string { return "" }),
	"signatures swapped":    (*oracleMutator).swappedSignatures,
	"signature of another":  operator(reSignature, func(m *oracleMutator, s string) string { return m.borrow(reSignature, s) }),
	"signature added":       operator(reSignature, func(m *oracleMutator, s string) string { return m.borrow(reSignature, s) + s }),
	"signature added after": operator(reSignature, func(m *oracleMutator, s string) string { return s + m.borrow(reSignature, s) }),
	"wrapped in an Object":  (*oracleMutator).wrapped,
	// The signature.
	"base64 letter": operator(reValue, func(m *oracleMutator, s string) string {
		return m.oneRune(s+" ", func(r string) string { return m.one("A", "B", "/", "9") })
	}),
	"base64 white space": operator(reValue, func(m *oracleMutator, s string) string {
		return m.oneRune(s+" ", func(r string) string { return r + m.one(" ", "\n", "\t", "&#13;", "&#32;") })
	}),
	"base64 foreign": operator(reValue, func(m *oracleMutator, s string) string {
		return m.oneRune(s+" ", func(r string) string { return r + m.one("*", "-", "=", "ә", "\u00a0") })
	}),
	"base64 cut": operator(reValue, func(m *oracleMutator, s string) string { return s[:m.IntN(len(s)+1)] }),
	"base64 padding": operator(reValue, func(m *oracleMutator, s string) string {
		return strings.TrimRight(s, "= \n\r;&#13") + m.one("", "=", "==", "===")
	}),
	"value of another":  operator(reValue, func(m *oracleMutator, s string) string { return m.borrow(reValue, s) }),
	"signature octets":  operator(reSigValue, (*oracleMutator).octets),
	"algorithm":         operator(reAlgorithm, func(m *oracleMutator, s string) string { return m.one(oracleURIs...) }),
	"reference":         operator(reReference, func(m *oracleMutator, s string) string { return m.one(oracleReferences...) }),
	"certificate":       operator(reCert, func(m *oracleMutator, s string) string { return m.certificate() }),
	"certificate bit":   operator(reCert, (*oracleMutator).bit),
	"certificate first": operator(reX509Data, func(m *oracleMutator, s string) string { return s + x509Certificate(m.certificate()) }),
	"certificate last":  inserting(reCertElement, x509Certificate("AAAA")),
	"certificate after": operator(reCertElement, func(m *oracleMutator, s string) string { return s + x509Certificate(m.certificate()) }),
	"KeyInfo lost":      operator(reKeyInfo, func(*oracleMutator, string) string { return "" }),
	"KeyInfo doubled":   operator(reKeyInfo, func(m *oracleMutator, s string) string { return s + s }),
	"KeyInfo of another": operator(reKeyInfo, func(m *oracleMutator, s string) string {
		return m.borrow(reKeyInfo, s)
	}),
	"part added": operator(reKeyInfo, func(m *oracleMutator, s string) string {
		return m.one(s+`<ds:Object>x</ds:Object>`, `<ds:Object/>`+s, s+`<evil/>`, s+`text`, s+`<ds:SignedInfo/>`, `<ds:SignatureValue>AAAA</ds:SignatureValue>`+s, s+`<ds:Object Id="part"/>`, `<ds:Object><r Id="whole"/></ds:Object>`)
	}),
	"white space in SignedInfo": inserting(reSignedGap, " ", "\n", "<!-- c -->", "<?pi?>", "x"),
	"base64 anywhere":           operator(reValue, (*oracleMutator).rune),
	// Anything.
	"octet": func(m *oracleMutator, doc string) string {
		i := m.IntN(len(doc))
		return doc[:i] + m.one("", "\x00", "<", ">", "&", "\"", "\xff", "a", "\r", "]]>", "/") + doc[i+m.IntN(2):]
	},
}

var (
	reAttrWhole   = regexp.MustCompile(` [^\s=<>"']+=(?:"[^"<]*"|'[^'<]*')`)
	reTwoAttrs    = regexp.MustCompile(`<[^\s<>!?/]+((?: [^\s=<>"']+=(?:"[^"<]*"|'[^'<]*')){2,})`)
	reQuoted      = regexp.MustCompile(` [^\s=<>"'?]+=("[^"'<]*")[ />]`)
	reInAttr      = regexp.MustCompile(`<[^<>?!]*="([^"<]*)"`)
	reEmptyWhole  = regexp.MustCompile(`<[^\s<>!?/]+(?: [^<>]*?)?/>`)
	reLF          = regexp.MustCompile(`\n`)
	reCR          = regexp.MustCompile(`&#13;|&#xD;`)
	reX509Data    = regexp.MustCompile(`<ds:X509Data>(\s*)<`)
	reCertElement = regexp.MustCompile(`(?s)<ds:X509Certificate>.*?</ds:X509Certificate>`)
)

// oracleURIs are algorithms of every sort, to be put where they do not belong.
var oracleURIs = []string{
	oracleC14N, oracleC14N + "#WithComments", oracleC14N11, oracleC14N11 + "#WithComments", oracleExclusive, oracleExclusive + "WithComments", oracleEnveloped,
	"urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-512", "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-512",
	"urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34102015-gostr34112015-256", "urn:ietf:params:xml:ns:pkigovkz:xmlsec:algorithms:gostr34112015-256",
	oracleMore + "gost34310-gost34311", oracleMore + "gost34311", oracleMore + "rsa-sha256", oracleMore + "rsa-sha512", oracleMore + "ecdsa-sha256", oracleMore + "ecdsa-sha384",
	"http://www.w3.org/2000/09/xmldsig#hmac-sha1", "http://www.w3.org/2000/09/xmldsig#dsa-sha1", "http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2000/09/xmldsig#sha1",
	oracleMore + "hmac-sha256", "http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2001/04/xmlenc#sha512", oracleMore + "sha384", oracleMore + "md5", "", "urn:none",
	"http://www.w3.org/TR/1999/REC-xpath-19991116", "http://www.w3.org/TR/1999/REC-xslt-19991116", "http://www.w3.org/2000/09/xmldsig#base64", "http://www.w3.org/2002/06/xmldsig-filter2",
}

var oracleReferences = []string{"", "#whole", "#part", "#none", "#", "#xpointer(/)", "#xpointer(id('part'))", "#xpointer(id('whole'))", "part", "http://localhost/x", "file:///etc/passwd", "#xpointer(//part)"}

func x509Certificate(s string) string { return "<ds:X509Certificate>" + s + "</ds:X509Certificate>" }

// borrow takes a match from another document.
func (m *oracleMutator) borrow(re *regexp.Regexp, own string) string {
	all := re.FindAllStringSubmatch(m.alien.text, -1)
	if len(all) == 0 {
		return own
	}
	groups := all[m.IntN(len(all))]
	for _, g := range groups[1:] {
		if g != "" {
			return g
		}
	}
	return groups[0]
}

// certificate is one of somebody in the cast.
func (m *oracleMutator) certificate() string {
	who := m.cast.people
	if m.IntN(2) == 0 {
		who = m.cast.heads
	}
	names := oracleKeys(map[string]testpki.Identity(who))
	return base64.StdEncoding.EncodeToString(who[names[m.IntN(len(names))]].Certificate.Raw)
}

func unbase64(s string) []byte {
	b, _ := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(html.UnescapeString(s)), ""))
	return b
}

// bit turns one bit of a value.
func (m *oracleMutator) bit(s string) string {
	b := unbase64(s)
	if len(b) == 0 {
		return s
	}
	b[m.IntN(len(b))] ^= 1 << m.IntN(8)
	return base64.StdEncoding.EncodeToString(b)
}

// octets does to a signature value what forgers try.
func (m *oracleMutator) octets(s string) string {
	b := unbase64(s)
	half := len(b) / 2
	if half == 0 {
		return s
	}
	switch m.IntN(9) {
	case 0:
		clear(b)
	case 1:
		clear(b[:half])
	case 2:
		clear(b[half:])
	case 3:
		b = append(b[half:len(b):len(b)], b[:half]...)
	case 4:
		slices.Reverse(b)
	case 5:
		b = append(b, 0)
	case 6:
		b = append([]byte{0}, b...)
	case 7: // of ECDSA over P-256 the second half may be negated: both call that valid
		order, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
		if v := new(big.Int).SetBytes(b[half:]); half == 32 && v.Cmp(order) < 0 {
			order.Sub(order, v).FillBytes(b[half:])
		}
	case 8:
		for i := range b {
			b[i] = 0xff
		}
	}
	return base64.StdEncoding.EncodeToString(b)
}

// moved carries an element without children to another gap.
func (m *oracleMutator) moved(doc string) string {
	var taken string
	out := m.outside(func(s string) string {
		return m.at(s, reLeaf, func(e string) string { taken = e; return "" })
	})(doc)
	return m.insert(out, reGap, taken)
}

// swapped exchanges two elements without children.
func (m *oracleMutator) swapped(doc string) string {
	return m.outside(func(s string) string {
		all := reLeaf.FindAllStringIndex(s, -1)
		if len(all) < 2 {
			return s
		}
		i := m.IntN(len(all) - 1)
		a, b := all[i], all[i+1]
		return s[:a[0]] + s[b[0]:b[1]] + s[a[1]:b[0]] + s[a[0]:a[1]] + s[b[1]:]
	})(doc)
}

// carry takes a signature out and puts it in at another place.
func (m *oracleMutator) carry(doc string, re *regexp.Regexp) string {
	var taken string
	out := m.at(doc, reSignature, func(s string) string { taken = s; return "" })
	return m.insert(out, re, taken)
}

func (m *oracleMutator) swappedSignatures(doc string) string {
	all := reSignature.FindAllStringIndex(doc, -1)
	if len(all) < 2 {
		return doc
	}
	a, b := all[0], all[len(all)-1]
	return doc[:a[0]] + doc[b[0]:b[1]] + doc[a[1]:b[0]] + doc[a[0]:a[1]] + doc[b[1]:]
}

// wrapped is the classic attack: what was signed goes into an Object of the signature, and
// something else takes its place.
func (m *oracleMutator) wrapped(doc string) string {
	var taken string
	out := m.outside(func(s string) string {
		return m.at(s, reLeaf, func(e string) string {
			taken = e
			return m.one("", strings.Replace(e, "part", "evil", 1), "<part>evil</part>", m.rune(e))
		})
	})(doc)
	return m.at(out, regexp.MustCompile(`()</ds:Signature>`), func(string) string { return "<ds:Object>" + taken + "</ds:Object>" })
}
